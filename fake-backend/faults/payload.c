/* SPDX-License-Identifier: BSD-3-Clause */
/* payload.c — faults of payloads. */
#include "fault.h"
#include "ring.h"

VUS_FAULT_REFUSE(whole_tables,
		 req->id == VUS_FE_SET_MEM_TABLE &&
			 req->payload_len < vus_payload_mem_table.max_size)

VUS_BE_FAULT(payload, wants_whole_tables, .rule = "payload.mem_table.size_rule",
	     .also = "mem_table.set",
	     .says = "refuses memory tables without room for 8 regions")
{
	decide->handle = whole_tables;
}

static bool no_padding(const struct vus_be *be, const struct vus_frame *req,
		       enum vus_complaint_kind kind)
{
	return kind != VUS_COMPLAINT_PADDING &&
	       vus_be_honest.is_tolerated(be, req, kind);
}

VUS_BE_FAULT(payload, refuses_padding, .rule = "payload.padding_ignored",
	     .says = "refuses a payload whose padding is not zero")
{
	decide->is_tolerated = no_padding;
}

/* Where a ring began to run. */
static uint16_t *start_of(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(uint16_t));
}

static void begin_and_remember(struct vus_vq *vq)
{
	vus_be_honest.ring_begin(vq);
	*start_of(vq) = vq->ring.last_avail;
}

static void tell_turn(struct vus_vq *vq, struct vus_p_vring_state *ret)
{
	vus_be_honest.tell_ring_base(vq, ret);
	if (ret->num < *start_of(vq))
		ret->num += 1u << 16;
}

VUS_BE_FAULT(payload, keeps_base_above_16_bits,
	     .rule = "payload.vring_index_split.reserved",
	     .also = "ring_stop.split_value",
	     .says = "counts the turns of a ring's index above its 16 bits")
{
	vus_fault_remembers(decide);
	decide->ring_begin = begin_and_remember;
	decide->tell_ring_base = tell_turn;
}
