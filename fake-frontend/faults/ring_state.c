/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_state.c — faults of rings that are not used. */
#include "fault.h"

static bool size_another(struct vus_fake *f, struct vus_err *err)
{
	return vus_fe_set_state(&f->s, VUS_FE_SET_VRING_NUM, f->nrings, 64,
				err);
}

VUS_FE_FAULT(ring_state, sizes_another,
	     .rule = "ring_state.frontend_unset_ring",
	     .says = "sends SET_VRING_NUM for a ring that it does not use")
{
	decide->starting = size_another;
}

static bool ask_unless_size(struct vus_session *s, const struct vus_frame *f,
			    struct vus_err *err)
{
	return f->id == VUS_FE_SET_VRING_NUM ||
	       vus_fe_honest.request_ack(s, f, err);
}

static bool send_unless_size(struct vus_session *s, const struct vus_frame *f,
			     struct vus_err *err)
{
	return f->id == VUS_FE_SET_VRING_NUM || vus_fe_honest.send(s, f, err);
}

VUS_FE_FAULT(ring_state, takes_the_size_for_known,
	     .rule = "ring_state.frontend_complete",
	     .also = "ring_size.frontend_driver_size "
		     "ring_state.frontend_unset_ring",
	     .says = "sends no size where the driver left it as it was")
{
	decide->send = send_unless_size;
	decide->request_ack = ask_unless_size;
}
