/* SPDX-License-Identifier: BSD-3-Clause */
/* reply_ack.c — faults of acknowledgements. */
#include "fault.h"

#include "base/clock.h"

static uint32_t with_need_reply(uint32_t flags)
{
	return flags | VUS_FLAG_NEED_REPLY;
}

VUS_FE_FAULT(reply_ack, asks_unnegotiated,
	     .rule = "reply_ack.not_negotiated_frontend",
	     .says = "sends SET_OWNER with need_reply, negotiated or not")
{
	decide->owner_flags = with_need_reply;
}

VUS_FE_FAULT(reply_ack, asks_when_selecting,
	     .rule = "reply_ack.on_set_protocol",
	     .also = "reply_ack.not_negotiated_frontend",
	     .says = "sends SET_PROTOCOL_FEATURES with need_reply")
{
	decide->protocol_features_flags = with_need_reply;
}

static bool any_value(uint64_t value)
{
	(void)value;
	return true;
}

VUS_FE_FAULT(reply_ack, ignores_refusals,
	     .rule = "reply_ack.frontend_fails_on_error",
	     .says = "takes any acknowledgement for success")
{
	decide->ack_is_success = any_value;
}

static bool low_half_is_0(uint64_t value)
{
	return (uint32_t)value == 0;
}

VUS_FE_FAULT(reply_ack, reads_32_bits,
	     .rule = "reply_ack.frontend_fails_on_error",
	     .says = "looks at the low half of acknowledgements")
{
	decide->ack_is_success = low_half_is_0;
}

/* What is there is read, and what is not is left for a later request. */
static bool take_what_is_there(struct vus_session *s,
			       const struct vus_frame *request,
			       struct vus_err *err)
{
	VUS_AUTO_FRAME got = { 0 };

	return vus_fe_send_noack(s, request, err) &&
	       (vus_poll_one(s->link.fd, POLLIN, 0) < 1 ||
		vus_link_recv(&s->link, &got, vus_deadline_ms(s->request_ms),
			      err));
}

static bool any_answer(const struct vus_session *s,
		       const struct vus_frame *request,
		       const struct vus_frame *reply, struct vus_err *err)
{
	(void)s, (void)request, (void)reply, (void)err;
	return true;
}

VUS_FE_FAULT(reply_ack, reads_what_is_there,
	     .rule = "reply_ack.frontend_reads_once",
	     .also = "status.frontend_steps",
	     .says = "waits for no acknowledgement, and takes it for a later "
		     "answer")
{
	decide->request_ack = take_what_is_there;
	decide->is_answer = any_answer;
}

static bool never(const struct vus_session *s, const struct vus_frame *request)
{
	(void)s, (void)request;
	return false;
}

VUS_FE_FAULT(reply_ack, silent_to_backend, .rule = "reply_ack.frontend_answers",
	     .says = "answers no request of the back-end")
{
	decide->answers_backend = never;
}

static uint32_t half(void)
{
	return sizeof(uint32_t);
}

VUS_FE_FAULT(reply_ack, answers_backend_with_half,
	     .rule = "reply_ack.frontend_answers",
	     .says = "answers the back-end with four bytes")
{
	decide->answer_size = half;
}
