/* SPDX-License-Identifier: BSD-3-Clause */
/* header.c — faults of the message header, and of how messages are framed. */
#include "base/clock.h"
#include "fault.h"

#include <string.h>
#include <sys/socket.h>

/* How long bytes are waited for that were not announced, ms. */
#define SWALLOW_MS 30

/* ---- flags of replies ---- */

static uint32_t without_reply_flag(const struct vus_be *be,
				   const struct vus_frame *req, uint32_t flags)
{
	return vus_be_honest.reply_flags(be, req, flags) & ~VUS_FLAG_REPLY;
}

VUS_BE_FAULT(header, reply_flag_missing, .rule = "header.reply_flag_set",
	     .says = "sends replies without the reply flag")
{
	decide->reply_flags = without_reply_flag;
}

static uint32_t with_need_reply(const struct vus_be *be,
				const struct vus_frame *req, uint32_t flags)
{
	return vus_be_honest.reply_flags(be, req, flags) |
	       (req->flags & VUS_FLAG_NEED_REPLY);
}

VUS_BE_FAULT(header, need_reply_echoed,
	     .rule = "header.need_reply_clear_in_reply",
	     .says = "copies need_reply into its replies")
{
	decide->reply_flags = with_need_reply;
}

static uint32_t config_with_need_reply(const struct vus_be *be,
				       const struct vus_frame *req,
				       uint32_t flags)
{
	return req->id == VUS_FE_GET_CONFIG
		       ? with_need_reply(be, req, flags)
		       : vus_be_honest.reply_flags(be, req, flags);
}

VUS_BE_FAULT(header, need_reply_echoed_with_config,
	     .rule = "header.need_reply_clear_in_reply",
	     .says = "copies need_reply into its replies to GET_CONFIG")
{
	decide->reply_flags = config_with_need_reply;
}

static uint32_t version_0(const struct vus_be *be, const struct vus_frame *req,
			  uint32_t flags)
{
	return vus_be_honest.reply_flags(be, req, flags) & ~VUS_VERSION_MASK;
}

VUS_BE_FAULT(header, version_0_in_replies, .rule = "header.version",
	     .also = "header.need_reply_clear_in_reply",
	     .says = "sends replies of version 0")
{
	decide->reply_flags = version_0;
}

static uint32_t version_2(const struct vus_be *be, const struct vus_frame *req,
			  uint32_t flags)
{
	return version_0(be, req, flags) | 2;
}

VUS_BE_FAULT(header, version_2_in_replies, .rule = "header.version",
	     .also = "header.need_reply_clear_in_reply",
	     .says = "sends replies of version 2")
{
	decide->reply_flags = version_2;
}

static uint32_t with_bit_4(const struct vus_be *be, const struct vus_frame *req,
			   uint32_t flags)
{
	return vus_be_honest.reply_flags(be, req, flags) | 0x10;
}

VUS_BE_FAULT(header, reserved_bit_in_replies,
	     .rule = "header.reserved_bits_zero",
	     .also = "header.need_reply_clear_in_reply",
	     .says = "sets bit 4 in the flags of replies")
{
	decide->reply_flags = with_bit_4;
}

/* ---- replies to GET_QUEUE_NUM ---- */

static bool next_id(struct vus_be *be, const struct vus_frame *req,
		    struct vus_frame *reply, const struct vus_twist *twist,
		    struct vus_err *err)
{
	const struct vus_twist bytes = { .payload = &reply->body.u64.value,
					 .payload_len = 8 };

	if (req->id != VUS_FE_GET_QUEUE_NUM)
		return vus_be_honest.transmit(be, req, reply, twist, err);
	reply->id++;
	return vus_be_honest.transmit(be, req, reply, &bytes, err);
}

VUS_BE_FAULT(
	header, reply_of_another_id, .rule = "header.request",
	.also = "owner.features_before_owner protocol_features.offer_is_served",
	.says = "answers GET_QUEUE_NUM with the next message's number")
{
	decide->transmit = next_id;
}

static bool half_a_u64(struct vus_be *be, const struct vus_frame *req,
		       struct vus_frame *reply, const struct vus_twist *twist,
		       struct vus_err *err)
{
	const struct vus_twist half = { .payload = &reply->body.u64.value,
					.payload_len = 4 };

	if (req->id == VUS_FE_GET_QUEUE_NUM)
		twist = &half;
	return vus_be_honest.transmit(be, req, reply, twist, err);
}

VUS_BE_FAULT(
	header, half_a_u64, .rule = "header.size_exact",
	.also = "owner.features_before_owner protocol_features.offer_is_served",
	.says = "answers GET_QUEUE_NUM with four bytes")
{
	decide->transmit = half_a_u64;
}

static bool size_with_header(struct vus_be *be, const struct vus_frame *req,
			     struct vus_frame *reply,
			     const struct vus_twist *twist, struct vus_err *err)
{
	const struct vus_twist larger = { .set_size = true,
					  .size = 8 + VUS_HEADER_SIZE };

	if (req->id == VUS_FE_GET_QUEUE_NUM)
		twist = &larger;
	return vus_be_honest.transmit(be, req, reply, twist, err);
}

