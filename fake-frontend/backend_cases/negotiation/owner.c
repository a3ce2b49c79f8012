/* SPDX-License-Identifier: BSD-3-Clause */
/* owner.c — SET_OWNER and RESET_OWNER: when they may come, and what they must
 * keep. */
#include "fixture/steps.h"

#include "base/clock.h"

/* Send the requests of the selected features that have a u64 as reply. */
static bool get_limits(struct vus_session *s, struct vus_err *err)
{
	for (size_t i = 0; i < vus_nfeatures; i++) {
		const struct vus_feature *f = &vus_features[i];
		const struct vus_msg *msg = vus_msg_find(VUS_FE, f->shown_by);
		uint64_t value;

		if (f->protocol && (s->pf & VUS_BIT(f->bit)) && msg &&
		    msg->reply == &vus_payload_u64 &&
		    !vus_fe_get_u64(s, msg->id, &value, err))
			return false;
	}
	return true;
}

/* "VHOST_USER_SET_OWNER" is issued when a connection is new; the specification
 * sets no order.  QEMU sends it after all other requests of the negotiation,
 * libblkio before them. */
VUS_CASE(negotiation_may_precede_the_owner,
	 .title = "features, limits and channel are served before SET_OWNER",
	 .rules = { "owner.features_before_owner" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES))
{
	const uint64_t pf = PF(MQ) | PF(REPLY_ACK) | PF(BACKEND_REQ) |
			    PF(CONFIGURE_MEM_SLOTS);
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_CHECK(t, "owner.features_before_owner",
		  vus_fe_select_protocol_features(s, pf, &err),
		  "protocol features are negotiated before SET_OWNER", "%s",
		  err.text);
	VUS_CHECK(t, "owner.features_before_owner", get_limits(s, &err),
		  "limits are answered before SET_OWNER", "%s", err.text);
	if (s->pf & PF(BACKEND_REQ))
		VUS_SETUP(t, vus_fe_open_channel(s, &err), &err);
	VUS_CHECK(t, "owner.features_before_owner", vus_fe_barrier(s, &err),
		  "the channel is set up, and GET_FEATURES answered, before "
		  "SET_OWNER",
		  "%s", err.text);
}

/* Judge, under `rule`, that need_reply is answered, with whatever value. */
static bool check_acks(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f =
		vus_acked_u64_frame(VUS_FE_SET_FEATURES, s->features);

	if (!(s->pf & PF(REPLY_ACK)))
		return vus_step_check_queue_num(t, rule);
	return vus_expect(t, rule, vus_fe_classify(s, &f, NULL, NULL),
			  VUS_ACCEPTED | VUS_REFUSED,
			  "SET_FEATURES with need_reply");
}

/* SET_OWNER has been sent by now, after the protocol features as QEMU does; a
 * second time in the second row. */
VUS_CASE(owner_leaves_the_negotiation,
	 .title = "what was negotiated before SET_OWNER is in force after it",
	 .rules = { "owner.set_keeps_negotiation" },
	 .start = VUS_START_NEGOTIATED, .rows = { "first", "again" })
{
	const struct vus_frame owner =
		vus_request_frame(VUS_FE, VUS_FE_SET_OWNER);
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	if (t->row == 1)
		VUS_PREREQ(t, "owner.set_twice",
			   vus_fe_send_noack(s, &owner, &err) &&
				   vus_fe_barrier(s, &err),
			   &err);
	VUS_STEP(t, check_acks(t, "owner.set_keeps_negotiation"));
}

/* Whether a second SET_OWNER succeeds is open; a running device goes on.
 * rust-vmm refuses it and closes. */
VUS_CASE(second_owner_is_survivable,
	 .title = "a second SET_OWNER leaves a running device running",
	 .rules = { "owner.set_twice" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	const struct vus_frame f = vus_acked_u64_frame(VUS_FE_SET_OWNER, 0);
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_EXPECT(t, "owner.set_twice", vus_fe_classify(s, &f, NULL, NULL),
		   VUS_ACCEPTED | VUS_REFUSED | VUS_SILENT,
		   "a second SET_OWNER");
	VUS_STEP(t, vus_step_ping(t, "owner.set_twice", 0, t->seed + 1));
}

static bool reset_owner(struct vus_session *s, struct vus_err *err)
{
	const struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_RESET_OWNER);

	return vus_fe_send_noack(s, &f, err) && vus_fe_barrier(s, err);
}

/* "VHOST_USER_RESET_OWNER": to be ignored, or to disable all rings.  Either way
 * a ring that is enabled again runs.  Sent without need_reply: the next case
 * judges whether REPLY_ACK is still in force. */
VUS_CASE(reset_owner_disables_at_most,
	 .title = "after RESET_OWNER a ring runs once it is enabled again",
	 .rules = { "owner.reset_effect" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(PROTOCOL_FEATURES), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame enable =
		vus_request_frame(VUS_FE, VUS_FE_SET_VRING_ENABLE);
	struct vus_err err;

	enable.body.vring_state.index = s->queues[0].index;
	enable.body.vring_state.num = 1;
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_CHECK(t, "owner.reset_effect",
		  reset_owner(s, &err) && vus_fe_send_noack(s, &enable, &err) &&
			  vus_fe_barrier(s, &err),
		  "after RESET_OWNER rings can be enabled and messages are "
		  "answered",
		  "%s", err.text);
	VUS_STEP(t, vus_step_ping(t, "owner.reset_effect", 0, t->seed + 1));
}

/* The same heading: to discard the state of the connection "would lead to
 * bugs". Acknowledgements show that protocol features were kept, a ring that is
 * set up again shows the memory. */
VUS_CASE(reset_owner_keeps_the_session,
	 .title = "RESET_OWNER keeps protocol features and memory",
	 .rules = { "owner.reset_keeps_session" }, .start = VUS_START_RUNNING,
	 .needs = PF(REPLY_ACK), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	uint16_t base;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	base = s->queues[0].ring->used_seen;
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_PREREQ(t, "owner.reset_effect", reset_owner(s, &err), &err);
	VUS_STEP(t, check_acks(t, "owner.reset_keeps_session"));
	VUS_CHECK(t, "owner.reset_keeps_session",
		  vus_fe_queue_send_addr(s, 0, &err),
		  "after RESET_OWNER SET_VRING_ADDR in the same memory is "
		  "accepted",
		  "%s", err.text);
	VUS_STEP(t, vus_step_ring_restart(t, 0, base));
	VUS_STEP(t,
		 vus_step_ping(t, "owner.reset_keeps_session", 0, t->seed + 1));
}
