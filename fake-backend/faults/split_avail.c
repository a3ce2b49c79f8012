/* SPDX-License-Identifier: BSD-3-Clause */
/* split_avail.c — faults of split rings: the available ring. */
#include "split_ring.h"

static enum vus_pop pop_and_drop_the_rest(struct vus_vq *vq,
					  struct vus_chain *ret,
					  struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	if (pop == VUS_POP_CHAIN)
		vq->ring.last_avail = vus_load16(&vq->ring.avail->idx);
	return pop;
}

VUS_BE_FAULT(split_ring, one_of_a_batch, .rule = "split_ring.avail.batch",
	     .says = "serves one request of those that one kick announces")
{
	decide->ring_pop = pop_and_drop_the_rest;
}

static void run_once_a_kick(struct vus_vq *vq)
{
	vus_be_honest.ring_run(vq);
	if (vq->budget == 0)
		vq->look = false;
}

VUS_BE_FAULT(split_ring, one_round_a_kick, .rule = "split_ring.avail.batch",
	     .says = "takes as many requests as it may at a time, and no more "
		     "before the next kick")
{
	decide->ring_run = run_once_a_kick;
}

static enum vus_pop pop_seven_of_eight(struct vus_vq *vq, struct vus_chain *ret,
				       struct vus_err *err)
{
	if (vus_fault_ring_has_more(vq) && vq->ring.last_avail % 8 == 7)
		vq->ring.last_avail++;
	return vus_be_honest.ring_pop(vq, ret, err);
}

VUS_BE_FAULT(split_ring, skips_an_entry, .rule = "split_ring.avail.each_once",
	     .says = "skips every eighth entry of the available ring")
{
	decide->ring_pop = pop_seven_of_eight;
}

static enum vus_pop pop_unless_full(struct vus_vq *vq, struct vus_chain *ret,
				    struct vus_err *err)
{
	const uint16_t idx = vus_load16(&vq->ring.avail->idx);

	if ((uint16_t)(idx - vq->ring.last_avail) == vq->ring.num)
		return VUS_POP_NONE;
	return vus_be_honest.ring_pop(vq, ret, err);
}

VUS_BE_FAULT(split_ring, full_ring_is_empty, .rule = "split_ring.avail.full",
	     .says = "takes a full available ring for an empty one")
{
	decide->ring_pop = pop_unless_full;
}

static enum vus_pop pop_if_larger(struct vus_vq *vq, struct vus_chain *ret,
				  struct vus_err *err)
{
	if (vus_load16(&vq->ring.avail->idx) < vq->ring.last_avail)
		return VUS_POP_NONE;
	return vus_be_honest.ring_pop(vq, ret, err);
}

VUS_BE_FAULT(split_ring, sticks_at_wrap, .rule = "split_ring.avail.wrap_65536",
	     .says = "compares indexes of the available ring as numbers")
{
	decide->ring_pop = pop_if_larger;
}

static enum vus_pop pop_in_first_lap(struct vus_vq *vq, struct vus_chain *ret,
				     struct vus_err *err)
{
	if (vq->ring.last_avail >= vq->ring.num)
		return VUS_POP_NONE;
	return vus_be_honest.ring_pop(vq, ret, err);
}

VUS_BE_FAULT(split_ring, stops_after_a_lap,
	     .rule = "split_ring.avail.free_running",
	     .says = "takes nothing once its position has reached the "
		     "ring's size")
{
	decide->ring_pop = pop_in_first_lap;
}

static void push_and_flag(struct vus_vq *vq, const struct vus_chain *c,
			  uint32_t written)
{
	/* Reached through the mapping; honest code never writes it. */
	struct vring_avail *avail = (void *)(uintptr_t)vq->ring.avail;

	vus_store16(&avail->flags, vus_load16(&avail->flags) | 0x8000);
	vus_be_honest.ring_push(vq, c, written);
}

VUS_BE_FAULT(split_ring, writes_avail, .rule = "split_ring.avail.read_only",
	     .says = "writes flags into the available ring")
{
	decide->ring_push = push_and_flag;
}

static bool *has_served(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(bool));
}

static enum vus_pop pop_and_remember(struct vus_vq *vq, struct vus_chain *ret,
				     struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	*has_served(vq) |= pop == VUS_POP_CHAIN;
	return pop;
}

static void run_the_last_again(struct vus_vq *vq)
{
	if (!vus_fault_ring_has_more(vq) && *has_served(vq))
		vq->ring.last_avail--;
	vus_be_honest.ring_run(vq);
}

VUS_BE_FAULT(split_ring, empty_kick_repeats,
	     .rule = "split_ring.avail.spurious_kick",
	     .says = "takes the last request again upon a kick that "
		     "announces none")
{
	vus_fault_remembers(decide);
	decide->ring_pop = pop_and_remember;
	decide->ring_run = run_the_last_again;
}

/* A completion too many is due. */
static bool *is_owed(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(bool));
}

static void count_kicks(struct vus_vq *vq, uint64_t value)
{
	if (vq->live && value > 1 && !vus_fault_ring_has_more(vq))
		*is_owed(vq) = true;
	vus_be_honest.ring_kicked(vq, value);
}

static void put_what_is_owed(struct vus_vq *vq, const struct vus_chain *c,
			     uint32_t written)
{
	vus_be_honest.ring_push(vq, c, written);
	if (*is_owed(vq))
		vus_be_honest.ring_push(vq, c, written);
	*is_owed(vq) = false;
}

VUS_BE_FAULT(split_ring, counts_kicks, .rule = "split_ring.avail.spurious_kick",
	     .says = "completes a request twice after several kicks without "
		     "one")
{
	vus_fault_remembers(decide);
	decide->ring_kicked = count_kicks;
	decide->ring_push = put_what_is_owed;
}

static void arm_late(struct vus_vq *vq, bool want)
{
	vus_fault_gap();
	vus_be_honest.ring_want_kicks(vq, want);
}

static void run_and_go(struct vus_vq *vq)
{
	vus_be_honest.ring_run(vq);
	vq->look = false;
}

VUS_BE_FAULT(split_ring, never_looks_again, .rule = "split_ring.avail.recheck",
	     .says = "arms its kicks late, and does not look at the ring "
		     "again")
{
	decide->ring_want_kicks = arm_late;
	decide->ring_run = run_and_go;
}

static enum vus_handled
ask_for_more_alignment(struct vus_vq *vq, const struct vus_p_vring_addr *addr)
{
	if (addr->desc % 32 != 0 || addr->avail % 4 != 0 || addr->used % 8 != 0)
		return VUS_NACK;
	return vus_be_honest.set_ring_addr(vq, addr);
}

VUS_BE_FAULT(split_ring, wants_more_alignment,
	     .rule = "split_ring.layout.min_align",
	     .says = "refuses rings that are not aligned twice as well as "
		     "they must be")
{
	decide->set_ring_addr = ask_for_more_alignment;
}
