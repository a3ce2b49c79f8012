/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_endian.c — faults of SET_VRING_ENDIAN. */
#include "fault.h"

static bool set_little(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_VRING_ENDIAN);

	return (s->pf & PF(CROSS_ENDIAN)) || vus_fe_send_noack(s, &f, err);
}

VUS_FE_FAULT(ring_endian, sets_ungated, .rule = "ring_endian.gated",
	     .says = "sends SET_VRING_ENDIAN without CROSS_ENDIAN")
{
	decide->before_features = set_little;
}
