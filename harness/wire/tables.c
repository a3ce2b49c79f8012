/* SPDX-License-Identifier: BSD-3-Clause */
/* tables.c — the three .def files as tables, and how rows are found. */
#include "wire.h"

#include <assert.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>

/* Where the kernel names a bit, ours is the same. */
static_assert(VUS_VF_RING_INDIRECT_DESC == VIRTIO_RING_F_INDIRECT_DESC, "");
static_assert(VUS_VF_RING_EVENT_IDX == VIRTIO_RING_F_EVENT_IDX, "");
static_assert(VUS_VF_NOTIFY_ON_EMPTY == VIRTIO_F_NOTIFY_ON_EMPTY, "");
static_assert(VUS_VF_ANY_LAYOUT == VIRTIO_F_ANY_LAYOUT, "");
static_assert(VUS_VF_VERSION_1 == VIRTIO_F_VERSION_1, "");
static_assert(VUS_VF_ACCESS_PLATFORM == VIRTIO_F_ACCESS_PLATFORM, "");
static_assert(VUS_VF_RING_PACKED == VIRTIO_F_RING_PACKED, "");
static_assert(VUS_VF_ORDER_PLATFORM == VIRTIO_F_ORDER_PLATFORM, "");
static_assert(VUS_VF_SR_IOV == VIRTIO_F_SR_IOV, "");

/* Bytes on the wire, with empty and with full lists. */
enum payload_bytes {
#define PAYLOAD_BEGIN(payload, doc)          MIN_##payload = 0
#define FIELD(payload, type, name, fmt, doc) +sizeof(VUS_CTYPE_##type)
#define PAD(payload, bytes, name, doc)       +(bytes)
#define BLOB(payload, bytes, name, doc)      +(bytes)
#define NEST(payload, elem, name, doc)       +MIN_##elem
#define LIST(payload, elem, name, count, max, doc)
#define TAIL(payload, name, count, max, doc)
#define PAYLOAD_END(payload) ,
#include "payloads.def"
#undef PAYLOAD_BEGIN
#undef NEST
#undef LIST
#undef TAIL
#define PAYLOAD_BEGIN(payload, doc)                MAX_##payload = 0
#define NEST(payload, elem, name, doc)             +MAX_##elem
#define LIST(payload, elem, name, count, max, doc) +(max)*MAX_##elem
#define TAIL(payload, name, count, max, doc)       +(max)
#include "payloads.def"
#undef PAYLOAD_BEGIN
#undef FIELD
#undef PAD
#undef BLOB
#undef NEST
#undef LIST
#undef TAIL
#undef PAYLOAD_END
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

#define PAYLOAD_BEGIN(payload, doc)                                            \
	static const struct vus_item items_##payload[] = {
#define FIELD(payload, type, fname, fmt, fdoc)                                 \
	ITEM(payload, fname, VUS_ITEM_INT, fdoc,                               \
	     .width = sizeof(VUS_CTYPE_##type), .is_signed = SIGNED_##type,    \
	     .as = VUS_AS_##fmt)
#define PAD(payload, bytes, fname, fdoc)                                       \
	ITEM(payload, fname, VUS_ITEM_PAD, fdoc, .width = (bytes))
#define BLOB(payload, bytes, fname, fdoc)                                      \
	ITEM(payload, fname, VUS_ITEM_BLOB, fdoc, .width = (bytes))
#define NEST(payload, kind, fname, fdoc)                                       \
	ITEM(payload, fname, VUS_ITEM_NEST, fdoc, .elem = &vus_payload_##kind)
#define LIST(payload, kind, fname, counter, most, fdoc)                        \
	ITEM(payload, fname, VUS_ITEM_LIST, fdoc, .elem = &vus_payload_##kind, \
	     .count = #counter, .max = (most))
#define TAIL(payload, fname, counter, most, fdoc)                              \
	ITEM(payload, fname, VUS_ITEM_TAIL, fdoc, .width = 1,                  \
	     .count = #counter, .max = (most))
#define PAYLOAD_END(payload)                                                   \
	}                                                                      \
	;
#include "payloads.def"
#undef PAYLOAD_BEGIN
#undef FIELD
#undef PAD
#undef BLOB
#undef NEST
#undef LIST
#undef TAIL
#undef PAYLOAD_END

#define FIELD(...)
#define PAD(...)
#define BLOB(...)
#define NEST(...)
#define LIST(...)
#define TAIL(...)
#define PAYLOAD_END(payload)
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
#undef PAYLOAD_BEGIN

const struct vus_payload *const vus_payloads[] = {
#define PAYLOAD_BEGIN(payload, pdoc) &vus_payload_##payload,
#include "payloads.def"
#undef PAYLOAD_BEGIN
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

const struct vus_feature vus_features[] = {
#define PROTOCOL_FEATURE(fbit, fname, ...)                                     \
	{ .protocol = true, .bit = (fbit), .name = #fname, __VA_ARGS__ },
#define VIRTIO_FEATURE(fbit, fname, ...)                                       \
	{ .protocol = false, .bit = (fbit), .name = #fname, __VA_ARGS__ },
#include "features.def"
#undef PROTOCOL_FEATURE
#undef VIRTIO_FEATURE
};
const size_t vus_nfeatures = VUS_COUNT(vus_features);

const struct vus_msg *vus_msg_find(enum vus_channel channel, uint32_t id)
{
	for (size_t i = 0; i < vus_nmsgs; i++)
		if (vus_msgs[i].channel == channel && vus_msgs[i].id == id)
			return &vus_msgs[i];
	return NULL;
}

const struct vus_msg *vus_msg_by_name(enum vus_channel channel,
				      const char *name)
{
	for (size_t i = 0; i < vus_nmsgs; i++)
		if (vus_msgs[i].channel == channel &&
		    strcmp(vus_msgs[i].name, name) == 0)
			return &vus_msgs[i];
	return NULL;
}

static bool is_alt(const struct vus_msg *msg, uint64_t pf)
{
	return msg->alt_if && (pf & msg->alt_if) == msg->alt_if;
}

const struct vus_payload *vus_msg_request(const struct vus_msg *msg,
					  uint64_t pf)
{
	return is_alt(msg, pf) ? msg->alt_request : msg->request;
}

const struct vus_payload *vus_msg_reply(const struct vus_msg *msg, uint64_t pf)
{
	return is_alt(msg, pf) ? msg->alt_reply : msg->reply;
}

struct vus_fd_range vus_msg_fds(const struct vus_msg *msg, uint64_t pf)
{
	return is_alt(msg, pf) ? msg->alt_fds : msg->fds;
}

enum vus_answer vus_msg_answer(const struct vus_msg *msg, uint64_t pf)
{
	return is_alt(msg, pf) ? msg->alt_answer : msg->answer;
}
