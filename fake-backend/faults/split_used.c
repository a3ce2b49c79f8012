/* SPDX-License-Identifier: BSD-3-Clause */
/* split_used.c — faults of split rings: the used ring. */
#include "split_ring.h"

static void put_slot(struct vus_vq *vq,
		     __attribute__((unused)) const struct vus_chain *c,
		     uint32_t written)
{
	struct vus_split_device *r = &vq->ring;

	vus_split_push(r, (uint16_t)(r->used_idx % r->num), written);
}

VUS_BE_FAULT(split_ring, used_id_is_slot, .rule = "split_ring.used.id_head",
	     .says = "names the slot of a used entry, not the chain's head")
{
	decide->ring_push = put_slot;
}

static void put_a_mebibyte_more(struct vus_vq *vq, const struct vus_chain *c,
				uint32_t written)
{
	vus_be_honest.ring_push(vq, c, written + (1u << 20));
}

VUS_BE_FAULT(split_ring, used_len_too_large, .rule = "split_ring.used.len_cap",
	     .also = "split_ring.used.len_exact split_ring.used.len_not_over "
		     "split_ring.used.len_zero",
	     .says = "claims to have written 1 MiB more than it has")
{
	decide->ring_push = put_a_mebibyte_more;
}

static void put_one_for_none(struct vus_vq *vq, const struct vus_chain *c,
			     uint32_t written)
{
	vus_be_honest.ring_push(vq, c, written > 0 ? written : 1);
}

VUS_BE_FAULT(split_ring, used_len_for_read, .rule = "split_ring.used.len_zero",
	     .says = "claims to have written a byte where it has written "
		     "none")
{
	decide->ring_push = put_one_for_none;
}

static void put_no_length(struct vus_vq *vq, const struct vus_chain *c,
			  __attribute__((unused)) uint32_t written)
{
	vus_be_honest.ring_push(vq, c, 0);
}

VUS_BE_FAULT(split_ring, used_len_missing, .rule = "split_ring.used.len_exact",
	     .says = "claims to have written nothing")
{
	decide->ring_push = put_no_length;
}

static void put_one_slot_too_far(struct vus_vq *vq, const struct vus_chain *c,
				 uint32_t written)
{
	struct vus_split_device *r = &vq->ring;

	r->used->ring[(r->used_idx + 1) % r->num] = (struct vring_used_elem){
		.id = htole32(c->head),
		.len = htole32(written),
	};
	vus_store16(&r->used->idx, ++r->used_idx);
}

VUS_BE_FAULT(split_ring, used_slot_skips, .rule = "split_ring.used.slot",
	     .says = "puts used entries one slot too far")
{
	decide->ring_push = put_one_slot_too_far;
}

static void put_twice(struct vus_vq *vq, const struct vus_chain *c,
		      uint32_t written)
{
	vus_be_honest.ring_push(vq, c, written);
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(split_ring, used_twice, .rule = "split_ring.used.once",
	     .also = "split_ring.indirect.longer_than_chain "
		     "split_ring.indirect.mixed_direction "
		     "split_ring.used.not_ahead socket.kick_after_close",
	     .says = "gives every request back twice")
{
	decide->ring_push = put_twice;
}

static void move_idx_on(const struct vus_vq *vq)
{
	vus_store16(&vq->ring.used->idx, (uint16_t)(vq->ring.used_idx + 1));
}

static void put_and_move_on(struct vus_vq *vq, const struct vus_chain *c,
			    uint32_t written)
{
	vus_be_honest.ring_push(vq, c, written);
	move_idx_on(vq);
}

VUS_BE_FAULT(split_ring, used_ahead, .rule = "split_ring.used.not_ahead",
	     .also = "split_ring.indirect.longer_than_chain "
		     "split_ring.indirect.mixed_direction "
		     "split_ring.used.once socket.kick_after_close",
	     .says = "sets the used index one too high")
{
	decide->ring_push = put_and_move_on;
}

static void put_and_want_kicks(struct vus_vq *vq, const struct vus_chain *c,
			       uint32_t written)
{
	if (!vq->ring.event_idx)
		vus_store16(vus_avail_event(vq->ring.used, vq->ring.num),
			    0xa5a5);
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(split_ring, writes_event_unasked,
	     .rule = "split_ring.used.event_unasked",
	     .says = "writes avail_event without EVENT_IDX")
{
	decide->ring_push = put_and_want_kicks;
}

static void write_behind(struct vus_vq *vq, const struct vus_chain *c,
			 uint32_t written)
{
	const uint64_t behind =
		vq->addr.used + vus_split_used_bytes(vq->ring.num);
	uint64_t there = 0;
	uint8_t *p;

	vus_be_honest.ring_push(vq, c, written);
	p = vus_regions_user(&vq->be->mem, behind, 2, &there);
	if (p && there == 2)
		p[0] = p[1] = 0xa5;
}

VUS_BE_FAULT(split_ring, writes_behind_used, .rule = "split_ring.used.bounds",
	     .says = "writes two bytes behind the used ring")
{
	decide->ring_push = write_behind;
}

static void write_before(struct vus_vq *vq, const struct vus_chain *c,
			 uint32_t written)
{
	uint64_t there = 0;
	uint8_t *p;

	vus_be_honest.ring_push(vq, c, written);
	p = vus_regions_user(&vq->be->mem, vq->addr.used - 1, 1, &there);
	if (p && there == 1)
		*p = 0xa5;
}

VUS_BE_FAULT(split_ring, writes_before_used, .rule = "split_ring.used.bounds",
	     .says = "writes a byte before the used ring")
{
	decide->ring_push = write_before;
}

/* A chain that is a table has its place in the table. */
static void put_place(struct vus_vq *vq, const struct vus_chain *c,
		      uint32_t written)
{
	const struct vus_split_device *r = &vq->ring;
	struct vus_chain other = *c;

	if (vus_load16(&r->desc[c->head].flags) & VRING_DESC_F_INDIRECT)
		other.head = 0;
	vus_be_honest.ring_push(vq, &other, written);
}

VUS_BE_FAULT(split_ring, tables_end_as_the_first,
	     .rule = "split_ring.indirect.one_slot",
	     .says = "names descriptor 0 for each indirect table in the used "
		     "ring")
{
	decide->ring_push = put_place;
}

static void move_idx_first(struct vus_vq *vq, const struct vus_chain *c,
			   uint32_t written)
{
	move_idx_on(vq);
	vus_fault_gap();
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(split_ring, idx_before_entry,
	     .rule = "split_ring.used.len_before_idx",
	     .says = "moves the used index some time before it writes the "
		     "entry")
{
	decide->ring_push = move_idx_first;
}

static enum vus_pop give_back_at_once(struct vus_vq *vq, struct vus_chain *ret,
				      struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	if (pop == VUS_POP_CHAIN) {
		vus_be_honest.ring_push(vq, ret, (uint32_t)ret->writable);
		vus_fault_gap();
	}
	return pop;
}

static void is_back_already(__attribute__((unused)) struct vus_vq *vq,
			    __attribute__((unused)) const struct vus_chain *c,
			    __attribute__((unused)) uint32_t written)
{
}

VUS_BE_FAULT(split_ring, idx_before_data,
	     .rule = "split_ring.used.data_before_idx",
	     .also = "ring_state.enabled_runs",
	     .says = "gives a request back some time before it carries it "
		     "out")
{
	decide->ring_pop = give_back_at_once;
	decide->ring_push = is_back_already;
}
