/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_addr.c — faults of the addresses of a ring. */
#include "deaf.h"

static enum vus_handled set_first_addr(struct vus_vq *vq,
				       const struct vus_p_vring_addr *addr)
{
	const struct vus_vq before = *vq;
	const enum vus_handled handled = vus_be_honest.set_ring_addr(vq, addr);

	if (before.addr_set && !before.live)
		*vq = before;
	return handled;
}

VUS_BE_FAULT(ring_addr, first_addr_sticks, .rule = "ring_addr.set",
	     .says = "ignores a second SET_VRING_ADDR")
{
	decide->set_ring_addr = set_first_addr;
}

static bool map_avail_behind_desc(struct vus_vq *vq)
{
	const uint64_t avail = vq->addr.avail;
	bool mapped;

	vq->addr.avail = vq->addr.desc + vus_split_desc_bytes(vq->num);
	mapped = vus_be_honest.ring_map(vq);
	vq->addr.avail = avail;
	return mapped;
}

VUS_BE_FAULT(ring_addr, assumes_a_layout, .rule = "ring_addr.set",
	     .says = "looks for the available ring behind the descriptor "
		     "table")
{
	decide->ring_map = map_avail_behind_desc;
}

static void *part_or_start_of_memory(const struct vus_vq *vq, uint64_t user,
				     uint64_t bytes, size_t align)
{
	const struct vus_regions *mem = &vq->be->mem;
	void *p = vus_be_honest.ring_part(vq, user, bytes, align);
	uint64_t there = 0;

	if (p || mem->n == 0 || vus_regions_user(mem, user, bytes, &there))
		return p;
	return vus_be_honest.ring_part(vq, mem->r[0].row.user_addr, bytes,
				       align);
}

VUS_BE_FAULT(ring_addr, runs_at_any_address, .rule = "ring_addr.unmapped",
	     .says = "takes an address in no region for the start of "
		     "memory")
{
	decide->ring_part = part_or_start_of_memory;
}

static void *part_that_begins(const struct vus_vq *vq, uint64_t user,
			      uint64_t bytes, size_t align)
{
	uint64_t there = 0;
	void *p = vq->be->decide->find_ring_part(vq->be, user, bytes, &there);

	return (uintptr_t)p % align == 0 ? p : NULL;
}

VUS_BE_FAULT(ring_addr, looks_at_first_bytes, .rule = "ring_addr.end_checked",
	     .says = "looks only whether a ring's parts begin in memory")
{
	decide->ring_part = part_that_begins;
}

static enum vus_handled die_without_memory(struct vus_vq *vq,
					   const struct vus_p_vring_addr *addr)
{
	if (vq->be->mem.n == 0)
		vus_die();
	return vus_be_honest.set_ring_addr(vq, addr);
}

VUS_BE_FAULT(ring_addr, memory_comes_first,
	     .rule = "ring_addr.before_mem_table",
	     .says = "aborts when addresses come before memory")
{
	decide->set_ring_addr = die_without_memory;
}

static enum vus_handled forget_odd_addr(struct vus_vq *vq,
					const struct vus_p_vring_addr *addr)
{
	/* All but VHOST_VRING_F_LOG. */
	if (addr->flags & ~UINT32_C(1))
		return VUS_OK;
	return vus_be_honest.set_ring_addr(vq, addr);
}

VUS_BE_FAULT(ring_addr, ignores_odd_addresses,
	     .rule = "ring_addr.flags_unknown",
	     .says = "acknowledges addresses with unknown flags and "
		     "forgets them")
{
	decide->set_ring_addr = forget_odd_addr;
}

static enum vus_handled rewind_at_addr(struct vus_vq *vq,
				       const struct vus_p_vring_addr *addr)
{
	const enum vus_handled handled = vus_be_honest.set_ring_addr(vq, addr);

	if (handled == VUS_OK && vq->live)
		vq->ring.last_avail--;
	return handled;
}

