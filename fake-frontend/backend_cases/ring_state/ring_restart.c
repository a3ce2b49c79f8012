/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_restart.c — what restarts a stopped ring, and at which index. */
#include "fixture/rings.h"

/* "VHOST_USER_GET_VRING_BASE": the value may be given back with
 * SET_VRING_BASE; no request is lost or repeated. */
VUS_CASE(restart_goes_on_where_it_stopped,
	 .title = "a ring that is restarted with the base of its reply "
		  "continues there",
	 .rules = { "ring_restart.same_base" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	uint32_t base;

	for (unsigned round = 0; round < 3; round++) {
		VUS_STEP(t, vus_step_ping_and_stop(t, 2, &base));
		VUS_STEP(t, vus_step_ring_restart(t, 0, (uint16_t)base));
		VUS_STEP(t, vus_step_ping_once(t, "ring_restart.same_base", 0,
					       t->seed + round));
	}
}

/* A stopped ring keeps its position: without SET_VRING_BASE it continues, too.
 */
VUS_CASE(position_outlives_the_stop,
	 .title = "a ring that is restarted without a base continues where it "
		  "stopped",
	 .rules = { "ring_restart.kept_base" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	VUS_STEP(t, vus_step_ping_and_stop(t, 3, NULL));
	VUS_STEP(t, vus_step_ring_setup_keep_base(t, 0));
	VUS_STEP(t, vus_step_ring_enable(t, 0));
	VUS_STEP(t, vus_step_ping_once(t, "ring_restart.kept_base", 0,
				       t->seed + 3));
}

/* "VHOST_USER_SET_VRING_BASE" sets the next index, whatever it was before: a
 * driver that resets its ring begins at 0, a migration anywhere.  The used
 * index in memory is set to the same. */
static const uint16_t new_bases[] = { 0, 77, 65535 };

VUS_CASE(new_base_counts,
	 .title = "a stopped ring restarts at whatever base is set",
	 .rules = { "ring_restart.new_base" }, .start = VUS_START_RUNNING,
	 .pings = true, .rows = { "0", "77", "65535" })
{
	const uint16_t base = new_bases[t->row];

	VUS_STEP(t, vus_step_ping_and_stop(t, 3, NULL));
	vus_fe_queue_reset(vus_fe(t), 0, base);
	VUS_STEP(t, vus_step_ring_restart(t, 0, base));
	VUS_STEP(t, vus_step_ping_once(t, "ring_restart.new_base", 0,
				       t->seed + 3));
	VUS_STEP(t, vus_step_ping_once(t, "ring_restart.new_base", 0,
				       t->seed + 4));
}

/* "Ring states": a ring starts upon its kick.  All other messages only prepare
 * it, and the kick descriptor of the last run is no longer used. */
VUS_CASE(nothing_but_a_kick_restarts,
	 .title = "a stopped ring stays so until SET_VRING_KICK comes",
	 .rules = { "ring_restart.needs_kick" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_ping ping;
	struct vus_err err;
	uint32_t base;

	VUS_STEP(t, vus_step_ping_and_stop(t, 1, &base));
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	VUS_STEP(t, vus_step_ring_setup_no_kick(t, 0, (uint16_t)base));
	VUS_STEP(t, vus_step_ring_enable(t, 0));
	VUS_SETUP(t, vus_fe_kick(vus_fe(t), 0, &err), &err);
	VUS_STEP(t, vus_step_ring_stays_idle(
			    t, "ring_restart.needs_kick", 0,
			    "completed a request on a stopped ring without "
			    "SET_VRING_KICK"));
}

/* "Ring states": whether a ring is enabled does not depend on whether it is
 * started, so a stop leaves it enabled. */
VUS_CASE(enable_outlives_the_stop,
	 .title = "a ring that was enabled when it stopped restarts enabled",
	 .rules = { "ring_stop.keeps_enable" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	VUS_STEP(t, vus_step_ping_and_stop(t, 1, NULL));
	VUS_STEP(t, vus_step_ring_setup_at(
			    t, 0, vus_fe(t)->queues[0].ring->used_seen));
	VUS_STEP(t, vus_step_ping(t, "ring_stop.keeps_enable", 0, t->seed + 1));
}

/* What the driver asks for is in memory, which a stop does not change: with
 * EVENT_IDX and used_event at the first entry after the restart, that entry
 * must be signalled. */
VUS_CASE(first_completion_is_called,
	 .title = "the first completion after a restart is signalled",
	 .rules = { "ring_restart.notify" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(RING_EVENT_IDX), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_ping ping;
	struct vus_err err;

	VUS_STEP(t, vus_step_ping_and_stop(t, 2, NULL));
	VUS_STEP(t, vus_step_ring_restart(t, 0, q->ring->used_seen));
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	vus_event_drain(q->call.rd, NULL);
	vus_split_set_used_event(q->ring, q->ring->used_seen);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 2, &ping));
	VUS_STEP(t, vus_step_prereq(t, "ring_state.enabled_runs",
				    vus_step_wait_used_idx(
					    t, 0,
					    (uint16_t)(q->ring->used_seen + 1),
					    &err),
				    &err));
	VUS_CHECK(t, "ring_restart.notify", vus_step_wait_call(t, 0),
		  "the first completion after the restart is signalled",
		  "no call came; used.idx is %u, used_event %u",
		  q->ring->used->idx, q->ring->used_seen);
}
