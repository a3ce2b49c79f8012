/* SPDX-License-Identifier: BSD-3-Clause */
/* rings.h — what cases about rings share: messages one at a time, rings laid
 * out by hand, requests in batches, and watching a ring that must not run.
 *
 * As in steps.h, a step returns false when it has set the case's verdict. */
#ifndef VUS_CASES_RINGS_H
#define VUS_CASES_RINGS_H

#include "steps.h"

/* A message for vus_fe_try(): it asks for an acknowledgement where it has no
 * reply of its own and REPLY_ACK was negotiated. */
struct vus_frame vus_ring_state(const struct vus_session *s, uint32_t id,
				uint32_t index, uint32_t num);
/* SET_VRING_KICK, CALL or ERR with `fd`, -1: without one. */
struct vus_frame vus_ring_event(const struct vus_session *s, uint32_t id,
				uint64_t word, int fd);
/* SET_VRING_ADDR as the ring lies. */
struct vus_frame vus_ring_addr(const struct vus_session *s, unsigned queue);

/* Give a ring of q->num descriptors new memory, its parts in descending order
 * on pages of their own, and begin at `base`. */
VUS_MUST_CHECK bool vus_ring_move(struct vus_session *s, unsigned queue,
				  uint16_t base, struct vus_err *err);

/* Used entries that were not written hold this id. */
#define VUS_RING_UNUSED UINT32_MAX
/* Put it into the `n` used entries from index `from` on. */
void vus_ring_blank(struct vus_session *s, unsigned queue, uint16_t from,
		    unsigned n);

/* NUM, BASE, ADDR and CALL, with ring memory as it stands: all but KICK, with
 * which many back-ends start a ring (and may). */
VUS_MUST_CHECK bool vus_step_unkicked(struct vus_ctx *t, unsigned queue,
				      uint16_t base);

/* Send what may be refused, and judge, under `rule`, that it is met in one of
 * the orderly ways.  True: it was taken. */
VUS_MUST_CHECK bool vus_step_taken(struct vus_ctx *t, const char *rule,
				   const struct vus_frame *frame);

/* Offer `n` pings (at most VUS_BATCH_MAX) with one kick and judge, under
 * `rule`, that each comes back once, done, at its place in the used ring. */
#define VUS_BATCH_MAX 32
bool vus_step_batch(struct vus_ctx *t, const char *rule, unsigned queue,
		    unsigned n, uint64_t seed);

/* One ping, judged under `rule`: it is served, and nothing else comes back. */
bool vus_step_once(struct vus_ctx *t, const char *rule, unsigned queue,
		   uint64_t seed);

/* Serve `n` pings on ring 0, then stop it; *ret_base (may be NULL) is the
 * answered base. */
VUS_MUST_CHECK bool vus_step_serve_and_stop(struct vus_ctx *t, unsigned n,
					    uint32_t *ret_base);

/* Judge, under `rule`, that a ring with requests stays idle: nothing comes
 * back in the quiet time behind a barrier.  `what` says what it did. */
bool vus_step_idle(struct vus_ctx *t, const char *rule, unsigned queue,
		   const char *what);

/* What became of a ping in the quiet time behind a barrier. */
enum vus_fate {
	VUS_FATE_WAITS,    /* it is still in the ring */
	VUS_FATE_RETURNED, /* it came back, and nothing was done */
	VUS_FATE_EXECUTED,
	VUS_FATE_UNKNOWN, /* the verdict is set: return */
};
enum vus_fate vus_step_fate(struct vus_ctx *t, unsigned queue,
			    const struct vus_ping *ping);
/* Judge, under `rule`, that a ping on a disabled ring is not executed. */
bool vus_step_unexecuted(struct vus_ctx *t, const char *rule, unsigned queue,
			 const struct vus_ping *ping, const char *what);

#endif
