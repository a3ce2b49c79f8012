/* SPDX-License-Identifier: BSD-3-Clause */
/* output.h — one reporter a format.
 *
 * The runner calls begin once, result as each variant ends, end once (also
 * when interrupted, or when the target never spoke: `no_target` is not NULL
 * and there are no results).  Results arrive in the order in which they end;
 * formats that want another order collect. */
#ifndef VUS_RUN_OUTPUT_H
#define VUS_RUN_OUTPUT_H

#include "result.h"

#include <stdio.h>

struct vus_run_options;

struct vus_report {
	const struct vus_run_options *opt;
	const char *target;  /* "embedded fake-backend", the command, the path */
	const char *device;
	const struct vus_variant *variants;
	size_t n;
	const struct vus_summary *summary;     /* at end */
	const struct vus_no_target *no_target; /* at end, or NULL */
	bool one_shot;       /* the target ends at disconnect */
};

struct vus_output {
	const char *format; /* "human", "json", "junit", "tap" */
	FILE *to;           /* closed by `end` unless it is stdout */
	void *state;        /* the reporter's own */
	void (*begin)(struct vus_output *o, const struct vus_report *r);
	void (*result)(struct vus_output *o, const struct vus_report *r,
		       const struct vus_variant *v);
	void (*end)(struct vus_output *o, const struct vus_report *r);
};

/* Make one by name, writing to `to` (NULL: stdout); NULL for an unknown
 * format.  Free with free() after end. */
struct vus_output *vus_output_new(const char *format, FILE *to);
/* "human, json, junit" */
void vus_output_formats(struct vus_text *ret);

/* The words every format shares (report_text.c). */
/* "vuspec test-backend --filter 'mem.x[shm]' -- CMD" */
void vus_report_rerun(const struct vus_report *r, const struct vus_variant *v,
		      struct vus_text *ret);

#endif
