/* SPDX-License-Identifier: BSD-3-Clause */
/* multiqueue.c — several rings: how many there are, and that each works
 * independently. */
#include "fixture/steps.h"

#include "base/clock.h"

#include <inttypes.h>

/* "VHOST_USER_GET_QUEUE_NUM": how many queues the back-end supports. */
VUS_CASE(count_is_answered,
	 .title = "GET_QUEUE_NUM is answered with at least 1",
	 .rules = { "multiqueue.get_reply" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(MQ))
{
	struct vus_err err;
	uint64_t n;

	VUS_CHECK(t, "multiqueue.get_reply",
		  vus_fe_get_u64(vus_fe(t), VUS_FE_GET_QUEUE_NUM, &n, &err),
		  "GET_QUEUE_NUM is answered", "%s", err.text);
	VUS_CHECK(t, "multiqueue.get_reply", n >= 1,
		  "GET_QUEUE_NUM is answered with at least 1",
		  "the reply is %" PRIu64, n);
}

static bool set_up_rings(struct vus_ctx *t, unsigned n)
{
	struct vus_session *s = vus_fe(t);
	const bool enable = s->features & VF(PROTOCOL_FEATURES);
	struct vus_err err = { 0 };

	if (!vus_step_setup_companions(t))
		return false;
	for (unsigned i = 0; i < n; i++) {
		const bool ok =
			vus_fe_queue_setup(s, i, 0, 0, &err) &&
			(!enable || vus_fe_queue_enable(s, i, true, &err));

		if (!vus_check(t, "multiqueue.limit_usable", ok,
			       "every ring that GET_QUEUE_NUM counts can be "
			       "set up",
			       "ring %u: %s", s->queues[i].index, err.text))
			return false;
	}
	return true;
}

/* Offer a request on each ring, then wait for all of them. */
static bool ping_rings(struct vus_ctx *t, unsigned n, uint64_t seed)
{
	struct vus_session *s = vus_fe(t);
	const uint64_t cursor = s->guest.cursor;
	struct vus_ping pings[VUS_MAX_QUEUES];

	for (unsigned i = 0; i < n; i++) {
		if (!vus_step_ping_offer(t, i, seed + i, &pings[i]))
			return false;
	}
	for (unsigned i = n; i > 0; i--) {
		if (!vus_step_ping_wait(t, "multiqueue.limit_usable", i - 1,
					&pings[i - 1]))
			return false;
	}
	s->guest.cursor = cursor;
	return true;
}

/* "Multiple queue support": the number is the maximum that a front-end may
 * use, so each ring below it works, and all of them at once. */
VUS_CASE(every_counted_ring_works,
	 .title = "all rings that GET_QUEUE_NUM counts work at once",
	 .rules = { "multiqueue.limit_usable" }, .start = VUS_START_MEMORY,
	 .needs = PF(MQ), .pings = true)
{
	const unsigned n =
		vus_driver_rings(vus_fe(t)->driver, vus_fe(t)->nqueues);

	VUS_STEP(t, set_up_rings(t, n));
	for (unsigned round = 0; round < 8; round++) {
		VUS_STEP(t, ping_rings(t, n, t->seed + round * n));
	}
}

/* The same heading: "a unique index for each queue in the sent message to
 * identify a specified queue".  The driver of each ring waits on that ring's
 * call descriptor. */
VUS_CASE(each_ring_has_its_own_call,
	 .title = "a completion is signalled on the ring's own descriptor",
	 .rules = { "multiqueue.own_ring" }, .start = VUS_START_RUNNING,
	 .without_vf = VF(RING_EVENT_IDX), .queues = 2, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	for (unsigned i = 0; i < 2; i++) {
		/* A back-end may signal a call descriptor once when it is
		 * set. */
		vus_event_drain(s->queues[i].call.rd, NULL);
		VUS_STEP(t, vus_step_ping_offer(t, i, t->seed + 2 + i, &ping));
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_step_wait_used_idx(
				   t, i,
				   (uint16_t)(s->queues[i].ring->used_seen + 1),
				   &err),
			   &err);
		VUS_CHECK(t, "multiqueue.own_ring", vus_step_wait_call(t, i),
			  "a completion is signalled on the call descriptor of "
			  "its ring",
			  "ring %u completed a request, and its call "
			  "descriptor was not signalled",
			  s->queues[i].index);
	}
}