VUS_BE_FAULT(
	header, size_word_counts_header, .rule = "header.size_is_payload",
	.also = "owner.features_before_owner protocol_features.offer_is_served "
		"multiqueue.get_reply",
	.says = "says 12 bytes more than the reply to GET_QUEUE_NUM has")
{
	decide->transmit = size_with_header;
}

/* ---- what is wrong, and carried out ---- */

static bool any_version(const struct vus_be *be, const struct vus_frame *req,
			enum vus_complaint_kind kind)
{
	return kind == VUS_COMPLAINT_VERSION ||
	       vus_be_honest.is_tolerated(be, req, kind);
}

VUS_BE_FAULT(header, accepts_any_version, .rule = "header.version_other",
	     .says = "carries out requests of any version")
{
	decide->is_tolerated = any_version;
}

static bool replies(const struct vus_be *be, const struct vus_frame *req,
		    enum vus_complaint_kind kind)
{
	return kind == VUS_COMPLAINT_REPLY ||
	       vus_be_honest.is_tolerated(be, req, kind);
}

VUS_BE_FAULT(header, executes_replies,
	     .rule = "header.reply_flag_on_request_reject",
	     .says = "carries out a frame that calls itself a reply")
{
	decide->is_tolerated = replies;
}

static bool ungated(const struct vus_be *be, const struct vus_frame *req,
		    enum vus_complaint_kind kind)
{
	return kind == VUS_COMPLAINT_GATE ||
	       vus_be_honest.is_tolerated(be, req, kind);
}

VUS_BE_FAULT(header, serves_ungated_requests, .rule = "header.request_ungated",
	     .says = "carries out messages whose feature was not negotiated")
{
	decide->is_tolerated = ungated;
}

static enum vus_handled die_of_reserved(struct vus_be *be,
					struct vus_frame *req,
					enum vus_complaint_kind kind,
					struct vus_frame *reply)
{
	if (kind == VUS_COMPLAINT_RESERVED)
		vus_die();
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(header, aborts_on_reserved_bits,
	     .rule = "header.reserved_bits_set",
	     .says = "aborts when a reserved flag is set")
{
	decide->refuse_malformed = die_of_reserved;
}

static enum vus_handled exit_on_zero(struct vus_be *be, struct vus_frame *req,
				     enum vus_complaint_kind kind,
				     struct vus_frame *reply)
{
	if (kind == VUS_COMPLAINT_UNKNOWN && req->id == 0)
		return VUS_EXIT;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(header, exits_on_id_zero, .rule = "header.request_none",
	     .says = "ends the program when it gets id 0")
{
	decide->refuse_malformed = exit_on_zero;
}

static enum vus_handled accept_unknown(struct vus_be *be, struct vus_frame *req,
				       enum vus_complaint_kind kind,
				       struct vus_frame *reply)
{
	if (kind == VUS_COMPLAINT_UNKNOWN)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(header, accepts_unknown_ids, .rule = "header.request_unknown",
	     .says = "acknowledges ids it does not know")
{
	decide->refuse_malformed = accept_unknown;
}

/* The payload that a request should have; NULL: none, or the id is unknown. */
static const struct vus_payload *layout_of(const struct vus_be *be,
					   const struct vus_frame *req)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, req->id);

	return msg ? vus_msg_request(msg, be->pf) : NULL;
}

/* Carry out a request with zeros for what its payload lacks. */
static enum vus_handled pad(struct vus_be *be, struct vus_frame *req,
			    enum vus_complaint_kind kind,
			    struct vus_frame *reply)
{
	const struct vus_payload *row = layout_of(be, req);
	uint8_t bytes[VUS_MAX_PAYLOAD] = { 0 };
	struct vus_err err;

	if (kind != VUS_COMPLAINT_SIZE || !row ||
	    req->payload_len >= row->min_size || !vus_be_handler_find(req->id))
		return vus_be_honest.refuse_malformed(be, req, kind, reply);
	memcpy(bytes, req->payload, req->payload_len);
	if (!vus_decode(row, bytes, row->min_size, &req->body, &err))
		return VUS_NACK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(
	header, pads_short_payloads, .rule = "header.size_too_small",
	.says = "carries out a request whose payload is too short, with zeros")
{
	decide->refuse_malformed = pad;
}

/* Take bytes that belong to the next message. */
static void swallow(const struct vus_be *be, size_t n)
{
	uint8_t sink[VUS_MAX_PAYLOAD];

	if (vus_poll_one(be->link.fd, POLLIN, vus_deadline_ms(SWALLOW_MS)) > 0)
		(void)!recv(be->link.fd, sink, VUS_MIN(n, sizeof(sink)),
			    MSG_DONTWAIT);
}

static enum vus_handled read_extra_twice(struct vus_be *be,
					 struct vus_frame *req,
					 enum vus_complaint_kind kind,
					 struct vus_frame *reply)
{
	const struct vus_payload *row = layout_of(be, req);
	size_t max = row ? row->max_size : 0;

