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

VUS_FAULT_REFUSE(mtu_of_hosts,
		 req->id == VUS_FE_NET_SET_MTU && req->body.u64.value < 576)

VUS_BE_FAULT(net, small_mtu_is_refused, .rule = "net.mtu_ack",
	     .says = "refuses an MTU below 576, the least datagram of IPv4")
{
	decide->handle = mtu_of_hosts;
}
