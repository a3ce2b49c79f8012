/* SPDX-License-Identifier: BSD-3-Clause */
/* host_check.h — what vuspec doctor checks, a row each. */
#ifndef VUS_CLI_HOST_CHECK_H
#define VUS_CLI_HOST_CHECK_H

#include "base/text.h"
#include "mem/backing.h"

enum vus_host_need {
	VUS_HOST_NEED_ALL,    /* no case can run without it */
	VUS_HOST_NEED_MEMORY, /* variants on memory of its kind */
	VUS_HOST_NEED_RULES,  /* cases that cite one of its rules */
	VUS_HOST_NEED_NONE,   /* for information */
};

struct vus_host_check {
	const char *name; /* "shm-room" */
	const char *remedy;
	enum vus_host_need need;
	enum vus_backing_kind memory; /* NEED_MEMORY */
	const char *rules;            /* NEED_RULES: globs */
	/* Does the host have it?  ret_seen: one line, what was found. */
	bool (*look)(struct vus_text *ret_seen);
};

extern const struct vus_host_check vus_host_checks[];
extern const size_t vus_nhost_checks;

#endif
