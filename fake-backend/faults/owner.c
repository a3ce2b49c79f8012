/* SPDX-License-Identifier: BSD-3-Clause */
/* owner.c — faults of SET_OWNER and RESET_OWNER. */
#include "fault.h"

static enum vus_handled owner_first(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, req->id);

	if (!be->owned && msg &&
	    (msg->needs & (PF(MQ) | PF(CONFIGURE_MEM_SLOTS))))
		return VUS_NACK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(owner, required_first, .rule = "owner.features_before_owner",
	     .also = "multiqueue.get_reply",
	     .says = "refuses memory slots and queue count before SET_OWNER")
{
	decide->handle = owner_first;
}

static enum vus_handled forget_protocol(struct vus_be *be,
					struct vus_frame *req,
					struct vus_frame *reply)
{
	if (req->id == VUS_FE_SET_OWNER && be->owned)
		vus_be_select_pf(be, 0);
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(owner, repeat_forgets_protocol,
	     .rule = "owner.set_keeps_negotiation",
	     .says = "forgets the protocol features at a second SET_OWNER")
{
	decide->handle = forget_protocol;
}

static uint64_t without_acks(const struct vus_be *be)
{
	return vus_be_honest.offered_pf(be) & ~PF(REPLY_ACK);
}

VUS_BE_FAULT(owner, repeat_forgets_silently,
	     .rule = "owner.set_keeps_negotiation",
	     .says = "offers no REPLY_ACK, and forgets the protocol features "
		     "at a second SET_OWNER")
{
	decide->offered_pf = without_acks;
	decide->handle = forget_protocol;
}

static enum vus_handled close_at_repeat(struct vus_be *be,
					struct vus_frame *req,
					struct vus_frame *reply)
{
	if (req->id == VUS_FE_SET_OWNER && be->owned)
		return VUS_CLOSE;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(owner, repeat_closes, .rule = "owner.set_twice",
	     .also = "owner.set_keeps_negotiation",
	     .says = "closes at a second SET_OWNER")
{
	decide->handle = close_at_repeat;
}

static enum vus_handled reset_rings(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	for (unsigned i = 0;
	     req->id == VUS_FE_RESET_OWNER && i < be->cfg.queues; i++)
		vus_vq_reset(&be->vqs[i]);
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(owner, reset_stops_for_good, .rule = "owner.reset_effect",
	     .says = "forgets its rings at RESET_OWNER")
{
	decide->handle = reset_rings;
}

static enum vus_handled forget_session(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	if (req->id == VUS_FE_RESET_OWNER) {
		vus_regions_clear(&be->mem);
		vus_be_remap(be);
		vus_be_select_pf(be, 0);
	}
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(owner, reset_forgets_session, .rule = "owner.reset_keeps_session",
	     .also = "owner.reset_effect",
	     .says = "forgets memory and protocol features at RESET_OWNER")
{
	decide->handle = forget_session;
}
