/* SPDX-License-Identifier: BSD-3-Clause */
/* reaccept.h — the reaccept check: does the instance serve a new connection?
 *
 * A process of its own finds out, as a case does: the runner itself waits for
 * no peer. */
#ifndef VUS_RUN_REACCEPT_H
#define VUS_RUN_REACCEPT_H

#include "run.h"

/* Is there a way to find out? */
bool vus_reaccept_possible(const struct vus_run *run);

/* How long the process of a check may take, ms. */
uint64_t vus_reaccept_limit_ms(const struct vus_run *run);

/* Fork it.  VUS_NO_FORK: the check is not made. */
enum vus_fork vus_reaccept_begin(struct vus_run *run, struct vus_worker *w);
/* It has ended, or must now: w->reaccept says what it has found. */
void vus_reaccept_end(struct vus_run *run, struct vus_worker *w);

/* The instance lives; what does w->reaccept say about it, and about the case
 * that was last on it?  Forgets it. */
void vus_reaccept_judge(struct vus_run *run, struct vus_worker *w);

/* An instance has ended by itself, with status 0; `last` is the last case on
 * it, NULL where it has served a plain session only. */
void vus_reaccept_judge_end(struct vus_run *run, struct vus_variant *last);

#endif
