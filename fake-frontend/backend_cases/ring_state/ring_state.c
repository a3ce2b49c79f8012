/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_state.c — what a ring does while it is stopped, started, disabled and
 * enabled.
 *
 * "Ring states" has two flags.  A stopped ring must not be processed at all:
 * any used entry is a breach.  A started but disabled ring is processed without
 * side effects: a network device discards what is sent there.  So a used entry
 * alone is no breach there; a request that was executed is, and its buffers
 * show that. */
#include "fixture/disk.h"
#include "fixture/rings.h"

/* "Ring states": the back-end must start a ring upon the descriptor that
 * SET_VRING_KICK gave becoming readable.  It may have started it earlier. */
VUS_CASE(kick_starts_the_ring,
	 .title = "a ring is served once its kick descriptor is readable",
	 .rules = { "ring_state.start_on_kick" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	VUS_STEP(t, vus_step_ping(t, "ring_state.start_on_kick", 0, t->seed));
}

/* Ring 0, laid out and announced. */
static bool set_up_without_kick(struct vus_ctx *t)
{
	struct vus_err err;

	return vus_step_setup_companions(t) &&
	       vus_step_setup(t, vus_fe_queue_alloc(vus_fe(t), 0, 0, 0, &err),
			      &err) &&
	       vus_step_ring_setup_no_kick(t, 0, 0);
}

/* "Ring states": a stopped ring must not be processed, enabled or not. */
VUS_CASE(ring_without_kick_is_left_alone,
	 .title = "a ring that was never started is not processed, even if "
		  "enabled",
	 .rules = { "ring_state.stopped_untouched" }, .start = VUS_START_MEMORY,
	 .needs_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;

	VUS_STEP(t, set_up_without_kick(t));
	VUS_PREREQ(t, "ring_enable.before_start",
		   vus_fe_queue_enable(s, 0, true, &err), &err);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
	VUS_STEP(t,
		 vus_step_ring_stays_idle(t, "ring_state.stopped_untouched", 0,
					  "a request on a ring that was never "
					  "started completed"));
	VUS_STEP(t, vus_step_ring_setup_keep_base(t, 0));
	VUS_STEP(t, vus_step_control(t, 0));
}

/* The same without bit 30, where all rings are enabled from SET_FEATURES on: a
 * ring begins stopped. */
VUS_CASE(ring_begins_stopped,
	 .title = "a ring that was set up and never started is not processed",
	 .rules = { "ring_state.initial" }, .start = VUS_START_MEMORY,
	 .without_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	struct vus_ping ping;

	VUS_STEP(t, set_up_without_kick(t));
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
	VUS_STEP(t, vus_step_ring_stays_idle(t, "ring_state.initial", 0,
					     "a request on a ring without "
					     "SET_VRING_KICK completed"));
	VUS_STEP(t, vus_step_ring_setup_keep_base(t, 0));
	VUS_STEP(t, vus_step_control(t, 0));
}

/* "VHOST_USER_SET_VRING_KICK": bit 8 in the first such message.  No descriptor
 * will ever become readable, so that the ring starts without one. */
VUS_CASE(ring_that_never_had_a_kick_is_polled,
	 .title = "a ring whose first SET_VRING_KICK has bit 8 is polled",
	 .rules = { "ring_fds.nofd_kick" }, .start = VUS_START_MEMORY,
	 .pings = true, .early = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame kick;
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head;

	VUS_STEP(t, set_up_without_kick(t));
	kick = vus_vring_fd_frame(s, VUS_FE_SET_VRING_KICK,
				  s->queues[0].index | VUS_VRING_NOFD, -1);
	VUS_CHECK(t, "ring_fds.nofd_kick",
		  vus_fe_send_acked(s, &kick, &err) && vus_is_taken(s, &err),
		  "SET_VRING_KICK with bit 8 and no descriptor is accepted",
		  "%s", err.text);
	VUS_STEP(t, vus_step_ring_enable(t, 0));
	VUS_STEP(t, vus_step_ping_add(t, 0, t->seed, &ping, &head));
	vus_split_put(s->queues[0].ring, head);
	vus_split_publish(s->queues[0].ring);
	VUS_STEP(t, vus_step_ping_wait(t, "ring_fds.nofd_kick", 0, &ping));
}

/* "Ring states": a started but disabled ring has no side effects. */
VUS_CASE(disabled_ring_executes_nothing,
	 .title = "a started ring that was never enabled executes no request",
	 .rules = { "ring_state.disabled_no_effect" },
	 .start = VUS_START_VRINGS, .needs_vf = VF(PROTOCOL_FEATURES),
	 .pings = true)
{
	struct vus_ping ping;

	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
	VUS_STEP(t, vus_step_ping_not_executed(
			    t, "ring_state.disabled_no_effect", 0, &ping,
			    "a request on a ring that was never enabled was "
			    "executed"));
	VUS_STEP(t, vus_step_control_enabled(t, 0));
}

/* Offer a request on a started, disabled ring.  False: it does not stay
 * pending, and the verdict is set. */
static bool offer_and_expect_nothing(struct vus_ctx *t, struct vus_ping *ret)
{
	struct vus_err err;

	if (!vus_step_ping_offer(t, 0, t->seed, ret))
		return false;
	switch (vus_step_ping_state(t, 0, ret)) {
	case VUS_PING_PENDING:
		return true;
	case VUS_PING_RETURNED:
		vus_skip(t, "a disabled ring gives requests back unexecuted");
		return false;
	case VUS_PING_EXECUTED:
		(void)vus_fail(&err, VUS_ERR_PROTOCOL,
			       "a request on a disabled ring was executed");
		vus_prereq_failed(t, "ring_state.disabled_no_effect", &err);
		return false;
	default:
		return false;
	}
}

/* "Ring states" names no order between making buffers available, kicking and
 * SET_VRING_ENABLE: requests that are pending when the ring is enabled are
 * processed then.  A back-end that discarded them before has nothing to do. */
VUS_CASE(
	requests_wait_for_the_enable,
	.title =
		"requests that are pending when a ring is enabled are executed",
	.rules = { "ring_state.pending_at_enable" }, .start = VUS_START_VRINGS,
	.needs_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;

	VUS_STEP(t, offer_and_expect_nothing(t, &ping));
	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, true, &err),
		   &err);
	VUS_STEP(t, vus_step_ping_wait(t, "ring_state.pending_at_enable", 0,
				       &ping));
}

