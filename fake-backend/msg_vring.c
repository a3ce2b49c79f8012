/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_vring.c — a ring's size, place, position and enable state. */
#include "backend.h"

#define ADDR_FLAG_LOG UINT32_C(1) /* VHOST_VRING_F_LOG */

/* virtio, "Split Virtqueues": a power of 2, at most 32768. */
static bool is_size(uint32_t num)
{
	return num > 0 && num <= VUS_RING_MAX && (num & (num - 1)) == 0;
}

/* The size as faults take it. */
static uint32_t taken_size(const struct vus_be *be, uint32_t num)
{
	if (num == 0 && VUS_FAULTY(be, ring_size, takes_size_zero))
		return 64;
	return VUS_FAULTY(be, ring_size, cuts_size) ? num & UINT16_MAX : num;
}

static bool takes_size(const struct vus_be *be, uint32_t num)
{
	return is_size(num) || (num > 0 && num <= VUS_RING_MAX &&
				VUS_FAULTY(be, ring_size, takes_any_size));
}

VUS_BE_HANDLER(SET_VRING_NUM)
{
	const struct vus_p_vring_state *state = &req->body.vring_state;
	struct vus_vq *vq = vus_be_vq(be, state->index);
	uint32_t num = taken_size(be, state->num);

	if (!vq || !takes_size(be, num))
		return VUS_NACK;
	if (vq->live)
		return num == vq->num ? VUS_OK : VUS_NACK;
	if (VUS_FAULTY(be, ring_state, drops_early_call) && vq->num == 0) {
		vus_fd_close(&vq->kick);
		vus_fd_close(&vq->call);
	}
	vq->num = num;
	vq->look = vq->started;
	return VUS_OK;
}

/* virtio, "Split Virtqueues": the alignment of a ring's parts. */
static bool aligned(const struct vus_be *be,
		    const struct vus_p_vring_addr *addr)
{
	const unsigned more =
		VUS_FAULTY(be, split_ring, wants_more_alignment) ? 2 : 1;

	return addr->desc % (16 * more) == 0 && addr->avail % (2 * more) == 0 &&
	       addr->used % (4 * more) == 0;
}

static bool same_place(const struct vus_p_vring_addr *a,
		       const struct vus_p_vring_addr *b)
{
	return a->desc == b->desc && a->used == b->used && a->avail == b->avail;
}

/* The flags may change at any time, and nothing else moves. */
static enum vus_handled set_addr_live(struct vus_vq *vq,
				      const struct vus_p_vring_addr *addr)
{
	if (!same_place(addr, &vq->addr))
		return VUS_NACK;
	vq->addr.flags = addr->flags;
	if (VUS_FAULTY(vq->be, ring_addr, addr_rewinds))
		vq->ring.last_avail--;
	return VUS_OK;
}

/* Addresses out of place, as faults take them; true: they are swallowed. */
static bool swallows(const struct vus_be *be,
		     const struct vus_p_vring_addr *addr)
{
	if (be->mem.n == 0 && VUS_FAULTY(be, ring_addr, memory_comes_first))
		vus_die();
	return (addr->flags & ~ADDR_FLAG_LOG) &&
	       VUS_FAULTY(be, ring_addr, ignores_odd_addresses);
}

/* An address that cannot be looked up yet, because memory or size are still
 * to come, is kept for later: the order of set-up messages is free. */
VUS_BE_HANDLER(SET_VRING_ADDR)
{
	const struct vus_p_vring_addr *addr = &req->body.vring_addr;
	struct vus_vq *vq = vus_be_vq(be, addr->index);
	struct vus_vq before;

	if (!aligned(be, addr) && VUS_FAULTY(be, ring_addr, takes_unaligned))
		be->bad.deaf = true;
	if (swallows(be, addr))
		return VUS_OK;
	if (!vq || (addr->flags & ~ADDR_FLAG_LOG) || !aligned(be, addr))
		return VUS_NACK;
	if (vq->live)
		return set_addr_live(vq, addr);
	if (VUS_FAULTY(be, ring_addr, first_addr_sticks) && vq->addr_set)
		return VUS_OK;
	if (VUS_FAULTY(be, ring_restart, starts_at_address) &&
	    vq->bad.was_stopped)
		vus_vq_start(vq);
	before = *vq;
	vq->addr = *addr;
	vq->addr_set = true;
	if (!vus_vq_map(vq) && vq->num > 0 && be->mem.n > 0) {
		*vq = before;
		return VUS_NACK;
	}
	vq->look = vq->started;
	return VUS_OK;
}

/* Spec: "Vring state description": bits 16-31 of a split ring's index are
 * zero; the index runs freely modulo 65536. */
