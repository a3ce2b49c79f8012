/* SPDX-License-Identifier: BSD-3-Clause */
/* backend_channel.c — faults of the back-end's channel. */
#include "fault.h"

static bool open_anyway(struct vus_session *s, struct vus_err *err)
{
	return (s->pf & PF(BACKEND_REQ)) || vus_fe_open_channel(s, err);
}

VUS_FE_FAULT(backend_channel, opens_ungated, .rule = "backend_channel.gated",
	     .also = "protocol_features.gated_messages",
	     .says = "sends SET_BACKEND_REQ_FD without BACKEND_REQ")
{
	decide->before_features = open_anyway;
}
