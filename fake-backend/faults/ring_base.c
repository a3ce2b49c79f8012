/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_base.c — faults of the position at which a ring begins. */
#include "fault.h"

#include <endian.h>

static void begin_with_base_in_used(struct vus_vq *vq)
{
	vq->ring.used->idx = htole16(vq->ring.last_avail);
	vus_be_honest.ring_begin(vq);
}

VUS_BE_FAULT(ring_base, base_to_used, .rule = "ring_base.no_used_change",
	     .also = "ring_addr.used_idx_read",
	     .says = "writes the base to the used index in memory")
{
	decide->ring_begin = begin_with_base_in_used;
}

static void begin_reduced(struct vus_vq *vq)
{
	vus_be_honest.ring_begin(vq);
	vq->ring.last_avail %= (uint16_t)vq->ring.num;
}

VUS_BE_FAULT(ring_base, reduces_base, .rule = "ring_base.any_16bit",
	     .also = "ring_stop.split_value ring_restart.same_base "
		     "ring_restart.new_base",
	     .says = "reduces the base by the ring's size")
{
	decide->ring_begin = begin_reduced;
}

static enum vus_handled ignore_base(struct vus_vq *vq, uint32_t base)
{
	if (vq->live || base > UINT16_MAX)
		return vus_be_honest.set_ring_base(vq, base);
	return VUS_OK;
}

VUS_BE_FAULT(
	ring_base, ignores_base, .rule = "ring_base.set",
	.also = "ring_base.any_16bit ring_restart.new_base ring_stop.repeat",
	.says = "ignores SET_VRING_BASE")
{
	decide->set_ring_base = ignore_base;
}

static enum vus_handled set_base_from_high_bits(struct vus_vq *vq,
						uint32_t base)
{
	if (base <= UINT16_MAX)
		return vus_be_honest.set_ring_base(vq, base);
	vq->ring.last_avail = (uint16_t)(base >> 16);
	return VUS_OK;
}

VUS_BE_FAULT(ring_base, base_from_high_bits, .rule = "ring_base.high_bits",
	     .says = "takes the upper half of a base that has one")
{
	decide->set_ring_base = set_base_from_high_bits;
}

static enum vus_handled refuse_upper_half(struct vus_vq *vq, uint32_t base)
{
	return base > INT16_MAX ? VUS_NACK
				: vus_be_honest.set_ring_base(vq, base);
}

VUS_BE_FAULT(ring_base, refuses_upper_half, .rule = "ring_base.set",
	     .also = "ring_base.any_16bit",
	     .says = "takes the base for signed, and refuses those above 32767")
{
	decide->set_ring_base = refuse_upper_half;
}

static enum vus_handled take_small_base(struct vus_vq *vq, uint32_t base)
{
	return base > 40000 ? VUS_NACK : vus_be_honest.set_ring_base(vq, base);
}

VUS_BE_FAULT(ring_base, large_is_refused, .rule = "ring_base.any_16bit",
	     .says = "refuses a base above 40000")
{
	decide->set_ring_base = take_small_base;
}

static enum vus_handled refuse_base(struct vus_vq *vq, uint32_t base)
{
	(void)vq, (void)base;
	return VUS_NACK;
}

VUS_BE_FAULT(ring_base, is_refused, .rule = "ring_base.set",
	     .says = "refuses every SET_VRING_BASE")
{
	decide->set_ring_base = refuse_base;
}
