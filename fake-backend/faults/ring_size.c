/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_size.c — faults of the number of entries of a ring. */
#include "fault.h"

static bool map_half(struct vus_vq *vq)
{
	if (!vus_be_honest.ring_map(vq))
		return false;
	if (vq->num > 1)
		vq->ring.num /= 2;
	return true;
}

VUS_BE_FAULT(ring_size, half_the_size, .rule = "ring_size.set",
	     .also = "split_ring.avail.free_running ring_addr.used_idx_read",
	     .says = "takes half of the ring's size")
{
	decide->ring_map = map_half;
}

static bool takes_any_size(__attribute__((unused)) struct vus_vq *vq,
			   uint32_t *num)
{
	return *num > 0 && *num <= VUS_RING_MAX;
}

VUS_BE_FAULT(ring_size, takes_any_size, .rule = "ring_size.split_pow2",
	     .says = "runs rings whose size is no power of 2")
{
	decide->takes_ring_size = takes_any_size;
}

static bool takes_none_for_64(struct vus_vq *vq, uint32_t *num)
{
	if (*num == 0)
		*num = 64;
	return vus_be_honest.takes_ring_size(vq, num);
}

VUS_BE_FAULT(ring_size, takes_size_zero, .rule = "ring_size.zero",
	     .says = "takes size 0 for 64 and runs")
{
	decide->takes_ring_size = takes_none_for_64;
}

static bool takes_16_bits(struct vus_vq *vq, uint32_t *num)
{
	*num &= UINT16_MAX;
	return vus_be_honest.takes_ring_size(vq, num);
}

VUS_BE_FAULT(ring_size, cuts_size, .rule = "ring_size.too_big",
	     .says = "cuts the size to 16 bits")
{
	decide->takes_ring_size = takes_16_bits;
}

static bool map_up_to_1024(struct vus_vq *vq)
{
	if (!vus_be_honest.ring_map(vq))
		return false;
	vq->ring.num = VUS_MIN(vq->num, 1024u);
	return true;
}

VUS_BE_FAULT(ring_size, wraps_at_1024, .rule = "ring_size.max",
	     .says = "takes a larger ring for one of 1024 descriptors")
{
	decide->ring_map = map_up_to_1024;
}

static bool takes_more_than_2(struct vus_vq *vq, uint32_t *num)
{
	return *num > 2 && vus_be_honest.takes_ring_size(vq, num);
}

VUS_BE_FAULT(ring_size, refuses_small_sizes, .rule = "ring_size.set",
	     .says = "refuses rings of 1 and 2 descriptors")
{
	decide->takes_ring_size = takes_more_than_2;
}

static bool takes_up_to_1024(struct vus_vq *vq, uint32_t *num)
{
	return *num <= 1024 && vus_be_honest.takes_ring_size(vq, num);
}

VUS_BE_FAULT(ring_size, refuses_large_sizes, .rule = "ring_size.max",
	     .says = "refuses rings of more than 1024 descriptors")
{
	decide->takes_ring_size = takes_up_to_1024;
}

static bool takes_no_size(__attribute__((unused)) struct vus_vq *vq,
			  __attribute__((unused)) uint32_t *num)
{
	return false;
}

VUS_BE_FAULT(ring_size, is_refused, .rule = "ring_size.set",
	     .says = "refuses every SET_VRING_NUM")
{
	decide->takes_ring_size = takes_no_size;
}