/* "VHOST_USER_SET_VRING_ENABLE": num 0 disables the ring.  Order is made by a
 * request that completed and by an acknowledged (or barriered) disable. */
VUS_CASE(disabling_stops_execution,
	 .title = "a running ring that is disabled executes no further request",
	 .rules = { "ring_enable.set" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, false, &err),
		   &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	VUS_STEP(t, vus_step_ping_not_executed(
			    t, "ring_enable.set", 0, &ping,
			    "a request was executed after SET_VRING_ENABLE 0"));
	VUS_STEP(t, vus_step_control_enabled(t, 0));
}

/* Offer a write of a block on ring 0. */
static bool offer_write(struct vus_ctx *t, const struct vus_disk *d,
			uint64_t seed)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_err err = { 0 };
	struct vus_blk r;
	uint16_t head;

	if (!vus_step_setup(
		    t,
		    vus_blk_build(s, VIRTIO_BLK_T_OUT, d->place,
				  d->block * VUS_SECTOR, 0, seed, &r, &err) &&
			    vus_split_add(ring, r.segs, r.nsegs, &head, &err),
		    &err))
		return false;
	vus_split_put(ring, head);
	vus_split_publish(ring);
	return vus_step_setup(t, vus_fe_kick(s, 0, &err), &err);
}

/* A write, unlike a read, has an effect beyond its own ring.  The ring is
 * reset, without the write, before its place on the disk is read. */
VUS_CASE(disabled_ring_writes_nothing,
	 .title = "a write on a disabled ring does not reach the disk",
	 .rules = { "ring_state.disabled_no_effect" }, .devices = "blk",
	 .start = VUS_START_RUNNING, .needs_vf = VF(PROTOCOL_FEATURES),
	 .pings = true, .writes = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_blk before, after;
	struct vus_disk d;
	struct vus_err err;

	VUS_STEP(t, vus_disk_find_scratch(t, &d));
	VUS_STEP(t, vus_disk_prereq(t, VIRTIO_BLK_T_OUT, d.place, d.block,
				    t->seed, &before));
	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, false, &err),
		   &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_STEP(t, offer_write(t, &d, t->seed + 1));
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	(void)vus_fe_ring_is_quiet(s, 0, t->quiet_ms);
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	vus_fe_queue_reset(s, 0, 0);
	VUS_STEP(t, vus_step_ring_restart(t, 0, 0));
	VUS_STEP(t, vus_disk_prereq(t, VIRTIO_BLK_T_IN, d.place, d.block,
				    t->seed + 2, &after));
	VUS_CHECK(t, "ring_state.disabled_no_effect",
		  !vus_blk_data_is(s, &after, t->seed + 1),
		  "a write on a disabled ring does not change the disk",
		  "the disk holds what was written");
}

/* The same message names one ring, and changes no other. */
VUS_CASE(rings_are_disabled_one_by_one,
	 .title = "disabling one ring leaves another running",
	 .rules = { "ring_enable.per_ring" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(PROTOCOL_FEATURES), .queues = 2, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	for (unsigned i = 0; i < 2; i++)
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_fe_ping(s, i, t->seed + i, &err), &err);
	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, false, &err),
		   &err);
	VUS_STEP(t, vus_step_ping(t, "ring_enable.per_ring", 1, t->seed + 2));
}

