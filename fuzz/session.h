/* SPDX-License-Identifier: BSD-3-Clause */
/* session.h — one fuzzed connection to the fake back-end, and what must be true
 * of it.
 *
 * Input of fuzz_backend: device (8 bits), then operations until the end, each
 * an operation byte with its fields (integers little-endian):
 *
 *	FRAME   row u8 (from vus_nmsgs on: id u32 follows), flags u8 (bit 7:
 *	        a flag word u32 follows), n u8, n descriptor kinds, length u16,
 *	        payload
 *	KICK    ring u8
 *	OFFER   ring u8, n u8, n segments: flags u8 (bit 0: writable, bit 1:
 *	        address as it stands, else offset in region 0), address u32,
 *	        length u16; made available and kicked
 *	POKE    ring u8, part u8 (descriptors, available, used), offset u16,
 *	        n u8, n bytes
 *
 * corpus seeds are made by fuzz/make_seeds.py from recorded sessions. */
#ifndef VUS_FUZZ_SESSION_H
#define VUS_FUZZ_SESSION_H

#include "fake-backend/backend.h"
#include "input.h"
#include "world.h"

enum vus_fuzz_op {
	VUS_OP_FRAME,
	VUS_OP_KICK,
	VUS_OP_OFFER,
	VUS_OP_POKE,
	VUS_NOPS
};

struct vus_fuzz_session {
	const struct vus_world *world;
	struct vus_be be;
	struct vus_link peer; /* where answers arrive */
	bool open;            /* the back-end has not closed */
};

/* One operation; aborts when the back-end breaks a promise. */
void vus_fuzz_step(struct vus_fuzz_session *s, struct vus_input *in);

/* Receive what the back-end sent for `asked`, and check that these are as many
 * answers as are due, each as the tables say (answers.c). */
void vus_fuzz_answers(struct vus_fuzz_session *s, const struct vus_frame *asked,
		      uint64_t pf_before);

#endif
