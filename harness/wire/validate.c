/* SPDX-License-Identifier: BSD-3-Clause */
/* validate.c — what a row says about a frame, held against the frame. */
#include "wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct complaints {
	struct vus_complaints *ret; /* may be NULL */
	unsigned n;
};

const char *vus_complaint_name(enum vus_complaint_kind kind)
{
	static const char *const names[] = {
		[VUS_COMPLAINT_VERSION] = "version",
		[VUS_COMPLAINT_REPLY] = "reply",
		[VUS_COMPLAINT_NEED_REPLY] = "need_reply",
		[VUS_COMPLAINT_RESERVED] = "reserved",
		[VUS_COMPLAINT_UNKNOWN] = "unknown",
		[VUS_COMPLAINT_SIZE] = "size",
		[VUS_COMPLAINT_PADDING] = "padding",
		[VUS_COMPLAINT_FDS] = "fds",
		[VUS_COMPLAINT_GATE] = "gate",
	};

	return names[kind];
}

static void add_complaint(struct complaints *c, enum vus_complaint_kind kind,
			  const char *fmt, ...) VUS_PRINTF(3, 4);

static void add_complaint(struct complaints *c, enum vus_complaint_kind kind,
			  const char *fmt, ...)
{
	struct vus_complaint *one;
	va_list args;

	c->n++;
	if (!c->ret || c->ret->n == VUS_COMPLAINTS_MAX)
		return;
	one = &c->ret->v[c->ret->n++];
	one->kind = kind;
	va_start(args, fmt);
	vsnprintf(one->text, sizeof(one->text), fmt, args);
	va_end(args);
}

static void check_flags(const struct vus_frame *f, uint64_t pf,
			struct complaints *c)
{
	const bool gpu = f->channel == VUS_GPU;
	const uint32_t known =
		gpu ? VUS_FLAG_REPLY
		    : VUS_VERSION_MASK | VUS_FLAG_REPLY | VUS_FLAG_NEED_REPLY;
	const bool reply = f->flags & VUS_FLAG_REPLY;

	if (!gpu && (f->flags & VUS_VERSION_MASK) != VUS_VERSION)
		add_complaint(c, VUS_COMPLAINT_VERSION,
			      "flag bits 0-1 are %u, not %u",
			      f->flags & VUS_VERSION_MASK, VUS_VERSION);
	if (reply != f->is_reply)
		add_complaint(c, VUS_COMPLAINT_REPLY,
			      "flag bit 2 is %s in a %s",
			      reply ? "set" : "clear",
			      f->is_reply ? "reply" : "request");
	if (!gpu && (f->flags & VUS_FLAG_NEED_REPLY)) {
		if (f->is_reply)
			add_complaint(c, VUS_COMPLAINT_NEED_REPLY,
				      "flag bit 3 is set in a reply");
		else if (!(pf & PF(REPLY_ACK)))
			add_complaint(c, VUS_COMPLAINT_NEED_REPLY,
				      "flag bit 3 is set, REPLY_ACK "
				      "was not negotiated");
	}
	if (f->flags & ~known)
		add_complaint(c, VUS_COMPLAINT_RESERVED,
			      "flag bits 0x%x have no meaning",
			      f->flags & ~known);
}

/* Is this reply due at all? */
static void check_answer(const struct vus_frame *f, const struct vus_msg *msg,
			 uint64_t pf, struct complaints *c)
{
	const enum vus_answer answer = vus_msg_answer(msg, pf);

	if (!f->is_reply)
		return;
	if (answer == VUS_ANSWER_NONE)
		add_complaint(c, VUS_COMPLAINT_REPLY, "%s is never answered",
			      msg->name);
	if (answer == VUS_ANSWER_ACK && !(pf & PF(REPLY_ACK)))
		add_complaint(c, VUS_COMPLAINT_REPLY,
			      "%s is acknowledged, REPLY_ACK was not "
			      "negotiated",
			      msg->name);
}

/* Padding is sent as zero, at any depth. */
static void check_padding(const struct vus_payload *payload,
			  const uint8_t *base, struct complaints *c)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		const uint8_t *at = base + item->struct_off;
		const uint64_t n = vus_item_count(item, base);

		for (uint64_t e = 0; item->elem && e < n; e++)
			check_padding(item->elem,
				      at + e * item->elem->struct_size, c);
		for (unsigned b = 0;
		     item->kind == VUS_ITEM_PAD && b < item->width; b++) {
			if (!at[b])
				continue;
			add_complaint(c, VUS_COMPLAINT_PADDING,
				      "byte %u of %s is 0x%02x", b, item->name,
				      at[b]);
			break;
		}
	}
}

