/* SPDX-License-Identifier: BSD-3-Clause */
/* late.h — acts of faults some time after the message they belong to.
 *
 * A fault of a rule that says what must not happen any more acts late, so that
 * a watch that is too short shows. */
#ifndef VUS_FAKE_BACKEND_FAULTS_LATE_H
#define VUS_FAKE_BACKEND_FAULTS_LATE_H

#include "ring.h"

/* An act at a ring; it may take the descriptor. */
typedef void vus_late_act(struct vus_vq *vq, int *fd);

/* Called by the body of a fault that plans something. */
void vus_fault_plans(struct vus_be_decisions *decide);

/* Let `act` come after a while, in place of what is planned for this ring.
 * `fd`, which may be -1, is closed then or when the connection ends. */
void vus_fault_plan(struct vus_vq *vq, vus_late_act *act, int fd);
bool vus_fault_is_planned(const struct vus_vq *vq);

/* What vus_fault_plans() does when a connection ends, for faults that replace
 * this decision themselves. */
void vus_fault_plans_close(struct vus_be *be);

/* An act: the ring is looked at. */
void vus_fault_look(struct vus_vq *vq, int *fd);
/* An act: `fd` is signalled. */
void vus_fault_signal(struct vus_vq *vq, int *fd);

#endif
