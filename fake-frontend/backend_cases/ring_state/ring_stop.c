/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_stop.c — GET_VRING_BASE stops the ring and returns its position. */
#include "fixture/places.h"
#include "fixture/rings.h"

#include "base/own.h"

#include <stdlib.h>
#include <string.h>

/* "VHOST_USER_GET_VRING_BASE" is answered with a vring state: the same index,
 * and the position. */
VUS_CASE(reply_is_a_vring_state_of_that_ring,
	 .title = "GET_VRING_BASE answers with the index it was asked for",
	 .rules = { "ring_stop.reply" }, .start = VUS_START_RUNNING)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame ask = vus_request_frame(VUS_FE, VUS_FE_GET_VRING_BASE);
	VUS_AUTO_FRAME got = { 0 };
	struct vus_err err;

	VUS_CHECK(t, "ring_stop.reply", vus_fe_request(s, &ask, &got, &err),
		  "GET_VRING_BASE is answered with a vring state", "%s",
		  err.text);
	VUS_CHECK(t, "ring_stop.reply", got.body.vring_state.index == 0,
		  "the reply names the ring that was asked for",
		  "the reply names ring %u, not 0", got.body.vring_state.index);
}

/* The position is the free-running index of the next available entry to
 * process, not reduced by the ring's size. */
VUS_CASE(base_is_free_running,
	 .title = "the base in the reply counts every request, modulo 65536",
	 .rules = { "ring_stop.split_value" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	const uint16_t base = 65533;
	const unsigned pings = 7;
	uint32_t got;

	VUS_STEP(t, vus_step_ring_setup(t, 0, 4, base));
	VUS_STEP(t, vus_step_ping_and_stop(t, pings, &got));
	VUS_CHECK(t, "ring_stop.split_value", got == (uint16_t)(base + pings),
		  "the base counts every request that was taken, modulo 65536",
		  "the reply is %u after base %u and %u requests, not %u", got,
		  base, pings, (uint16_t)(base + pings));
}

/* "Ring states": from GET_VRING_BASE on the ring is stopped, and a stopped
 * ring must not be processed, even if its old descriptor is kicked. */
VUS_CASE(nothing_is_served_after_the_reply,
	 .title = "a stopped ring serves nothing, kicked or not",
	 .rules = { "ring_stop.stops" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_ping ping;

	VUS_STEP(t, vus_step_ping_and_stop(t, 1, NULL));
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 9, &ping));
	VUS_STEP(t, vus_step_ring_stays_idle(
			    t, "ring_stop.stops", 0,
			    "a request completed after the reply to "
			    "GET_VRING_BASE"));
}

/* "Suspended device state": the front-end's messages are still processed. */
VUS_CASE(messages_are_answered_while_stopped,
	 .title = "messages are answered while all rings are stopped",
	 .rules = { "ring_stop.still_replies" }, .start = VUS_START_RUNNING)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_CHECK(t, "ring_stop.still_replies", vus_fe_barrier(s, &err),
		  "messages are answered while all rings are stopped", "%s",
		  err.text);
}

