/* SPDX-License-Identifier: BSD-3-Clause */
/* state.c — what a connection has come to, by the messages seen on it. */
#include "state.h"

#include "base/array.h"

#include <string.h>

#define KNOWN_IDS 64

static uint64_t id_bit(uint32_t id)
{
	return id < KNOWN_IDS ? UINT64_C(1) << id : 0;
}

/* ---- answers ---- */

static bool memory_message(uint32_t id)
{
	return id == VUS_FE_SET_MEM_TABLE || id == VUS_FE_ADD_MEM_REG ||
	       id == VUS_FE_REM_MEM_REG;
}

static enum vus_due due_to(const struct vus_state *s, const struct vus_frame *f,
			   const struct vus_msg *msg)
{
	const bool asks = f->flags & VUS_FLAG_NEED_REPLY;
	uint64_t pf = s->pf;

	/* What is negotiated by the message itself may count or not. */
	if (f->id == VUS_FE_SET_PROTOCOL_FEATURES) {
		pf |= f->decoded ? f->body.protocol_features.value : 0;
		return asks && (pf & PF(REPLY_ACK)) ? VUS_DUE_PERHAPS
						    : VUS_DUE_NO;
	}
	/* Implementations differ: messages.def. */
	if (f->id == VUS_FE_IOTLB_MSG || f->id == VUS_FE_SET_LOG_BASE ||
	    (s->listens && memory_message(f->id)))
		return VUS_DUE_PERHAPS;
	if (vus_msg_answer(msg, pf) == VUS_ANSWER_OWN)
		return VUS_DUE_YES;
	return asks && (pf & PF(REPLY_ACK)) ? VUS_DUE_YES : VUS_DUE_NO;
}

static void note_request(struct vus_state *s, const struct vus_frame *f,
			 const struct vus_msg *msg)
{
	const enum vus_due due = due_to(s, f, msg);
	unsigned at;

	s->asked |= id_bit(f->id);
	s->silent &= ~id_bit(f->id);
	if (due == VUS_DUE_NO) {
		s->silent |= id_bit(f->id);
		return;
	}
	if (s->nowed == VUS_STATE_OWED) {
		s->misled[true] = true;
		return;
	}
	at = (s->first + s->nowed++) % VUS_STATE_OWED;
	s->owed[at].id = f->id;
	s->owed[at].due = due;
}

/* The place of the first request with this id that waits; -1: none. */
static int place_of(const struct vus_state *s, uint32_t id)
{
	for (unsigned i = 0; i < s->nowed; i++)
		if (s->owed[(s->first + i) % VUS_STATE_OWED].id == id)
			return (int)i;
	return -1;
}

static uint32_t first_owed(const struct vus_state *s)
{
	for (unsigned i = 0; i < s->nowed; i++) {
		const unsigned at = (s->first + i) % VUS_STATE_OWED;

		if (s->owed[at].due == VUS_DUE_YES)
			return s->owed[at].id;
	}
	return 0;
}

enum vus_answer_kind vus_state_answer(const struct vus_state *s,
				      const struct vus_frame *f,
				      uint32_t *ret_owed)
{
	*ret_owed = first_owed(s);
	if (place_of(s, f->id) >= 0)
		return VUS_ANSWER_FITS;
	if (s->silent & id_bit(f->id))
		return VUS_ANSWER_UNASKED;
	if (f->id == s->answered ||
	    (*ret_owed == 0 && (s->asked & id_bit(f->id))))
		return VUS_ANSWER_AGAIN;
	return VUS_ANSWER_OTHER;
}

/* One that nobody asked for takes no other's place. */
static void note_answer(struct vus_state *s, const struct vus_frame *f)
{
	uint32_t owed;
	const enum vus_answer_kind kind = vus_state_answer(s, f, &owed);
	int place = place_of(s, f->id);

	if (kind == VUS_ANSWER_OTHER)
		place = owed ? place_of(s, owed) : -1;
	s->answered = kind == VUS_ANSWER_OTHER ? owed : f->id;
	if (place < 0)
		return;
	/* Answers come in order: what was passed over is not answered. */
	s->first = (s->first + (unsigned)place + 1) % VUS_STATE_OWED;
	s->nowed -= (unsigned)place + 1;
}

/* ---- what answers say ---- */

static void note_said(struct vus_state *s, const struct vus_frame *f)
{
	switch (f->id) {
	case VUS_FE_GET_FEATURES:
		s->has_offer = true;
		s->offer = f->body.features.value;
		break;
	case VUS_FE_GET_PROTOCOL_FEATURES:
		s->has_pf_offer = true;
		s->pf_offer = f->body.protocol_features.value;
		break;
	case VUS_FE_GET_QUEUE_NUM:
		s->has_queues = true;
		s->queues = f->body.u64.value;
		break;
	case VUS_FE_GET_MAX_MEM_SLOTS:
		s->has_slots = true;
		s->slots = f->body.u64.value;
		break;
	default:
		if (memory_message(f->id) && !s->listens &&
		    f->body.u64.value != 0)
			s->memory_unknown = true;
		break;
	}
}

