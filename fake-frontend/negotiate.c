/* SPDX-License-Identifier: BSD-3-Clause */
/* negotiate.c — features and protocol features, in QEMU's order.
 *
 * Nothing here asks for an acknowledgement: QEMU does not, and back-ends
 * differ in the moment from which REPLY_ACK is in force. */
#include "session.h"

#include "honest.h"

/* ---- what is decided ---- */

bool vus_fe_honest_accepts_offer(const struct vus_session *s,
				 struct vus_err *err)
{
	(void)s, (void)err;
	return true;
}

bool vus_fe_honest_asks_protocol_features(const struct vus_session *s,
					  uint64_t wanted)
{
	return s->offered & wanted & VF(PROTOCOL_FEATURES);
}

uint64_t vus_fe_honest_protocol_features(const struct vus_session *s,
					 uint64_t wanted)
{
	return s->pf_offered & wanted;
}

uint32_t vus_fe_honest_protocol_features_flags(uint32_t flags)
{
	return flags;
}

bool vus_fe_honest_asks_queue_num(const struct vus_session *s)
{
	return s->pf & PF(MQ);
}

bool vus_fe_honest_before_features(struct vus_session *s, struct vus_err *err)
{
	(void)s, (void)err;
	return true;
}

uint64_t vus_fe_honest_features(const struct vus_session *s, uint64_t wanted)
{
	return s->offered & wanted;
}

bool vus_fe_honest_sends_owner(const struct vus_session *s)
{
	(void)s;
	return true;
}

uint32_t vus_fe_honest_owner_flags(uint32_t flags)
{
	return flags;
}

/* ---- messages ---- */

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

	if (s->decide->asks_queue_num(s)) {
		if (!vus_fe_get_u64(s, VUS_FE_GET_QUEUE_NUM, &n, err))
			return false;
		/* That it is at least 1 is judged in a case. */
		s->nqueues = (unsigned)VUS_MIN(VUS_MAX(n, 1), VUS_MAX_QUEUES);
	}
	if ((s->pf & PF(CONFIGURE_MEM_SLOTS)) &&
	    !vus_fe_get_u64(s, VUS_FE_GET_MAX_MEM_SLOTS, &s->slots, err))
		return false;
	if (!(s->pf & PF(BACKEND_REQ)))
		return true;
	return vus_fe_open_channel(s, err) &&
	       (!s->careful || vus_fe_barrier(s, err));
}

static bool send_owner(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame owner = vus_request_frame(VUS_FE, VUS_FE_SET_OWNER);

	owner.flags = s->decide->owner_flags(owner.flags);
	return !s->decide->sends_owner(s) || vus_fe_send_noack(s, &owner, err);
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
	if (!s->decide->accepts_offer(s, err))
		return false;
	pf = s->decide->protocol_features(s, pf);
	f.body.protocol_features.value = pf;
	f.flags = s->decide->protocol_features_flags(f.flags);
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
	if (s->decide->asks_protocol_features(s, features) &&
	    (!select_protocol_features(s, pf, err) ||
	     (use && !use_protocol_features(s, err))))
		return false;
	if (!s->decide->before_features(s, err))
		return false;
	s->features = s->decide->features(s, features);
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
