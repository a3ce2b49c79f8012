/* SPDX-License-Identifier: BSD-3-Clause */
/* split_locks.c — faults of split rings that wait for ever where a ring is
 * illegal, or odd: nothing is answered any more. */
#include "deaf.h"
#include "split_ring.h"

#define ROW(fname, ring_pop_, ...)                                             \
	VUS_BE_FAULT(split_ring, fname, __VA_ARGS__)                           \
	{                                                                      \
		vus_fault_may_be_deaf(decide);                                 \
		decide->ring_pop = ring_pop_;                                  \
	}

/* ---- what an honest ring refuses ---- */

/* A fault that locks up where the honest ring finds this. */
#define LOCKS_UP_AT(fname, found, ...)                                         \
	static enum vus_pop pop_##fname(                                       \
		struct vus_vq *vq, struct vus_chain *ret, struct vus_err *err) \
	{                                                                      \
		const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err); \
                                                                               \
		if (pop == VUS_POP_BAD && err->code == (found))                \
			vus_fault_deafen(vq->be);                              \
		return pop;                                                    \
	}                                                                      \
                                                                               \
	ROW(fname, pop_##fname, __VA_ARGS__)

LOCKS_UP_AT(bad_head_locks_up, VUS_BAD_HEAD,
	    .rule = "split_ring.hardening.head_range",
	    .says = "answers nothing after a head outside of the ring")

LOCKS_UP_AT(bad_next_locks_up, VUS_BAD_NEXT,
	    .rule = "split_ring.hardening.next_range",
	    .says = "answers nothing after a next outside of its table")

LOCKS_UP_AT(jump_locks_up, VUS_BAD_INDEX,
	    .rule = "split_ring.hardening.idx_jump",
	    .says = "answers nothing after a jump of the available index")

LOCKS_UP_AT(table_length_locks_up, VUS_BAD_TABLE_LENGTH,
	    .rule = "split_ring.hardening.indirect_len",
	    .says = "answers nothing after an indirect table that has no whole "
		    "number of entries")

LOCKS_UP_AT(nested_table_locks_up, VUS_BAD_TABLE_NESTED,
	    .rule = "split_ring.hardening.indirect_nested",
	    .says = "answers nothing after an indirect table within another")

LOCKS_UP_AT(long_table_locks_up, VUS_BAD_PIECES,
	    .rule = "split_ring.hardening.chain_too_long",
	    .says = "answers nothing after a chain of more buffers than it has "
		    "room for")

LOCKS_UP_AT(large_sum_locks_up, VUS_BAD_SUM,
	    .rule = "split_ring.hardening.sum_2_32",
	    .says = "answers nothing after a chain of more than 2^32 bytes")

/* ---- what an honest ring may serve ---- */

/* A fault that locks up at a descriptor `d` of which `locks` is true. */
#define LOCKS_UP_IF(fname, locks, ...)                                         \
	static bool is_writable_##fname(const struct vus_split_walk *w,        \
					const struct vus_split_desc *d,        \
					const struct vus_split_desc *table)    \
	{                                                                      \
		if (locks)                                                     \
			vus_fault_deafen(vus_fault_ring_of(w->r)->be);         \
		return vus_split_is_writable(w, d, table);                     \
	}                                                                      \
	VUS_FAULT_POP(pop_##fname, is_writable, is_writable_##fname)           \
                                                                               \
	ROW(fname, pop_##fname, __VA_ARGS__)

LOCKS_UP_IF(empty_buffer_locks_up, d->len == 0,
	    .rule = "split_ring.hardening.len_zero",
	    .says = "answers nothing after a buffer of no bytes")

LOCKS_UP_IF(unknown_flag_locks_up,
	    d->flags > (VRING_DESC_F_NEXT | VRING_DESC_F_WRITE |
			VRING_DESC_F_INDIRECT),
	    .rule = "split_ring.hardening.flags_unknown",
	    .says = "answers nothing after a descriptor flag without a meaning")

static bool accept_and_lock_up(const struct vus_split_walk *w,
			       struct vus_split_desc *d, bool behind)
{
	if (d->flags & VRING_DESC_F_NEXT)
		vus_fault_deafen(vus_fault_ring_of(w->r)->be);
	return vus_split_accepts_table(w, d, behind);
}
VUS_FAULT_POP(pop_table_with_next, accepts_table, accept_and_lock_up)

ROW(table_with_next_locks_up, pop_table_with_next,
    .rule = "split_ring.hardening.indirect_next",
    .says = "answers nothing after INDIRECT and NEXT in one descriptor")

static enum vus_pop pop_repeated_head(struct vus_vq *vq, struct vus_chain *ret,
				      struct vus_err *err)
{
	const struct vus_split_device *r = &vq->ring;
	const uint16_t first = r->last_avail, second = first + 1;
	const uint16_t there = vus_load16(&r->avail->idx) - first;

	if (there > 1 &&
	    r->avail->ring[first % r->num] == r->avail->ring[second % r->num])
		vus_fault_deafen(vq->be);
	return vus_be_honest.ring_pop(vq, ret, err);
}

ROW(repeated_head_locks_up, pop_repeated_head,
    .rule = "split_ring.hardening.dup_head",
    .says = "answers nothing after the same head in two slots")

static enum vus_pop pop_foreign_index(struct vus_vq *vq, struct vus_chain *ret,
				      struct vus_err *err)
{
	if (vus_load16(&vq->ring.used->idx) != vq->ring.used_idx)
		vus_fault_deafen(vq->be);
	return vus_be_honest.ring_pop(vq, ret, err);
}

ROW(foreign_used_index_locks_up, pop_foreign_index,
    .rule = "split_ring.hardening.used_tampered",
    .says = "answers nothing when used.idx is not what it wrote")

static bool is_within(const void *at, const void *part, uint64_t bytes)
{
	return (uintptr_t)at - (uintptr_t)part < bytes;
}

static uint8_t *translate_or_lock_up(const struct vus_split_walk *w,
				     uint64_t *addr, uint64_t *left,
				     uint64_t *ret_there)
{
	const struct vus_split_device *r = w->r;
	uint8_t *at = vus_split_translate(w, addr, left, ret_there);

	if (at && (is_within(at, r->desc, vus_split_desc_bytes(r->num)) ||
		   is_within(at, r->avail, vus_split_avail_bytes(r->num)) ||
		   is_within(at, r->used, vus_split_used_bytes(r->num))))
		vus_fault_deafen(vus_fault_ring_of(r)->be);
	return at;
}
VUS_FAULT_POP(pop_own_ring, translate, translate_or_lock_up)

ROW(own_ring_locks_up, pop_own_ring,
    .rule = "split_ring.hardening.self_reference",
    .says = "answers nothing after a buffer that lies over the ring")
