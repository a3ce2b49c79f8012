/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_enable.c — faults of SET_VRING_ENABLE. */
#include "fault.h"

#include "base/clock.h"

#define KICK_MS 20 /* between two kicks */

static bool always(const struct vus_session *s)
{
	(void)s;
	return true;
}

VUS_FE_FAULT(ring_enable, without_bit_30, .rule = "ring_enable.needs_bit30",
	     .says = "enables rings without bit 30")
{
	decide->enables_rings = always;
}

/* Kicks come while the answer does not. */
static bool enable_and_kick(struct vus_session *s, unsigned index, bool on,
			    struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_VRING_ENABLE);
	const uint64_t deadline = vus_deadline_ms(s->request_ms);
	VUS_AUTO_FRAME got = { 0 };

	if (!on || !(s->pf & PF(REPLY_ACK)))
		return vus_fe_honest.enable_ring(s, index, on, err);
	f.flags |= VUS_FLAG_NEED_REPLY;
	f.body.vring_state.index = s->queues[index].index;
	f.body.vring_state.num = 1;
	if (!vus_fe_send_noack(s, &f, err))
		return false;
	while (vus_poll_one(s->link.fd, POLLIN, vus_deadline_ms(KICK_MS)) < 1)
		if (vus_remaining_ms(deadline) == 0 ||
		    !vus_fe_kick(s, index, err))
			break;
	return vus_link_recv(&s->link, &got, deadline, err);
}

VUS_FE_FAULT(ring_enable, kicks_at_once, .rule = "ring_enable.sync",
	     .says = "kicks a ring while its enabling is not answered")
{
	decide->enable_ring = enable_and_kick;
}

static bool disable_first(struct vus_session *s, struct vus_err *err)
{
	const struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_SET_VRING_ENABLE);

	return vus_fe_send_noack(s, &f, err);
}

VUS_FE_FAULT(ring_enable, before_the_features,
	     .rule = "ring_enable.needs_bit30",
	     .says = "says that ring 0 is disabled before it acknowledges "
		     "features")
{
	decide->before_features = disable_first;
}

static bool never(const struct vus_session *s)
{
	(void)s;
	return false;
}

VUS_FE_FAULT(ring_enable, never, .rule = "ring_enable.frontend_enables",
	     .says = "enables no ring")
{
	decide->enables_rings = never;
}

static bool enable_with_all_bits(struct vus_session *s, unsigned index, bool on,
				 struct vus_err *err)
{
	return vus_fe_set_state(s, VUS_FE_SET_VRING_ENABLE,
				s->queues[index].index, on ? UINT32_MAX : 0,
				err);
}

VUS_FE_FAULT(ring_enable, true_has_all_bits,
	     .rule = "ring_enable.frontend_value",
	     .also = "ring_enable.frontend_enables",
	     .says = "enables a ring with all bits set")
{
	decide->enable_ring = enable_with_all_bits;
}
