/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c — faults of a net device's messages. */
#include "fault.h"

static bool send_u64(struct vus_session *s, uint32_t id, uint64_t value,
		     struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	f.body.u64.value = value;
	return vus_fe_send_noack(s, &f, err);
}

static bool announce_anyway(struct vus_session *s, struct vus_err *err)
{
	return (s->pf_offered & PF(RARP)) ||
	       send_u64(s, VUS_FE_SEND_RARP, 0x563412005452, err);
}

VUS_FE_FAULT(net, announces_ungated, .rule = "net.rarp_gated",
	     .says = "sends SEND_RARP where RARP is not offered")
{
	decide->before_features = announce_anyway;
}

static bool set_mtu_anyway(struct vus_session *s, struct vus_err *err)
{
	return (s->pf_offered & PF(NET_MTU)) ||
	       send_u64(s, VUS_FE_NET_SET_MTU, 1500, err);
}

VUS_FE_FAULT(net, sets_mtu_ungated, .rule = "net.mtu_gated",
	     .says = "sends NET_SET_MTU where NET_MTU is not offered")
{
	decide->before_features = set_mtu_anyway;
}
