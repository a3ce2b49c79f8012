/* SPDX-License-Identifier: BSD-3-Clause */
/* frame.c — one frame: judged by its row, handled, answered.
 *
 * The wire tables know what a frame must look like; a handler sees only frames
 * that are.  A refusal is told in an acknowledgement where one is due, and by
 * closing the connection where none is: a front-end that did not ask must not
 * go on believing (spec: "Communication" lets a back-end close). */
#include "backend.h"

#include "base/clock.h"

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

static bool has_surplus(const struct vus_frame *frame, uint64_t pf)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, frame->id);
	struct vus_fd_range fds = { 0 };

	if (msg)
		fds = vus_msg_fds(msg, pf);
	return fds.max > 0 && frame->nfds > fds.max;
}

/* Complaints of vus_validate() that change nothing for a receiver: padding
 * has no meaning, and neither has need_reply where no answer is due.  All
 * others are tolerated by faults only. */
static bool tolerated(const struct vus_be *be, const struct vus_frame *frame,
		      const char *word)
{
	if (strcmp(word, "padding") == 0)
		return !VUS_FAULTY(be, payload, refuses_padding);
	if (strcmp(word, "need_reply") == 0)
		return true;
	if (strcmp(word, "version") == 0)
		return VUS_FAULTY(be, header, accepts_any_version);
	if (strcmp(word, "reply") == 0)
		return VUS_FAULTY(be, header, executes_replies);
	if (strcmp(word, "gate") == 0)
		return VUS_FAULTY(be, header, serves_ungated_requests);
	if (strcmp(word, "fds") == 0)
		return has_surplus(frame, be->pf) &&
		       VUS_FAULTY(be, fds, accepts_surplus);
	return false;
}

/* Go through the complaints, "word: sentence" a line; `ret_word` is the first
 * that counts.  False: there is none. */
static bool complaint(struct vus_be *be, const struct vus_frame *frame,
		      const char *text, char *ret_word, size_t cap)
{
	char line[240];

	for (size_t i = 0; vus_word(text, '\n', i, line, sizeof(line)); i++) {
		if (!vus_word(line, ':', 0, ret_word, cap) || !ret_word[0] ||
		    tolerated(be, frame, ret_word))
			continue;
		vus_be_note(be, "refused: %s", line);
		return true;
	}
	return false;
}

static enum vus_handled refusal(struct vus_be *be, struct vus_frame *frame,
				const char *word, struct vus_frame *reply)
{
	/* Nobody waits for an answer to an answer. */
	if (strcmp(word, "reply") == 0)
		return VUS_CLOSE;
	/* Spec: VHOST_USER_GET_CONFIG, "zero-length payload" on error. */
	if (frame->id == VUS_FE_GET_CONFIG && strcmp(word, "size") == 0) {
		if (VUS_FAULTY(be, config, aborts_on_odd_size))
			vus_die();
		return VUS_EMPTY;
	}
	if (strcmp(word, "size") == 0)
		return vus_lie_about_size(be, frame, reply);
	if (strcmp(word, "fds") == 0)
		return vus_lie_about_fds(be, frame);
	if (strcmp(word, "reserved") == 0 &&
	    VUS_FAULTY(be, header, aborts_on_reserved_bits))
		vus_die();
	if (strcmp(word, "unknown") == 0 && frame->id == 0 &&
	    VUS_FAULTY(be, header, exits_on_id_zero))
		return VUS_EXIT;
	if (strcmp(word, "unknown") == 0 &&
	    VUS_FAULTY(be, header, accepts_unknown_ids))
		return VUS_OK;
	return VUS_NACK;
}

static enum vus_handled handle(struct vus_be *be, struct vus_frame *frame,
			       const struct vus_msg *msg,
			       struct vus_frame *reply)
{
	const struct vus_be_handler *h = vus_be_handler_find(frame->id);
	const uint64_t vf = vus_msg_vf(msg, be->features, vus_be_offer(be));
	VUS_AUTO_TEXT text = { 0 };
	char word[32];

