/* SPDX-License-Identifier: BSD-3-Clause */
/* vstop.c — GET_VRING_BASE: the ring stops, and says where. */
#include "steps.h"

/* Serve `n` pings, then stop ring 0. */
static bool serve_and_stop(struct vus_ctx *t, unsigned n, uint32_t *ret_base)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	for (unsigned i = 0; i < n; i++) {
		if (!vus_fe_ping_on(s, 0, t->seed + i, &err)) {
			vus_need_failed(t, "vstate.enabled_runs", &err,
					__FILE__, __LINE__);
			return false;
		}
	}
	if (!vus_fe_queue_stop(s, 0, ret_base, &err)) {
		vus_need_failed(t, "vstop.reply", &err, __FILE__, __LINE__);
		return false;
	}
	return true;
}

/* "VHOST_USER_GET_VRING_BASE" is answered with a vring state: the same index,
 * and the position. */
VUS_CASE(reply_is_a_vring_state_of_that_ring,
	 .title = "GET_VRING_BASE answers with the index it was asked for",
	 .rules = { "vstop.reply" }, .start = VUS_START_RUNNING)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame ask = vus_request_frame(VUS_FE, VUS_FE_GET_VRING_BASE);
	VUS_AUTO_FRAME got = { 0 };
	struct vus_err err;

	VUS_CHECK(t, "vstop.reply", vus_fe_ask(s, &ask, &got, &err), "%s",
		  err.text);
	VUS_CHECK(t, "vstop.reply", got.size == 8,
		  "answered %u bytes of payload, not 8", got.size);
	VUS_CHECK(t, "vstop.reply", got.body.vring_state.index == 0,
		  "answered for ring %u, not 0", got.body.vring_state.index);
}

/* The position is the free-running index of the next available entry to
 * process, not reduced by the ring's size. */
VUS_CASE(value_counts_requests_freely,
	 .title = "the base answered counts every request taken, unreduced",
	 .rules = { "vstop.split_value" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	const uint16_t base = 65533;
	const unsigned pings = 7;
	uint32_t got;

	if (!vus_step_ring(t, 0, 4, base) || !serve_and_stop(t, pings, &got))
		return;
	VUS_CHECK(t, "vstop.split_value", got == (uint16_t)(base + pings),
		  "answered %u after base %u and %u requests, not %u", got,
		  base, pings, (uint16_t)(base + pings));
}

/* "Ring states": from GET_VRING_BASE on the ring is stopped, and a stopped
 * ring must not be processed.  Kicked on the old descriptor, too. */
VUS_CASE(nothing_is_served_after_the_reply,
	 .title = "a stopped ring serves nothing, kicked or not",
	 .rules = { "vstop.stops" }, .start = VUS_START_RUNNING, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;

	if (!serve_and_stop(t, 1, NULL) ||
	    !vus_step_offer(t, 0, t->seed + 9, &ping))
		return;
	VUS_NEED(t, "vstop.still_replies", vus_fe_barrier(s, &err), &err);
	VUS_CHECK(t, "vstop.stops", vus_fe_quiet(s, 0, t->quiet_ms),
		  "completed a request after GET_VRING_BASE was answered");
}

/* "Suspended device state": the front-end's messages are still processed. */
VUS_CASE(messages_are_answered_while_stopped,
	 .title = "with all rings stopped the back-end still answers",
	 .rules = { "vstop.still_replies" }, .start = VUS_START_RUNNING)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_NEED(t, "vstop.reply", vus_fe_queue_stop(s, 0, NULL, &err), &err);
	VUS_CHECK(t, "vstop.still_replies", vus_fe_barrier(s, &err), "%s",
		  err.text);
}

/* A second GET_VRING_BASE finds the ring as the first left it. */
VUS_CASE(asking_twice_gives_the_same_base,
	 .title = "a second GET_VRING_BASE answers what the first did",
	 .rules = { "vstop.repeat" }, .start = VUS_START_RUNNING, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	uint32_t first, second;
	struct vus_err err;

	if (!serve_and_stop(t, 3, &first))
		return;
	VUS_CHECK(t, "vstop.repeat", vus_fe_queue_stop(s, 0, &second, &err),
		  "%s", err.text);
	VUS_CHECK(t, "vstop.repeat", first == second,
		  "answered %u first and %u then", first, second);
}

/* "VHOST_USER_GET_VRING_BASE": the value may be given back with
 * SET_VRING_BASE; no request is lost or repeated. */
VUS_CASE(restart_goes_on_where_it_stopped,
	 .title = "restarted with the base it answered, a ring goes on",
	 .rules = { "vrestart.same_base" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	uint32_t base;

	for (unsigned round = 0; round < 3; round++) {
		uint16_t seen;

		if (!serve_and_stop(t, 2, &base) ||
		    !vus_step_restart(t, 0, (uint16_t)base))
			return;
		seen = s->queues[0].ring->used_seen;
		VUS_PING(t, "vrestart.same_base", 0, t->seed + round);
		VUS_CHECK(t, "vrestart.same_base",
			  vus_split_used_pending(s->queues[0].ring) == 0,
			  "%u entries more than were asked for",
			  vus_split_used_pending(s->queues[0].ring));
		VUS_CHECK(t, "vrestart.same_base",
			  (uint16_t)(s->queues[0].ring->used_seen - seen) == 1,
			  "one request, and %u used entries",
			  (uint16_t)(s->queues[0].ring->used_seen - seen));
	}
}
