/* SPDX-License-Identifier: BSD-3-Clause */
/* format.c — a frame as one line, for traces and reports. */
#include "wire.h"

#include <inttypes.h>
#include <string.h>

static void format_mask(uint64_t mask, bool protocol, struct vus_text *ret)
{
	vus_text_add(ret, "0x%" PRIx64, mask);
	if (!mask)
		return;
	vus_text_add(ret, " (");
	vus_format_features(mask, protocol, ret);
	vus_text_add(ret, ")");
}

static void format_int(const struct vus_item *item, const uint8_t *at,
		       struct vus_text *ret)
{
	const uint64_t v = vus_int_read(at, item->width);

	switch (item->as) {
	case VUS_AS_DEC:
	case VUS_AS_RING:
		if (item->is_signed)
			vus_text_add(ret, "%" PRId64, (int64_t)v);
		else
			vus_text_add(ret, "%" PRIu64, v);
		break;
	case VUS_AS_HEX:
		vus_text_add(ret, "0x%" PRIx64, v);
		break;
	case VUS_AS_BYTES:
		/* Sizes near 2^64 are deliberate, and easier to read in hex. */
		if (v >> 60)
			vus_text_add(ret, "0x%" PRIx64, v);
		else
			vus_text_add(ret, "%" PRIu64, v);
		break;
	case VUS_AS_FEATURES:
		format_mask(v, false, ret);
		break;
	case VUS_AS_PROTOCOL_FEATURES:
		format_mask(v, true, ret);
		break;
	case VUS_AS_VRING:
		vus_text_add(ret, "0x%" PRIx64 " (ring %u%s)", v,
			     (unsigned)(v & VUS_VRING_IDX_MASK),
			     v & VUS_VRING_NOFD ? ", no fd" : "");
		break;
	}
}

static void format_bytes(const uint8_t *at, size_t len, bool data,
			 struct vus_text *ret)
{
	if (!data) {
		vus_text_add(ret, "(%zu bytes)", len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		vus_text_add(ret, "%02x", at[i]);
}

static bool format_is_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i])
			return false;
	return true;
}

static void format_items(const struct vus_payload *payload, const uint8_t *base,
			 bool data, struct vus_text *ret);

/* LIST: every element; ARRAY: those that are not zero, with their index. */
static void format_many(const struct vus_item *item, const uint8_t *at,
			size_t n, bool data, struct vus_text *ret)
{
	const size_t size = item->elem->struct_size;

	for (size_t e = 0; e < n; e++, at += size) {
		if (item->kind == VUS_ITEM_LIST)
			vus_text_add(ret, " [");
		else if (format_is_zero(at, size))
			continue;
		else
			vus_text_add(ret, " %s[%zu]=[", item->name, e);
		format_items(item->elem, at, data, ret);
		vus_text_add(ret, " ]");
	}
}

static void format_items(const struct vus_payload *payload, const uint8_t *base,
			 bool data, struct vus_text *ret)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		const uint8_t *at = base + item->struct_off;
		size_t n = (size_t)vus_item_count(item, base);

		if (item->max > 0)
			n = VUS_MIN(n, item->max);
		switch (item->kind) {
		case VUS_ITEM_PAD:
		case VUS_ITEM_GAP:
			break;
		case VUS_ITEM_INT:
			vus_text_add(ret, " %s=", item->name);
			format_int(item, at, ret);
			break;
		case VUS_ITEM_BLOB:
		case VUS_ITEM_TAIL:
		case VUS_ITEM_REST:
			vus_text_add(ret, " %s=", item->name);
			format_bytes(at, n * item->width, data, ret);
			break;
		case VUS_ITEM_NEST:
			format_items(item->elem, at, data, ret);
			break;
		case VUS_ITEM_ARRAY:
		case VUS_ITEM_LIST:
			format_many(item, at, n, data, ret);
			break;
		}
	}
}

/* The frame does not say which of the row's two layouts its body has: it is the
 * one in which the body has the frame's size. */
static const struct vus_payload *shown_layout(const struct vus_frame *f,
					      const struct vus_msg *msg)
{
	const struct vus_payload *normal =
		vus_msg_layout(msg, 0, f->is_reply, f->size);
	const struct vus_payload *alt =
		vus_msg_layout(msg, msg->alt_if, f->is_reply, f->size);

	if (!normal || (alt && vus_encoded_size(normal, &f->body) != f->size &&
			vus_encoded_size(alt, &f->body) == f->size))
		return alt;
	return normal;
}

static void format_header(const struct vus_frame *f, const struct vus_msg *msg,
			  bool to_peer, struct vus_text *ret)
{
	const uint32_t known = VUS_FLAG_REPLY | VUS_FLAG_NEED_REPLY |
			       (f->channel == VUS_GPU ? 0 : VUS_VERSION_MASK);

	vus_text_add(ret, to_peer ? "-> " : "<- ");
	if (f->channel != VUS_FE)
		vus_text_add(ret, f->channel == VUS_BE ? "backend " : "gpu ");
	if (msg)
		vus_text_add(ret, "%s", msg->name);
	else
		vus_text_add(ret, "message %" PRIu32, f->id);
	if (f->flags & VUS_FLAG_REPLY)
		vus_text_add(ret, " reply");
	if (f->flags & VUS_FLAG_NEED_REPLY)
		vus_text_add(ret, " need_reply");
	if (f->channel != VUS_GPU &&
	    (f->flags & VUS_VERSION_MASK) != VUS_VERSION)
		vus_text_add(ret, " version=%u", f->flags & VUS_VERSION_MASK);
	if (f->flags & ~known)
		vus_text_add(ret, " flags=0x%x", f->flags);
}

void vus_format(const struct vus_frame *f, bool to_peer, bool data,
		struct vus_text *ret)
{
	const struct vus_msg *msg = vus_msg_find(f->channel, f->id);
	const struct vus_payload *payload =
		msg && f->decoded ? shown_layout(f, msg) : NULL;

	format_header(f, msg, to_peer, ret);
	if (payload) {
		format_items(payload, (const uint8_t *)&f->body, data, ret);
		if (f->size != vus_encoded_size(payload, &f->body))
			vus_text_add(ret, " size=%" PRIu32, f->size);
	} else if (f->size > 0) {
		vus_text_add(ret, " (%" PRIu32 " bytes that do not decode)",
			     f->size);
	}
	if (f->nfds > 0)
		vus_text_add(ret, " +%u fd", f->nfds);
}