	if (kind != VUS_COMPLAINT_SIZE || req->id == VUS_FE_GET_CONFIG ||
	    req->payload_len <= max)
		return vus_be_honest.refuse_malformed(be, req, kind, reply);
	swallow(be, req->payload_len - max);
	return VUS_OK;
}

VUS_BE_FAULT(header, loses_framing_after_extra_bytes,
	     .rule = "header.size_extra",
	     .says = "reads the bytes behind a payload that is too long twice")
{
	decide->refuse_malformed = read_extra_twice;
}

/* ---- how frames arrive ---- */

/* Bytes of the next frame that have arrived, without taking them. */
static size_t peek(const struct vus_be *be, void *buf, size_t cap)
{
	ssize_t n = recv(be->link.fd, buf, cap, MSG_PEEK | MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

static bool die_of_size(struct vus_be *be, struct vus_frame *ret,
			uint64_t deadline, struct vus_err *err)
{
	if (vus_be_honest.receive(be, ret, deadline, err))
		return true;
	if (err->kind == VUS_ERR_PROTOCOL)
		vus_die();
	return false;
}

VUS_BE_FAULT(header, aborts_on_huge_size, .rule = "header.size_too_big",
	     .says = "aborts when the size word is above any payload")
{
	decide->receive = die_of_size;
}

static bool die_of_cut(struct vus_be *be, struct vus_frame *ret,
		       uint64_t deadline, struct vus_err *err)
{
	if (vus_be_honest.receive(be, ret, deadline, err))
		return true;
	if (err->kind == VUS_ERR_EOF && err->code != VUS_CUT_NOTHING)
		vus_die();
	return false;
}

VUS_BE_FAULT(header, aborts_on_cut_message, .rule = "header.eof_mid_message",
	     .says = "aborts when the connection ends inside a message")
{
	decide->receive = die_of_cut;
}

static bool header_at_once(struct vus_be *be, struct vus_frame *ret,
			   uint64_t deadline, struct vus_err *err)
{
	uint8_t header[VUS_HEADER_SIZE];
	const size_t len = peek(be, header, sizeof(header));

	if (len > 0 && len < sizeof(header))
		return vus_fail(err, VUS_ERR_PROTOCOL, "a partial header");
	return vus_be_honest.receive(be, ret, deadline, err);
}

VUS_BE_FAULT(header, partial_header_is_an_error,
	     .rule = "header.partial_header",
	     .says = "closes when a header arrives in pieces")
{
	decide->receive = header_at_once;
}

static bool payload_at_once(struct vus_be *be, struct vus_frame *ret,
			    uint64_t deadline, struct vus_err *err)
{
	uint32_t words[(VUS_HEADER_SIZE + VUS_MAX_PAYLOAD) / 4];
	const size_t len = peek(be, words, sizeof(words));

	if (len >= VUS_HEADER_SIZE &&
	    len < VUS_HEADER_SIZE + (uint64_t)words[2])
		return vus_fail(err, VUS_ERR_PROTOCOL, "a partial payload");
	return vus_be_honest.receive(be, ret, deadline, err);
}

VUS_BE_FAULT(header, partial_payload_is_an_error,
	     .rule = "header.partial_payload",
	     .says = "closes when a payload arrives behind its header")
{
	decide->receive = payload_at_once;
}

/* Of two equal questions in one buffer the first is lost. */
static bool merge_equal(struct vus_be *be, struct vus_frame *ret,
			uint64_t deadline, struct vus_err *err)
{
	uint32_t words[6];

	if (peek(be, words, sizeof(words)) == sizeof(words) && words[2] == 0 &&
	    words[5] == 0 && words[0] == words[3])
		(void)!recv(be->link.fd, words, VUS_HEADER_SIZE, MSG_DONTWAIT);
	return vus_be_honest.receive(be, ret, deadline, err);
}

VUS_BE_FAULT(header, merges_equal_requests, .rule = "header.coalesced",
	     .says = "answers two equal questions that arrive together once")
{
	decide->receive = merge_equal;
}

/* A buffer of 32 bytes holds one message: what came along is lost. */
static bool receive_one(struct vus_be *be, struct vus_frame *ret,
			uint64_t deadline, struct vus_err *err)
{
	uint8_t bytes[32 + VUS_HEADER_SIZE];

	if (!vus_be_honest.receive(be, ret, deadline, err))
		return false;
	if (peek(be, bytes, sizeof(bytes)) > 32)
		(void)!recv(be->link.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	return true;
}

VUS_BE_FAULT(header, drops_what_came_along, .rule = "header.coalesced",
	     .says = "loses messages that arrive with the one before")
{
	decide->receive = receive_one;
}
