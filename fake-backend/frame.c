/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.c — one frame: judged by its row, handled, answered.
 *
 * The wire tables know what a frame must look like; a handler sees only frames
 * that are.  A refusal is told in an acknowledgement where one is due, and by
 * closing the connection where none is: a front-end that did not ask must not
 * go on believing (spec: "Communication" lets a back-end close). */
#include "backend.h"

#include "../harness/base/clock.h"

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

/* Complaints of vus_validate() that change nothing for a receiver: padding
 * has no meaning, and neither has need_reply where no answer is due. */
static bool tolerated(const char *word)
{
	return strcmp(word, "padding") == 0 || strcmp(word, "need_reply") == 0;
}

/* Go through the complaints, "word: sentence" a line; `ret_word` is the first
 * that counts.  False: there is none. */
static bool complaint(struct vus_be *be, const char *text, char *ret_word,
		      size_t cap)
{
	char line[240];

	for (size_t i = 0; vus_word(text, '\n', i, line, sizeof(line)); i++) {
		if (!vus_word(line, ':', 0, ret_word, cap) || !ret_word[0] ||
		    tolerated(ret_word))
			continue;
		vus_be_note(be, "refused: %s", line);
		return true;
	}
	return false;
}

static enum vus_handled refusal(const struct vus_frame *frame, const char *word)
{
	/* Nobody waits for an answer to an answer. */
	if (strcmp(word, "reply") == 0)
		return VUS_CLOSE;
	/* Spec: VHOST_USER_GET_CONFIG, "zero-length payload" on error. */
	if (frame->id == VUS_FE_GET_CONFIG && strcmp(word, "size") == 0)
		return VUS_EMPTY;
	return VUS_NACK;
}

static enum vus_handled handle(struct vus_be *be, struct vus_frame *frame,
			       const struct vus_msg *msg,
			       struct vus_frame *reply)
{
	const struct vus_be_handler *h = vus_be_handler_find(frame->id);
	VUS_AUTO_TEXT text = { 0 };
	uint64_t vf = be->features;
	char word[32];

	if (msg && msg->vf_offered)
		vf |= vus_be_offer(be);
	if (vus_validate(frame, be->pf, vf, &text) > 0 &&
	    complaint(be, vus_text_str(&text), word, sizeof(word)))
		return refusal(frame, word);
	if (!h) {
		vus_be_note(be, "refused: %s is not served",
			    msg ? msg->name : "?");
		return VUS_NACK;
	}
	return h->handle(be, frame, reply);
}

/* ---- answering ---- */

static enum vus_step close_link(struct vus_be *be)
{
	vus_link_close(&be->link);
	return VUS_STEP_CLOSED;
}

static enum vus_step send(struct vus_be *be, const struct vus_frame *reply,
			  const struct vus_twist *twist, struct vus_err *err)
{
	struct vus_err why;

	if (vus_link_send(&be->link, reply, twist, vus_deadline_ms(SEND_MS),
			  &why))
		return VUS_STEP_DONE;
	vus_be_note(be, "the reply could not be sent: %s", why.text);
	if (why.kind == VUS_ERR_SYSTEM) {
		*err = why;
		return VUS_STEP_BROKEN;
	}
	return close_link(be);
}

static enum vus_step send_ack(struct vus_be *be, struct vus_frame *reply,
			      uint64_t value, struct vus_err *err)
{
	reply->body.u64.value = value;
	/* An unknown id has no layout: it is answered with these bytes. */
	memcpy(reply->payload, &value, sizeof(value));
	reply->payload_len = sizeof(value);
	return send(be, reply, NULL, err);
}

static enum vus_step send_empty(struct vus_be *be,
				const struct vus_frame *reply,
				struct vus_err *err)
{
	struct vus_twist twist = { .payload = "", .payload_len = 0 };

	return send(be, reply, &twist, err);
}

static enum vus_step answer(struct vus_be *be, enum vus_handled handled,
			    bool own, bool ack_due, struct vus_frame *reply,
			    struct vus_err *err)
{
	switch (handled) {
	case VUS_OK:
		if (own)
			return send(be, reply, NULL, err);
		return ack_due ? send_ack(be, reply, 0, err) : VUS_STEP_DONE;
	case VUS_EMPTY:
		return send_empty(be, reply, err);
	case VUS_NACK:
		return ack_due ? send_ack(be, reply, 1, err) : close_link(be);
	default:
		return close_link(be);
	}
}

enum vus_step vus_be_frame(struct vus_be *be, struct vus_frame *frame,
			   struct vus_err *err)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, frame->id);
	VUS_AUTO_FRAME reply = vus_reply_frame(frame);
	uint64_t pf = be->pf;
	bool own = msg && vus_msg_answer(msg, pf) != VUS_ANSWER_ACK;
	enum vus_handled handled;
	enum vus_step step;
	bool ack_due;

	be->frames++;
	handled = handle(be, frame, msg, &reply);
	/* SET_PROTOCOL_FEATURES may switch REPLY_ACK on or off: the answer is
	 * due by what its sender meant, which is either. */
	ack_due = ((pf | be->pf) & PF(REPLY_ACK)) &&
		  (frame->flags & VUS_FLAG_NEED_REPLY) && !own;
	step = answer(be, handled, own, ack_due, &reply, err);
	vus_frame_close(frame);
	if (step == VUS_STEP_DONE)
		(void)vus_be_settle(be);
	return step;
}
