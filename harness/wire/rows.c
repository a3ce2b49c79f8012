/* SPDX-License-Identifier: BSD-3-Clause */
/* rows.c — how a row is found, and what holds under negotiated features. */
#include "wire.h"

#include <string.h>
#include <strings.h>

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
		    strcasecmp(vus_msgs[i].name, name) == 0)
			return &vus_msgs[i];
	return NULL;
}

const struct vus_msg *vus_msg_of_turn(unsigned turn)
{
	for (size_t i = 0; turn > 0 && i < vus_nmsgs; i++)
		if (vus_msgs[i].turn == turn)
			return &vus_msgs[i];
	return NULL;
}

void *vus_payload_field(const struct vus_payload *payload, void *base,
			const char *name, unsigned *ret_width)
{
	for (unsigned i = 0; payload && i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		void *at = (uint8_t *)base + item->struct_off;

		if (item->elem && vus_item_count(item, base) > 0)
			at = vus_payload_field(item->elem, at, name, ret_width);
		else if (item->kind == VUS_ITEM_INT &&
			 strcmp(item->name, name) == 0)
			*ret_width = item->width;
		else
			at = NULL;
		if (at)
			return at;
	}
	return NULL;
}

const struct vus_item *vus_payload_ring(const struct vus_payload *payload)
{
	for (unsigned i = 0; payload && i < payload->nitems; i++)
		if (payload->items[i].as == VUS_AS_RING ||
		    payload->items[i].as == VUS_AS_VRING)
			return &payload->items[i];
	return NULL;
}

int64_t vus_msg_ring(const struct vus_msg *msg, const union vus_body *body)
{
	const struct vus_item *item = vus_payload_ring(msg->request);
	uint64_t value;

	if (!item)
		return -1;
	value = vus_int_read((const uint8_t *)body + item->struct_off,
			     item->width);
	return (int64_t)(item->as == VUS_AS_VRING ? value & VUS_VRING_IDX_MASK
						  : value);
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

uint64_t vus_msg_vf(const struct vus_msg *msg, uint64_t acked, uint64_t offered)
{
	return msg && msg->vf_offered ? acked | offered : acked;
}

const struct vus_payload *vus_msg_layout(const struct vus_msg *msg, uint64_t pf,
					 bool is_reply, size_t size)
{
	if (!is_reply)
		return vus_msg_request(msg, pf);
	switch (vus_msg_answer(msg, pf)) {
	case VUS_ANSWER_OWN:
		return vus_msg_reply(msg, pf);
	case VUS_ANSWER_POSTCOPY:
		return size == vus_payload_u64.max_size
			       ? &vus_payload_u64
			       : vus_msg_reply(msg, pf);
	case VUS_ANSWER_ACK:
		return &vus_payload_u64;
	case VUS_ANSWER_NONE:
		break;
	}
	return NULL;
}

size_t vus_payload_least(const struct vus_payload *payload)
{
	const struct vus_item *last = &payload->items[payload->nitems - 1];

	return payload->min_size -
	       (last->kind == VUS_ITEM_GAP ? last->width : 0u);
}
