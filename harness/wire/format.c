/* SPDX-License-Identifier: BSD-3-Clause */
/* format.c — a frame as one line, for traces and reports. */
#include "wire.h"

#include <inttypes.h>
#include <string.h>

void vus_format_features(uint64_t mask, bool protocol, struct vus_text *ret)
{
	const char *sep = "";

	for (unsigned bit = 0; bit < 64; bit++) {
		const char *name = NULL;

		if (!(mask >> bit & 1))
			continue;
		for (size_t i = 0; i < vus_nfeatures && !name; i++)
			if (vus_features[i].protocol == protocol &&
			    vus_features[i].bit == bit)
				name = vus_features[i].name;
		if (name)
			vus_text_add(ret, "%s%s", sep, name);
		else
			vus_text_add(ret, "%sbit%u", sep, bit);
		sep = " ";
	}
}

static uint64_t read_int(const uint8_t *at, unsigned width)
{
	uint64_t v = 0;

	/* Host order: the low bytes come first or last. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(&v, at, width);
#else
	memcpy((uint8_t *)&v + sizeof(v) - width, at, width);
#endif
	return v;
}

static void format_int(const struct vus_item *item, const uint8_t *at,
		       struct vus_text *ret)
{
	const uint64_t v = read_int(at, item->width);

	switch (item->as) {
	case VUS_AS_DEC:
		if (item->is_signed)
			vus_text_add(ret, "%" PRId64, (int64_t)v);
		else
			vus_text_add(ret, "%" PRIu64, v);
		break;
	case VUS_AS_HEX:
		vus_text_add(ret, "0x%" PRIx64, v);
		break;
	case VUS_AS_BYTES:
		/* Sizes near 2^64 are tricks, and read better in hex. */
		vus_text_add(ret, v >> 60 ? "0x%" PRIx64 : "%" PRIu64, v);
		break;
	case VUS_AS_FEATURES:
	case VUS_AS_PROTOCOL_FEATURES:
		vus_text_add(ret, "0x%" PRIx64 " (", v);
		vus_format_features(v, item->as == VUS_AS_PROTOCOL_FEATURES,
				    ret);
		vus_text_add(ret, ")");
		break;
	case VUS_AS_VRING:
		vus_text_add(ret, "0x%" PRIx64 " (ring %u%s)", v,
			     (unsigned)(v & VUS_VRING_IDX_MASK),
			     v & VUS_VRING_NOFD ? ", no fd" : "");
		break;
	}
}

static void format_hex(const uint8_t *at, size_t len, struct vus_text *ret)
{
	for (size_t i = 0; i < len; i++)
		vus_text_add(ret, "%02x", at[i]);
}

static uint64_t count_of(const struct vus_payload *payload,
			 const struct vus_item *item, const uint8_t *base)
{
	for (unsigned i = 0; i < payload->nitems; i++)
		if (strcmp(payload->items[i].name, item->count) == 0)
			return VUS_MIN(
				read_int(base + payload->items[i].struct_off,
					 payload->items[i].width),
				item->max);
	return 0;
}

static void format_items(const struct vus_payload *payload, const uint8_t *base,
			 bool data, struct vus_text *ret)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		const uint8_t *at = base + item->struct_off;
		const uint64_t n =
			item->count ? count_of(payload, item, base) : 0;

		if (item->kind == VUS_ITEM_PAD)
			continue;
		if (item->kind == VUS_ITEM_NEST) {
			format_items(item->elem, at, data, ret);
			continue;
		}
		if (item->kind == VUS_ITEM_LIST) {
			for (uint64_t e = 0; e < n; e++) {
				vus_text_add(ret, " [");
				format_items(item->elem,
					     at + e * item->elem->struct_size,
					     data, ret);
				vus_text_add(ret, " ]");
			}
			continue;
		}
		vus_text_add(ret, " %s=", item->name);
		if (item->kind == VUS_ITEM_INT)
			format_int(item, at, ret);
		else if (data)
			format_hex(at, item->count ? (size_t)n : item->width,
				   ret);
		else
			vus_text_add(ret, "(%" PRIu64 " bytes)",
				     item->count ? n : item->width);
	}
}

static const struct vus_payload *shown_layout(const struct vus_frame *f,
					      const struct vus_msg *msg)
{
	const struct vus_payload *normal, *alt;

	if (f->is_reply && msg->answer != VUS_ANSWER_OWN &&
	    !(msg->alt_if && msg->alt_answer == VUS_ANSWER_OWN))
		return &vus_payload_u64;
	normal = f->is_reply ? msg->reply : msg->request;
	alt = f->is_reply ? msg->alt_reply : msg->alt_request;
	/* Which of two layouts it was is seen by the size. */
	if (alt && normal && f->size > normal->max_size)
		return alt;
	return normal ? normal : alt;
}

void vus_format(const struct vus_frame *f, bool to_peer, bool data,
		struct vus_text *ret)
{
	const struct vus_msg *msg = vus_msg_find(f->channel, f->id);
	const uint32_t known =
		VUS_VERSION_MASK | VUS_FLAG_REPLY | VUS_FLAG_NEED_REPLY;

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
	if (msg && f->decoded && shown_layout(f, msg))
		format_items(shown_layout(f, msg), (const uint8_t *)&f->body,
			     data, ret);
	else if (f->size > 0)
		vus_text_add(ret, " (%" PRIu32 " bytes that do not decode)",
			     f->size);
	if (f->nfds > 0)
		vus_text_add(ret, " +%u fd", f->nfds);
}
