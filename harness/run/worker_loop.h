/* SPDX-License-Identifier: BSD-3-Clause */
/* worker_loop.h — carries out what the states of a worker ask for. */
#ifndef VUS_RUN_WORKER_LOOP_H
#define VUS_RUN_WORKER_LOOP_H

#include "run.h"

VUS_MUST_CHECK bool vus_worker_open(struct vus_run *run, struct vus_worker *w,
				    unsigned index, struct vus_err *err);
void vus_worker_close(struct vus_run *run, struct vus_worker *w);

/* All of these return VUS_IN_CHILD in a process that was forked: the caller
 * returns up to main with target.child_status.  Else VUS_IN_PARENT. */

/* In IDLE: begin the next variant, or end the instance, or be DONE. */
enum vus_fork vus_worker_feed(struct vus_run *run, struct vus_worker *w);
/* In IDLE: end the instance. */
enum vus_fork vus_worker_give_back(struct vus_run *run, struct vus_worker *w);
/* The descriptor is readable, or the deadline has passed. */
enum vus_fork vus_worker_wake(struct vus_run *run, struct vus_worker *w);

/* The descriptor that the state waits for, or -1. */
int vus_worker_fd(const struct vus_worker *w);

/* Stop what runs (interrupt); `now`: the instance, too. */
void vus_worker_stop(struct vus_worker *w, bool now);

#endif
