/* SPDX-License-Identifier: BSD-3-Clause */
/* features.c — GET_FEATURES and SET_FEATURES: what is offered, what is
 * accepted, and what becomes of rings. */
#include "fixture/rings.h"

#include "base/clock.h"

/* SET_FEATURES and a barrier, so that it has taken effect before the next kick
 * even without REPLY_ACK. */
static bool send_features(struct vus_session *s, uint64_t word,
			  struct vus_err *err)
{
	if (!vus_fe_set_u64(s, VUS_FE_SET_FEATURES, word, err) ||
	    !vus_fe_barrier(s, err))
		return false;
	s->features = word;
	return true;
}

/* "VHOST_USER_GET_FEATURES": answered with one u64. Here it is the first
 * message of the connection, as with QEMU, which sends it twice. */
VUS_CASE(first_get_features_is_answered,
	 .title = "GET_FEATURES as the first message is answered with one u64",
	 .rules = { "features.get_reply" }, .start = VUS_START_CONNECTED)
{
	const struct vus_frame ask =
		vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	struct vus_err err;

	for (unsigned i = 0; i < 2; i++) {
		VUS_AUTO_FRAME got = { 0 };

		VUS_CHECK(t, "features.get_reply",
			  vus_fe_request(vus_fe(t), &ask, &got, &err),
			  "GET_FEATURES is answered with one u64", "%s",
			  err.text);
	}
}

/* Front-ends without REPLY_ACK use GET_FEATURES as a barrier, also while rings
 * run. */
VUS_CASE(get_features_is_answered_while_rings_run,
	 .title = "GET_FEATURES is answered while rings run, and requests are "
		  "served",
	 .rules = { "features.get_any_time" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	const unsigned rounds = VUS_MIN(t->rounds, 50u);
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	for (unsigned i = 1; i <= rounds && vus_step_has_time(t); i++) {
		const uint64_t cursor = s->guest.cursor;

		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
		VUS_CHECK(t, "features.get_any_time", vus_fe_barrier(s, &err),
			  "GET_FEATURES is answered while a request is served",
			  "%s", err.text);
		VUS_STEP(t, vus_step_ping_wait(t, "features.get_any_time", 0,
					       &ping));
		s->guest.cursor = cursor;
	}
}

/* Judge, under `rule`, that EVENT_IDX has no effect.  Without it the device
 * does not read used_event, behind the available ring.  A value far ahead
 * suppresses calls only in a back-end that reads it. */
static bool check_calls_without_event_idx(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_ping ping;
	struct vus_err err;
	bool called;

	if (!vus_step_prereq(t, "ring_state.enabled_runs",
			     vus_fe_ping(s, 0, t->seed, &err) &&
				     vus_fe_barrier(s, &err),
			     &err))
		return false;
	/* A back-end may signal a call descriptor once when it is set. */
	vus_event_drain(q->call.rd, NULL);
	vus_split_set_used_event(q->ring,
				 (uint16_t)(q->ring->used_seen + 0x4000));
	if (!vus_step_ping_offer(t, 0, t->seed + 1, &ping))
		return false;
	called = vus_step_wait_call(t, 0);
	return vus_check(t, rule, called,
			 "a completion is signalled as without EVENT_IDX",
			 "no call came, as if EVENT_IDX were in force; "
			 "used.idx is %u",
			 q->ring->used->idx);
}

/* "VHOST_USER_SET_FEATURES" enables the features that it holds: no others, and
 * none of an earlier SET_FEATURES. */
VUS_CASE(only_acknowledged_features_act,
	 .title = "EVENT_IDX that was not acknowledged has no effect",
	 .rules = { "features.set_activates" }, .start = VUS_START_MEMORY,
	 .needs_vf = VF(RING_EVENT_IDX), .without_vf = VF(RING_EVENT_IDX),
	 .pings = true, .rows = { "never_set", "set_and_taken_back" })
{
	struct vus_session *s = vus_fe(t);
	const uint64_t word = s->features;
	struct vus_err err;

	if (t->row == 1) {
		VUS_PREREQ(t, "features.set_activates",
			   send_features(s, word | VF(RING_EVENT_IDX), &err),
			   &err);
		VUS_PREREQ(t, "features.set_activates",
			   send_features(s, word, &err), &err);
	}
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, check_calls_without_event_idx(t, "features.set_activates"));
}

/* What the device wrote behind the used ring. */
static uint16_t avail_event(const struct vus_split_driver *ring)
{
	const uint16_t *word =
		(const uint16_t *)(const void *)&ring->used->ring[ring->num];

	return le16toh(*(const volatile uint16_t *)word);
}

