/* SPDX-License-Identifier: BSD-3-Clause */
/* replies.c — how a front-end handles replies that are late, in pieces, wrong,
 * or refusals. */
#include "fixture/watch.h"

#include "base/clock.h"
#include "base/own.h"

#include <string.h>

/* Build the reply to a request for a u64 that we know; false: it is another
 * request. */
static bool u64_reply(struct vus_be *be, const struct vus_frame *frame,
		      struct vus_frame *ret)
{
	*ret = vus_reply_frame(frame);
	switch (frame->id) {
	case VUS_FE_GET_FEATURES:
		ret->body.features.value = be->decide->offered_features(be);
		return true;
	case VUS_FE_GET_PROTOCOL_FEATURES:
		ret->body.protocol_features.value = be->decide->offered_pf(be);
		return true;
	case VUS_FE_GET_QUEUE_NUM:
		ret->body.u64.value = be->cfg.queues;
		return true;
	default:
		return false;
	}
}

static bool reply(struct vus_be *be, struct vus_frame *frame,
		  const struct vus_frame *answer, const struct vus_twist *twist)
{
	struct vus_err err;

	vus_frame_close(frame);
	if (!vus_link_send(&be->link, answer, twist, vus_deadline_ms(5000),
			   &err))
		vus_link_close(&be->link);
	return true;
}

/* ---- in pieces ---- */

static bool bytewise(struct vus_be *be, struct vus_frame *frame)
{
	const struct vus_twist pieces = { .ncuts = 4,
					  .cut = { 1, 5, 11, 13 },
					  .settle_ms = 200 };
	struct vus_frame answer;

	return u64_reply(be, frame, &answer) &&
	       reply(be, frame, &answer, &pieces);
}

/* A stream has no message boundaries: a reply may come in pieces. */
VUS_CASE(replies_in_pieces_are_assembled, .party = "frontend",
	 .title = "a reply that arrives in pieces is read whole",
	 .rules = { "header.frontend_partial_reply" })
{
	struct vus_watch *w = vus_watch(t);
	bool ok;

	w->intercept = w->be.intercept = bytewise;
	VUS_STEP(t, vus_stimulate_try_start(t, &ok));
	VUS_CHECK(t, "header.frontend_partial_reply", ok,
		  "the device starts with replies in pieces",
		  "the front-end did not start with replies in five pieces");
	VUS_STEP(t, vus_stimulus_shows(t, VUS_DO_START));
}

/* ---- wrong ---- */

/* How one reply is wrong, the first to `id`. */
struct wrong {
	uint32_t id;
	uint32_t says_id, flags, size; /* 0: as in a valid reply */
	size_t bytes;
	bool done;
};

static bool answer_wrong_type(struct vus_be *be, struct vus_frame *frame)
{
	static const uint8_t zeros[4096];
	struct wrong *wrong = vus_watch_of_be(be)->judge;
	struct vus_twist twist = { 0 };
	struct vus_frame answer;

	if (wrong->done || frame->id != wrong->id ||
	    !u64_reply(be, frame, &answer))
		return false;
	wrong->done = true;
	if (wrong->says_id)
		answer.id = wrong->says_id;
	if (wrong->flags)
		answer.flags = wrong->flags;
	if (wrong->size) {
		twist.payload = zeros;
		twist.payload_len = wrong->bytes;
		twist.set_size = true;
		twist.size = wrong->size;
	}
	return reply(be, frame, &answer, &twist);
}

/* What a front-end does after a wrong reply. */
enum after_reply {
	CLOSED,  /* it closes the connection, or ends */
	SILENT,  /* it sends nothing more, and does not close */
	WENT_ON, /* it sends more, and does not close */
};

static bool closed_or_sent(const struct vus_watch *w, const void *arg)
{
	return !w->open || w->log.n > *(const size_t *)arg;
}

/* Send the wrong reply, and wait for what comes: at least `silence_ms` long
 * while nothing does.  False: the verdict is set. */
static bool reply_wrongly(struct vus_ctx *t, struct wrong *wrong,
			  unsigned silence_ms, enum after_reply *ret)
{
	struct vus_watch *w = vus_watch(t);
	struct vus_err err = { 0 };
	size_t asked;

	w->judge = wrong;
	w->be.intercept = answer_wrong_type;
	while (!wrong->done) {
		if (!vus_watch_serve(t, vus_until_requested, &wrong->id,
				     vus_deadline_ms(t->request_ms), &err)) {
			vus_skip(t, "it never asked: %s", err.text);
			return false;
		}
	}
	asked = w->log.n;
	(void)!vus_watch_serve(t, closed_or_sent, &asked,
			       vus_deadline_ms(silence_ms), &err);
	/* What it sends first may be its way to end the session. */
	(void)!vus_watch_serve(t, vus_until_closed, NULL,
			       vus_deadline_ms(4 * (uint64_t)t->quiet_ms),
			       &err);
	*ret = !w->open ? CLOSED : w->log.n == asked ? SILENT : WENT_ON;
	return true;
}

/* "Communication": on an unexpected reply the front-end drops the
 * connection. */
VUS_CASE(unexpected_replies_end_the_connection, .party = "frontend",
	 .title = "a reply to another message ends the connection",
	 .rules = { "socket.frontend_close_on_bad_reply" },
	 .rows = { "another_id", "no_reply_flag" })
{
	struct wrong wrong = { .id = VUS_FE_GET_FEATURES };
	enum after_reply after;

	if (t->row == 0)
		wrong.says_id = VUS_FE_GET_QUEUE_NUM;
	else
		wrong.flags = VUS_VERSION;
	/* It may be slow to give up. */
	VUS_STEP(t, reply_wrongly(t, &wrong, t->request_ms, &after));
	VUS_CHECK(t, "socket.frontend_close_on_bad_reply", after == CLOSED,
		  "the front-end closes the connection", "it %s after %s",
		  after == SILENT ? "neither closed it nor sent anything"
				  : "went on",
		  t->row == 0 ? "a reply to another request"
			      : "a reply without the reply flag");
}

