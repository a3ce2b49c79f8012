/* SPDX-License-Identifier: BSD-3-Clause */
/* state.h — what a connection has come to, by the messages seen on it. */
#ifndef VUS_MONITOR_STATE_H
#define VUS_MONITOR_STATE_H

#include "wire/wire.h"

#define VUS_STATE_REGIONS 512 /* more are not followed */
#define VUS_STATE_RINGS   256 /* as many as an index in a u64 has */
#define VUS_STATE_OWED    1024

/* Is a request owed an answer? */
enum vus_due {
	VUS_DUE_NO,
	VUS_DUE_YES,
	VUS_DUE_PERHAPS, /* the text leaves it open */
};

/* What a frame that came from the back-end on the main channel is. */
enum vus_answer_kind {
	VUS_ANSWER_FITS,    /* it was owed */
	VUS_ANSWER_AGAIN,   /* its request was answered already */
	VUS_ANSWER_UNASKED, /* its request did not ask for an acknowledgement */
	VUS_ANSWER_OTHER,   /* no such request: `owed` is */
};

struct vus_state_region {
	uint64_t guest_addr, size, user_addr;
};

struct vus_state_ring {
	uint32_t size; /* 0: not said */
	bool has_addr, has_kick;
};

struct vus_state {
	/* ---- negotiated on this connection ---- */
	bool has_offer;    /* the latest GET_FEATURES was answered */
	uint64_t offer;    /* by that */
	bool has_pf_offer; /* the same for GET_PROTOCOL_FEATURES */
	uint64_t pf_offer;
	bool has_features; /* SET_FEATURES has come */
	uint64_t features, pf;
	bool has_queues; /* GET_QUEUE_NUM was answered */
	uint64_t queues;
	bool has_slots; /* GET_MAX_MEM_SLOTS was answered */
	uint64_t slots;
	bool listens; /* between POSTCOPY_LISTEN and POSTCOPY_END */

	/* ---- memory and rings, as announced ---- */
	struct vus_state_region regions[VUS_STATE_REGIONS];
	unsigned nregions;
	/* A message about memory was refused, or there were too many: what the
	 * back-end has is not known. */
	bool memory_unknown;
	struct vus_state_ring rings[VUS_STATE_RINGS];
	uint64_t status; /* of the latest SET_STATUS */

	/* ---- requests of the front-end, in order ---- */
	struct {
		uint32_t id;
		enum vus_due due;
	} owed[VUS_STATE_OWED];
	unsigned first, nowed;
	uint64_t asked;    /* bit n: message n was sent */
	uint64_t silent;   /* bit n: and its last one is owed nothing */
	uint32_t answered; /* the last message that was answered; 0: none */

	/* A side has sent what the tables do not allow: how the other one takes
	 * that is not judged here.  By side: [true] is the front-end. */
	bool misled[2];
};

/* Before vus_state_follow(): what is this frame of the back-end?  *ret_owed is
 * the message that is owed an answer, 0: none. */
enum vus_answer_kind vus_state_answer(const struct vus_state *s,
				      const struct vus_frame *f,
				      uint32_t *ret_owed);

/* The place in `regions` of what REM_MEM_REG names, by guest address, size and
 * user address; -1: it was not added. */
int vus_state_find_region(const struct vus_state *s,
			  const struct vus_p_region *r);

/* Take a frame into account; `complaints` is how many vus_validate() had. */
void vus_state_follow(struct vus_state *s, const struct vus_frame *f,
		      bool from_frontend, unsigned complaints);

#endif
