/* SPDX-License-Identifier: BSD-3-Clause */
/* feature_stages.c — each protocol feature at each stage of a session: where it
 * is selected, and where its questions are asked. */
#include "fixture/sessions.h"
#include "fixture/steps.h"
#include "fixture/valid_request.h"

#include <linux/virtio_config.h>

static const char rule[] = "protocol_features.offer_is_served";

/* Features that our front-end uses; one brings what it requires. */
#define USED                                                                   \
	(PF(MQ) | PF(REPLY_ACK) | PF(BACKEND_REQ) | PF(CONFIG) |               \
	 PF(RESET_DEVICE) | PF(CONFIGURE_MEM_SLOTS) | PF(STATUS))

#define DRIVER_READY                                                           \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |                \
	 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

/* Every question that the selection allows. */
static bool ask_all(struct vus_session *s, struct vus_err *err)
{
	for (size_t i = 0; i < vus_nmsgs; i++) {
		VUS_AUTO_FRAME got = { 0 };
		struct vus_frame ask;

		if (!vus_has_harmless_reply(s, &vus_msgs[i]))
			continue;
		ask = vus_valid_request(s, vus_msgs[i].id);
		if (!vus_fe_request(s, &ask, &got, err))
			return false;
	}
	return true;
}

static bool set_status(struct vus_session *s, uint64_t status,
		       struct vus_err *err)
{
	return !(s->pf & PF(STATUS)) ||
	       vus_fe_set_u64(s, VUS_FE_SET_STATUS, status, err);
}

static bool start_ring(struct vus_session *s, struct vus_err *err)
{
	return set_status(s, DRIVER_READY, err) &&
	       (!(s->features & VF(PROTOCOL_FEATURES)) ||
		vus_fe_queue_enable(s, 0, true, err));
}

enum stage { SELECTED, MEMORY, SET_UP, RUNNING, STOPPED };

/* Memory and a ring, which serves before and behind the questions. */
static bool run_session(struct vus_ctx *t, enum stage stage,
			struct vus_err *err)
{
	struct vus_session *s = vus_fe(t);

	return (stage != SET_UP || ask_all(s, err)) && start_ring(s, err) &&
	       vus_fe_ping(s, 0, t->seed, err) &&
	       (stage != RUNNING || ask_all(s, err)) &&
	       vus_fe_ping(s, 0, t->seed + 1, err) &&
	       vus_fe_queue_stop(s, 0, NULL, err) &&
	       (stage != STOPPED || ask_all(s, err)) && set_status(s, 0, err) &&
	       vus_fe_barrier(s, err);
}

/* What comes before it, and leads to it. */
static bool bring_up(struct vus_ctx *t, enum stage stage, struct vus_err *err)
{
	struct vus_session *s = vus_fe(t);

	return (stage != SELECTED || ask_all(s, err)) &&
	       vus_fe_announce_memory(s, err) &&
	       (stage != MEMORY || ask_all(s, err));
}

static bool check(struct vus_ctx *t, uint64_t pf, bool ok,
		  const struct vus_err *err)
{
	VUS_AUTO_TEXT names = { 0 };

	vus_format_features(pf, true, &names);
	return vus_check(t, rule, ok,
			 "a session with one protocol feature is served",
			 "with %s: %s", vus_text_str(&names), err->text);
}

static bool serve(struct vus_ctx *t, uint64_t pf, enum stage stage)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (!check(t, pf, bring_up(t, stage, &err), &err) ||
	    !vus_step_setup_companions(t))
		return false;
	return check(t, pf,
		     vus_fe_queue_setup(s, 0, 0, 0, &err) &&
			     run_session(t, stage, &err),
		     &err);
}

/* ---- cases ---- */

typedef bool try_feature(struct vus_ctx *t, uint64_t pf);

/* Each feature that is offered, on a connection of its own. */
static bool each_feature(struct vus_ctx *t, try_feature *try)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	uint64_t offered;

	if (!vus_step_prereq(
		    t, "protocol_features.get_reply",
		    vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &offered, &err) &&
			    vus_fe_get_u64(s, VUS_FE_GET_PROTOCOL_FEATURES,
					   &offered, &err),
		    &err))
		return false;
	for (unsigned bit = 0; bit < 64 && vus_step_has_time(t); bit++) {
		if (!(offered & USED & VUS_BIT(bit)))
			continue;
		if (!vus_step_reconnect(t, rule, VUS_START_CONNECTED) ||
		    !try(t, VUS_BIT(bit)))
			return false;
	}
	return true;
}

static bool ask_at_stage(struct vus_ctx *t, uint64_t pf)
{
	struct vus_err err = { 0 };

	return vus_step_prereq(t, "features.get_reply",
			       vus_fe_negotiate(vus_fe(t),
						vus_fe_wanted_features(t), pf,
						&err),
			       &err) &&
	       serve(t, pf, (enum stage)t->row);
}

/* "Protocol features": a bit opens its messages for the rest of the
 * connection. */
VUS_CASE(questions_are_answered_at_each_stage,
	 .title = "what a protocol feature lets ask is answered at each stage "
		  "of a session",
	 .rules = { "protocol_features.offer_is_served" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES),
	 .pings = true,
	 .rows = { "selected", "memory", "set_up", "running", "stopped" })
{
	VUS_STEP(t, each_feature(t, ask_at_stage));
}

/* The messages of a negotiation, with the selection before the row's. */
static bool negotiate(struct vus_ctx *t, uint64_t pf, struct vus_err *err)
{
	const struct vus_frame owner =
		vus_request_frame(VUS_FE, VUS_FE_SET_OWNER);
	struct vus_session *s = vus_fe(t);

	for (unsigned step = 0; step < 3; step++) {
		if (step == t->row &&
		    !vus_fe_select_protocol_features(s, pf, err))
			return false;
		if (step == 0 &&
		    (!vus_fe_send_noack(s, &owner, err) ||
		     !vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &s->offered, err)))
			return false;
		s->features = s->offered & vus_fe_wanted_features(t);
		if (step == 1 &&
		    !vus_fe_set_u64(s, VUS_FE_SET_FEATURES, s->features, err))
			return false;
	}
	return vus_fe_barrier(s, err);
}

static bool select_at_stage(struct vus_ctx *t, uint64_t pf)
{
	struct vus_err err = { 0 };

	return check(t, pf, negotiate(t, pf, &err), &err) &&
	       serve(t, pf, RUNNING);
}

/* "VHOST_USER_SET_PROTOCOL_FEATURES" may come even before SET_FEATURES: QEMU
 * begins with it, others own the session or set the features first. */
VUS_CASE(features_are_selected_at_each_stage,
	 .title = "a protocol feature is selected before or after SET_OWNER "
		  "and SET_FEATURES",
	 .rules = { "protocol_features.offer_is_served" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES),
	 .pings = true, .rows = { "first", "owned", "features_set" })
{
	VUS_STEP(t, each_feature(t, select_at_stage));
}
