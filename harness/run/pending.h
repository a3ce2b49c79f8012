/* SPDX-License-Identifier: BSD-3-Clause */
/* pending.h — the last case on an instance, which is reported only when the
 * instance has shown that it lives, or has ended. */
#ifndef VUS_RUN_PENDING_H
#define VUS_RUN_PENDING_H

#include "run.h"

/* Nothing that the instance does can change its verdict any more. */
void vus_pending_report(struct vus_run *run, struct vus_worker *w);

/* What the peer printed last, for a verdict that needs explaining. */
void vus_pending_add_output(const struct vus_worker *w, struct vus_variant *v);

#endif
