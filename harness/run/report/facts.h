/* SPDX-License-Identifier: BSD-3-Clause */
/* facts.h — what follows from a variant's result and the run's options. */
#ifndef VUS_REPORT_FACTS_H
#define VUS_REPORT_FACTS_H

#include "run/result.h"

struct vus_report;
struct vus_run_options;

/* "vuspec test-backend --filter 'mem.x[shm]' -- CMD" */
void vus_report_rerun(const struct vus_report *r, const struct vus_variant *v,
		      struct vus_text *ret);

/* Is this what fails a run?  A warning of a SHOULD does with --level should,
 * every warning with --level may. */
bool vus_report_deviates(const struct vus_run_options *opt,
			 const struct vus_variant *v);
/* The same, unless the baseline has it. */
bool vus_report_fails_run(const struct vus_run_options *opt,
			  const struct vus_variant *v);

/* Is this a crash whose details stay private (no --show-crashes)?  Then a
 * report that may be passed on carries case, rule, signal, fingerprint. */
bool vus_report_private(const struct vus_report *r,
			const struct vus_variant *v);
/* 16 hexadecimal digits: the same crash has the same ones in every run,
 * whatever case it shows in. */
const char *vus_report_fingerprint(const struct vus_variant *v, char buf[17]);

/* vhost-user, "Header" */
void vus_report_heading(const struct vus_rule *rule, struct vus_text *ret);

#endif
