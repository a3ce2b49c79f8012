/* SPDX-License-Identifier: BSD-3-Clause */
/* split_ring.c — faults of what a driver writes into its rings. */
#include "fault.h"

#include "fake-frontend/drivers/driver.h"

#include <endian.h>
#include <string.h>

/* ---- the available ring ---- */

static void store_big_endian(struct vus_queue *q, uint16_t head)
{
	vus_fe_honest.offer_request(q, head);
	q->ring->avail->idx = htobe16(q->ring->avail_idx);
}

VUS_FE_FAULT(split_ring, index_big_endian,
	     .rule = "split_ring.driver.index_step",
	     .says = "writes the available index with the high byte first")
{
	decide->offer_request = store_big_endian;
}

static void offer_twice(struct vus_queue *q, uint16_t head)
{
	vus_split_put(q->ring, head);
	vus_fe_honest.offer_request(q, head);
}

VUS_FE_FAULT(split_ring, offers_twice, .rule = "split_ring.driver.head_once",
	     .says = "puts each head into two slots")
{
	decide->offer_request = offer_twice;
}

/* ---- the used ring ---- */

static void wipe_and_offer(struct vus_queue *q, uint16_t head)
{
	memset(q->ring->used->ring, 0xff,
	       q->num * sizeof(q->ring->used->ring[0]));
	vus_fe_honest.offer_request(q, head);
}

VUS_FE_FAULT(split_ring, wipes_used_entries,
	     .rule = "split_ring.driver.used_read_only",
	     .says = "wipes used entries that it has taken")
{
	decide->offer_request = wipe_and_offer;
}

/* ---- descriptors ---- */

static bool add_big_endian(struct vus_session *s, struct vus_queue *q,
			   const struct vus_seg *segs, unsigned nsegs,
			   uint16_t *ret_head, struct vus_err *err)
{
	struct vring_desc *d;

	if (!vus_fe_honest.add_request(s, q, segs, nsegs, ret_head, err))
		return false;
	d = &q->ring->desc[*ret_head];
	d->next = htobe16(le16toh(d->next));
	return true;
}

VUS_FE_FAULT(split_ring, next_big_endian, .rule = "split_ring.driver.in_table",
	     .says = "writes next with the high byte first")
{
	decide->add_request = add_big_endian;
}

/* The last descriptor of a chain. */
static struct vring_desc *last_of(const struct vus_queue *q, uint16_t head)
{
	struct vring_desc *d = &q->ring->desc[head];

	while (le16toh(d->flags) & VRING_DESC_F_NEXT)
		d = &q->ring->desc[le16toh(d->next)];
	return d;
}

static bool add_without_end(struct vus_session *s, struct vus_queue *q,
			    const struct vus_seg *segs, unsigned nsegs,
			    uint16_t *ret_head, struct vus_err *err)
{
	struct vring_desc *last;

	if (!vus_fe_honest.add_request(s, q, segs, nsegs, ret_head, err))
		return false;
	last = last_of(q, *ret_head);
	last->flags |= htole16(VRING_DESC_F_NEXT);
	last->next = htole16((uint16_t)(last - q->ring->desc));
	return true;
}

VUS_FE_FAULT(split_ring, chain_without_end, .rule = "split_ring.driver.no_loop",
	     .says = "lets the last descriptor of a chain lead to itself")
{
	decide->add_request = add_without_end;
}

static bool add_backwards(struct vus_session *s, struct vus_queue *q,
			  const struct vus_seg *segs, unsigned nsegs,
			  uint16_t *ret_head, struct vus_err *err)
{
	struct vus_seg turned[VUS_PING_SEGS];

	for (unsigned i = 0; i < nsegs; i++)
		turned[i] = segs[nsegs - 1 - i];
	return vus_fe_honest.add_request(s, q, turned, nsegs, ret_head, err);
}

VUS_FE_FAULT(split_ring, answer_first,
	     .rule = "split_ring.driver.readable_first",
	     .says = "places the buffers of a request in the opposite order")
{
	decide->add_request = add_backwards;
}

static bool add_user_addresses(struct vus_session *s, struct vus_queue *q,
			       const struct vus_seg *segs, unsigned nsegs,
			       uint16_t *ret_head, struct vus_err *err)
{
	struct vus_seg moved[VUS_PING_SEGS];

	for (unsigned i = 0; i < nsegs; i++) {
		moved[i] = segs[i];
		moved[i].gpa = vus_guest_user(&s->guest, segs[i].gpa);
	}
	return vus_fe_honest.add_request(s, q, moved, nsegs, ret_head, err);
}

VUS_FE_FAULT(split_ring, user_addresses,
	     .rule = "split_ring.driver.buffers_in_memory",
	     .says = "writes user addresses into descriptors")
{
	decide->add_request = add_user_addresses;
}

/* ---- indirect tables ---- */

static bool add_table(struct vus_session *s, struct vus_queue *q,
		      const struct vus_seg *segs, unsigned nsegs,
		      uint16_t *ret_head, struct vus_err *err)
{
	const uint64_t bytes = nsegs * sizeof(struct vring_desc);
	uint64_t gpa;

	return vus_guest_alloc(&s->guest, bytes, 16, &gpa, err) &&
	       vus_split_add_indirect(q->ring, segs, nsegs,
				      vus_guest_host(&s->guest, gpa, bytes),
				      gpa, ret_head, err);
}

static uint64_t features_without_tables(const struct vus_session *s,
					uint64_t wanted)
{
	return vus_fe_honest.features(s, wanted & ~VF(RING_INDIRECT_DESC));
}

VUS_FE_FAULT(split_ring, tables_without_feature,
	     .rule = "split_ring.driver.indirect_negotiated",
	     .says = "uses indirect tables and acknowledges no feature for it")
{
	decide->features = features_without_tables;
	decide->add_request = add_table;
}

static bool add_table_of_entries(struct vus_session *s, struct vus_queue *q,
				 const struct vus_seg *segs, unsigned nsegs,
				 uint16_t *ret_head, struct vus_err *err)
{
	if (!add_table(s, q, segs, nsegs, ret_head, err))
		return false;
	q->ring->desc[*ret_head].len = htole32(nsegs);
	return true;
}

VUS_FE_FAULT(split_ring, table_length_in_entries,
	     .rule = "split_ring.driver.table_form",
	     .says = "gives an indirect table its length in entries")
{
	decide->add_request = add_table_of_entries;
}
