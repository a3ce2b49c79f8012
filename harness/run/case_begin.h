/* SPDX-License-Identifier: BSD-3-Clause */
/* case_begin.h — which variant runs next, and the first steps of its run. */
#ifndef VUS_RUN_CASE_BEGIN_H
#define VUS_RUN_CASE_BEGIN_H

#include "run.h"

/* The next variant that has to run is w->now, or none is; those that need not
 * are reported at once.  CASE_DUE, NO_CASE or NOTHING_LEFT. */
enum vus_worker_event vus_case_choose(struct vus_run *run,
				      struct vus_worker *w);

/* The action BEGIN_CASE. */
enum vus_worker_event vus_case_begin(struct vus_run *run, struct vus_worker *w);

/* How long the process of a case may take, ms. */
uint64_t vus_case_limit_ms(const struct vus_run *run);

#endif
