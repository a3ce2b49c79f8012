/* SPDX-License-Identifier: BSD-3-Clause */
/* answers.c — faults of single answers: missing, unasked, of another size, or
 * with another content; and of what a refused message leaves open. */
#include "fake-backend/device.h"
#include "fault.h"

/* ---- one message is dropped ---- */

/* A fault that drops the messages of which `drops` is true, an expression of
 * `be` and `req`. */
#define DROPS(fgroup, fname, drops, ...)                                       \
	static bool fgroup##_##fname(struct vus_be *be,                        \
				     const struct vus_frame *req)              \
	{                                                                      \
		return !(drops) && vus_be_honest.takes_frame(be, req);         \
	}                                                                      \
                                                                               \
	VUS_BE_FAULT(fgroup, fname, __VA_ARGS__)                               \
	{                                                                      \
		decide->takes_frame = fgroup##_##fname;                        \
	}

DROPS(features, live_change_is_dropped,
      req->id == VUS_FE_SET_FEATURES && vus_be_any_live(be),
      .rule = "features.set_live_other",
      .says = "drops SET_FEATURES while a ring runs")

DROPS(config, migration_is_dropped,
      req->id == VUS_FE_SET_CONFIG && req->body.config.flags == 1,
      .rule = "config.set_flags_checked",
      .says = "drops a migration's SET_CONFIG")

DROPS(config, unknown_flags_are_dropped,
      req->id == VUS_FE_SET_CONFIG && req->body.config.flags > 1,
      .rule = "config.set_unknown_flags",
      .says = "drops SET_CONFIG with unknown flags")

/* ---- an answer that nobody asked for ---- */

static bool selection_unasked(const struct vus_be *be,
			      const struct vus_frame *req, uint64_t pf)
{
	if (req->id == VUS_FE_SET_PROTOCOL_FEATURES)
		return ((pf | be->pf) & PF(REPLY_ACK)) != 0;
	return vus_be_honest.is_ack_due(be, req, pf);
}

VUS_BE_FAULT(reply_ack, selection_unasked, .rule = "reply_ack.not_requested",
	     .also = "features.get_reply features.get_any_time "
		     "multiqueue.get_reply",
	     .says = "acknowledges the selection of REPLY_ACK without "
		     "need_reply")
{
	decide->is_ack_due = selection_unasked;
}

static bool type_zero_has_answer(const struct vus_be *be,
				 const struct vus_frame *req, uint64_t pf)
{
	return req->id == 0 || vus_be_honest.is_ack_due(be, req, pf);
}

static enum vus_handled take_type_zero(struct vus_be *be, struct vus_frame *req,
				       enum vus_complaint_kind kind,
				       struct vus_frame *reply)
{
	if (req->id == 0 && kind == VUS_COMPLAINT_UNKNOWN)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(header, answers_type_zero, .rule = "header.request_none",
	     .says = "answers a message of type 0 with success")
{
	decide->is_ack_due = type_zero_has_answer;
	decide->refuse_malformed = take_type_zero;
}

/* ---- another content ---- */

static uint64_t one_for_channel(const struct vus_be *be,
				const struct vus_frame *req, bool success)
{
	if (req->id == VUS_FE_SET_BACKEND_REQ_FD)
		return 1;
	return vus_be_honest.ack_value(be, req, success);
}

VUS_BE_FAULT(backend_channel, acknowledged_with_one,
	     .rule = "backend_channel.set_ack",
	     .says = "acknowledges every channel with 1")
{
	decide->ack_value = one_for_channel;
}

static bool halve_base(struct vus_be *be, const struct vus_frame *req,
		       struct vus_frame *reply, const struct vus_twist *twist,
		       struct vus_err *err)
{
	const struct vus_twist half = { .payload = &reply->body.vring_state.num,
					.payload_len = 4 };

	if (req->id == VUS_FE_GET_VRING_BASE)
		twist = &half;
	return vus_be_honest.transmit(be, req, reply, twist, err);
}

VUS_BE_FAULT(ring_stop, base_alone, .rule = "ring_stop.reply",
	     .also = "header.size_exact",
	     .says = "answers GET_VRING_BASE with the base, without the index")
{
	decide->transmit = halve_base;
}

static enum vus_handled tell_one_slot(struct vus_be *be, struct vus_frame *req,
				      struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_GET_MAX_MEM_SLOTS)
		reply->body.u64.value = 1;
	return handled;
}

VUS_BE_FAULT(mem_slots, max_is_one, .rule = "mem_slots.max_usable",
	     .says = "answers GET_MAX_MEM_SLOTS with 1")
{
	decide->handle = tell_one_slot;
}

static enum vus_handled tell_end(struct vus_be *be, struct vus_frame *req,
				 struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_GET_CONFIG && handled == VUS_OK)
		reply->body.config.offset += reply->body.config.size;
	return handled;
}

VUS_BE_FAULT(config, tells_where_it_ended, .rule = "config.get_reply",
	     .says = "answers GET_CONFIG with the offset behind what was read")
{
	decide->handle = tell_end;
}

/* Room is kept for an acknowledgement. */
static enum vus_handled keep_room(struct vus_be *be, struct vus_frame *req,
				  struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_GET_CONFIG && handled == VUS_OK &&
	    (req->flags & VUS_FLAG_NEED_REPLY) && reply->body.config.size > 8)
		reply->body.config.size -= 8;
	return handled;
}

VUS_BE_FAULT(reply_ack, shorter_when_flagged,
	     .rule = "reply_ack.own_reply_once",
	     .says = "answers GET_CONFIG with need_reply with 8 bytes less")
{
	decide->handle = keep_room;
}

static void fill_long_reads(struct vus_be *be, uint32_t offset, uint8_t *buf,
			    uint32_t len)
{
	const uint32_t size = be->cfg.device->config_size;

	vus_be_honest.read_config(be, offset, buf, len);
	for (uint32_t i = 0; offset < size && i < len; i++)
		if (offset + i >= size)
			buf[i] = 0xa5;
}

VUS_BE_FAULT(config, long_reads_end_in_noise, .rule = "config.get_bounds",
	     .says = "leaves its buffer as it was behind configuration space")
{
	decide->read_config = fill_long_reads;
}

/* ---- descriptors of refused messages ---- */

static enum vus_handled keep_surplus(struct vus_be *be, struct vus_frame *req,
				     enum vus_complaint_kind kind,
				     struct vus_frame *reply)
{
	const enum vus_handled handled =
		vus_be_honest.refuse_malformed(be, req, kind, reply);

	if (kind == VUS_COMPLAINT_FDS && req->nfds > 1)
		req->nfds = 0;
	return handled;
}

VUS_BE_FAULT(fds, keeps_surplus, .rule = "fds.too_many_rejected",
	     .also = "mem_table.fd_count_mismatch mem_slots.add_fd_count_bad",
	     .says = "refuses a message with too many descriptors, and closes "
		     "none of them")
{
	decide->refuse_malformed = keep_surplus;
}

static enum vus_handled keep_of_unknown(struct vus_be *be,
					struct vus_frame *req,
					enum vus_complaint_kind kind,
					struct vus_frame *reply)
{
	if (kind == VUS_COMPLAINT_UNKNOWN)
		req->nfds = 0;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(header, keeps_descriptors_of_unknown,
	     .rule = "header.request_unknown",
	     .says = "never closes the descriptor of a message that it does "
		     "not know")
{
	decide->refuse_malformed = keep_of_unknown;
}