VUS_BE_HANDLER(SET_VRING_BASE)
{
	const struct vus_p_vring_state *state = &req->body.vring_state;
	struct vus_vq *vq = vus_be_vq(be, state->index);

	if (vq && state->num > UINT16_MAX &&
	    VUS_FAULTY(be, ring_base, base_from_high_bits)) {
		vq->ring.last_avail = (uint16_t)(state->num >> 16);
		return VUS_OK;
	}
	if (!vq || state->num > UINT16_MAX)
		return VUS_NACK;
	if (vq->live)
		return state->num == vq->ring.last_avail ? VUS_OK : VUS_NACK;
	vq->bad.event_idx_at_base = (be->features & VF(RING_EVENT_IDX)) != 0;
	if (VUS_FAULTY(be, ring_base, ignores_base) ||
	    (VUS_FAULTY(be, ring_restart, first_base_sticks) &&
	     vq->bad.bases++ > 0))
		return VUS_OK;
	vq->ring.last_avail = (uint16_t)state->num;
	return VUS_OK;
}

static bool all_stopped(const struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].started)
			return false;
	}
	return true;
}

/* The position as faults tell it. */
static uint32_t told_base(const struct vus_vq *vq)
{
	const struct vus_be *be = vq->be;
	uint32_t base = vq->ring.last_avail;

	if (VUS_FAULTY(be, ring_stop, off_by_one))
		base = (uint16_t)(base + 1);
	if (VUS_FAULTY(be, ring_stop, reduced) && vq->num > 0)
		base %= vq->num;
	if (VUS_FAULTY(be, ring_stop, second_answer_is_zero) && vq->bad.stopped)
		base = 0;
	if (VUS_FAULTY(be, ring_stop, unstarted_is_zero) && vq->bad.runs == 0)
		base = 0;
	if (VUS_FAULTY(be, payload, keeps_base_above_16_bits) &&
	    base < vq->bad.began)
		base += 1u << 16;
	return base;
}

/* What else stops, or is forgotten. */
static void after_stop(struct vus_vq *vq)
{
	struct vus_be *be = vq->be;

	vq->bad.stopped = true;
	if (VUS_FAULTY(be, ring_stop, disables))
		vq->enabled = false;
	if (VUS_FAULTY(be, ring_restart, forgets_base))
		vq->ring.last_avail = 0;
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (VUS_FAULTY(be, ring_stop, stops_all) && be->vqs[i].started)
			vus_vq_stop(&be->vqs[i]);
	}
	if (VUS_FAULTY(be, ring_stop, deaf) && all_stopped(be))
		be->bad.deaf = true;
}

/* Requests are finished in the step that takes them, so none is in flight
 * here. */
VUS_BE_HANDLER(GET_VRING_BASE)
{
	struct vus_vq *vq = vus_be_vq(be, req->body.vring_state.index);

	if (!vq)
		return VUS_NACK;
	vus_vq_stop(vq);
	reply->body.vring_state.index = vq->index;
	if (VUS_FAULTY(be, ring_stop, names_another_ring))
		reply->body.vring_state.index++;
	reply->body.vring_state.num = told_base(vq);
	after_stop(vq);
	return VUS_OK;
}

static void disable_ring(struct vus_vq *vq)
{
	struct vus_be *be = vq->be;

	if (VUS_FAULTY(be, ring_enable, never_disables))
		return;
	if (VUS_FAULTY(be, ring_enable, early_disable_is_lost) && !vq->started)
		return;
	vq->enabled = false;
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (VUS_FAULTY(be, ring_enable, disables_all))
			be->vqs[i].enabled = false;
	}
}

/* A stopped ring stays stopped, and what waits in a started one is done. */
static void enable_ring(struct vus_vq *vq)
{
	const struct vus_be *be = vq->be;

	if (VUS_FAULTY(be, ring_enable, early_enable_is_lost) && vq->num == 0)
		return;
	vq->enabled = true;
	vq->look = vq->started;
	if (VUS_FAULTY(be, ring_state, enable_needs_another_kick))
		vq->look = false;
	if ((VUS_FAULTY(be, ring_state, starts_at_enable) &&
	     vq->bad.runs == 0) ||
	    (VUS_FAULTY(be, ring_stop, enable_restarts) &&
	     vq->bad.was_stopped)) {
		vus_vq_start(vq);
		vus_late_plan(vq, VUS_LATE_LOOK, -1);
	}
}

VUS_BE_HANDLER(SET_VRING_ENABLE)
{
	const struct vus_p_vring_state *state = &req->body.vring_state;
	struct vus_vq *vq = vus_be_vq(be, state->index);

	if (!vq)
		return VUS_NACK;
	if (state->num > 1) {
		if (!VUS_FAULTY(be, ring_enable, enable_two_disables))
			return VUS_NACK;
		vq->enabled = false;
	} else if (state->num == 1) {
		enable_ring(vq);
	} else {
		disable_ring(vq);
	}
	return VUS_OK;
}
