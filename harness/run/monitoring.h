/* SPDX-License-Identifier: BSD-3-Clause */
/* monitoring.h — the monitors of each connection of a case (run/ only; cases
 * and fixtures have vus_ctx_connection() in case.h). */
#ifndef VUS_RUN_MONITORING_H
#define VUS_RUN_MONITORING_H

struct vus_ctx;

/* When a case has come to its own verdict: a breach that a monitor has seen
 * counts where the case found nothing worse. */
void vus_monitoring_judge(struct vus_ctx *t);

#endif
