/* SPDX-License-Identifier: BSD-3-Clause */
/* split_dies.c — faults of split rings: what kills the program. */
#include "deaf.h"
#include "split_ring.h"

/* ---- what an honest ring refuses ---- */

/* Define a ring_pop that aborts where the honest one finds this. */
#define DIES_OF(name, found)                                                   \
	static enum vus_pop name(struct vus_vq *vq, struct vus_chain *ret,     \
				 struct vus_err *err)                          \
	{                                                                      \
		const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err); \
                                                                               \
		if (pop == VUS_POP_BAD && err->code == (found))                \
			vus_die();                                             \
		return pop;                                                    \
	}

DIES_OF(die_of_head, VUS_BAD_HEAD)
DIES_OF(die_of_next, VUS_BAD_NEXT)
DIES_OF(die_of_jump, VUS_BAD_INDEX)
DIES_OF(die_of_table_length, VUS_BAD_TABLE_LENGTH)
DIES_OF(die_of_nested_table, VUS_BAD_TABLE_NESTED)
DIES_OF(die_of_pieces, VUS_BAD_PIECES)
DIES_OF(die_of_sum, VUS_BAD_SUM)

VUS_BE_FAULT(split_ring, aborts_on_heads,
	     .rule = "split_ring.hardening.head_range",
	     .says = "aborts when a head is outside of the ring")
{
	decide->ring_pop = die_of_head;
}

VUS_BE_FAULT(split_ring, aborts_on_nexts,
	     .rule = "split_ring.hardening.next_range",
	     .says = "aborts when a next is outside of its table")
{
	decide->ring_pop = die_of_next;
}

VUS_BE_FAULT(split_ring, aborts_on_jumps,
	     .rule = "split_ring.hardening.idx_jump",
	     .says = "aborts when the available index jumps")
{
	decide->ring_pop = die_of_jump;
}

VUS_BE_FAULT(split_ring, aborts_on_table_lengths,
	     .rule = "split_ring.hardening.indirect_len",
	     .says = "aborts when an indirect table has no whole number "
		     "of entries")
{
	decide->ring_pop = die_of_table_length;
}

VUS_BE_FAULT(split_ring, aborts_on_nested_tables,
	     .rule = "split_ring.hardening.indirect_nested",
	     .says = "aborts when an indirect table is within another")
{
	decide->ring_pop = die_of_nested_table;
}

VUS_BE_FAULT(split_ring, aborts_on_long_tables,
	     .rule = "split_ring.hardening.chain_too_long",
	     .says = "aborts at a chain of more buffers than it has room "
		     "for")
{
	decide->ring_pop = die_of_pieces;
}

VUS_BE_FAULT(split_ring, aborts_on_large_sums,
	     .rule = "split_ring.hardening.sum_2_32",
	     .says = "aborts when a chain has more than 2^32 bytes")
{
	decide->ring_pop = die_of_sum;
}

static bool accepts_table_or_dies(const struct vus_split_walk *w,
				  struct vus_split_desc *d, bool behind)
{
	if (d->flags & VRING_DESC_F_NEXT)
		vus_die();
	return vus_split_accepts_table(w, d, behind);
}
VUS_FAULT_POP(die_of_table_with_next, accepts_table, accepts_table_or_dies)

VUS_BE_FAULT(split_ring, aborts_on_tables_with_next,
	     .rule = "split_ring.hardening.indirect_next",
	     .says = "aborts at INDIRECT and NEXT in one descriptor")
{
	decide->ring_pop = die_of_table_with_next;
}

/* ---- what an honest ring serves ---- */

static bool dies_if_empty(const struct vus_split_walk *w,
			  const struct vus_split_desc *d,
			  const struct vus_split_desc *table)
{
	if (d->len == 0)
		vus_die();
	return vus_split_is_writable(w, d, table);
}
VUS_FAULT_POP(die_of_empty_buffer, is_writable, dies_if_empty)

VUS_BE_FAULT(split_ring, aborts_on_empty_buffers,
	     .rule = "split_ring.hardening.len_zero",
	     .says = "aborts at a buffer of no bytes")
{
	decide->ring_pop = die_of_empty_buffer;
}

/* Empty buffers of the chain so far. */
static unsigned *empty_buffers(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(unsigned));
}

static bool dies_at_second(const struct vus_split_walk *w,
			   const struct vus_split_desc *d,
			   const struct vus_split_desc *table)
{
	unsigned *n = empty_buffers(vus_fault_ring_of(w->r));

	*n += d->len == 0;
	if (*n > 1)
		vus_die();
	return vus_split_is_writable(w, d, table);
}
VUS_FAULT_POP(count_empty_buffers, is_writable, dies_at_second)

static enum vus_pop die_of_empty_buffers(struct vus_vq *vq,
					 struct vus_chain *ret,
					 struct vus_err *err)
{
	*empty_buffers(vq) = 0;
	return count_empty_buffers(vq, ret, err);
}

VUS_BE_FAULT(split_ring, aborts_on_many_empty_buffers,
	     .rule = "split_ring.hardening.len_zero_many",
	     .says = "aborts when a chain has an empty buffer after "
		     "another")
{
	vus_fault_remembers(decide);
	decide->ring_pop = die_of_empty_buffers;
}

