/* SPDX-License-Identifier: BSD-3-Clause */
/* validate.c — what a row says about a frame, held against the frame. */
#include "wire.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct complaints {
	struct vus_text *text; /* may be NULL */
	unsigned n;
};

static void complain(struct complaints *c, const char *fmt, ...)
	VUS_PRINTF(2, 3);

static void complain(struct complaints *c, const char *fmt, ...)
{
	char line[200];
	va_list args;

	c->n++;
	if (!c->text)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	vus_text_add(c->text, "%s\n", line);
}

static void check_flags(const struct vus_frame *f, struct complaints *c)
{
	const bool gpu = f->channel == VUS_GPU;
	const uint32_t known =
		gpu ? VUS_FLAG_REPLY
		    : VUS_VERSION_MASK | VUS_FLAG_REPLY | VUS_FLAG_NEED_REPLY;
	const bool reply = f->flags & VUS_FLAG_REPLY;

	if (!gpu && (f->flags & VUS_VERSION_MASK) != VUS_VERSION)
		complain(c, "version: flag bits 0-1 are %u, not %u",
			 f->flags & VUS_VERSION_MASK, VUS_VERSION);
	if (reply != f->is_reply)
		complain(c, "reply: flag bit 2 is %s in a %s",
			 reply ? "set" : "clear",
			 f->is_reply ? "reply" : "request");
	if (f->is_reply && !gpu && (f->flags & VUS_FLAG_NEED_REPLY))
		complain(c, "need_reply: flag bit 3 is set in a reply");
	if (f->flags & ~known)
		complain(c, "reserved: flag bits 0x%x have no meaning",
			 f->flags & ~known);
}

/* Padding is sent as zero, at any depth. */
static void check_padding(const struct vus_payload *payload,
			  const uint8_t *base, struct complaints *c)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		const uint8_t *at = base + item->struct_off;

		if (item->kind == VUS_ITEM_NEST)
			check_padding(item->elem, at, c);
		if (item->kind != VUS_ITEM_PAD)
			continue;
		for (unsigned b = 0; b < item->width; b++)
			if (at[b]) {
				complain(c, "padding: byte %u of %s is 0x%02x",
					 b, item->name, at[b]);
				break;
			}
	}
}

static void check_payload(const struct vus_frame *f,
			  const struct vus_payload *payload,
			  struct complaints *c)
{
	union vus_body body;
	struct vus_err err;

	if (f->payload_len != f->size)
		complain(c, "size: the size word is %u, the payload %zu bytes",
			 f->size, f->payload_len);
	/* An empty GET_CONFIG reply says that it failed. */
	if (f->is_reply && f->payload_len == 0 && payload &&
	    payload->nitems > 0 &&
	    payload->items[payload->nitems - 1].kind == VUS_ITEM_TAIL)
		return;
	if (!vus_decode(payload, f->payload, f->payload_len, &body, &err))
		complain(c, "size: %s", err.text);
	else if (payload)
		check_padding(payload, (const uint8_t *)&body, c);
}

static void check_fds(const struct vus_frame *f, const struct vus_msg *msg,
		      uint64_t pf, struct complaints *c)
{
	const struct vus_fd_range range =
		f->is_reply ? msg->reply_fds : vus_msg_fds(msg, pf);
	const struct vus_payload *payload = vus_msg_request(msg, pf);
	uint32_t want;

	if (f->nfds < range.min || f->nfds > range.max) {
		complain(c, "fds: %u descriptors, %u to %u belong to it",
			 f->nfds, range.min, range.max);
		return;
	}
	if (f->is_reply || !msg->fds_match || f->payload_len < sizeof(want))
		return;
	for (unsigned i = 0; payload && i < payload->nitems; i++) {
		/* Such counts are 32-bit words at the structure's start. */
		if (strcmp(payload->items[i].name, msg->fds_match) != 0)
			continue;
		memcpy(&want, f->payload, sizeof(want));
		if (want != f->nfds)
			complain(c, "fds: %u descriptors, %s is %u", f->nfds,
				 msg->fds_match, want);
	}
}

unsigned vus_validate(const struct vus_frame *frame, uint64_t pf, uint64_t vf,
		      struct vus_text *ret)
{
	const struct vus_msg *msg = vus_msg_find(frame->channel, frame->id);
	struct complaints c = { .text = ret };
	const struct vus_payload *payload;

	check_flags(frame, &c);
	if (!msg) {
		complain(&c, "unknown: message %u is not assigned", frame->id);
		return c.n;
	}
	if (!frame->is_reply)
		payload = vus_msg_request(msg, pf);
	else if (vus_msg_answer(msg, pf) == VUS_ANSWER_OWN)
		payload = vus_msg_reply(msg, pf);
	else
		payload = &vus_payload_u64;
	check_payload(frame, payload, &c);
	check_fds(frame, msg, pf, &c);
	if (msg->needs & ~pf) {
		VUS_AUTO_TEXT names = { 0 };

		vus_format_features(msg->needs & ~pf, true, &names);
		complain(&c, "gate: %s was not negotiated",
			 vus_text_str(&names));
	}
	if (msg->needs_vf & ~vf) {
		VUS_AUTO_TEXT names = { 0 };

		vus_format_features(msg->needs_vf & ~vf, false, &names);
		complain(&c, "gate: %s was not %s", vus_text_str(&names),
			 msg->vf_offered ? "offered" : "negotiated");
	}
	return c.n;
}
