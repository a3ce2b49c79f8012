/* SPDX-License-Identifier: BSD-3-Clause */
/* feature_pairs.c — protocol features two by two: what each is for works while
 * the other is used, too. */
#include "fixture/sessions.h"
#include "fixture/steps.h"
#include "fixture/valid_request.h"

#include <linux/virtio_config.h>

/* Features that our front-end uses; a pair brings what it requires. */
#define USED                                                                   \
	(PF(MQ) | PF(REPLY_ACK) | PF(BACKEND_REQ) | PF(CONFIG) |               \
	 PF(RESET_DEVICE) | PF(CONFIGURE_MEM_SLOTS) | PF(STATUS))

#define DRIVER_SEEN (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define DRIVER_READY                                                           \
	(DRIVER_SEEN | VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

static bool set_status(struct vus_session *s, uint64_t status,
		       struct vus_err *err)
{
	return !(s->pf & PF(STATUS)) ||
	       vus_fe_set_u64(s, VUS_FE_SET_STATUS, status, err);
}

/* Memory comes and goes. */
static bool change_memory(struct vus_session *s, struct vus_err *err)
{
	const struct vus_frame add =
		vus_second_region_frame(s, VUS_FE_ADD_MEM_REG);
	struct vus_frame rem = vus_second_region_frame(s, VUS_FE_REM_MEM_REG);

	rem.nfds = 0;
	return !(s->pf & PF(CONFIGURE_MEM_SLOTS)) || s->slots < 2 ||
	       (vus_fe_send_acked(s, &add, err) &&
		vus_fe_send_acked(s, &rem, err));
}

static bool read_config(struct vus_session *s, struct vus_err *err)
{
	uint8_t bytes[VUS_CONFIG_MAX];
	const uint32_t n = vus_config_size(s);

	return !(s->pf & PF(CONFIG)) || n == 0 ||
	       vus_fe_get_config(s, 0, n, bytes, err);
}

/* What the negotiated features are for, while a ring runs. */
static bool use_features(struct vus_session *s, uint64_t seed,
			 struct vus_err *err)
{
	return vus_fe_ping(s, 0, seed, err) && change_memory(s, err) &&
	       read_config(s, err) && vus_fe_barrier(s, err) &&
	       vus_fe_ping(s, 0, seed + 1, err);
}

/* The rest of a session, in the order of a driver. */
static bool run_session(struct vus_ctx *t, uint64_t pf, struct vus_err *err)
{
	struct vus_session *s = vus_fe(t);
	uint32_t base;

	return vus_fe_queue_setup(s, 0, 0, 0, err) &&
	       set_status(s, DRIVER_READY, err) &&
	       (!(s->features & VF(PROTOCOL_FEATURES)) ||
		vus_fe_queue_enable(s, 0, true, err)) &&
	       use_features(s, t->seed + pf, err) &&
	       vus_fe_queue_stop(s, 0, &base, err) && set_status(s, 0, err) &&
	       vus_fe_barrier(s, err);
}

/* False: the verdict is set. */
static bool try_pair(struct vus_ctx *t, uint64_t pf)
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_TEXT names = { 0 };
	struct vus_err err = { 0 };

	if (!vus_step_reconnect(t, "protocol_features.offer_is_served",
				VUS_START_CONNECTED))
		return false;
	vus_format_features(pf, true, &names);
	if (!vus_step_prereq(
		    t, "features.get_reply",
		    vus_fe_negotiate(s, vus_fe_wanted_features(t), pf, &err),
		    &err) ||
	    !vus_check(t, "protocol_features.offer_is_served",
		       set_status(s, DRIVER_SEEN, &err) &&
			       vus_fe_announce_memory(s, &err),
		       "memory is announced with any two protocol features",
		       "with %s: %s", vus_text_str(&names), err.text) ||
	    !vus_step_setup_companions(t))
		return false;
	return vus_check(t, "protocol_features.offer_is_served",
			 run_session(t, pf, &err),
			 "a session uses two protocol features together",
			 "with %s: %s", vus_text_str(&names), err.text);
}

/* "Protocol features": each bit is independent, except where a heading names
 * another one that it needs; so any two are used together, at each step of a
 * session.  A ring serves before and after. */
VUS_CASE(each_pair_works_together,
	 .title = "any two protocol features are used in one session",
	 .rules = { "protocol_features.offer_is_served" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	uint64_t offered;

	VUS_PREREQ(t, "protocol_features.get_reply",
		   vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &offered, &err) &&
			   vus_fe_get_u64(s, VUS_FE_GET_PROTOCOL_FEATURES,
					  &offered, &err),
		   &err);
	offered &= USED;
	if ((offered & (offered - 1)) == 0)
		VUS_SKIP(t, "the back-end does not offer two of them");
	for (unsigned a = 0; a < 64; a++)
		for (unsigned b = a + 1; b < 64 && vus_step_has_time(t); b++)
			if ((offered & VUS_BIT(a)) && (offered & VUS_BIT(b)))
				VUS_STEP(t,
					 try_pair(t, VUS_BIT(a) | VUS_BIT(b)));
}
