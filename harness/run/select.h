/* SPDX-License-Identifier: BSD-3-Clause */
/* select.h — which variants run, in which order. */
#ifndef VUS_RUN_SELECT_H
#define VUS_RUN_SELECT_H

#include "case.h"
#include "result.h"

/* Every registered case, sorted by group and name (link order is no
 * interface). */
const struct vus_case *const *vus_cases_all(size_t *ret_n);
/* "hdr" of ".../cases/hdr.c". */
void vus_case_group(const struct vus_case *c, char buf[32]);
/* "header.version_is_one" */
void vus_case_id(const struct vus_case *c, char buf[128]);
const struct vus_case *vus_case_find(const char *id);
/* "backend" or "frontend": the side it tests. */
const char *vus_case_party(const struct vus_case *c);
/* Is it made for any device, or for this one? */
bool vus_case_suits(const struct vus_case *c, const char *device);

struct vus_selection {
	const char *party; /* "backend" or "frontend" */
	/* GLOB or !GLOB.  A variant runs when it matches a GLOB, or there is
	 * none, and matches no !GLOB; their order does not matter. */
	const char *const *filters;
	size_t nfilters;
	unsigned memories; /* mask of VUS_BIT(enum vus_backing_kind) */
	unsigned repeat;   /* at least 1 */
	bool early_first;  /* nearly first, in each repeat not shuffled */
	bool shuffle;
	uint64_t seed;
	int hardening;               /* 1 on, 0 off, 2 only */
	const char *device;          /* what is tested; NULL: any */
	const struct vus_case *only; /* in place of all registered, or NULL */
};

struct vus_selected {
	struct vus_variant *v; /* an array that the caller frees with free() */
	size_t n;
	size_t left_out; /* chosen by all else, but made for other devices */
};

/* The variants chosen; each_memory cases once a kind of memory, others on
 * memfd (or the first kind asked for).  Repeats follow each other as whole
 * runs; the same seed shuffles alike.  A glob matches "group.name" or the full
 * id.  False, kind USAGE: a filter that matches nothing, or filters that leave
 * nothing (the text names one). */
VUS_MUST_CHECK bool vus_select(const struct vus_selection *sel,
			       struct vus_selected *ret, struct vus_err *err);

#endif
