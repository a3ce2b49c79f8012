/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_size.c — faults of SET_VRING_NUM. */
#include "fault.h"

static uint32_t twice(const struct vus_queue *q)
{
	return 2 * q->num;
}

VUS_FE_FAULT(ring_size, says_twice_the_size,
	     .rule = "ring_size.frontend_driver_size",
	     .says = "sends SET_VRING_NUM with twice the size that the driver "
		     "uses")
{
	decide->ring_size = twice;
}

static uint32_t last_descriptor(const struct vus_queue *q)
{
	return q->num - 1;
}

VUS_FE_FAULT(
	ring_size, says_the_last_descriptor, .rule = "ring_size.frontend_legal",
	.also = "ring_size.frontend_driver_size ring_state.frontend_unset_ring",
	.says = "sends SET_VRING_NUM with the number of the last "
		"descriptor")
{
	decide->ring_size = last_descriptor;
}
