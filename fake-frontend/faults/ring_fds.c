/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_fds.c — faults of descriptors of rings. */
#include "fault.h"

static uint64_t and_nofd(const struct vus_queue *q, uint32_t id)
{
	return q->index | (id == VUS_FE_SET_VRING_ERR ? VUS_VRING_NOFD : 0);
}

VUS_FE_FAULT(ring_fds, nofd_with_descriptor, .rule = "ring_fds.nofd_no_fd",
	     .says = "sets bit 8 and sends a descriptor with SET_VRING_ERR")
{
	decide->vring_fd_payload = and_nofd;
}
