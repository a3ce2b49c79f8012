/* SPDX-License-Identifier: BSD-3-Clause */
/* backend_requests.c — how a front-end answers back-end requests. */
#include "fixture/watch.h"

#include "base/clock.h"

/* Send a request on the back-end channel, and serve the front-end until it has
 * answered. */
static bool request_and_serve(struct vus_ctx *t, uint32_t id, uint32_t flags,
			      struct vus_frame *ret, struct vus_err *err)
{
	struct vus_watch *w = vus_watch(t);
	struct vus_frame ask = vus_request_frame(VUS_BE, id);
	const uint64_t deadline = vus_deadline_ms(t->request_ms);

	ask.flags |= flags;
	if (!vus_link_send(&w->be.back, &ask, NULL, deadline, err))
		return false;
	while (vus_poll_one(w->be.back.fd, POLLIN, 0) == 0) {
		if (vus_remaining_ms(deadline) == 0)
			return vus_fail(err, VUS_ERR_TIMEOUT, "no answer");
		if (w->open && vus_be_step(&w->be, w->be.back.fd, deadline,
					   err) > VUS_BE_STEP_IDLE)
			return vus_fail(err, VUS_ERR_EOF,
					"the front-end closed the connection");
	}
	return vus_link_recv(&w->be.back, ret, deadline, err);
}

static bool has_channel(struct vus_ctx *t)
{
	if (!vus_stimulate_required(t, VUS_DO_START))
		return false;
	if (vus_watch(t)->be.back.fd >= 0)
		return true;
	vus_skip(t, "the front-end opened no back-end channel");
	return false;
}

static const uint32_t requests[] = { VUS_BE_CONFIG_CHANGE_MSG,
				     VUS_BE_VRING_HOST_NOTIFIER_MSG };

/* "Back-end message types": with REPLY_ACK a request with need_reply gets 0 or
 * non-zero. */
VUS_CASE(requests_of_the_backend_are_answered, .party = "frontend",
	 .title = "a back-end's request with need_reply is answered",
	 .rules = { "reply_ack.frontend_answers",
		    "header.reply_flag_frontend" },
	 .needs = PF(REPLY_ACK) | PF(BACKEND_REQ) | PF(CONFIG),
	 .rows = { "config_change", "host_notifier" })
{
	VUS_AUTO_FRAME got = { 0 };
	struct vus_err err;

	bool answered;

	VUS_STEP(t, has_channel(t));
	answered = request_and_serve(t, requests[t->row], VUS_FLAG_NEED_REPLY,
				     &got, &err);
	/* It was about to end in good order when it was asked. */
	if (!answered && err.kind == VUS_ERR_EOF &&
	    vus_log_count(&vus_watch(t)->log, VUS_FE_GET_VRING_BASE) > 0)
		VUS_SKIP(t, "the front-end had stopped its rings, and left");
	VUS_CHECK(t, "reply_ack.frontend_answers", answered,
		  "a back-end request with need_reply is answered", "%s",
		  err.text);
	VUS_CHECK(t, "header.reply_flag_frontend",
		  got.id == requests[t->row] && (got.flags & VUS_FLAG_REPLY),
		  "the answer has the type of the request, and the reply flag",
		  "the answer has type %u and flags 0x%x", got.id, got.flags);
	VUS_CHECK(t, "reply_ack.frontend_answers", got.decoded,
		  "the answer is one u64", "the answer has %u bytes of payload",
		  got.size);
}
