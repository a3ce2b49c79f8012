/* SPDX-License-Identifier: BSD-3-Clause */
/* spoils.c — faults that a session leaves behind: all that follow are closed at
 * their first message. */
#include "ring.h"

/* Are sessions closed? */
static bool *is_spoilt(const struct vus_be *be)
{
	static const char key;

	return vus_fault_memory(&be->cfg, &key, sizeof(bool));
}

static enum vus_handled close_if_spoilt(struct vus_be *be,
					struct vus_frame *req,
					struct vus_frame *reply)
{
	return *is_spoilt(be) ? VUS_CLOSE
			      : vus_be_honest.handle(be, req, reply);
}

/* Has a ring run in this session? */
static bool *has_run(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(bool));
}

static void begin_and_remember(struct vus_vq *vq)
{
	*has_run(vq->be) = true;
	vus_be_honest.ring_begin(vq);
}

static void spoil_if_half(struct vus_be *be)
{
	*is_spoilt(be) |= be->mem.n > 0 && !*has_run(be);
	vus_fault_state_close(be);
}

VUS_BE_FAULT(socket, half_a_session_spoils,
	     .rule = "socket.disconnect_each_step",
	     .says = "serves nobody after a session that ended between memory "
		     "and the first kick")
{
	vus_fault_remembers(decide);
	decide->handle = close_if_spoilt;
	decide->ring_begin = begin_and_remember;
	decide->disconnected = spoil_if_half;
}

static bool spoil_if_closed(struct vus_be *be, const struct vus_frame *req,
			    struct vus_frame *reply,
			    const struct vus_twist *twist, struct vus_err *err)
{
	if (vus_be_honest.transmit(be, req, reply, twist, err))
		return true;
	*is_spoilt(be) |= err->kind != VUS_ERR_SYSTEM;
	return false;
}

VUS_BE_FAULT(socket, unsent_reply_spoils, .rule = "socket.reply_to_closed",
	     .says = "serves nobody after a reply that could not be sent")
{
	vus_fault_remembers(decide);
	decide->handle = close_if_spoilt;
	decide->transmit = spoil_if_closed;
}

static bool spoil_if_cut(struct vus_be *be, struct vus_frame *ret,
			 uint64_t deadline, struct vus_err *err)
{
	if (vus_be_honest.receive(be, ret, deadline, err))
		return true;
	*is_spoilt(be) |=
		err->kind == VUS_ERR_EOF && err->code != VUS_CUT_NOTHING;
	return false;
}

VUS_BE_FAULT(
	header, cut_message_spoils, .rule = "header.eof_mid_message",
	.says = "serves nobody after a session that ended inside a message")
{
	vus_fault_remembers(decide);
	decide->handle = close_if_spoilt;
	decide->receive = spoil_if_cut;
}
