/* SPDX-License-Identifier: BSD-3-Clause */
/* deaf.h — faults after which a connection is not answered any more. */
#ifndef VUS_FAKE_BACKEND_FAULTS_DEAF_H
#define VUS_FAKE_BACKEND_FAULTS_DEAF_H

#include "fault.h"

/* In the body of a fault: it may fall silent. */
void vus_fault_may_be_deaf(struct vus_be_decisions *decide);
/* From now on frames are read and not answered. */
void vus_fault_deafen(const struct vus_be *be);
/* What takes_frame becomes; for faults that replace it themselves. */
bool vus_fault_hears(struct vus_be *be, const struct vus_frame *frame);

#endif