	if (vus_validate(frame, be->pf, vf, &text) > 0 &&
	    complaint(be, frame, vus_text_str(&text), word, sizeof(word)))
		return refusal(be, frame, word, reply);
	if (VUS_FAULTY(be, owner, required_first) && !be->owned && msg &&
	    (msg->needs & (PF(MQ) | PF(CONFIGURE_MEM_SLOTS))))
		return VUS_NACK;
	if (VUS_FAULTY(be, payload, wants_whole_tables) &&
	    frame->id == VUS_FE_SET_MEM_TABLE &&
	    frame->payload_len < vus_payload_mem_table.max_size)
		return VUS_NACK;
	if (vus_lie_about_lonely(be, msg))
		return VUS_NACK;
	if (be->bad.needs_owner && frame->id == VUS_FE_SET_VRING_NUM)
		return VUS_NACK;
	if (!h) {
		vus_be_note(be, "refused: %s is not served",
			    msg ? msg->name : "?");
		return VUS_NACK;
	}
	return h->handle(be, frame, reply);
}

/* ---- answering ---- */

static enum vus_be_step_result close_link(struct vus_be *be)
{
	vus_link_close(&be->link);
	return VUS_BE_STEP_CLOSED;
}

static enum vus_be_step_result send_to_front_end(struct vus_be *be,
						 const struct vus_frame *reply,
						 const struct vus_twist *twist,
						 struct vus_err *err)
{
	struct vus_err why;

	if (vus_link_send(&be->link, reply, twist, vus_deadline_ms(SEND_MS),
			  &why))
		return VUS_BE_STEP_DONE;
	vus_be_note(be, "the connection ends: no reply could be sent: %s",
		    why.text);
	if (why.kind == VUS_ERR_SYSTEM) {
		*err = why;
		return VUS_BE_STEP_BROKEN;
	}
	if (VUS_FAULTY(be, socket, aborts_on_closed_socket))
		vus_die();
	return close_link(be);
}

/* A reply with its payload, by its row. */
static enum vus_be_step_result send_reply(struct vus_be *be,
					  const struct vus_frame *req,
					  struct vus_frame *reply,
					  struct vus_err *err)
{
	struct vus_twist twist = { 0 };
	uint8_t payload[VUS_MAX_PAYLOAD];

	vus_lie_in_reply(be, req, reply, &twist, payload);
	return send_to_front_end(be, reply, &twist, err);
}

static enum vus_be_step_result send_ack(struct vus_be *be,
					const struct vus_frame *req,
					struct vus_frame *reply, uint64_t value,
					struct vus_err *err)
{
	if (req->id == VUS_FE_SET_OWNER &&
	    VUS_FAULTY(be, reply_ack, one_on_success))
		value = 1;
	reply->body.u64.value = value;
	/* An unknown id has no layout: it is answered with these bytes. */
	memcpy(reply->payload, &value, sizeof(value));
	reply->payload_len = sizeof(value);
	return send_reply(be, req, reply, err);
}

static enum vus_be_step_result send_empty(struct vus_be *be,
					  const struct vus_frame *req,
					  struct vus_frame *reply,
					  struct vus_err *err)
{
	struct vus_twist twist = { .payload = "", .payload_len = 0 };
	uint8_t header[12] = { 0 };

	(void)req;
	if (VUS_FAULTY(be, config, get_error_keeps_header)) {
		twist.payload = header;
		twist.payload_len = sizeof(header);
	}
	return send_to_front_end(be, reply, &twist, err);
}

static enum vus_be_step_result send_own(struct vus_be *be,
					const struct vus_frame *req,
					struct vus_frame *reply,
					struct vus_err *err)
{
	enum vus_be_step_result step = send_reply(be, req, reply, err);

