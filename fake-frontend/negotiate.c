/* SPDX-License-Identifier: BSD-3-Clause */
/* negotiate.c — features and protocol features, in QEMU's order.
 *
 * Nothing here asks for an acknowledgement: QEMU does not, and back-ends
 * differ in the moment from which REPLY_ACK is in force. */
#include "session.h"

static bool tell_u64(struct vus_session *s, uint32_t id, uint64_t value,
		     struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	f.body.u64.value = value;
	return vus_fe_tell(s, &f, err);
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

/* Ask for protocol features, and select what is offered of `pf`. */
static bool select_protocol_features(struct vus_session *s, uint64_t pf,
				     struct vus_err *err)
{
	if (!vus_fe_get_u64(s, VUS_FE_GET_PROTOCOL_FEATURES, &s->pf_offered,
			    err) ||
	    !tell_u64(s, VUS_FE_SET_PROTOCOL_FEATURES, s->pf_offered & pf, err))
		return false;
	s->pf = s->link.pf = s->pf_offered & pf;
	return true;
}

bool vus_fe_select(struct vus_session *s, uint64_t pf, struct vus_err *err)
{
	return vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &s->offered, err) &&
	       select_protocol_features(s, pf, err);
}

static bool negotiate(struct vus_session *s, uint64_t features, uint64_t pf,
		      bool use, struct vus_err *err)
{
	struct vus_frame owner = vus_request_frame(VUS_FE, VUS_FE_SET_OWNER);

	if (!vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &s->offered, err))
		return false;
	if ((s->offered & features & VF(PROTOCOL_FEATURES)) &&
	    (!select_protocol_features(s, pf, err) ||
	     (use && !use_protocol_features(s, err))))
		return false;
	s->features = s->offered & features;
	if (VUS_FE_FAULTY(s, hdr, reply_bit_in_requests))
		owner.flags |= VUS_FLAG_REPLY;
	return (VUS_FE_FAULTY(s, own, never_sent) ||
		vus_fe_tell(s, &owner, err)) &&
	       tell_u64(s, VUS_FE_SET_FEATURES, s->features, err) &&
	       vus_fe_barrier(s, err);
}

bool vus_fe_negotiate(struct vus_session *s, uint64_t features, uint64_t pf,
		      struct vus_err *err)
{
	return negotiate(s, features, pf, true, err);
}

bool vus_fe_agree(struct vus_session *s, uint64_t features, uint64_t pf,
		  struct vus_err *err)
{
	return negotiate(s, features, pf, false, err);
}
