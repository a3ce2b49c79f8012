/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_stop.c — faults of GET_VRING_BASE. */
#include "fault.h"

static uint32_t size_of_ring(const struct vus_queue *q)
{
	return q->num;
}

VUS_FE_FAULT(
	ring_stop, num_left_over, .rule = "ring_stop.num_zero",
	.says = "sends GET_VRING_BASE with the ring's size in the reserved "
		"word")
{
	decide->stop_num = size_of_ring;
}

static bool no(void)
{
	return false;
}

VUS_FE_FAULT(ring_stop, resets_running_rings,
	     .rule = "ring_stop.frontend_at_reset",
	     .says = "resets the device without stopping its rings")
{
	decide->stops_before_reset = no;
}
