/* SPDX-License-Identifier: BSD-3-Clause */
/* split_text.c — what a driver has put into its ring, in words. */
#include "split_driver.h"

#include "le16.h"

#include <inttypes.h>

#define HEADS 2 /* chains that are told in full */
#define DESCS 6 /* descriptors of one */

static void add_chain(const struct vus_split_driver *r, uint16_t head,
		      struct vus_text *ret)
{
	uint16_t at = head;

	vus_text_add(ret, "; head %u:", head);
	for (unsigned n = 0; at < r->num; n++) {
		const struct vring_desc d = r->desc[at];

		if (n == DESCS) {
			vus_text_add(ret, " ...");
			return;
		}
		vus_text_add(ret, " [0x%" PRIx64 " %" PRIu32 " %s%s]",
			     (uint64_t)d.addr, d.len,
			     d.flags & VRING_DESC_F_WRITE ? "written" : "read",
			     d.flags & VRING_DESC_F_INDIRECT ? " indirect"
							     : "");
		if (!(d.flags & VRING_DESC_F_NEXT))
			return;
		at = d.next;
	}
}

void vus_split_describe(struct vus_split_driver *r, struct vus_text *ret)
{
	const uint16_t first = r->described;
	const uint16_t new = (uint16_t)(r->avail_idx - first);

	r->described = r->avail_idx;
	/* Where nothing is new, the ring may have lost its memory. */
	if (new == 0 || new > r->num) {
		vus_text_add(ret, "available %u, nothing new", r->avail_idx);
		return;
	}
	vus_text_add(ret, "available %u, %u new, used %u", r->avail_idx, new,
		     vus_load16(&r->used->idx));
	for (uint16_t i = 0; i < new; i++) {
		const uint16_t slot = (uint16_t)(first + i) % r->num;

		if (i == HEADS) {
			vus_text_add(ret, "; and %u more", new - i);
			return;
		}
		add_chain(r, r->avail->ring[slot], ret);
	}
}