/* ---- memory ---- */

static void add_region(struct vus_state *s, const struct vus_p_region *r)
{
	if (s->nregions == VUS_STATE_REGIONS) {
		s->memory_unknown = true;
		return;
	}
	s->regions[s->nregions++] = (struct vus_state_region){
		.guest_addr = r->guest_addr,
		.size = r->size,
		.user_addr = r->user_addr,
	};
}

int vus_state_find_region(const struct vus_state *s,
			  const struct vus_p_region *r)
{
	for (unsigned i = 0; i < s->nregions; i++)
		if (s->regions[i].guest_addr == r->guest_addr &&
		    s->regions[i].size == r->size &&
		    s->regions[i].user_addr == r->user_addr)
			return (int)i;
	return -1;
}

static void remove_region(struct vus_state *s, const struct vus_p_region *r)
{
	const int i = vus_state_find_region(s, r);

	if (i < 0)
		return;
	s->nregions--;
	memmove(&s->regions[i], &s->regions[i + 1],
		(s->nregions - (unsigned)i) * sizeof(s->regions[0]));
}

static void note_memory(struct vus_state *s, const struct vus_frame *f)
{
	const struct vus_p_mem_table *table = &f->body.mem_table;

	/* Xen's layouts differ, and in postcopy the same messages also confirm
	 * addresses. */
	if (s->listens || (s->pf & PF(XEN_MMAP))) {
		s->memory_unknown = true;
		return;
	}
	switch (f->id) {
	case VUS_FE_ADD_MEM_REG:
		add_region(s, &f->body.mem_reg.region);
		break;
	case VUS_FE_REM_MEM_REG:
		remove_region(s, &f->body.mem_reg.region);
		break;
	default:
		s->nregions = 0;
		/* Our own frames may lie about it. */
		if (table->nregions > VUS_MAX_REGIONS)
			s->memory_unknown = true;
		for (unsigned i = 0;
		     i < VUS_MIN(table->nregions, VUS_MAX_REGIONS); i++)
			add_region(s, &table->regions[i]);
		break;
	}
}

/* ---- what requests say ---- */

static void note_ring(struct vus_state_ring *ring, const struct vus_frame *f)
{
	switch (f->id) {
	case VUS_FE_SET_VRING_NUM:
		ring->size = f->body.vring_state.num;
		break;
	case VUS_FE_SET_VRING_ADDR:
		ring->has_addr = true;
		break;
	case VUS_FE_SET_VRING_KICK:
		ring->has_kick = true;
		break;
	default:
		break;
	}
}

static void note_asked(struct vus_state *s, const struct vus_frame *f,
		       const struct vus_msg *msg)
{
	const int64_t ring = vus_msg_ring(msg, &f->body);

	if (ring >= 0 && ring < VUS_STATE_RINGS)
		note_ring(&s->rings[ring], f);
	switch (f->id) {
	case VUS_FE_SET_FEATURES:
		s->has_features = true;
		s->features = f->body.features.value;
		if (s->features & ~s->offer)
			s->misled[true] = true;
		break;
	case VUS_FE_SET_PROTOCOL_FEATURES:
		s->pf = f->body.protocol_features.value;
		if (s->pf & ~s->pf_offer)
			s->misled[true] = true;
		break;
	case VUS_FE_SET_STATUS:
		s->status = f->body.u64.value;
		break;
	case VUS_FE_POSTCOPY_LISTEN:
		s->listens = true;
		break;
	case VUS_FE_POSTCOPY_END:
		s->listens = false;
		break;
	case VUS_FE_RESET_OWNER:
		/* It means different things to different back-ends. */
		s->misled[true] = true;
		break;
	default:
		if (memory_message(f->id))
			note_memory(s, f);
		break;
	}
}

void vus_state_follow(struct vus_state *s, const struct vus_frame *f,
		      bool from_frontend, unsigned complaints)
{
	const struct vus_msg *msg = vus_msg_find(f->channel, f->id);

	if (complaints > 0)
		s->misled[from_frontend] = true;
	if (f->channel != VUS_FE)
		return;
	if (f->is_reply == from_frontend) {
		s->misled[from_frontend] = true;
		return;
	}
	if (!from_frontend) {
		note_answer(s, f);
		if (f->decoded)
			note_said(s, f);
		return;
	}
	if (!msg)
		return;
	note_request(s, f, msg);
	if (f->decoded || !msg->request)
		note_asked(s, f, msg);
}
