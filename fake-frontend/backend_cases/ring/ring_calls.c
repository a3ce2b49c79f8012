/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_calls.c — calls: which completions are signalled, and when.
 *
 * A call that is not required is allowed nearly everywhere: drivers must handle
 * spurious notifications (virtio 2.7.7.1).  A call that is missing leaves a
 * driver waiting, so most cases here wait for one. */
#include "fixture/shapes.h"

#include "base/rand.h"

#include <string.h>

static int call_fd(const struct vus_ctx *t)
{
	return vus_fe(t)->queues[0].call.rd;
}

static void forget_calls(const struct vus_ctx *t)
{
	vus_event_drain(call_fd(t), NULL);
}

static bool called(const struct vus_ctx *t)
{
	return vus_step_wait_call(t, 0);
}

/* One ping, whose completion is found in memory, without a call. */
static bool serve_one(struct vus_ctx *t, uint64_t seed)
{
	struct vus_session *s = vus_fe(t);
	const uint64_t cursor = s->guest.cursor;
	struct vus_ping ping;
	struct vus_used used;
	struct vus_err err;

	if (!vus_step_ping_offer(t, 0, seed, &ping))
		return false;
	if (!vus_step_wait_used(t, 0, &err)) {
		vus_prereq_failed(t, "ring_state.enabled_runs", &err);
		return false;
	}
	(void)vus_split_reap(s->queues[0].ring, &used);
	s->guest.cursor = cursor;
	return true;
}

/* A first request, whose call is waited for and taken, together with the event
 * that a new call descriptor may get (ring_fds.call_extra_ok): the first
 * completion may be signalled whatever used_event says.  A missing call is
 * judged here only where the case's first rule is about it. */
static bool warm_up(struct vus_ctx *t)
{
	const char *rule = vus_fe(t)->queues[0].ring->event_idx
				   ? "split_ring.call.event_hit"
				   : "split_ring.call.flag_clear";
	const bool judged = strcmp(t->c->rules[0], rule) == 0;
	struct vus_err err;

	if (!vus_fe_barrier(vus_fe(t), &err)) {
		vus_prereq_failed(t, "features.get_any_time", &err);
		return false;
	}
	forget_calls(t);
	vus_split_set_used_event(vus_fe(t)->queues[0].ring,
				 vus_fe(t)->queues[0].ring->used_seen);
	if (!serve_one(t, t->seed))
		return false;
	if (called(t)) {
		forget_calls(t);
		return true;
	}
	(void)vus_fail(&err, VUS_ERR_TIMEOUT,
		       "the first completion was not followed by a call");
	if (judged)
		return vus_check(t, rule, false,
				 "a completion is followed by a call", "%s",
				 err.text);
	vus_prereq_failed(t, rule, &err);
	return false;
}

/* virtio 2.7.7.2, "Used Buffer Notification Suppression": with avail.flags 0
 * and no EVENT_IDX a notification follows the update of the used ring. */
VUS_CASE(completion_is_notified,
	 .title = "with avail.flags 0 a completion is followed by a call",
	 .rules = { "split_ring.call.flag_clear" }, .start = VUS_START_RUNNING,
	 .without_vf = VF(RING_EVENT_IDX), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	for (unsigned i = 1; i <= 8; i++) {
		VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err),
			   &err);
		forget_calls(t);
		VUS_STEP(t, serve_one(t, t->seed + i));
		VUS_CHECK(t, "split_ring.call.flag_clear", called(t),
			  "a completion is followed by a call",
			  "no call came; used.idx is %u", vus_used_idx(t, 0));
	}
}

/* The same heading: "If flags is 1, the device SHOULD NOT send a
 * notification." */
