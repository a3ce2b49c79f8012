/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.c — one frame: judged by its row, handled, answered.
 *
 * The wire tables know what a frame must look like; a handler sees only frames
 * that are.  A refusal is told in an acknowledgement where one is due, and by
 * closing the connection where none is: a front-end that did not ask must not
 * go on believing (spec: "Communication" lets a back-end close). */
#include "backend.h"

#include "base/clock.h"
#include "honest.h"

#include <string.h>

/* How long a reply may wait for room in the socket, ms. */
#define SEND_MS 5000

extern const struct vus_be_handler *const __start_vus_be_handlers[];
extern const struct vus_be_handler *const __stop_vus_be_handlers[];

const struct vus_be_handler *vus_be_handler_find(uint32_t id)
{
	const struct vus_be_handler *const *h = __start_vus_be_handlers;

	for (; h < __stop_vus_be_handlers; h++) {
		if ((*h)->id == id)
			return *h;
	}
	return NULL;
}

/* ---- judging ---- */

bool vus_honest_is_tolerated(const struct vus_be *be,
			     const struct vus_frame *req,
			     enum vus_complaint_kind kind)
{
	(void)be;
	(void)req;
	return kind == VUS_COMPLAINT_PADDING ||
	       kind == VUS_COMPLAINT_NEED_REPLY;
}

/* The first complaint that counts; NULL: there is none. */
static const struct vus_complaint *objection(struct vus_be *be,
					     const struct vus_frame *frame,
					     const struct vus_complaints *all)
{
	for (unsigned i = 0; i < all->n; i++) {
		const struct vus_complaint *c = &all->v[i];

		if (be->decide->is_tolerated(be, frame, c->kind))
			continue;
		vus_be_note(be, "refused: %s: %s", vus_complaint_name(c->kind),
			    c->text);
		return c;
	}
	return NULL;
}

enum vus_handled vus_honest_refuse_malformed(struct vus_be *be,
					     struct vus_frame *req,
					     enum vus_complaint_kind kind,
					     struct vus_frame *reply)
{
	(void)be;
	(void)reply;
	/* Nobody waits for an answer to an answer. */
	if (kind == VUS_COMPLAINT_REPLY)
		return VUS_CLOSE;
	/* Spec: VHOST_USER_GET_CONFIG, "zero-length payload" on error. */
	if (req->id == VUS_FE_GET_CONFIG && kind == VUS_COMPLAINT_SIZE)
		return VUS_EMPTY;
	return VUS_NACK;
}

enum vus_handled vus_honest_handle(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply)
{
	const struct vus_be_handler *h = vus_be_handler_find(req->id);
	const struct vus_msg *msg = vus_msg_find(VUS_FE, req->id);

	if (h)
		return h->handle(be, req, reply);
	vus_be_note(be, "refused: %s is not served", msg ? msg->name : "?");
	return VUS_NACK;
}

static enum vus_handled judge(struct vus_be *be, struct vus_frame *frame,
			      const struct vus_msg *msg,
			      struct vus_frame *reply)
{
	const uint64_t vf =
		vus_msg_vf(msg, be->features, be->decide->offered_features(be));
	struct vus_complaints all;

	if (vus_validate(frame, be->pf, vf, &all) > 0) {
		const struct vus_complaint *c = objection(be, frame, &all);

		if (c)
			return be->decide->refuse_malformed(be, frame, c->kind,
							    reply);
	}
	return be->decide->handle(be, frame, reply);
}

/* ---- answering ---- */

enum vus_be_step_result vus_be_hang_up(struct vus_be *be)
{
	vus_link_close(&be->link);
	return VUS_BE_STEP_CLOSED;
}

bool vus_honest_transmit(struct vus_be *be, const struct vus_frame *req,
			 struct vus_frame *reply, const struct vus_twist *twist,
			 struct vus_err *err)
{
	(void)req;
	return vus_link_send(&be->link, reply, twist, vus_deadline_ms(SEND_MS),
			     err);
}

uint32_t vus_honest_reply_flags(const struct vus_be *be,
				const struct vus_frame *req, uint32_t flags)
{
	(void)be;
	(void)req;
	return flags;
}

static enum vus_be_step_result send_to_front_end(struct vus_be *be,
						 const struct vus_frame *req,
						 struct vus_frame *reply,
						 const struct vus_twist *twist,
						 struct vus_err *err)
{
	struct vus_err why;