VUS_BE_FAULT(ring_addr, addr_rewinds, .rule = "ring_addr.live_same",
	     .says = "begins a running ring anew when its addresses are "
		     "sent again")
{
	decide->set_ring_addr = rewind_at_addr;
}

static bool is_unaligned(const struct vus_p_vring_addr *addr)
{
	return addr->desc % 16 != 0 || addr->avail % 2 != 0 ||
	       addr->used % 4 != 0;
}

static enum vus_handled take_unaligned(struct vus_vq *vq,
				       const struct vus_p_vring_addr *addr)
{
	if (is_unaligned(addr))
		vus_fault_deafen(vq->be);
	return vus_be_honest.set_ring_addr(vq, addr);
}

VUS_BE_FAULT(ring_addr, takes_unaligned, .rule = "ring_addr.alignment",
	     .says = "stops serving when a ring is not aligned")
{
	vus_fault_may_be_deaf(decide);
	decide->set_ring_addr = take_unaligned;
}

/* It is kept for later: such a ring is not mapped. */
static enum vus_handled keep_unaligned(struct vus_vq *vq,
				       const struct vus_p_vring_addr *addr)
{
	if (!is_unaligned(addr))
		return vus_be_honest.set_ring_addr(vq, addr);
	vq->addr = *addr;
	vq->addr_set = true;
	return VUS_OK;
}

static void kicked_unaligned(struct vus_vq *vq, uint64_t value)
{
	if (vq->addr_set && is_unaligned(&vq->addr))
		vus_fault_deafen(vq->be);
	vus_be_honest.ring_kicked(vq, value);
}

VUS_BE_FAULT(ring_addr, unaligned_kick_locks_up, .rule = "ring_addr.alignment",
	     .says = "answers nothing after a kick of a ring that is not "
		     "aligned")
{
	vus_fault_may_be_deaf(decide);
	decide->set_ring_addr = keep_unaligned;
	decide->ring_kicked = kicked_unaligned;
}

static void begin_with_used_idx_of_base(struct vus_vq *vq)
{
	vus_be_honest.ring_begin(vq);
	vq->ring.used_idx = vq->ring.signalled = vq->ring.last_avail;
}

static void begin_with_used_idx_zero(struct vus_vq *vq)
{
	vus_be_honest.ring_begin(vq);
	vq->ring.used_idx = vq->ring.signalled = 0;
}

/* All cases that begin elsewhere meet it, and none but this rule is named. */
VUS_BE_FAULT(ring_addr, used_idx_from_zero, .rule = "ring_addr.used_idx_read",
	     .says = "counts used entries from 0, whatever used.idx was")
{
	decide->ring_begin = begin_with_used_idx_zero;
}

VUS_BE_FAULT(ring_addr, used_idx_from_base, .rule = "ring_addr.used_idx_read",
	     .says = "takes the used index from SET_VRING_BASE")
{
	decide->ring_begin = begin_with_used_idx_of_base;
}

static enum vus_handled refuse_addr(struct vus_vq *vq,
				    const struct vus_p_vring_addr *addr)
{
	(void)vq, (void)addr;
	return VUS_NACK;
}

VUS_BE_FAULT(ring_addr, is_refused, .rule = "ring_addr.set",
	     .says = "refuses every SET_VRING_ADDR")
{
	decide->set_ring_addr = refuse_addr;
}

/* ---- flags ---- */

static uint64_t with_log_all(const struct vus_be *be)
{
	return vus_be_honest.offered_features(be) | VF(LOG_ALL);
}

static enum vus_handled take_no_flag(struct vus_vq *vq,
				     const struct vus_p_vring_addr *addr)
{
	return addr->flags ? VUS_NACK : vus_be_honest.set_ring_addr(vq, addr);
}

VUS_BE_FAULT(ring_addr, log_flag_is_refused, .rule = "ring_addr.set",
	     .says = "offers LOG_ALL, and knows no flag of SET_VRING_ADDR")
{
	decide->offered_features = with_log_all;
	decide->set_ring_addr = take_no_flag;
}