VUS_CASE(no_interrupt_is_respected,
	 .title = "with avail.flags 1 completions are not followed by calls",
	 .rules = { "split_ring.call.flag_set" }, .start = VUS_START_RUNNING,
	 .without_vf = VF(RING_EVENT_IDX), .pings = true)
{
	struct vus_err err;

	VUS_STEP(t, warm_up(t));
	vus_split_no_interrupt(vus_fe(t)->queues[0].ring, true);
	for (unsigned i = 1; i <= 16; i++) {
		VUS_STEP(t, serve_one(t, t->seed + i));
	}
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(vus_fe(t), &err),
		   &err);
	VUS_CHECK(t, "split_ring.call.flag_set",
		  vus_step_fd_is_quiet(t, call_fd(t)),
		  "completions are not followed by a call",
		  "a call came although avail.flags is 1");
}

/* The same heading: without EVENT_IDX "the device MUST ignore the used_event
 * value". */
VUS_CASE(used_event_needs_its_feature,
	 .title = "without EVENT_IDX the word used_event is ignored",
	 .rules = { "split_ring.call.used_event_off" },
	 .start = VUS_START_RUNNING, .without_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	struct vus_rand rand = { t->seed };
	const uint16_t far[] = { 0, 1, 1000, 32768, 65535 };

	VUS_STEP(t, warm_up(t));
	for (unsigned i = 0; i < 2 * VUS_COUNT(far); i++) {
		const uint16_t word = i < VUS_COUNT(far)
					      ? far[i]
					      : (uint16_t)vus_rand_next(&rand);

		vus_split_set_used_event(vus_fe(t)->queues[0].ring, word);
		VUS_STEP(t, serve_one(t, t->seed + i));
		VUS_CHECK(t, "split_ring.call.used_event_off", called(t),
			  "a completion is followed by a call, whatever "
			  "used_event holds",
			  "no call came; used_event holds %u", word);
		forget_calls(t);
	}
}

/* The same heading: with EVENT_IDX a notification is sent when the entry at
 * index used_event is written, and should not be before. */
VUS_CASE(used_event_decides_the_call,
	 .title = "with EVENT_IDX the call comes at used_event, not before",
	 .rules = { "split_ring.call.event_hit",
		    "split_ring.call.event_quiet" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const uint16_t ahead = 3;
	struct vus_err err;
	uint16_t event;

	VUS_STEP(t, warm_up(t));
	event = (uint16_t)(ring->used_seen + ahead);
	vus_split_set_used_event(ring, event);
	for (unsigned i = 1; i <= ahead; i++) {
		VUS_STEP(t, serve_one(t, t->seed + i));
	}
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(vus_fe(t), &err),
		   &err);
	VUS_CHECK(t, "split_ring.call.event_quiet",
		  vus_step_fd_is_quiet(t, call_fd(t)),
		  "no call comes before the entry at used_event is written",
		  "a call came when used.idx was %u, and used_event is %u",
		  vus_used_idx(t, 0), event);
	VUS_STEP(t, serve_one(t, t->seed + ahead + 1));
	VUS_CHECK(t, "split_ring.call.event_hit", called(t),
		  "a call comes when the entry at used_event is written",
		  "no call came; used_event is %u", event);
}

/* The same heading, for completions that are exposed together: one of them is
 * the entry at used_event. */
