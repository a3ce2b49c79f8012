/* SPDX-License-Identifier: BSD-3-Clause */
/* reporting.h — what is done, counted and passed on to the outputs. */
#ifndef VUS_RUN_REPORTING_H
#define VUS_RUN_REPORTING_H

#include "options.h"
#include "result.h"
#include "run/report/output.h"
#include "run/report/progress.h"

struct vus_reporting {
	const struct vus_run_options *opt;
	struct vus_report report;
	struct vus_summary summary;
	struct vus_progress progress;
	const struct vus_variant *last; /* that was reported */
	unsigned running;               /* cases, now */
	struct vus_output **outputs;    /* kept reachable in children */
	bool *judged, *applying;        /* an entry a rule */
	uint64_t began;                 /* ns */
	bool settled;                   /* nothing waits any more */
};

/* Before the first fork: in a child nothing else leads to the outputs. */
VUS_MUST_CHECK bool vus_reporting_open(struct vus_reporting *r,
				       const struct vus_run_options *opt,
				       struct vus_err *err);
void vus_reporting_close(struct vus_reporting *r);

/* To every output: the run begins, or it has ended with this. */
void vus_reporting_begin(struct vus_reporting *r);
void vus_reporting_end(struct vus_reporting *r);

/* A variant has its verdict.  One that needs a rule waits until all are done.
 */
void vus_reporting_add(struct vus_reporting *r, struct vus_variant *v);
/* All are done, or with `complete` false some were not begun: what waits is
 * reported.  If all are, needs that nothing explains fail first (needs.h). */
void vus_reporting_settle(struct vus_reporting *r, struct vus_variant *variants,
			  bool complete);
/* A rule was judged by the runner itself. */
void vus_reporting_rule_judged(struct vus_reporting *r, const char *rule);
/* Draw the progress line anew. */
void vus_reporting_progress(struct vus_reporting *r);

/* When all are done: "judged N of M rules that apply", and the exit status. */
void vus_reporting_count_rules(struct vus_reporting *r);
int vus_reporting_status(const struct vus_reporting *r);

#endif
