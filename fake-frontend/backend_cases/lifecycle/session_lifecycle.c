/* SPDX-License-Identifier: BSD-3-Clause */
/* session_lifecycle.c — whole sessions, sessions that end early, and the next
 * ones. */
#include "fixture/sessions.h"
#include "fixture/steps.h"

/* The smoke session: the steps that all other cases build upon, each judged by
 * a case of its own.  Here only the verified request is judged. */
VUS_CASE(a_session_goes_from_start_to_stop,
	 .title = "bring-up, a verified request and a stop work in one session",
	 .rules = { "ring_state.enabled_runs" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, vus_step_ping(t, "ring_state.enabled_runs", 0, t->seed));
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_PREREQ(t, "ring_stop.still_replies", vus_fe_barrier(s, &err), &err);
}

/* A request is served: a prerequisite. */
static bool check_serves(struct vus_ctx *t)
{
	struct vus_err err;

	if (vus_fe_ping(vus_fe(t), 0, t->seed, &err))
		return true;
	vus_prereq_failed(t, "ring_state.enabled_runs", &err);
	return false;
}

/* "derived": a back-end that listens serves one front-end after another,
 * also when the last one did not stop its rings, or sent no message.  A
 * back-end that ends with its connection does not listen. */
VUS_CASE(sessions_follow_each_other,
	 .title = "after the end of a session another one is served",
	 .rules = { "socket.backend_reaccepts" }, .start = VUS_START_RUNNING,
	 .pings = true, .rows = { "stopped", "running", "silent" })
{
	static const char rule[] = "socket.backend_reaccepts";
	struct vus_err err;

	VUS_STEP(t, check_serves(t));
	if (t->row == 0)
		VUS_PREREQ(t, "ring_stop.reply",
			   vus_fe_queue_stop(vus_fe(t), 0, NULL, &err), &err);
	if (t->row == 2)
		VUS_STEP(t, vus_step_reconnect(t, rule, VUS_START_CONNECTED));
	VUS_STEP(t, vus_step_reconnect(t, rule, VUS_START_RUNNING));
	vus_step_ping(t, rule, 0, t->seed + 1);
}

/* ---- a bring-up, step by step ---- */

static bool life_request_features(struct vus_session *s, struct vus_err *err)
{
	return vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &s->offered, err);
}

static bool life_send_u64(struct vus_session *s, uint32_t id, uint64_t value,
			  struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	f.body.u64.value = value;
	return vus_fe_send_noack(s, &f, err);
}

static bool set_protocol(struct vus_session *s, struct vus_err *err)
{
	if (!(s->offered & VF(PROTOCOL_FEATURES)))
		return true;
	if (!vus_fe_get_u64(s, VUS_FE_GET_PROTOCOL_FEATURES, &s->pf_offered,
			    err))
		return false;
	s->pf = s->link.pf = s->pf_offered & VUS_FE_PF;
	return life_send_u64(s, VUS_FE_SET_PROTOCOL_FEATURES, s->pf, err);
}

static bool set_owner(struct vus_session *s, struct vus_err *err)
{
	const struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_OWNER);

	return vus_fe_send_noack(s, &f, err);
}

static bool life_set_features(struct vus_session *s, struct vus_err *err)
{
	const uint64_t own = s->driver ? s->driver->features : 0;

	s->features = s->offered & (VUS_FE_FEATURES | own);
	return life_send_u64(s, VUS_FE_SET_FEATURES, s->features, err) &&
	       vus_fe_barrier(s, err);
}

static bool set_size(struct vus_session *s, struct vus_err *err)
{
	return vus_fe_queue_alloc(s, 0, 0, 0, err) &&
	       vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, s->queues[0].index,
				s->queues[0].num, err);
}

static bool set_base(struct vus_session *s, struct vus_err *err)
{
	return vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, s->queues[0].index, 0,
				err);
}

static bool set_address(struct vus_session *s, struct vus_err *err)
{
	return vus_fe_queue_send_addr(s, 0, err);
}

static bool set_notifiers(struct vus_session *s, struct vus_err *err)
{
	return vus_fe_queue_send_fds(s, 0, err);
}

static bool life_enable(struct vus_session *s, struct vus_err *err)
{
	return !(s->features & VF(PROTOCOL_FEATURES)) ||
	       vus_fe_queue_enable(s, 0, true, err);
}

static bool life_kick(struct vus_session *s, struct vus_err *err)
{
	return vus_fe_kick(s, 0, err);
}

/* Each step, and the rule of the case that judges it. */
static const struct {
	bool (*take)(struct vus_session *s, struct vus_err *err);
	const char *rule;
} bring_up[] = {
	{ life_request_features, "features.get_reply" },
	{ set_protocol, "protocol_features.get_reply" },
	{ set_owner, "owner.set_keeps_negotiation" },
	{ life_set_features, "features.get_any_time" },
	{ vus_fe_announce_memory, "mem_table.set" },
	{ set_size, "ring_size.set" },
	{ set_base, "ring_base.set" },
	{ set_address, "ring_addr.set" },
	{ set_notifiers, "ring_fds.set" },
	{ life_enable, "ring_enable.set" },
	{ life_kick, "ring_state.start_on_kick" },
};

/* A front-end may die between any two messages.  A whole session is seen to
 * work first, so that only the end of the second can disturb the third. */
VUS_CASE(
	any_step_may_be_the_last,
	.title =
		"after a front-end that leaves during bring-up the next one is "
		"served",
	.rules = { "socket.disconnect_each_step" }, .start = VUS_START_RUNNING,
	.pings = true,
	.rows = { "connected", "features_asked", "protocol_features_set",
		  "owner_set", "features_set", "memory_shared", "ring_size_set",
		  "ring_base_set", "ring_addresses_set", "notifiers_set",
		  "ring_enabled", "ring_kicked" })
{
	static const char rule[] = "socket.disconnect_each_step";
	struct vus_err err;

	if (!check_serves(t) ||
	    vus_fe_reconnect(t, rule, VUS_START_CONNECTED) != VUS_RECONNECT_OK)
		return;
	for (unsigned i = 0; i < t->row; i++)
		VUS_PREREQ(t, bring_up[i].rule,
			   bring_up[i].take(vus_fe(t), &err), &err);
	if (vus_fe_reconnect(t, rule, VUS_START_RUNNING) == VUS_RECONNECT_OK)
		vus_step_ping(t, rule, 0, t->seed + 1);
}