VUS_CASE(used_event_within_a_batch_is_signalled,
	 .title = "a batch that passes used_event is followed by a call",
	 .rules = { "split_ring.call.event_batch" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(RING_EVENT_IDX), .pings = true,
	 .rows = { "first", "second", "third", "last" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	const unsigned batch = 4;
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head, event;

	VUS_STEP(t, warm_up(t));
	event = (uint16_t)(ring->used_seen + t->row);
	vus_split_set_used_event(ring, event);
	for (unsigned i = 0; i < batch; i++) {
		VUS_STEP(t, vus_step_ping_add(t, 0, t->seed + i, &ping, &head));
		vus_split_put(ring, head);
	}
	vus_split_publish(ring);
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_PREREQ(t, "split_ring.avail.batch",
		   vus_step_wait_used_idx(
			   t, 0, (uint16_t)(ring->used_seen + batch), &err),
		   &err);
	VUS_CHECK(t, "split_ring.call.event_batch", called(t),
		  "a batch that passes used_event is followed by a call",
		  "no call came for entries %u to %u, with used_event %u",
		  ring->used_seen, ring->used_seen + batch - 1, event);
}

/* The same heading: indexes are compared modulo 65536, and 32767 is an index as
 * any other. */
static const uint16_t wrap_events[] = { 65533, 65535, 0, 3, 32767 };

VUS_CASE(used_event_is_signalled_across_the_wrap,
	 .title = "used_event is compared modulo 65536",
	 .rules = { "split_ring.call.event_wrap" }, .start = VUS_START_MEMORY,
	 .needs_vf = VF(RING_EVENT_IDX), .pings = true,
	 .rows = { "65533", "65535", "0", "3", "32767" })
{
	const uint16_t event = wrap_events[t->row];
	const uint16_t base = event == 32767 ? 32764 : 65530;
	struct vus_split_driver *ring;

	VUS_STEP(t, vus_step_ring_setup(t, 0, 8, base));
	VUS_STEP(t, warm_up(t));
	ring = vus_fe(t)->queues[0].ring;
	vus_split_set_used_event(ring, event);
	for (unsigned i = 1; vus_used_idx(t, 0) != event; i++) {
		VUS_STEP(t, serve_one(t, t->seed + i));
	}
	forget_calls(t);
	VUS_STEP(t, serve_one(t, ~t->seed));
	VUS_CHECK(t, "split_ring.call.event_wrap", called(t),
		  "a call comes when the entry at used_event is written",
		  "no call came; used_event is %u", event);
}

/* The same heading: an index that lies more than half of their space ahead has
 * not been passed. */
static const uint16_t distances[] = { 32767, 40000, 65535 };

VUS_CASE(distant_used_event_is_not_reached,
	 .title = "with used_event far ahead completions bring no calls",
	 .rules = { "split_ring.call.event_quiet" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(RING_EVENT_IDX), .pings = true,
	 .rows = { "32767", "40000", "65535" })
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	struct vus_err err;
	uint16_t event;

	VUS_STEP(t, warm_up(t));
	event = (uint16_t)(ring->used_seen + distances[t->row]);
	vus_split_set_used_event(ring, event);
	for (unsigned i = 1; i <= 4; i++)
		VUS_STEP(t, serve_one(t, t->seed + i));
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(vus_fe(t), &err),
		   &err);
	VUS_CHECK(t, "split_ring.call.event_quiet",
		  vus_step_fd_is_quiet(t, call_fd(t)),
		  "no call comes before the entry at used_event is written",
		  "a call came when used.idx was %u, and used_event is %u",
		  vus_used_idx(t, 0), event);
}

/* The same heading: with EVENT_IDX "the device MUST ignore the lower bit of
 * flags". */
VUS_CASE(flags_mean_nothing_with_event_idx,
	 .title = "with EVENT_IDX the call comes although avail.flags is 1",
	 .rules = { "split_ring.call.event_flag_ignored" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;

	VUS_STEP(t, warm_up(t));
	vus_split_no_interrupt(ring, true);
	vus_split_set_used_event(ring, ring->used_seen);
	VUS_STEP(t, serve_one(t, t->seed + 1));
	VUS_CHECK(t, "split_ring.call.event_flag_ignored", called(t),
		  "a call comes at used_event although avail.flags is 1",
		  "no call came");
}

/* ---- drivers that rely on calls ---- */

/* Rounds of these, which take long on a loaded machine. */
#define PATIENT_ROUNDS 500

/* Wait for calls, and look at the ring after each, until there is a used
 * entry. */
static bool wake_until_used(struct vus_ctx *t)
{
	const struct vus_session *s = vus_fe(t);
	const uint64_t deadline = vus_deadline_ms(t->request_ms);
	struct pollfd p = { .fd = call_fd(t), .events = POLLIN };

	while (vus_split_used_pending(s->queues[0].ring) == 0) {
		if (vus_link_poll(&s->link, &p, 1, deadline) != 1)
			return false;
		forget_calls(t);
	}
	return true;
}

/* virtio 2.7.14: the used ring is updated, then the driver is notified.  A
 * driver that sleeps until the call finds its completion there; a call without
 * a completion is spurious, and another one has to come. */
VUS_CASE(sleeping_driver_is_woken,
	 .title = "a driver that looks only after a call misses no completion",
	 .rules = { "split_ring.call.after_used" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const unsigned rounds = VUS_MIN(t->rounds, PATIENT_ROUNDS);

	VUS_STEP(t, warm_up(t));
	for (unsigned i = 0; i < rounds && vus_step_has_time(t); i++) {
		const uint64_t cursor = vus_fe(t)->guest.cursor;
		struct vus_ping ping;

		vus_split_set_used_event(ring, ring->used_seen);
		forget_calls(t);
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
		VUS_CHECK(t, "split_ring.call.after_used", wake_until_used(t),
			  "each completion is followed by a call",
			  "request %u: used.idx is %u, and no call came for it",
			  i, vus_used_idx(t, 0));
		vus_reap_all(t, 0);
		vus_fe(t)->guest.cursor = cursor;
	}
}

static void suppress(struct vus_split_driver *ring, bool off)
{
	if (ring->event_idx)
		vus_split_set_used_event(
			ring, (uint16_t)(ring->used_seen + (off ? 32768 : 0)));
	else
		vus_split_no_interrupt(ring, off);
}

/* virtio 2.7.14, the example in its note: a driver that asks for calls again
 * looks at the ring once more, then sleeps.  A completion after that look
 * must be signalled, so the device reads the driver's flags after it has
 * updated used.idx.  Every other request is made while calls are off. */
VUS_CASE(flags_are_read_after_publishing,
	 .title = "calls come again as soon as the driver asks for them again",
	 .rules = { "split_ring.call.fresh_flags" },
	 .start = VUS_START_CONNECTED, .pings = true,
	 .rows = { "flags", "event_idx" })
{
	const uint64_t off = t->row == 0 ? VF(RING_EVENT_IDX) : 0;
	const unsigned rounds = VUS_MIN(t->rounds, PATIENT_ROUNDS);
	struct vus_split_driver *ring;

	if (!vus_step_negotiate(t, off) ||
	    (!off &&
	     !vus_step_require_feature(t, VF(RING_EVENT_IDX), "EVENT_IDX")) ||
	    !vus_step_ring_setup(t, 0, 0, 0) || !warm_up(t))
		return;
	ring = vus_fe(t)->queues[0].ring;
	for (unsigned i = 0; i < rounds && vus_step_has_time(t); i++) {
		const uint64_t cursor = vus_fe(t)->guest.cursor;
		struct vus_ping ping;

		suppress(ring, true);
		if (i % 2 == 0 && !serve_one(t, t->seed + i))
			return;
		VUS_STEP(t, vus_step_ping_offer(t, 0, ~t->seed + i, &ping));
		forget_calls(t);
		suppress(ring, false);
		VUS_CHECK(t, "split_ring.call.fresh_flags", wake_until_used(t),
			  "a completion after calls were asked for again is "
			  "followed by a call",
			  "round %u: used.idx is %u, and no call came for it",
			  i, vus_used_idx(t, 0));
		vus_reap_all(t, 0);
		vus_fe(t)->guest.cursor = cursor;
	}
}

/* virtio 6.3, NOTIFY_ON_EMPTY: a device that runs out of descriptors signals
 * it, "even though notifications are suppressed".  The feature is for drivers
 * without VERSION_1 only. */
VUS_CASE(
	empty_ring_is_signalled,
	.title = "with NOTIFY_ON_EMPTY the last completion is always signalled",
	.rules = { "split_ring.call.notify_on_empty" },
	.start = VUS_START_CONNECTED, .needs_vf = VF(NOTIFY_ON_EMPTY),
	.pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, vus_step_negotiate(t, VF(VERSION_1) | VF(RING_EVENT_IDX)));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, warm_up(t));
	vus_split_no_interrupt(s->queues[0].ring, true);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	forget_calls(t);
	VUS_STEP(t, serve_one(t, t->seed + 1));
	VUS_CHECK(t, "split_ring.call.notify_on_empty", called(t),
		  "the last completion is followed by a call",
		  "no call came; used.idx is %u", vus_used_idx(t, 0));
}
