/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c — faults of the network device. */
#include "fault.h"

static bool runs_enabled_only(__attribute__((unused)) const struct vus_vq *vq)
{
	return false;
}

VUS_BE_FAULT(net, keeps_packets, .rule = "ring_state.disabled_drain",
	     .says = "leaves packets that are sent on a disabled ring "
		     "where they are")
{
	decide->ring_runs_disabled = runs_enabled_only;
}
