/* SPDX-License-Identifier: BSD-3-Clause */
/* classify.c — send any frame, valid or not, and find out how the peer reacts.
 */
#include "session.h"

#include "base/clock.h"

/* Answers to one request and its barrier, and one too many. */
#define MAX_ANSWERS 4

struct attempt {
	const struct vus_frame *frame;
	const struct vus_msg *msg; /* its row, NULL: none */
	bool own;                  /* it has a reply of its own */
	bool due;                  /* an answer of either kind is due */
	uint32_t barrier;          /* the request that follows */
	bool asked;                /* and has been sent */
	enum vus_outcome outcome;
};

static struct attempt plan_attempt(const struct vus_session *s,
				   const struct vus_frame *f)
{
	const struct vus_msg *msg = vus_msg_find(f->channel, f->id);
	const bool own = msg && vus_msg_answer(msg, s->pf) == VUS_ANSWER_OWN;
	const bool other = f->id == VUS_FE_GET_FEATURES &&
			   (s->offered & VF(PROTOCOL_FEATURES));

	return (struct attempt){
		.frame = f,
		.msg = msg,
		.own = own,
		.due = own || ((s->pf & PF(REPLY_ACK)) &&
			       (f->flags & VUS_FLAG_NEED_REPLY)),
		.barrier = other ? VUS_FE_GET_PROTOCOL_FEATURES
				 : VUS_FE_GET_FEATURES,
		.outcome = VUS_SILENT,
	};
}

/* What an error of sending or receiving says about the peer, or about us. */
static enum vus_outcome outcome_of(const struct vus_err *err)
{
	switch (err->kind) {
	case VUS_ERR_EOF:
		return VUS_CLOSED;
	case VUS_ERR_TIMEOUT:
		return VUS_STUCK;
	case VUS_ERR_PROTOCOL:
		return VUS_GARBLED;
	default:
		return VUS_UNKNOWN; /* the link has told why */
	}
}

static bool send_barrier(struct vus_session *s, struct attempt *a,
			 struct vus_err *err)
{
	const struct vus_frame ask = vus_request_frame(VUS_FE, a->barrier);

	if (a->asked)
		return true;
	a->asked = true;
	return vus_link_send(&s->link, &ask, NULL,
			     vus_deadline_ms(s->request_ms), err);
}

/* An unknown type has no row to decode by, and is acknowledged all the same. */
static bool is_ack(const struct vus_frame *got, uint64_t *ret_value)
{
	union vus_body body;

	if (!vus_decode(&vus_payload_u64, got->payload, got->payload_len, &body,
			NULL))
		return false;
	*ret_value = body.u64.value;
	return true;
}

/* An answer to the frame itself; false: it is none. */
static bool take_answer(struct attempt *a, const struct vus_frame *got,
			uint64_t *ret_ack)
{
	uint64_t value;

	if (got->id != a->frame->id)
		return false;
	if (a->own) {
		a->outcome = a->msg->empty_reply_fails && !got->payload_len
				     ? VUS_REFUSED
				     : VUS_ACCEPTED;
		return true;
	}
	if (!is_ack(got, &value))
		return false;
	a->outcome = value == 0 ? VUS_ACCEPTED : VUS_REFUSED;
	if (ret_ack)
		*ret_ack = value;
	return true;
}

/* No answer came.  A frame that is its own barrier and got one answer in all
 * was not answered itself: the answer was the barrier's. */
static enum vus_outcome nothing_came(const struct attempt *a,
				     const struct vus_err *err)
{
	if (err->kind == VUS_ERR_TIMEOUT && a->frame->id == a->barrier &&
	    a->outcome == VUS_ACCEPTED)
		return VUS_SILENT;
	return outcome_of(err);
}

enum vus_outcome vus_fe_classify(struct vus_session *s,
				 const struct vus_frame *frame,
				 const struct vus_twist *twist,
				 uint64_t *ret_ack)
{
	struct attempt a = plan_attempt(s, frame);
	unsigned answers = 0;
	struct vus_err err;

	vus_fe_note_request(s, frame->id);
	if (!vus_link_send(&s->link, frame, twist,
			   vus_deadline_ms(s->request_ms), &err))
		return outcome_of(&err);
	/* Where an answer is due, wait for it; where none is due, the answer to
	 * the next request shows that none came. */
	if (!a.due && !send_barrier(s, &a, &err))
		return outcome_of(&err);
	while (answers < MAX_ANSWERS) {
		VUS_AUTO_FRAME got = { 0 };

		if (!vus_link_recv(&s->link, &got,
				   vus_deadline_ms(s->request_ms), &err)) {
			if (err.kind != VUS_ERR_TIMEOUT || a.asked)
				return nothing_came(&a, &err);
			/* No answer to this; is there one to the next request?
			 */
			if (!send_barrier(s, &a, &err))
				return outcome_of(&err);
			continue;
		}
		answers++;
		if (a.asked && got.id == a.barrier &&
		    (a.barrier != frame->id || a.outcome != VUS_SILENT))
			return a.outcome;
		if (!take_answer(&a, &got, ret_ack))
			return VUS_GARBLED;
		if (!send_barrier(s, &a, &err))
			return outcome_of(&err);
	}
	return VUS_GARBLED;
}
