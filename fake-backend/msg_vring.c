/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_vring.c — a ring's size, place, position and enable state. */
#include "backend.h"

#include "honest.h"

#define ADDR_FLAG_LOG UINT32_C(1) /* VHOST_VRING_F_LOG */

/* virtio, "Split Virtqueues": a power of 2, at most 32768. */
bool vus_honest_takes_ring_size(__attribute__((unused)) struct vus_vq *vq,
				uint32_t *num)
{
	return *num > 0 && *num <= VUS_RING_MAX && (*num & (*num - 1)) == 0;
}

VUS_BE_HANDLER(SET_VRING_NUM)
{
	const struct vus_p_vring_state *state = &req->body.vring_state;
	struct vus_vq *vq = vus_be_vq(be, state->index);
	uint32_t num = state->num;

	if (!vq || !be->decide->takes_ring_size(vq, &num))
		return VUS_NACK;
	if (vq->live)
		return num == vq->num ? VUS_OK : VUS_NACK;
	vq->num = num;
	vq->look = vq->started;
	return VUS_OK;
}

/* virtio, "Split Virtqueues": the alignment of a ring's parts. */
static bool aligned(const struct vus_p_vring_addr *addr)
{
	return addr->desc % 16 == 0 && addr->avail % 2 == 0 &&
	       addr->used % 4 == 0;
}

static bool same_place(const struct vus_p_vring_addr *a,
		       const struct vus_p_vring_addr *b)
{
	return a->desc == b->desc && a->used == b->used && a->avail == b->avail;
}

/* An address that cannot be looked up yet, because memory or size are still
 * to come, is kept for later: the order of set-up messages is free.  While the
 * ring runs, the flags may change at any time, and nothing else moves. */
enum vus_handled vus_honest_set_ring_addr(struct vus_vq *vq,
					  const struct vus_p_vring_addr *addr)
{
	const struct vus_vq before = *vq;

	if ((addr->flags & ~ADDR_FLAG_LOG) || !aligned(addr))
		return VUS_NACK;
	if (vq->live) {
		if (!same_place(addr, &vq->addr))
			return VUS_NACK;
		vq->addr.flags = addr->flags;
		return VUS_OK;
	}
	vq->addr = *addr;
	vq->addr_set = true;
	if (!vus_vq_map(vq) && vq->num > 0 && vq->be->mem.n > 0) {
		*vq = before;
		return VUS_NACK;
	}
	vq->look = vq->started;
	return VUS_OK;
}

VUS_BE_HANDLER(SET_VRING_ADDR)
{
	const struct vus_p_vring_addr *addr = &req->body.vring_addr;
	struct vus_vq *vq = vus_be_vq(be, addr->index);

	return vq ? be->decide->set_ring_addr(vq, addr) : VUS_NACK;
}

/* Spec: "Vring state description": bits 16-31 of a split ring's index are
 * zero; the index runs freely modulo 65536. */
enum vus_handled vus_honest_set_ring_base(struct vus_vq *vq, uint32_t base)
{
	if (base > UINT16_MAX)
		return VUS_NACK;
	if (vq->live)
		return base == vq->ring.last_avail ? VUS_OK : VUS_NACK;
	vq->ring.last_avail = (uint16_t)base;
	return VUS_OK;
}

VUS_BE_HANDLER(SET_VRING_BASE)
{
	const struct vus_p_vring_state *state = &req->body.vring_state;
	struct vus_vq *vq = vus_be_vq(be, state->index);

	return vq ? be->decide->set_ring_base(vq, state->num) : VUS_NACK;
}

void vus_honest_tell_ring_base(struct vus_vq *vq, struct vus_p_vring_state *ret)
{
	ret->index = vq->index;
	ret->num = vq->ring.last_avail;
}

/* Requests are finished in the step that takes them, so none is in flight
 * here. */
VUS_BE_HANDLER(GET_VRING_BASE)
{
	struct vus_vq *vq = vus_be_vq(be, req->body.vring_state.index);

	if (!vq)
		return VUS_NACK;
	vus_vq_stop(vq);
	be->decide->tell_ring_base(vq, &reply->body.vring_state);
	return VUS_OK;
}

/* A stopped ring stays stopped, and what waits in a started one is done. */
enum vus_handled vus_honest_set_ring_enable(struct vus_vq *vq, uint32_t value)
{
	if (value > 1)
		return VUS_NACK;
	vq->enabled = value == 1;
	if (vq->enabled)
		vq->look = vq->started;
	return VUS_OK;
}

VUS_BE_HANDLER(SET_VRING_ENABLE)
{
	const struct vus_p_vring_state *state = &req->body.vring_state;
	struct vus_vq *vq = vus_be_vq(be, state->index);

	return vq ? be->decide->set_ring_enable(vq, state->num) : VUS_NACK;
}
