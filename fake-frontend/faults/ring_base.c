/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_base.c — faults of SET_VRING_BASE. */
#include "fault.h"

static uint16_t behind_all(const struct vus_split_driver *ring)
{
	return ring->avail_idx;
}

static bool no(void)
{
	return false;
}

VUS_FE_FAULT(ring_base, behind_the_last_request,
	     .rule = "ring_base.frontend_after_loss",
	     .says = "goes on behind the requests that were lost with a "
		     "connection")
{
	decide->resume_base = behind_all;
	decide->awaits_lost_requests = no;
}