static const struct {
	uint32_t size;
	size_t bytes;
} sizes[] = {
	{ 4, 4 }, { 7, 7 }, { 9, 9 }, { 4096, 4096 }, { UINT32_MAX, 64 }
};

/* A size that is not a u64's: the device fails, without a crash. */
VUS_CASE(replies_of_a_wrong_size_are_refused, .party = "frontend",
	 .title = "a reply of a wrong size ends in an error, not in a crash",
	 .rules = { "header.frontend_reply_size" },
	 .rows = { "4", "7", "9", "4096", "4_GiB" })
{
	struct wrong wrong = { .id = VUS_FE_GET_FEATURES,
			       .size = sizes[t->row].size,
			       .bytes = sizes[t->row].bytes };
	enum after_reply after;

	VUS_STEP(t, reply_wrongly(t, &wrong, t->quiet_ms, &after));
	/* It may wait for the bytes that are missing. */
	VUS_CHECK(t, "header.frontend_reply_size", after != WENT_ON,
		  "the front-end does not accept a reply of a wrong size",
		  "the front-end went on after a u64 of %u bytes",
		  sizes[t->row].size);
}

/* ---- refusals ---- */

static const uint64_t failures[] = { 1, UINT64_C(1) << 32, UINT64_MAX };

struct refusal {
	uint64_t value;
	unsigned sent; /* where a front-end asked for an answer */
};

static bool answer_refusal(struct vus_be *be, struct vus_frame *frame)
{
	struct refusal *refusal = vus_watch_of_be(be)->judge;
	struct vus_frame answer;

	if ((frame->id != VUS_FE_SET_MEM_TABLE &&
	     frame->id != VUS_FE_ADD_MEM_REG) ||
	    !(frame->flags & VUS_FLAG_NEED_REPLY))
		return false;
	answer = vus_reply_frame(frame);
	answer.body.u64.value = refusal->value;
	refusal->sent++;
	return reply(be, frame, &answer, NULL);
}

/* "VHOST_USER_PROTOCOL_F_REPLY_ACK": 0 is success, anything else failure, in
 * any of the 64 bits.  Rings must not run in memory that was refused. */
VUS_CASE(refused_memory_is_not_used, .party = "frontend",
	 .title = "after refused memory no ring is started",
	 .rules = { "reply_ack.frontend_fails_on_error" },
	 .needs = PF(REPLY_ACK), .rows = { "1", "high_half", "all_ones" })
{
	struct vus_watch *w = vus_watch(t);
	struct refusal refusal = { .value = failures[t->row] };
	int status = 0;

	w->judge = &refusal;
	/* A front-end that connects again is refused again. */
	w->intercept = w->be.intercept = answer_refusal;
	if (vus_stimulus_possible(&w->reach)) {
		VUS_STEP(t, vus_stimulate(t, VUS_DO_START, &status));
	} else if (!vus_stimulate_required(t, VUS_DO_START)) {
		return;
	}
	if (refusal.sent == 0)
		VUS_SKIP(t, "the front-end asked for no answer to its memory");
	VUS_CHECK(t, "reply_ack.frontend_fails_on_error",
		  vus_log_count(&w->log, VUS_FE_SET_VRING_KICK) == 0,
		  "no ring is set up after memory was refused",
		  "memory was refused with 0x%llx, and rings were set up",
		  (unsigned long long)refusal.value);
}

/* ---- late ---- */

#define LATE_MS 20

/* An acknowledgement is held back for a while, in which a front-end that does
 * not wait for it goes on. */
static bool answer_late(struct vus_be *be, struct vus_frame *frame)
{
	if (frame->flags & VUS_FLAG_NEED_REPLY)
		(void)vus_poll_one(be->link.fd, POLLIN,
				   vus_deadline_ms(LATE_MS));
	return false;
}

static bool until_all_is_read(const struct vus_watch *w, const void *arg)
{
	(void)arg;
	return w->open && vus_link_all_read(&w->be.link, vus_now());
}

/* Derived from "VHOST_USER_PROTOCOL_F_REPLY_ACK": an acknowledgement that was
 * asked for is read, or it would be taken for the answer to another request.  A
 * stop ends with the reply to GET_VRING_BASE: an answer that is still unread
 * then was forgotten. */
VUS_CASE(acknowledgements_are_read, .party = "frontend",
	 .title = "every acknowledgement that was asked for is read",
	 .rules = { "reply_ack.frontend_reads_once" }, .needs = PF(REPLY_ACK),
	 .stimuli = VUS_BIT(VUS_DO_STOP), .rows = { "at_once", "late" })
{
	struct vus_watch *w = vus_watch(t);
	struct vus_err err = { 0 };
	int status;
	bool read;

	if (t->row == 1)
		w->intercept = w->be.intercept = answer_late;
	VUS_STEP(t, vus_stimulate_set_up(t));
	VUS_STEP(t, vus_stimulate(t, VUS_DO_STOP, &status));
	if (status == 0)
		VUS_STEP(t, vus_stimulus_shows(t, VUS_DO_STOP));
	read = vus_watch_serve(t, until_all_is_read, NULL,
			       vus_deadline_ms(t->request_ms), &err);
	if (!w->open)
		VUS_SKIP(t, "%s", err.text);
	VUS_CHECK(t, "reply_ack.frontend_reads_once", read,
		  "each acknowledgement is read before the device has stopped",
		  "the device was started and stopped, and an answer left "
		  "unread");
}
