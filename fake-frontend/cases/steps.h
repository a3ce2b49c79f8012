/* SPDX-License-Identifier: BSD-3-Clause */
/* steps.h — what several cases do on their way: memory, rings, requests.
 *
 * Each returns false when it has set the case's verdict, so that the case
 * returns; steps that another case judges end as "skip: needs RULE". */
#ifndef VUS_CASES_STEPS_H
#define VUS_CASES_STEPS_H

#include "../drivers/driver.h"
#include "../session.h"
#include "fixture.h"

#include "../../harness/base/clock.h"
#include "../../harness/base/own.h"

/* The step that `ok` tells of: false is for the case of that rule to judge, and
 * skips this one. */
bool vus_step_need(struct vus_ctx *t, const char *rule, bool ok,
		   const struct vus_err *err);

/* The same of a step of our own: false makes the case broken. */
bool vus_step_ours(struct vus_ctx *t, bool ok, const struct vus_err *err);

/* Announce s->guest as it stands. */
VUS_MUST_CHECK bool vus_step_memory(struct vus_ctx *t);

/* Set up and enable the rings that the device wants beside those that take
 * pings, unless they are. */
VUS_MUST_CHECK bool vus_step_companions(struct vus_ctx *t);

/* Set a ring up (num 0: the usual size) and enable it; ring 0 with the
 * companions. */
VUS_MUST_CHECK bool vus_step_ring(struct vus_ctx *t, unsigned queue,
				  unsigned num, uint16_t base);

/* SET_VRING_NUM alone. */
VUS_MUST_CHECK bool vus_step_num(struct vus_ctx *t, unsigned queue);

/* NUM, ADDR, ERR, CALL, KICK, with ring memory as it stands: after a stop, or
 * where it was laid out by hand. */
VUS_MUST_CHECK bool vus_step_arm(struct vus_ctx *t, unsigned queue);

/* ENABLE, where bit 30 was negotiated; else the ring is enabled already. */
VUS_MUST_CHECK bool vus_step_enable(struct vus_ctx *t, unsigned queue);

/* BASE, and vus_step_arm(). */
VUS_MUST_CHECK bool vus_step_rearm(struct vus_ctx *t, unsigned queue,
				   uint16_t base);

/* The same, and vus_step_enable(). */
VUS_MUST_CHECK bool vus_step_restart(struct vus_ctx *t, unsigned queue,
				     uint16_t base);

/* Ring 0 runs, set up or started again, so that GET_VRING_BASE has something to
 * stop. */
VUS_MUST_CHECK bool vus_step_stoppable(struct vus_ctx *t);

/* Lay a ping out and put its chain into free descriptors, not yet offered. */
VUS_MUST_CHECK bool vus_step_prepare(struct vus_ctx *t, unsigned queue,
				     uint64_t seed, struct vus_ping *ret,
				     uint16_t *ret_head);

/* The same, then make it available and kick. */
VUS_MUST_CHECK bool vus_step_offer(struct vus_ctx *t, unsigned queue,
				   uint64_t seed, struct vus_ping *ret);

/* Wait for the next used entry and judge, under `rule`, that it came and that
 * the ping is right. */
bool vus_step_pong(struct vus_ctx *t, const char *rule, unsigned queue,
		   const struct vus_ping *ping);

/* Wait until used.idx in memory is `idx`, taking no entry and no call. */
VUS_MUST_CHECK bool vus_step_until_used(struct vus_ctx *t, unsigned queue,
					uint16_t idx, struct vus_err *err);

/* Wait until the ring's call descriptor is signalled; the event stays there. */
bool vus_step_is_called(const struct vus_ctx *t, unsigned queue);

/* A whole ping, judged under `rule`. */
bool vus_step_ping(struct vus_ctx *t, const char *rule, unsigned queue,
		   uint64_t seed);

/* Whether a peer has closed a descriptor is seen without looking into its
 * process: it gets the writing end of a pipe, whose reading end hangs up when
 * the last copy is closed. */
VUS_MUST_CHECK bool vus_probe_pipe(int *ret_rd, int *ret_wr,
				   struct vus_err *err);

/* A peer that has answered two barriers since has had its chance; beyond them
 * it gets this long, ms, and as long as it is seen to have something to do. */
#define VUS_RELEASE_MS 1500
struct vus_vigil vus_step_release(const struct vus_ctx *t);

/* Did every holder of the writing end close it?  And of the reading end? */
bool vus_pipe_released(const struct vus_ctx *t, int rd);
bool vus_pipe_is_unread(const struct vus_ctx *t, int wr);

/* Nothing comes to be read from it in the quiet time. */
bool vus_step_is_mute(const struct vus_ctx *t, int fd);

/* Is there time for another round?  Half of a case's time is for what follows
 * its loop, which a slow machine ends before its t->rounds. */
bool vus_step_has_time(const struct vus_ctx *t);

/* The lowest bit of [from, to] that is not in `offered`, as a mask; 0: all are.
 */
uint64_t vus_step_unoffered(uint64_t offered, unsigned from, unsigned to);

/* ADD_MEM_REG or REM_MEM_REG for one more region behind the first, of the same
 * bytes. */
struct vus_frame vus_step_region_behind(const struct vus_session *s,
					uint32_t id);

/* A request with one u64 that asks for an acknowledgement, for vus_fe_try(). */
struct vus_frame vus_step_asking(uint32_t id, uint64_t value);

/* Have the peer try a frame, which asks for an acknowledgement where REPLY_ACK
 * was negotiated. */
enum vus_outcome vus_step_try(struct vus_ctx *t, const struct vus_frame *frame,
			      const struct vus_twist *twist);

/* Does this outcome tell what the peer made of its message?  Without REPLY_ACK
 * only a closed connection says no, and silence is no verdict: false, the case
 * is skipped. */
bool vus_step_told(struct vus_ctx *t, enum vus_outcome outcome);

/* VUS_EXPECT() of an outcome that tells. */
#define VUS_TOLD(t, rule, outcome, allowed)                                    \
	do {                                                                   \
		const enum vus_outcome vus_came = (outcome);                   \
                                                                               \
		if (!vus_step_told((t), vus_came) ||                           \
		    !vus_expect((t), (rule), vus_came, (allowed), #outcome,    \
				__FILE__, __LINE__))                           \
			return;                                                \
	} while (0)

/* Without REPLY_ACK the number of rings, which MQ opens, shows that protocol
 * features are in force.  False: the verdict is set. */
bool vus_step_counts_rings(struct vus_ctx *t, const char *rule);

#define VUS_PING(t, rule, queue, seed)                                         \
	do {                                                                   \
		if (!vus_step_ping((t), (rule), (queue), (seed)))              \
			return;                                                \
	} while (0)

#endif