/* The first GET_VRING_BASE stops the ring; a second one changes nothing. */
VUS_CASE(asking_twice_gives_the_same_base,
	 .title = "a second GET_VRING_BASE is answered as the first one",
	 .rules = { "ring_stop.repeat" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	uint32_t first, second;
	struct vus_err err;

	VUS_STEP(t, vus_step_ping_and_stop(t, 3, &first));
	VUS_CHECK(t, "ring_stop.repeat", vus_fe_queue_stop(s, 0, &second, &err),
		  "a second GET_VRING_BASE is answered", "%s", err.text);
	VUS_CHECK(t, "ring_stop.repeat", first == second,
		  "the second reply has the base of the first",
		  "the base was %u first and %u then", first, second);
}

/* The same on a ring that never ran: the reply is the base that was set. */
static const uint16_t unstarted[] = { 0, 9, 65535 };

VUS_CASE(unstarted_ring_answers_its_base,
	 .title = "a ring that was never started returns the base that was set",
	 .rules = { "ring_stop.repeat" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "0", "9", "65535" })
{
	struct vus_session *s = vus_fe(t);
	const uint16_t base = unstarted[t->row];
	struct vus_err err;
	uint32_t got;

	VUS_PREREQ(t,
		   base == UINT16_MAX ? "ring_base.any_16bit" : "ring_base.set",
		   vus_fe_set_state(s, VUS_FE_SET_VRING_BASE,
				    s->queues[0].index, base, &err),
		   &err);
	VUS_CHECK(
		t, "ring_stop.repeat", vus_fe_queue_stop(s, 0, &got, &err),
		"GET_VRING_BASE is answered for a ring that was never started",
		"%s", err.text);
	VUS_CHECK(t, "ring_stop.repeat", got == base,
		  "the reply has the base that was set",
		  "the reply is %u for a ring with base %u", got, base);
}

/* "Ring states": the two states are independent: SET_VRING_ENABLE does not
 * start what GET_VRING_BASE stopped. */
VUS_CASE(enabling_does_not_restart,
	 .title = "a stopped ring that is enabled stays stopped",
	 .rules = { "ring_stop.enable_after" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;

	VUS_STEP(t, vus_step_ping_and_stop(t, 1, NULL));
	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, true, &err),
		   &err);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 9, &ping));
	VUS_STEP(t, vus_step_ring_stays_idle(
			    t, "ring_stop.enable_after", 0,
			    "a request completed on a stopped ring that was "
			    "enabled"));
}

/* GET_VRING_BASE stops the ring that it names. */
VUS_CASE(other_rings_go_on, .title = "stopping one ring leaves another running",
	 .rules = { "ring_stop.only_that_ring" }, .start = VUS_START_RUNNING,
	 .queues = 2, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 1, t->seed + 10, &err), &err);
	VUS_STEP(t, vus_step_ping_and_stop(t, 1, NULL));
	VUS_STEP(t,
		 vus_step_ping(t, "ring_stop.only_that_ring", 1, t->seed + 11));
}

/* A ring that is started again gets new descriptors: the old ones are closed.
 * Pipes show it, once our own copies of the back-end's ends are closed. */
VUS_CASE(descriptors_are_released,
	 .title = "a stopped ring's kick and call descriptors are closed",
	 .rules = { "ring_stop.fds_dropped" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];

	s->notify = VUS_PIPE;
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, vus_step_ping_and_stop(t, 1, NULL));
	vus_fd_close(&q->call.wr);
	vus_fd_close(&q->kick.rd);
	VUS_CHECK(t, "ring_stop.fds_dropped", vus_pipe_released(t, q->call.rd),
		  "a stopped ring's call descriptor is closed",
		  "the call descriptor is still open %d ms after the stop",
		  VUS_RELEASE_MS);
	VUS_CHECK(t, "ring_stop.fds_dropped",
		  vus_pipe_reader_closed(t, q->kick.wr),
		  "a stopped ring's kick descriptor is closed",
		  "the kick descriptor is still open %d ms after the stop",
		  VUS_RELEASE_MS);
}

/* ---- after the stop ---- */

/* Serve some pings and stop every ring: the device is suspended. */
static bool suspend(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (!vus_step_ping_and_stop(t, 3, NULL))
		return false;
	for (unsigned i = 1; i < VUS_MAX_QUEUES; i++) {
		if (!s->queues[i].set_up || vus_fe_queue_stop(s, i, NULL, &err))
			continue;
		vus_prereq_failed(t, "ring_stop.reply", &err);
		return false;
	}
	if (vus_fe_barrier(s, &err))
		return true;
	vus_prereq_failed(t, "ring_stop.still_replies", &err);
	return false;
}

/* "VHOST_USER_GET_VRING_BASE": requests that the reply counts are complete,
 * since the ring is restarted behind them.  The requests were kicked before
 * another message, kicked just before, or not at all: those the back-end may
 * serve or leave. */
