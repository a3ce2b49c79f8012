/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_addr.c — faults of the addresses of rings. */
#include "fault.h"

#include "ring/split.h"

static void guest_addresses(const struct vus_session *s,
			    const struct vus_queue *q,
			    struct vus_p_vring_addr *ret)
{
	(void)s;
	ret->desc = q->desc;
	ret->avail = q->avail;
	ret->used = q->used;
}

VUS_FE_FAULT(ring_addr, uses_guest_addresses,
	     .rule = "ring_addr.frontend_in_memory",
	     .says = "announces rings by their guest addresses")
{
	decide->place_ring = guest_addresses;
}

static void packed_closely(const struct vus_session *s,
			   const struct vus_queue *q,
			   struct vus_p_vring_addr *ret)
{
	vus_fe_honest.place_ring(s, q, ret);
	ret->used = ret->avail + vus_split_avail_bytes(q->num);
}

VUS_FE_FAULT(ring_addr, leaves_no_gap, .rule = "ring_addr.frontend_aligned",
	     .says = "puts the used ring right behind the available one")
{
	decide->place_ring = packed_closely;
}

#define WRAP_COUNTER 2 /* as in the words of a packed ring */

static void with_wrap_counter(const struct vus_session *s,
			      const struct vus_queue *q,
			      struct vus_p_vring_addr *ret)
{
	vus_fe_honest.place_ring(s, q, ret);
	ret->flags |= WRAP_COUNTER;
}

VUS_FE_FAULT(ring_addr, flags_a_wrap_counter,
	     .rule = "ring_addr.frontend_flags",
	     .says = "puts a wrap counter into the flags of the addresses")
{
	decide->place_ring = with_wrap_counter;
}
