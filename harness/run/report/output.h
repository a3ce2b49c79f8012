/* SPDX-License-Identifier: BSD-3-Clause */
/* output.h — where a run's results go: one reporter a format.
 *
 * The runner calls vus_outputs_begin() once, vus_outputs_result() as each
 * variant ends, vus_outputs_end() once (also when interrupted, or when the
 * target never spoke: `no_target` is not NULL and there are no results).  Each
 * result becomes one record of the document (document.h), and every reporter
 * gets it in the order in which results end; formats that want another order
 * take all of them from the document at the end. */
#ifndef VUS_REPORT_OUTPUT_H
#define VUS_REPORT_OUTPUT_H

#include "details.h"
#include "escape.h"
#include "facts.h"
#include "report.h"

#include <stdio.h>

struct vus_output {
	const char *format; /* "human", "json", ... */
	FILE *to;           /* closed by `end` unless it is stdout */
	const char *file;   /* what `to` was opened by, or NULL: for messages */
	bool failed;        /* after end: not everything could be written */
	int error;          /* errno of that, or 0 */
	bool collects;      /* it wants the document's results at the end */
	void *state;        /* the reporter's own */
	void (*begin)(struct vus_output *o, const struct vus_report *r);
	void (*result)(struct vus_output *o, const struct vus_report *r,
		       const struct vus_variant *v);
	void (*end)(struct vus_output *o, const struct vus_report *r);
	void (*drop)(struct vus_output *o); /* frees `state` */
};

/* Make one by name, writing to `to` (NULL: stdout); NULL for an unknown
 * format.  Free with vus_output_free(). */
struct vus_output *vus_output_new(const char *format, FILE *to);
/* Nothing more is written to `to`, which stays open where `end` was not
 * called: the run was refused. */
void vus_output_free(struct vus_output *o);
/* "human, github, json, junit, tap" */
void vus_output_formats(struct vus_text *ret);

/* `outputs` ends with NULL, or is NULL. */
void vus_outputs_begin(struct vus_output *const *outputs, struct vus_report *r);
void vus_outputs_result(struct vus_output *const *outputs, struct vus_report *r,
			const struct vus_variant *v);
void vus_outputs_end(struct vus_output *const *outputs, struct vus_report *r);

/* What each reporter offers; vus_output_new() knows them by name.  A function
 * that is NULL is not called. */
struct vus_reporter {
	const char *format;
	bool collects;
	void (*begin)(struct vus_output *o, const struct vus_report *r);
	void (*result)(struct vus_output *o, const struct vus_report *r,
		       const struct vus_variant *v);
	void (*end)(struct vus_output *o, const struct vus_report *r);
	void (*drop)(struct vus_output *o); /* `state` is not NULL */
};
extern const struct vus_reporter vus_reporter_github;
extern const struct vus_reporter vus_reporter_human;
extern const struct vus_reporter vus_reporter_json;
extern const struct vus_reporter vus_reporter_junit;
extern const struct vus_reporter vus_reporter_tap;

#endif
