/* SPDX-License-Identifier: BSD-3-Clause */
/* negotiate.c — features and protocol features, in QEMU's order.
 *
 * Nothing here asks for an acknowledgement: QEMU does not, and back-ends
 * differ in the moment from which REPLY_ACK is in force. */
#include "session.h"

static bool send_u64(struct vus_session *s, uint32_t id, uint64_t value,
		     struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	f.body.u64.value = value;
	return vus_fe_send_noack(s, &f, err);
}

/* What protocol features open: limits to ask for, the channel to set up. */
static bool use_protocol_features(struct vus_session *s, struct vus_err *err)
{
	uint64_t n;

	if (s->pf & PF(MQ)) {
		if (!vus_fe_get_u64(s, VUS_FE_GET_QUEUE_NUM, &n, err))
			return false;
		/* That it is at least 1 is judged in a case. */
		s->nqueues = (unsigned)VUS_MIN(VUS_MAX(n, 1), VUS_MAX_QUEUES);
	}
	if ((s->pf & PF(CONFIGURE_MEM_SLOTS)) &&
	    !vus_fe_get_u64(s, VUS_FE_GET_MAX_MEM_SLOTS, &s->slots, err))
		return false;
	return !(s->pf & PF(BACKEND_REQ)) || vus_fe_open_channel(s, err);
}

static bool send_owner(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame owner = vus_request_frame(VUS_FE, VUS_FE_SET_OWNER);

	if (VUS_FE_FAULTY(s, owner, never_sent) ||
	    (VUS_FE_FAULTY(s, owner, first_connection_only) && s->again))
		return true;
	if (VUS_FE_FAULTY(s, header, reply_bit_in_requests))
		owner.flags |= VUS_FLAG_REPLY;
	if (VUS_FE_FAULTY(s, header, requests_of_version_2))
		owner.flags ^= VUS_VERSION_MASK;
	if (VUS_FE_FAULTY(s, reply_ack, asks_unnegotiated))
		owner.flags |= VUS_FLAG_NEED_REPLY;
	return vus_fe_send_noack(s, &owner, err);
}

/* What a fault makes of the features to acknowledge. */
static uint64_t features_to_acknowledge(const struct vus_session *s,
					uint64_t features)
{
	if (VUS_FE_FAULTY(s, features, acknowledges_more))
		features |= VF(RING_PACKED);
	return features;
}

/* And of the protocol features to select. */
static uint64_t features_to_select(const struct vus_session *s, uint64_t pf)
{
	if (VUS_FE_FAULTY(s, protocol_features, selects_more))
		pf |= PF(MQ);
	if (VUS_FE_FAULTY(s, protocol_features, selects_all))
		pf |= s->pf_offered;
	if (VUS_FE_FAULTY(s, protocol_features, selects_inband))
		pf |= s->pf_offered & PF(INBAND_NOTIFICATIONS);
	if (VUS_FE_FAULTY(s, protocol_features, selects_base_inflight))
		pf |= s->pf_offered & PF(GET_VRING_BASE_INFLIGHT);
	return pf;
}

/* Questions that a fault asks out of turn. */
static bool send_ungated(struct vus_session *s, struct vus_err *err)
{
	uint64_t n;

	return (!VUS_FE_FAULTY(s, multiqueue, asks_ungated) ||
		(s->pf & PF(MQ)) ||
		vus_fe_get_u64(s, VUS_FE_GET_QUEUE_NUM, &n, err)) &&
	       (!VUS_FE_FAULTY(s, status, asks_ungated) ||
		vus_fe_get_u64(s, VUS_FE_GET_STATUS, &n, err));
}

/* Rings that a fault touches before SET_FEATURES. */
static bool send_enable_early(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_VRING_ENABLE);

	return !VUS_FE_FAULTY(s, ring_enable, before_the_features) ||
	       vus_fe_send_noack(s, &f, err);
}

/* Ask for protocol features, and select what is offered of `pf`. */
static bool select_protocol_features(struct vus_session *s, uint64_t pf,
				     struct vus_err *err)
{
	struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_SET_PROTOCOL_FEATURES);

	if (!vus_fe_get_u64(s, VUS_FE_GET_PROTOCOL_FEATURES, &s->pf_offered,
			    err))
		return false;
	if ((s->pf_offered & VUS_BIT(63)) &&
	    VUS_FE_FAULTY(s, protocol_features, gives_up_on_unknown_bits))
		return vus_fail(err, VUS_ERR_REFUSED, "an unknown feature");
	pf = features_to_select(s, s->pf_offered & pf);
	f.body.protocol_features.value = pf;
	if (VUS_FE_FAULTY(s, reply_ack, asks_when_selecting))
		f.flags |= VUS_FLAG_NEED_REPLY;
	if (!vus_fe_send_noack(s, &f, err))
		return false;
	s->pf = s->link.pf = pf;
	return true;
}

bool vus_fe_select_protocol_features(struct vus_session *s, uint64_t pf,
				     struct vus_err *err)
{
	return vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &s->offered, err) &&
	       select_protocol_features(s, pf, err);
}

static bool negotiate_all(struct vus_session *s, uint64_t features, uint64_t pf,
			  bool use, struct vus_err *err)
{
	if (!vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &s->offered, err))
		return false;
	if (((s->offered & features & VF(PROTOCOL_FEATURES)) ||
	     VUS_FE_FAULTY(s, protocol_features, asks_without_bit_30)) &&
	    (!select_protocol_features(s, pf, err) ||
	     (use && !use_protocol_features(s, err))))
		return false;
	if (!send_ungated(s, err) || !send_enable_early(s, err))
		return false;
	s->features = features_to_acknowledge(s, s->offered & features);
	return send_owner(s, err) &&
	       send_u64(s, VUS_FE_SET_FEATURES, s->features, err) &&
	       vus_fe_barrier(s, err);
}

bool vus_fe_negotiate(struct vus_session *s, uint64_t features, uint64_t pf,
		      struct vus_err *err)
{
	return negotiate_all(s, features, pf, true, err);
}

bool vus_fe_negotiate_features(struct vus_session *s, uint64_t features,
			       uint64_t pf, struct vus_err *err)
{
	return negotiate_all(s, features, pf, false, err);
}
