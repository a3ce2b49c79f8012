/* SPDX-License-Identifier: BSD-3-Clause */
/* moved.h — a ping with a buffer where the case wants it.
 *
 * The driver lays its request out where there is room, and later looks there
 * for what came of it.  In between any of its buffers may lie elsewhere: its
 * content goes there with it, and what the device wrote comes back, so that no
 * driver has to know. */
#ifndef VUS_CASES_MOVED_H
#define VUS_CASES_MOVED_H

#include "steps.h"

struct vus_moved {
	struct vus_ping home; /* as the driver laid it out, and judges it */
	struct vus_ping away; /* as it is offered */
	unsigned seg;         /* the buffer that vus_moved_take() chose */
};

/* Lay a ping out and choose the largest of its buffers that the device writes
 * (or reads).  A device without one skips the case. */
VUS_MUST_CHECK bool vus_moved_take(struct vus_ctx *t, uint64_t seed, bool write,
				   struct vus_moved *ret);

/* Bytes of the chosen buffer. */
uint32_t vus_moved_len(const struct vus_moved *m);

/* Have the chosen buffer begin at `gpa`, which may be no memory at all. */
void vus_moved_to(struct vus_ctx *t, struct vus_moved *m, uint64_t gpa);

/* Offer it and kick. */
VUS_MUST_CHECK bool vus_moved_offer(struct vus_ctx *t, unsigned queue,
				    const struct vus_moved *m);

/* Wait for it and judge, under `rule`, that it was served. */
bool vus_moved_pong(struct vus_ctx *t, const char *rule, unsigned queue,
		    const struct vus_moved *m);

/* The last two. */
bool vus_moved_serve(struct vus_ctx *t, const char *rule, unsigned queue,
		     const struct vus_moved *m);

/* A request was offered that cannot be served.  Gives the peer its time to
 * fail it, to break the ring or to close the connection; none of them is
 * judged here. */
void vus_moved_settle(struct vus_ctx *t, unsigned queue);

/* All of it: a request on ring 0 with a buffer for the device to write at
 * `gpa`, where it may not be, of `len` bytes. */
#define VUS_OWN_LEN UINT64_MAX /* as the driver made it */
VUS_MUST_CHECK bool vus_moved_astray(struct vus_ctx *t, uint64_t gpa,
				     uint64_t len);

/* The same where it is survival that is judged: a device that writes no buffer
 * reads this one. */
VUS_MUST_CHECK bool vus_moved_lost(struct vus_ctx *t, uint64_t gpa,
				   uint64_t len);

#endif
