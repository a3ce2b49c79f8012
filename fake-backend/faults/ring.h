/* SPDX-License-Identifier: BSD-3-Clause */
/* ring.h — what the faults of rings share. */
#ifndef VUS_FAKE_BACKEND_FAULTS_RING_H
#define VUS_FAKE_BACKEND_FAULTS_RING_H

#include "fake-backend/device.h"
#include "fault.h"

/* As vus_fault_state(), for each ring of its own. */
void *vus_fault_ring_state(const struct vus_vq *vq, const void *owner,
			   size_t size);

/* Wait some milliseconds, so that a driver on the same machine sees what is in
 * the wrong order. */
void vus_fault_gap(void);

/* Has the driver offered a request that was not taken? */
bool vus_fault_ring_has_more(const struct vus_vq *vq);

#endif