/* A picture is longer than what a frame keeps of a payload. */
static bool may_be_cut(const struct vus_frame *f,
		       const struct vus_payload *payload)
{
	return payload && f->payload_len == VUS_MAX_PAYLOAD &&
	       f->size > f->payload_len &&
	       payload->items[payload->nitems - 1].kind == VUS_ITEM_REST;
}

/* Whether `ret` could be filled. */
static bool check_payload(const struct vus_frame *f, const struct vus_msg *msg,
			  const struct vus_payload *payload, uint64_t pf,
			  union vus_body *ret, struct complaints *c)
{
	const bool open =
		f->is_reply ? msg->reply_open
			    : msg->request_open && payload == msg->request;
	struct vus_err err;

	if (f->payload_len != f->size && !may_be_cut(f, payload))
		add_complaint(c, VUS_COMPLAINT_SIZE,
			      "the size word is %u, the payload %zu bytes",
			      f->size, f->payload_len);
	if (f->is_reply && vus_msg_answer(msg, pf) == VUS_ANSWER_NONE)
		return false;
	if (f->is_reply && f->payload_len == 0 && msg->empty_reply_fails)
		return false;
	if (!vus_decode(payload, f->payload, f->payload_len, ret, &err)) {
		if (!open)
			add_complaint(c, VUS_COMPLAINT_SIZE, "%s", err.text);
		return false;
	}
	if (payload)
		check_padding(payload, (const uint8_t *)ret, c);
	return true;
}

static bool check_fd_range(const struct vus_frame *f, struct vus_fd_range range,
			   struct complaints *c)
{
	if (f->nfds >= range.min && f->nfds <= range.max)
		return true;
	if (range.min == range.max)
		add_complaint(c, VUS_COMPLAINT_FDS,
			      "%u descriptors, %u belong to it", f->nfds,
			      range.min);
	else
		add_complaint(c, VUS_COMPLAINT_FDS,
			      "%u descriptors, %u to %u belong to it", f->nfds,
			      range.min, range.max);
	return false;
}

/* As many descriptors as the field says that counts them. */
static void check_fds_match(const struct vus_frame *f,
			    const struct vus_msg *msg,
			    const struct vus_payload *payload,
			    const union vus_body *body, struct complaints *c)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		uint64_t want;

		if (strcmp(item->name, msg->fds_match) != 0)
			continue;
		want = vus_int_read((const uint8_t *)body + item->struct_off,
				    item->width);
		if (want != f->nfds)
			add_complaint(c, VUS_COMPLAINT_FDS,
				      "%u descriptors, %s is %llu", f->nfds,
				      item->name, (unsigned long long)want);
	}
}

static void check_gate(uint64_t missing, bool protocol, const char *how,
		       struct complaints *c)
{
	VUS_AUTO_TEXT names = { 0 };

	if (!missing)
		return;
	vus_format_features(missing, protocol, &names);
	add_complaint(c, VUS_COMPLAINT_GATE, "%s was not %s",
		      vus_text_str(&names), how);
}

/* Who asks is to blame, not who answers. */
static void check_gates(const struct vus_frame *f, const struct vus_msg *msg,
			uint64_t pf, uint64_t vf, struct complaints *c)
{
	uint64_t needs = msg->needs;

	/* Spec: "Back-end communication", descriptors on that channel. */
	if (f->channel == VUS_BE && f->nfds > 0)
		needs |= PF(BACKEND_SEND_FD);
	if (f->is_reply)
		return;
	check_gate(needs & ~pf, true, "negotiated", c);
	check_gate(msg->needs_vf & ~vf, false,
		   msg->vf_offered ? "offered" : "negotiated", c);
}

unsigned vus_validate(const struct vus_frame *frame, uint64_t pf, uint64_t vf,
		      struct vus_complaints *ret)
{
	const struct vus_msg *msg = vus_msg_find(frame->channel, frame->id);
	struct complaints c = { .ret = ret };
	const struct vus_payload *payload;
	union vus_body body;
	bool whole, fits;

	if (ret)
		ret->n = 0;
	check_flags(frame, pf, &c);
	if (!msg) {
		add_complaint(&c, VUS_COMPLAINT_UNKNOWN,
			      "message %u is not assigned", frame->id);
		return c.n;
	}
	check_answer(frame, msg, pf, &c);
	payload = vus_msg_layout(msg, pf, frame->is_reply, frame->payload_len);
	whole = check_payload(frame, msg, payload, pf, &body, &c);
	fits = check_fd_range(
		frame, frame->is_reply ? msg->reply_fds : vus_msg_fds(msg, pf),
		&c);
	if (whole && fits && payload && !frame->is_reply && msg->fds_match)
		check_fds_match(frame, msg, payload, &body, &c);
	check_gates(frame, msg, pf, vf, &c);
	return c.n;
}