static bool dies_of_flags(const struct vus_split_walk *w,
			  const struct vus_split_desc *d,
			  const struct vus_split_desc *table)
{
	if (d->flags >
	    (VRING_DESC_F_NEXT | VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT))
		vus_die();
	return vus_split_is_writable(w, d, table);
}
VUS_FAULT_POP(die_of_unknown_flags, is_writable, dies_of_flags)

VUS_BE_FAULT(split_ring, aborts_on_unknown_flags,
	     .rule = "split_ring.hardening.flags_unknown",
	     .says = "aborts at a descriptor flag without a meaning")
{
	decide->ring_pop = die_of_unknown_flags;
}

static bool is_within(const void *at, const void *part, uint64_t bytes)
{
	return (uintptr_t)at - (uintptr_t)part < bytes;
}

static uint8_t *translate_or_die(const struct vus_split_walk *w, uint64_t *addr,
				 uint64_t *left, uint64_t *ret_there)
{
	const struct vus_split_device *r = w->r;
	uint8_t *at = vus_split_translate(w, addr, left, ret_there);

	if (at && (is_within(at, r->desc, vus_split_desc_bytes(r->num)) ||
		   is_within(at, r->avail, vus_split_avail_bytes(r->num)) ||
		   is_within(at, r->used, vus_split_used_bytes(r->num))))
		vus_die();
	return at;
}
VUS_FAULT_POP(die_of_own_ring, translate, translate_or_die)

VUS_BE_FAULT(split_ring, aborts_on_self_reference,
	     .rule = "split_ring.hardening.self_reference",
	     .says = "aborts when a buffer lies over the ring")
{
	decide->ring_pop = die_of_own_ring;
}

static enum vus_pop die_of_repeated_head(struct vus_vq *vq,
					 struct vus_chain *ret,
					 struct vus_err *err)
{
	const struct vus_split_device *r = &vq->ring;
	const uint16_t first = r->last_avail, second = first + 1;
	const uint16_t there = vus_load16(&r->avail->idx) - first;

	if (there > 1 &&
	    r->avail->ring[first % r->num] == r->avail->ring[second % r->num])
		vus_die();
	return vus_be_honest.ring_pop(vq, ret, err);
}

VUS_BE_FAULT(split_ring, aborts_on_repeated_heads,
	     .rule = "split_ring.hardening.dup_head",
	     .says = "aborts when the same head is in two slots")
{
	decide->ring_pop = die_of_repeated_head;
}

static enum vus_pop die_of_foreign_idx(struct vus_vq *vq, struct vus_chain *ret,
				       struct vus_err *err)
{
	if (vus_load16(&vq->ring.used->idx) != vq->ring.used_idx)
		vus_die();
	return vus_be_honest.ring_pop(vq, ret, err);
}

VUS_BE_FAULT(split_ring, aborts_on_foreign_used_idx,
	     .rule = "split_ring.hardening.used_tampered",
	     .says = "aborts when used.idx is not what it wrote")
{
	decide->ring_pop = die_of_foreign_idx;
}

static bool is_same(const struct vus_chain *a, const struct vus_chain *b)
{
	if (a->head != b->head || a->niov != b->niov)
		return false;
	for (unsigned i = 0; i < a->niov; i++) {
		if (a->iov[i].host != b->iov[i].host ||
		    a->iov[i].len != b->iov[i].len ||
		    a->iov[i].write != b->iov[i].write)
			return false;
	}
	return true;
}

/* Take each request twice: has it changed meanwhile? */
static enum vus_pop pop_twice(struct vus_vq *vq, struct vus_chain *ret,
			      struct vus_err *err, bool *ret_changed)
{
	const uint16_t at = vq->ring.last_avail;
	struct vus_chain first;
	const enum vus_pop before = vus_be_honest.ring_pop(vq, &first, err);
	enum vus_pop now;

	*ret_changed = false;
	if (before == VUS_POP_NONE)
		return before;
	vq->ring.last_avail = at;
	vus_fault_gap();
	now = vus_be_honest.ring_pop(vq, ret, err);
	*ret_changed = now != before ||
		       (now == VUS_POP_CHAIN && !is_same(&first, ret));
	return now;
}

static enum vus_pop die_of_change(struct vus_vq *vq, struct vus_chain *ret,
				  struct vus_err *err)
{
	bool changed;
	const enum vus_pop pop = pop_twice(vq, ret, err, &changed);

	if (changed)
		vus_die();
	return pop;
}

VUS_BE_FAULT(split_ring, aborts_on_changed_requests,
	     .rule = "split_ring.hardening.double_fetch",
	     .says = "aborts when a request changes between two looks")
{
	decide->ring_pop = die_of_change;
}

static enum vus_pop lock_up_of_change(struct vus_vq *vq, struct vus_chain *ret,
				      struct vus_err *err)
{
	bool changed;
	const enum vus_pop pop = pop_twice(vq, ret, err, &changed);

	if (changed)
		vus_fault_deafen(vq->be);
	return pop;
}

VUS_BE_FAULT(split_ring, changed_request_locks_up,
	     .rule = "split_ring.hardening.double_fetch",
	     .says = "answers nothing when a request changes while it is taken")
{
	vus_fault_may_be_deaf(decide);
	decide->ring_pop = lock_up_of_change;
}
