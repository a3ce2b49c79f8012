/* SPDX-License-Identifier: BSD-3-Clause */
/* wire_bodies.c — bodies of any payload, out of random bytes. */
#include "wire_bodies.h"

#include <string.h>

static void write_int(uint8_t *at, unsigned width, uint64_t value)
{
	const uint8_t v8 = (uint8_t)value;
	const uint16_t v16 = (uint16_t)value;
	const uint32_t v32 = (uint32_t)value;

	if (width == 1)
		memcpy(at, &v8, 1);
	else if (width == 2)
		memcpy(at, &v16, 2);
	else if (width == 4)
		memcpy(at, &v32, 4);
	else
		memcpy(at, &value, 8);
}

static void fill(struct vus_rand *r, const struct vus_payload *payload,
		 bool padded, uint8_t *base)
{
	for (unsigned i = 0; i < payload->nitems; i++) {
		const struct vus_item *item = &payload->items[i];
		uint8_t *at = base + item->struct_off;
		const size_t room = item->max > 0 ? item->max : 1;
		const bool gap = item->kind == VUS_ITEM_PAD ||
				 item->kind == VUS_ITEM_GAP;
		size_t used = room;

		/* Behind the count's own field, which was random. */
		if (item->count_width > 0) {
			used = vus_rand_below(r, room + 1);
			write_int(base + item->count_off, item->count_width,
				  used);
		}
		for (size_t e = 0; item->elem && e < used; e++)
			fill(r, item->elem, padded,
			     at + e * item->elem->struct_size);
		if (!item->elem && (padded || !gap))
			vus_rand_fill(vus_rand_next(r), at, used * item->width);
	}
}

void random_body(struct vus_rand *r, const struct vus_payload *payload,
		 bool padded, union vus_body *ret)
{
	memset(ret, 0, sizeof(*ret));
	fill(r, payload, padded, (uint8_t *)ret);
}

void each_layout(void (*each)(const struct vus_msg *msg, uint64_t pf,
			      bool is_reply, const struct vus_payload *payload))
{
	for (size_t i = 0; i < vus_nmsgs; i++) {
		const struct vus_msg *m = &vus_msgs[i];

		each(m, 0, false, vus_msg_request(m, 0));
		each(m, 0, true, vus_msg_reply(m, 0));
		if (!m->alt_if)
			continue;
		each(m, m->alt_if, false, vus_msg_request(m, m->alt_if));
		each(m, m->alt_if, true, vus_msg_reply(m, m->alt_if));
	}
}