	reply->flags = be->decide->reply_flags(be, req, reply->flags);
	if (be->decide->transmit(be, req, reply, twist, &why))
		return VUS_BE_STEP_DONE;
	vus_be_note(be, "the connection ends: no reply could be sent: %s",
		    why.text);
	if (why.kind == VUS_ERR_SYSTEM) {
		*err = why;
		return VUS_BE_STEP_BROKEN;
	}
	return vus_be_hang_up(be);
}

enum vus_be_step_result vus_be_acknowledge(struct vus_be *be,
					   const struct vus_frame *req,
					   struct vus_frame *reply,
					   uint64_t value, struct vus_err *err)
{
	reply->body.u64.value = value;
	/* An unknown id has no layout: it is answered with these bytes. */
	memcpy(reply->payload, &value, sizeof(value));
	reply->payload_len = sizeof(value);
	return send_to_front_end(be, req, reply, NULL, err);
}

uint64_t vus_honest_ack_value(const struct vus_be *be,
			      const struct vus_frame *req, bool success)
{
	(void)be;
	(void)req;
	return success ? 0 : 1;
}

static enum vus_be_step_result send_empty(struct vus_be *be,
					  const struct vus_frame *req,
					  struct vus_frame *reply,
					  struct vus_err *err)
{
	const struct vus_twist twist = { .payload = "", .payload_len = 0 };

	return send_to_front_end(be, req, reply, &twist, err);
}

enum vus_be_step_result vus_honest_tell_refusal(struct vus_be *be,
						const struct vus_frame *req,
						bool ack_due,
						struct vus_frame *reply,
						struct vus_err *err)
{
	if (!ack_due)
		return vus_be_hang_up(be);
	return vus_be_acknowledge(be, req, reply,
				  be->decide->ack_value(be, req, false), err);
}

static enum vus_be_step_result
send_answer(struct vus_be *be, enum vus_handled handled, bool own, bool ack_due,
	    const struct vus_frame *req, struct vus_frame *reply,
	    struct vus_err *err)
{
	switch (handled) {
	case VUS_OK:
		if (own)
			return send_to_front_end(be, req, reply, NULL, err);
		return ack_due ? vus_be_acknowledge(
					 be, req, reply,
					 be->decide->ack_value(be, req, true),
					 err)
			       : VUS_BE_STEP_DONE;
	case VUS_EMPTY:
		return send_empty(be, req, reply, err);
	case VUS_NACK:
		return be->decide->tell_refusal(be, req, ack_due, reply, err);
	case VUS_EXIT:
		(void)vus_be_hang_up(be);
		return VUS_BE_STEP_EXIT;
	default:
		return vus_be_hang_up(be);
	}
}

/* SET_PROTOCOL_FEATURES may switch REPLY_ACK on or off: the answer is due by
 * what its sender meant, which is either. */
bool vus_honest_is_ack_due(const struct vus_be *be, const struct vus_frame *req,
			   uint64_t pf)
{
	return (req->flags & VUS_FLAG_NEED_REPLY) &&
	       ((pf | be->pf) & PF(REPLY_ACK));
}

bool vus_honest_takes_frame(struct vus_be *be, const struct vus_frame *frame)
{
	(void)be;
	(void)frame;
	return true;
}

enum vus_be_step_result vus_be_frame(struct vus_be *be, struct vus_frame *frame,
				     struct vus_err *err)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, frame->id);
	VUS_AUTO_FRAME reply = vus_reply_frame(frame);
	uint64_t pf = be->pf;
	bool own = msg && vus_msg_answer(msg, pf) == VUS_ANSWER_OWN;
	enum vus_handled handled;
	enum vus_be_step_result step;

	be->frames++;
	if (!be->decide->takes_frame(be, frame)) {
		vus_frame_close(frame);
		return VUS_BE_STEP_DONE;
	}
	handled = judge(be, frame, msg, &reply);
	step = send_answer(be, handled, own,
			   !own && be->decide->is_ack_due(be, frame, pf), frame,
			   &reply, err);
	vus_frame_close(frame);
	if (step == VUS_BE_STEP_DONE)
		(void)vus_be_run_rings(be);
	return step;
}