	if (step == VUS_BE_STEP_DONE && req->id == VUS_FE_GET_QUEUE_NUM &&
	    (req->flags & VUS_FLAG_NEED_REPLY) &&
	    VUS_FAULTY(be, reply_ack, twice))
		step = send_ack(be, req, reply, 0, err);
	return step;
}

static enum vus_be_step_result
refuse_frame(struct vus_be *be, const struct vus_frame *req, bool ack_due,
	     struct vus_frame *reply, struct vus_err *err)
{
	if (VUS_FAULTY(be, reply_ack, deaf_after_refusal)) {
		be->bad.deaf = true;
		return VUS_BE_STEP_DONE;
	}
	if (!ack_due)
		return close_link(be);
	if (!VUS_FAULTY(be, reply_ack, zero_on_failure))
		return send_ack(be, req, reply, 1, err);
	(void)send_ack(be, req, reply, 0, err);
	return close_link(be);
}

static enum vus_be_step_result
send_answer(struct vus_be *be, enum vus_handled handled, bool own, bool ack_due,
	    const struct vus_frame *req, struct vus_frame *reply,
	    struct vus_err *err)
{
	switch (handled) {
	case VUS_OK:
		if (own)
			return send_own(be, req, reply, err);
		return ack_due ? send_ack(be, req, reply, 0, err)
			       : VUS_BE_STEP_DONE;
	case VUS_EMPTY:
		return send_empty(be, req, reply, err);
	case VUS_NACK:
		return refuse_frame(be, req, ack_due, reply, err);
	case VUS_EXIT:
		(void)close_link(be);
		return VUS_BE_STEP_EXIT;
	default:
		return close_link(be);
	}
}

/* Is an acknowledgement due, where `pf` was negotiated before the request?
 * SET_PROTOCOL_FEATURES may switch REPLY_ACK on or off: the answer is due by
 * what its sender meant, which is either. */
static bool is_ack_due(const struct vus_be *be, const struct vus_frame *req,
		       uint64_t pf)
{
	bool asked = (req->flags & VUS_FLAG_NEED_REPLY) != 0;
	bool negotiated = ((pf | be->pf) & PF(REPLY_ACK)) != 0;

	if ((req->id == VUS_FE_SET_VRING_BASE &&
	     VUS_FAULTY(be, reply_ack, unasked)) ||
	    (req->id == VUS_FE_SET_MEM_TABLE &&
	     VUS_FAULTY(be, mem_table, is_answered)) ||
	    (req->id == VUS_FE_ADD_MEM_REG &&
	     VUS_FAULTY(be, mem_slots, add_is_answered)))
		asked = true;
	if (VUS_FAULTY(be, mem_slots, rem_with_descriptor_is_mute) &&
	    req->id == VUS_FE_REM_MEM_REG && req->nfds > 0)
		return false;
	if (VUS_FAULTY(be, reply_ack, before_negotiated))
		negotiated = true;
	if (VUS_FAULTY(be, protocol_feature_bits, reply_ack_not_alone) &&
	    pf == PF(REPLY_ACK))
		negotiated = false;
	if (VUS_FAULTY(be, protocol_features, ineffective_before_features) &&
	    !be->features_set)
		negotiated = false;
	if (VUS_FAULTY(be, reply_ack, forgets_selections) &&
	    req->id == VUS_FE_SET_PROTOCOL_FEATURES)
		return false;
	return asked && negotiated;
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
	vus_lie_about_order(be, frame);
	if (be->bad.deaf) {
		vus_frame_close(frame);
		return VUS_BE_STEP_DONE;
	}
	handled = handle(be, frame, msg, &reply);
	step = send_answer(be, handled, own, !own && is_ack_due(be, frame, pf),
			   frame, &reply, err);
	vus_frame_close(frame);
	if (step == VUS_BE_STEP_DONE)
		(void)vus_be_run_rings(be);
	return step;
}
