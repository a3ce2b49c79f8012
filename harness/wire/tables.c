/* SPDX-License-Identifier: BSD-3-Clause */
/* tables.c — payloads.def and messages.def as tables. */
#include "wire.h"

/* Bytes on the wire, with empty and with full lists. */
enum payload_bytes {
#define PAYLOAD_BEGIN(payload, doc)          MIN_##payload = 0
#define FIELD(payload, type, name, fmt, doc) +sizeof(VUS_CTYPE_##type)
#define PAD(payload, bytes, name, doc)       +(bytes)
#define GAP(payload, bytes, name, doc)       +(bytes)
#define BLOB(payload, bytes, name, doc)      +(bytes)
#define NEST(payload, elem, name, doc)       +MIN_##elem
#define ARRAY(payload, elem, name, n, doc)   +(n)*MIN_##elem
#define PAYLOAD_END(payload)                 ,
#include "payloads.def"
#define PAYLOAD_BEGIN(payload, doc)                MAX_##payload = 0
#define FIELD(payload, type, name, fmt, doc)       +sizeof(VUS_CTYPE_##type)
#define PAD(payload, bytes, name, doc)             +(bytes)
#define GAP(payload, bytes, name, doc)             +(bytes)
#define BLOB(payload, bytes, name, doc)            +(bytes)
#define NEST(payload, elem, name, doc)             +MAX_##elem
#define ARRAY(payload, elem, name, n, doc)         +(n)*MAX_##elem
#define LIST(payload, elem, name, count, max, doc) +(max)*MAX_##elem
#define TAIL(payload, name, count, max, doc)       +(max)
#define REST(payload, name, max, doc)              +(max)
#define PAYLOAD_END(payload)                       ,
#include "payloads.def"
};

#define SIGNED_u8  false
#define SIGNED_u16 false
#define SIGNED_u32 false
#define SIGNED_u64 false
#define SIGNED_s64 true

#define ITEM(payload, iname, ikind, idoc, ...)                                 \
	{ .name = #iname,                                                      \
	  .kind = (ikind),                                                     \
	  .struct_off = offsetof(struct vus_p_##payload, iname),               \
	  .doc = (idoc),                                                       \
	  __VA_ARGS__ },

/* Where a structure keeps a number, and its width. */
#define COUNTED_BY(payload, member)                                            \
	.count_off = offsetof(struct vus_p_##payload, member),                 \
	.count_width = sizeof(((struct vus_p_##payload *)0)->member)

#define PAYLOAD_BEGIN(payload, doc)                                            \
	static const struct vus_item items_##payload[] = {
#define FIELD(payload, type, fname, fmt, fdoc)                                 \
	ITEM(payload, fname, VUS_ITEM_INT, fdoc,                               \
	     .width = sizeof(VUS_CTYPE_##type), .is_signed = SIGNED_##type,    \
	     .as = VUS_AS_##fmt)
#define PAD(payload, bytes, fname, fdoc)                                       \
	ITEM(payload, fname, VUS_ITEM_PAD, fdoc, .width = (bytes))
#define GAP(payload, bytes, fname, fdoc)                                       \
	ITEM(payload, fname, VUS_ITEM_GAP, fdoc, .width = (bytes))
#define BLOB(payload, bytes, fname, fdoc)                                      \
	ITEM(payload, fname, VUS_ITEM_BLOB, fdoc, .width = (bytes))
#define NEST(payload, kind, fname, fdoc)                                       \
	ITEM(payload, fname, VUS_ITEM_NEST, fdoc, .elem = &vus_payload_##kind)
#define ARRAY(payload, kind, fname, n, fdoc)                                   \
	ITEM(payload, fname, VUS_ITEM_ARRAY, fdoc,                             \
	     .elem = &vus_payload_##kind, .max = (n))
#define LIST(payload, kind, fname, counter, most, fdoc)                        \
	ITEM(payload, fname, VUS_ITEM_LIST, fdoc, .elem = &vus_payload_##kind, \
	     .count = #counter, .max = (most), COUNTED_BY(payload, counter))
#define TAIL(payload, fname, counter, most, fdoc)                              \
	ITEM(payload, fname, VUS_ITEM_TAIL, fdoc, .width = 1,                  \
	     .count = #counter, .max = (most), COUNTED_BY(payload, counter))
#define REST(payload, fname, most, fdoc)                                       \
	ITEM(payload, fname, VUS_ITEM_REST, fdoc, .width = 1, .max = (most),   \
	     COUNTED_BY(payload, fname##_len))
#define PAYLOAD_END(payload)                                                   \
	}                                                                      \
	;
#include "payloads.def"

#define PAYLOAD_BEGIN(payload, pdoc)                                           \
	const struct vus_payload vus_payload_##payload = {                     \
		.name = #payload,                                              \
		.doc = (pdoc),                                                 \
		.items = items_##payload,                                      \
		.nitems = VUS_COUNT(items_##payload),                          \
		.min_size = MIN_##payload,                                     \
		.max_size = MAX_##payload,                                     \
		.struct_size = sizeof(struct vus_p_##payload),                 \
	};
#include "payloads.def"

const struct vus_payload *const vus_payloads[] = {
#define PAYLOAD_BEGIN(payload, pdoc) &vus_payload_##payload,
#include "payloads.def"
};
const size_t vus_npayloads = VUS_COUNT(vus_payloads);

const struct vus_msg vus_msgs[] = {
#define P(payload) (&vus_payload_##payload)
#define FDS(low, top)                                                          \
	{                                                                      \
		(low), (top)                                                   \
	}
#define MSG(chan, mname, mid, ...)                                             \
	{ .channel = VUS_##chan, .id = (mid), .name = #mname, __VA_ARGS__ },
#include "messages.def"
#undef MSG
};
const size_t vus_nmsgs = VUS_COUNT(vus_msgs);