/* The same heading.  EVENT_IDX shows in two ways: a call comes in spite of
 * avail.flags, or avail_event is written.  A device that polls may leave out
 * the second. */
VUS_CASE(acknowledged_features_act,
	 .title = "EVENT_IDX that was acknowledged has an effect",
	 .rules = { "features.set_activates" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(RING_EVENT_IDX), .pings = true)
{
	const uint16_t mark = 0x4000;
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	uint16_t *word = (uint16_t *)(void *)&ring->used->ring[ring->num];
	struct vus_ping ping;
	struct vus_err err;
	bool called;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(vus_fe(t), 0, t->seed, &err) &&
			   vus_fe_barrier(vus_fe(t), &err),
		   &err);
	vus_event_drain(vus_fe(t)->queues[0].call.rd, NULL);
	*word = htole16(mark);
	vus_split_no_interrupt(ring, true);
	vus_split_set_used_event(ring, ring->used_seen);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_step_wait_used_idx(t, 0, (uint16_t)(ring->used_seen + 1),
					  &err),
		   &err);
	called = vus_step_wait_call(t, 0);
	VUS_CHECK(t, "features.set_activates",
		  called || avail_event(ring) != mark,
		  "the device reads used_event, or writes avail_event",
		  "no call came at used_event, and avail_event was not "
		  "written");
}

/* A front-end that acknowledges a feature that was not offered will use it.
 * The back-end must at least refuse the message; libvhost-user accepts any
 * bits. */
static const struct {
	unsigned from, to;
} foreign_bits[] = { { 0, 23 }, { 41, 62 }, { 63, 63 } };

VUS_CASE(unoffered_feature_is_refused,
	 .title = "SET_FEATURES with a bit that was not offered is refused",
	 .rules = { "features.set_unoffered" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "device_bit", "high_bit", "bit_63" })
{
	struct vus_session *s = vus_fe(t);
	const uint64_t bit = vus_unoffered_bit(
		s->offered, foreign_bits[t->row].from, foreign_bits[t->row].to);
	const struct vus_frame f =
		vus_acked_u64_frame(VUS_FE_SET_FEATURES, s->features | bit);

	if (bit == 0)
		VUS_SKIP(t, "the back-end offers all of these bits");
	VUS_EXPECT_OBSERVABLE(t, "features.set_unoffered",
			      vus_step_classify(t, &f, NULL),
			      VUS_REFUSED | VUS_CLOSED,
			      "SET_FEATURES with a bit that was not offered");
}

/* SET_FEATURES that is refused has no effect in part either. */
VUS_CASE(refused_features_leave_the_old_ones,
	 .title = "after a refused SET_FEATURES the old features are in force",
	 .rules = { "features.set_refused_keeps_old" },
	 .start = VUS_START_MEMORY, .needs = PF(REPLY_ACK),
	 .needs_vf = VF(RING_EVENT_IDX), .without_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const uint64_t bad = vus_unoffered_bit(s->offered, 0, 23) |
			     vus_unoffered_bit(s->offered, 63, 63);
	const struct vus_frame f = vus_acked_u64_frame(
		VUS_FE_SET_FEATURES, s->features | VF(RING_EVENT_IDX) | bad);
	struct vus_err err = {
		.kind = VUS_ERR_REFUSED,
		.text = "bits that were not offered are accepted"
	};
	enum vus_outcome outcome;

	if (bad == 0)
		VUS_SKIP(t, "the back-end offers all features");
	outcome = vus_fe_classify(s, &f, NULL, NULL);
	if (outcome == VUS_CLOSED)
		VUS_SKIP(t, "the back-end closes upon a word it refuses");
	VUS_PREREQ(t, "features.set_unoffered", outcome == VUS_REFUSED, &err);
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, check_calls_without_event_idx(
			    t, "features.set_refused_keeps_old"));
}

/* Judge, under `rule`, that the last request was completed only once. */
static bool check_served_once(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);
	unsigned more;
	struct vus_err err;

	if (!vus_step_prereq(t, "features.get_any_time",
			     vus_fe_barrier(s, &err), &err))
		return false;
	more = vus_split_used_pending(s->queues[0].ring);
	return vus_check(t, rule, more == 0, "each request is completed once",
			 "%u used entries too many", more);
}

/* QEMU's block and SCSI devices send SET_FEATURES twice at each start, and a
 * migration sends it repeatedly: running rings go on at their place. */