VUS_CASE(answer_comes_when_all_is_done,
	 .title = "no request completes after the reply to GET_VRING_BASE",
	 .rules = { "ring_stop.drain" }, .start = VUS_START_RUNNING,
	 .pings = true, .rows = { "taken", "kicked", "not_kicked" })
{
	const unsigned n = 4;
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_ping ping;
	struct vus_used used;
	struct vus_err err;
	uint16_t head;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	for (unsigned i = 1; i <= n; i++) {
		VUS_STEP(t, vus_step_ping_add(t, 0, t->seed + i, &ping, &head));
		vus_split_put(ring, head);
	}
	vus_split_publish(ring);
	if (t->row <= 1)
		VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	if (t->row == 0)
		VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err),
			   &err);
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	while (vus_split_reap(ring, &used))
		;
	VUS_CHECK(t, "ring_stop.drain", vus_fe_ring_is_quiet(s, 0, t->quiet_ms),
		  "no request completes after the reply to GET_VRING_BASE",
		  "%u of %u requests completed after the reply",
		  vus_split_used_pending(ring), n);
}

/* "Suspended device state": while all rings are stopped, the device must not
 * write to guest memory.  All memory that was allocated is compared. */
VUS_CASE(suspended_device_writes_nothing,
	 .title = "guest memory does not change while all rings are stopped",
	 .rules = { "ring_stop.no_late_write" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const uint64_t from = vus_place_home(&s->guest)->gpa;
	VUS_AUTO_FREE uint8_t *before = NULL;
	const uint8_t *now;
	size_t len, i = 0;

	VUS_STEP(t, suspend(t));
	len = (size_t)(s->guest.cursor - from);
	now = vus_guest_host(&s->guest, from, len);
	before = malloc(len);
	if (!now || !before)
		abort();
	memcpy(before, now, len);
	(void)vus_fe_ring_is_quiet(s, 0, t->quiet_ms);
	while (i < len && before[i] == now[i])
		i++;
	VUS_CHECK(t, "ring_stop.no_late_write", i == len,
		  "guest memory does not change while all rings are stopped",
		  "the byte at 0x%llx changed after the last ring was stopped",
		  (unsigned long long)(from + i));
}

/* The same heading: no notifications to the guest. */
VUS_CASE(suspended_device_signals_nothing,
	 .title = "no descriptor is signalled while all rings are stopped",
	 .rules = { "ring_stop.no_late_call" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_queue *q = &s->queues[0];
	struct pollfd p[] = {
		{ .fd = q->call.rd, .events = POLLIN },
		{ .fd = q->err.rd, .events = POLLIN },
	};

	VUS_STEP(t, suspend(t));
	vus_event_drain(q->call.rd, NULL);
	vus_event_drain(q->err.rd, NULL);
	VUS_CHECK(t, "ring_stop.no_late_call",
		  vus_fe_fds_are_quiet(s, p, VUS_COUNT(p), t->quiet_ms),
		  "no descriptor is signalled while all rings are stopped",
		  "the %s descriptor was signalled after the last ring was "
		  "stopped",
		  p[0].revents ? "call" : "err");
}

/* The same heading: no messages to the front-end. */
VUS_CASE(suspended_device_sends_no_request,
	 .title = "no back-end request is sent while all rings are stopped",
	 .rules = { "ring_stop.no_late_request" }, .start = VUS_START_RUNNING,
	 .needs = PF(BACKEND_REQ), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FRAME late = { 0 };
	struct vus_err err;

	VUS_STEP(t, suspend(t));
	for (;;) {
		VUS_AUTO_FRAME before = { 0 };

		if (!vus_link_recv(&s->back, &before, vus_now(), &err))
			break;
	}
	VUS_CHECK(t, "ring_stop.no_late_request",
		  vus_step_fd_is_quiet(t, s->back.fd) ||
			  !vus_link_recv(&s->back, &late, vus_now(), &err),
		  "the back-end sends no request while all rings are stopped",
		  "request %u came after the last ring was stopped", late.id);
}
