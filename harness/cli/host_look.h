/* SPDX-License-Identifier: BSD-3-Clause */
/* host_look.h — what vuspec doctor looks at, a row each. */
#ifndef VUS_CLI_HOST_LOOK_H
#define VUS_CLI_HOST_LOOK_H

#include "base/text.h"
#include "mem/backing.h"

enum vus_need {
	VUS_NEED_ALL,    /* nothing can be run without it */
	VUS_NEED_MEMORY, /* variants on memory of its kind */
	VUS_NEED_RULES,  /* cases that cite one of its rules */
	VUS_NEED_NONE,   /* it is good to know */
};

struct vus_host_look {
	const char *name; /* "shm-room" */
	const char *remedy;
	enum vus_need need;
	enum vus_backing_kind memory; /* NEED_MEMORY */
	const char *rules;            /* NEED_RULES: globs */
	/* Is it there?  Says in a line what was seen. */
	bool (*look)(struct vus_text *ret_seen);
};

extern const struct vus_host_look vus_host_looks[];
extern const size_t vus_nhost_looks;

#endif