VUS_CASE(repeated_features_change_nothing,
	 .title = "repeating the same SET_FEATURES does not disturb a ring",
	 .rules = { "features.set_repeat" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	const unsigned rounds = VUS_MIN(t->rounds, 100u);
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	for (unsigned i = 1; i <= rounds && vus_step_has_time(t); i++) {
		VUS_CHECK(t, "features.set_repeat",
			  send_features(s, s->features, &err),
			  "SET_FEATURES with the same features succeeds", "%s",
			  err.text);
		VUS_PREREQ(t, "features.never_disables",
			   vus_fe_ping(s, 0, t->seed + i, &err), &err);
		VUS_STEP(t, check_served_once(t, "features.set_repeat"));
	}
}

/* Other features while a ring runs: refused, accepted or answered by a close.
 * A ring that goes on must not lose its place. */
static const uint64_t live_bits[] = { VF(RING_INDIRECT_DESC),
				      VF(RING_EVENT_IDX) };

VUS_CASE(other_features_on_a_running_ring_are_harmless,
	 .title = "a running ring stays consistent when a feature is removed",
	 .rules = { "features.set_live_other" }, .start = VUS_START_RUNNING,
	 .needs = PF(REPLY_ACK), .pings = true,
	 .rows = { "indirect", "event_idx" })
{
	struct vus_session *s = vus_fe(t);
	const uint64_t word = s->features & ~live_bits[t->row];
	const struct vus_frame f =
		vus_acked_u64_frame(VUS_FE_SET_FEATURES, word);
	enum vus_outcome outcome;
	struct vus_err err;

	if (word == s->features)
		VUS_SKIP(t, "the back-end does not offer this feature");
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	outcome = vus_fe_classify(s, &f, NULL, NULL);
	VUS_EXPECT(t, "features.set_live_other", outcome,
		   VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED,
		   "SET_FEATURES with a feature less while a ring runs");
	if (outcome == VUS_CLOSED)
		return;
	if (outcome == VUS_ACCEPTED)
		s->queues[0].ring->event_idx = word & VF(RING_EVENT_IDX);
	for (unsigned i = 1; i <= 4; i++) {
		VUS_STEP(t, vus_step_ping(t, "features.set_live_other", 0,
					  t->seed + i));
		VUS_STEP(t, check_served_once(t, "features.set_live_other"));
	}
}

/* "Ring states": a SET_FEATURES without bit 30 enables all rings at once.
 * libvhost-user tests bits 1 to 4 instead of bit 30, so features with and
 * without those bits are sent. */
static const uint64_t plain_words[] = { VF(VERSION_1), VF(VERSION_1) | 0x16 };

VUS_CASE(features_without_bit_30_enable_rings,
	 .title = "after SET_FEATURES without bit 30 a ring runs without "
		  "SET_VRING_ENABLE",
	 .rules = { "features.without_bit30_enables_all" },
	 .start = VUS_START_CONNECTED, .pings = true,
	 .rows = { "version_1_only", "with_device_bits", "bit_30_taken_back" })
{
	struct vus_session *s = vus_fe(t);
	const bool back = t->row == VUS_COUNT(plain_words);
	const uint64_t first =
		back ? vus_fe_wanted_features(t) : plain_words[t->row];
	struct vus_err err;

	VUS_STEP(t, vus_step_bring_up(
			    t,
			    vus_fe_negotiate(s, first,
					     vus_fe_wanted_protocol_features(t),
					     &err),
			    &err));
	if (back && !(s->features & VF(PROTOCOL_FEATURES)))
		VUS_SKIP(t, "the back-end does not offer PROTOCOL_FEATURES");
	if (back)
		VUS_PREREQ(t, "features.set_activates",
			   send_features(s,
					 s->features & ~VF(PROTOCOL_FEATURES),
					 &err),
			   &err);
	VUS_STEP(t, vus_step_announce_memory(t));
	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, 0));
	VUS_STEP(t, vus_step_ping(t, "features.without_bit30_enables_all", 0,
				  t->seed));
}

/* The same heading: with bit 30 it is SET_VRING_ENABLE that enables a ring.
 * Features without bits 1 to 4 are those that libvhost-user gets wrong. */
VUS_CASE(features_with_bit_30_enable_nothing,
	 .title = "SET_FEATURES with bit 30 leaves a disabled ring disabled",
	 .rules = { "features.with_bit30_no_enable" },
	 .start = VUS_START_VRINGS,
	 .needs_vf = VF(PROTOCOL_FEATURES) | VF(VERSION_1), .pings = true,
	 .rows = { "same_word", "version_1_only" })
{
	struct vus_session *s = vus_fe(t);
	const uint64_t word = t->row == 0
				      ? s->features
				      : VF(VERSION_1) | VF(PROTOCOL_FEATURES);
	enum vus_ping_state state;
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "ring_enable.set", vus_fe_queue_enable(s, 0, false, &err),
		   &err);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
	state = vus_step_ping_state(VUS_AT(t), 0, &ping);
	if (state == VUS_PING_UNKNOWN)
		return;
	/* Other features are for a device that does not run. */
	if (t->row == 1 && s->prepared)
		VUS_SKIP(t, "another ring of the device runs");
	(void)vus_fail(&err, VUS_ERR_REFUSED,
		       "a disabled ring executes requests in any case");
	VUS_PREREQ(t, "ring_enable.set", state != VUS_PING_EXECUTED, &err);
	VUS_PREREQ(t, "features.set_activates", send_features(s, word, &err),
		   &err);
	if (state == VUS_PING_RETURNED)
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	VUS_STEP(t, vus_step_ping_not_executed(
			    t, "features.with_bit30_no_enable", 0, &ping,
			    "a request on a disabled ring was executed "
			    "after SET_FEATURES with bit 30"));
	VUS_STEP(t, vus_step_control_enabled(t, 0));
}