/* "Ring states": the two states are independent, so a ring may be enabled
 * before it is started, and before anything else is known of it. */
VUS_CASE(enable_before_the_start_is_kept,
	 .title = "a ring that was enabled before it was set up runs when "
		  "started",
	 .rules = { "ring_enable.before_start" }, .start = VUS_START_MEMORY,
	 .needs_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, vus_step_setup_companions(t));
	VUS_CHECK(t, "ring_enable.before_start",
		  vus_fe_queue_enable(s, 0, true, &err),
		  "SET_VRING_ENABLE is accepted before the ring is set up",
		  "%s", err.text);
	/* A kick that is seen before the start may be discarded. */
	VUS_STEP(t, vus_step_bring_up(t,
				      vus_fe_queue_setup(s, 0, 0, 0, &err) &&
					      vus_fe_barrier(s, &err),
				      &err));
	VUS_STEP(t, vus_step_ping(t, "ring_enable.before_start", 0, t->seed));
}

/* The other direction: enabled and disabled again while it is stopped, a ring
 * is disabled when it starts.  Judged only where disabled rings were just seen
 * to execute nothing. */
VUS_CASE(disable_before_the_start_is_kept,
	 .title = "a ring that was disabled while stopped starts disabled",
	 .rules = { "ring_enable.before_start" }, .start = VUS_START_VRINGS,
	 .needs_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;
	uint32_t base;

	VUS_STEP(t, offer_and_expect_nothing(t, &ping));
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, &base, &err),
		   &err);
	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, true, &err),
		   &err);
	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, false, &err),
		   &err);
	VUS_STEP(t, vus_step_ring_setup_at(t, 0, (uint16_t)base));
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_STEP(t, vus_step_ping_not_executed(
			    t, "ring_enable.before_start", 0, &ping,
			    "a request on a ring that was disabled before its "
			    "start was executed"));
	VUS_STEP(t, vus_step_control_enabled(t, 0));
}

/* "Ring states": a network back-end in the disabled state "must process and
 * discard any TX packets".  DPDK leaves them where they are. */
VUS_CASE(disabled_transmit_ring_is_drained,
	 .title = "packets sent on a disabled ring are taken and discarded",
	 .rules = { "ring_state.disabled_drain" }, .devices = "net",
	 .start = VUS_START_RUNNING, .needs_vf = VF(PROTOCOL_FEATURES),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_used used;
	struct vus_err err;
	bool taken;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, false, &err),
		   &err);
	for (unsigned i = 1; i <= 3; i++) {
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
		taken = vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms),
					 &used, &err);
		VUS_STEP(t, vus_step_check_done(t, "ring_state.disabled_drain",
						taken, &err));
	}
	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, true, &err),
		   &err);
	VUS_STEP(t, vus_step_ping(t, "ring_state.disabled_drain", 0, t->seed));
}

/* The message's payload is a 32-bit num of which the text defines 0 and 1.
 * Another value may be refused, or enable the ring; if it is acknowledged and
 * the ring stays disabled, the driver waits for ever. */
static const uint32_t enable_values[] = { 2, 256, UINT32_MAX };

VUS_CASE(enable_value_is_refused_or_true,
	 .title = "SET_VRING_ENABLE with another value than 0 and 1 is refused "
		  "or enables",
	 .rules = { "ring_enable.other_values" }, .start = VUS_START_VRINGS,
	 .needs_vf = VF(PROTOCOL_FEATURES), .pings = true,
	 .rows = { "2", "256", "all_ones" })
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f = vus_vring_state_frame(
		s, VUS_FE_SET_VRING_ENABLE, s->queues[0].index,
		enable_values[t->row]);
	const enum vus_outcome outcome = vus_fe_classify(s, &f, NULL, NULL);

	VUS_EXPECT_OBSERVABLE(
		t, "ring_enable.other_values", outcome,
		VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED,
		"SET_VRING_ENABLE with a value other than 0 and 1");
	if (outcome == VUS_ACCEPTED)
		VUS_STEP(t, vus_step_ping(t, "ring_enable.other_values", 0,
					  t->seed));
	else if (outcome == VUS_REFUSED)
		VUS_STEP(t, vus_step_control_enabled(t, 0));
}

/* "Multiple queue support": each queue is identified by its index, and does not
 * depend on those before it.  Only the last ring is set up. */
VUS_CASE(last_ring_runs_alone,
	 .title = "the last ring runs although no other was set up",
	 .rules = { "ring_state.sparse" }, .start = VUS_START_MEMORY,
	 .queues = 2, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const unsigned last = vus_driver_rings(s->driver, s->nqueues) - 1;

	if (s->ncompanions > 0)
		VUS_SKIP(t, "a ring of this device needs others beside it");
	VUS_STEP(t, vus_step_ring_setup(t, last, 0, 0));
	VUS_STEP(t, vus_step_ping(t, "ring_state.sparse", last, t->seed));
}
