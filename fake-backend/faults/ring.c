/* SPDX-License-Identifier: BSD-3-Clause */
/* ring.c — what the faults of rings share. */
#include "ring.h"

#include "base/clock.h"
#include "ring/le16.h"

#define GAP_MS 5

void *vus_fault_ring_state(const struct vus_vq *vq, const void *owner,
			   size_t size)
{
	uint8_t *all = vus_fault_state(vq->be, owner, size * VUS_BE_MAX_QUEUES);

	return all + size * vq->index;
}

void vus_fault_gap(void)
{
	vus_poll(NULL, 0, vus_deadline_ms(GAP_MS));
}

bool vus_fault_ring_has_more(const struct vus_vq *vq)
{
	return vus_load16(&vq->ring.avail->idx) != vq->ring.last_avail;
}