/* "Ring states": only SET_VRING_ENABLE disables. */
VUS_CASE(features_with_bit_30_disable_nothing,
	 .title = "SET_FEATURES with bit 30 leaves an enabled ring enabled",
	 .rules = { "features.never_disables" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_used used;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "features.set_repeat",
		   send_features(s, s->features, &err), &err);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	VUS_CHECK(t, "features.never_disables",
		  vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms), &used,
				   &err),
		  "the ring stays enabled, and a request is completed", "%s",
		  err.text);
}

/* A ping as a driver with EVENT_IDX sends it: with a kick only if the device
 * asked for one at this index. */
static bool ping_with_event_idx(struct vus_ctx *t, const char *rule,
				uint64_t seed)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_ping ping;
	uint16_t head;
	struct vus_err err;

	if (!vus_step_ping_add(t, 0, seed, &ping, &head))
		return false;
	vus_split_put(ring, head);
	vus_split_publish(ring);
	if (vus_split_wants_kick(ring) && !vus_fe_kick(s, 0, &err)) {
		vus_setup_failed(t, &err);
		return false;
	}
	return vus_step_ping_wait(t, rule, 0, &ping);
}

/* EVENT_IDX is in force from SET_FEATURES on.  A back-end that reads it only at
 * SET_VRING_BASE misses it if that came earlier, or not at all.  It then
 * suppresses kicks without avail_event, and waits for ever. */
VUS_CASE(event_idx_needs_no_base,
	 .title = "EVENT_IDX works without SET_VRING_BASE after SET_FEATURES",
	 .rules = { "features.event_idx_without_base" },
	 .start = VUS_START_MEMORY, .needs_vf = VF(RING_EVENT_IDX),
	 .without_vf = VF(RING_EVENT_IDX), .pings = true,
	 .rows = { "no_base", "base_first" })
{
	struct vus_session *s = vus_fe(t);
	const struct vus_queue *q = &s->queues[0];
	struct vus_err err;

	if (t->row == 1)
		VUS_PREREQ(t, "ring_base.set",
			   vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index,
					    0, &err),
			   &err);
	VUS_PREREQ(t, "features.set_activates",
		   send_features(s, s->features | VF(RING_EVENT_IDX), &err),
		   &err);
	VUS_STEP(t, vus_step_setup_companions(t));
	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err);
	VUS_PREREQ(t, "ring_state.any_order",
		   vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index, q->num,
				    &err) &&
			   vus_fe_queue_send_addr(s, 0, &err) &&
			   vus_fe_queue_send_fds(s, 0, &err) &&
			   (!(s->features & VF(PROTOCOL_FEATURES)) ||
			    vus_fe_queue_enable(s, 0, true, &err)),
		   &err);
	for (unsigned i = 0; i < 4; i++) {
		VUS_STEP(t, ping_with_event_idx(
				    t, "features.event_idx_without_base",
				    t->seed + i));
	}
}

/* "IOMMU support": the back-end requests missing translations over the
 * back-end channel, and needs the acknowledgement.  QEMU refuses a device
 * without them. */
VUS_CASE(iommu_is_offered_with_a_channel,
	 .title = "ACCESS_PLATFORM is offered together with a back-end channel",
	 .rules = { "features.iommu_needs_channel" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(ACCESS_PLATFORM))
{
	const uint64_t needed = PF(BACKEND_REQ) | PF(REPLY_ACK);
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "protocol_features.get_reply",
		   vus_fe_select_protocol_features(s, 0, &err), &err);
	VUS_CHECK(t, "features.iommu_needs_channel",
		  (s->pf_offered & needed) == needed,
		  "ACCESS_PLATFORM is offered together with BACKEND_REQ and "
		  "REPLY_ACK",
		  "%s is not offered",
		  s->pf_offered & PF(BACKEND_REQ) ? "REPLY_ACK"
						  : "BACKEND_REQ");
}
