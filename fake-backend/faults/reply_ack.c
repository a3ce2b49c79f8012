/* SPDX-License-Identifier: BSD-3-Clause */
/* reply_ack.c — faults of acknowledgements. */
#include "deaf.h"
#include "late.h"

static bool forget_selection(const struct vus_be *be,
			     const struct vus_frame *req, uint64_t pf)
{
	return req->id != VUS_FE_SET_PROTOCOL_FEATURES &&
	       vus_be_honest.is_ack_due(be, req, pf);
}

VUS_BE_FAULT(reply_ack, forgets_selections, .rule = "reply_ack.sent",
	     .says = "does not acknowledge SET_PROTOCOL_FEATURES")
{
	decide->is_ack_due = forget_selection;
}

static bool send_sixteen(struct vus_be *be, const struct vus_frame *req,
			 struct vus_frame *reply, const struct vus_twist *twist,
			 struct vus_err *err)
{
	uint64_t words[2] = { reply->body.u64.value, 0 };
	const struct vus_twist longer = { .payload = words,
					  .payload_len = sizeof(words) };

	if (req->id == VUS_FE_SET_OWNER)
		twist = &longer;
	return vus_be_honest.transmit(be, req, reply, twist, err);
}

VUS_BE_FAULT(reply_ack, sixteen_bytes, .rule = "reply_ack.format",
	     .says = "acknowledges SET_OWNER with 16 bytes")
{
	decide->transmit = send_sixteen;
}

static uint64_t one_for_owner(const struct vus_be *be,
			      const struct vus_frame *req, bool success)
{
	if (req->id == VUS_FE_SET_OWNER)
		return 1;
	return vus_be_honest.ack_value(be, req, success);
}

VUS_BE_FAULT(reply_ack, one_on_success, .rule = "reply_ack.zero_on_success",
	     .says = "acknowledges SET_OWNER with 1")
{
	decide->ack_value = one_for_owner;
}

static enum vus_be_step_result
tell_success(struct vus_be *be, const struct vus_frame *req, bool ack_due,
	     struct vus_frame *reply, struct vus_err *err)
{
	if (ack_due)
		(void)vus_be_acknowledge(be, req, reply, 0, err);
	return vus_be_hang_up(be);
}

VUS_BE_FAULT(reply_ack, zero_on_failure, .rule = "reply_ack.nonzero_on_failure",
	     .says = "acknowledges what it refused with 0, and closes")
{
	decide->tell_refusal = tell_success;
}

static bool base_unasked(const struct vus_be *be, const struct vus_frame *req,
			 uint64_t pf)
{
	if (req->id == VUS_FE_SET_VRING_BASE)
		return ((pf | be->pf) & PF(REPLY_ACK)) != 0;
	return vus_be_honest.is_ack_due(be, req, pf);
}

VUS_BE_FAULT(reply_ack, unasked, .rule = "reply_ack.not_requested",
	     .says = "acknowledges SET_VRING_BASE with or without need_reply")
{
	decide->is_ack_due = base_unasked;
}

static bool channel_unasked(const struct vus_be *be,
			    const struct vus_frame *req, uint64_t pf)
{
	return req->id == VUS_FE_SET_BACKEND_REQ_FD ||
	       vus_be_honest.is_ack_due(be, req, pf);
}

VUS_BE_FAULT(reply_ack, channel_unasked, .rule = "reply_ack.not_requested",
	     .also = "protocol_feature_bits.backend_req",
	     .says = "acknowledges SET_BACKEND_REQ_FD without need_reply")
{
	decide->is_ack_due = channel_unasked;
}

static bool not_negotiated(const struct vus_be *be, const struct vus_frame *req,
			   uint64_t pf)
{
	(void)be;
	(void)pf;
	return (req->flags & VUS_FLAG_NEED_REPLY) != 0;
}

VUS_BE_FAULT(reply_ack, before_negotiated,
	     .rule = "reply_ack.not_negotiated_backend",
	     .says = "acknowledges before REPLY_ACK is negotiated")
{
	decide->is_ack_due = not_negotiated;
}

static bool reply_and_acknowledge(struct vus_be *be,
				  const struct vus_frame *req,
				  struct vus_frame *reply,
				  const struct vus_twist *twist,
				  struct vus_err *err)
{
	if (!vus_be_honest.transmit(be, req, reply, twist, err))
		return false;
	if (req->id != VUS_FE_GET_QUEUE_NUM ||
	    !(req->flags & VUS_FLAG_NEED_REPLY))
		return true;
	reply->body.u64.value = 0;
	return vus_be_honest.transmit(be, req, reply, NULL, err);
}

VUS_BE_FAULT(reply_ack, twice, .rule = "reply_ack.own_reply_once",
	     .says = "answers GET_QUEUE_NUM with need_reply twice")
{
	decide->transmit = reply_and_acknowledge;
}

static enum vus_be_step_result
fall_silent(struct vus_be *be, const struct vus_frame *req, bool ack_due,
	    struct vus_frame *reply, struct vus_err *err)
{
	(void)req;
	(void)ack_due;
	(void)reply;
	(void)err;
	vus_fault_deafen(be);
	return VUS_BE_STEP_DONE;
}

VUS_BE_FAULT(reply_ack, deaf_after_refusal,
	     .rule = "reply_ack.alive_after_refusal",
	     .says = "answers nothing after it refused something")
{
	vus_fault_may_be_deaf(decide);
	decide->tell_refusal = fall_silent;
}

static void swap(struct vus_vq *vq, int *fd)
{
	vus_be_honest.set_call(vq, vus_fd_take(fd));
}

static void swap_late(struct vus_vq *vq, int fd)
{
	if (vq->call >= 0 && fd >= 0)
		vus_fault_plan(vq, swap, fd);
	else
		vus_be_honest.set_call(vq, fd);
}

VUS_BE_FAULT(reply_ack, before_effect, .rule = "reply_ack.after_effect",
	     .also = "ring_fds.replace",
	     .says = "acknowledges a call descriptor before it uses it")
{
	vus_fault_plans(decide);
	decide->set_call = swap_late;
}
