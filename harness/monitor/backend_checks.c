/* SPDX-License-Identifier: BSD-3-Clause */
/* backend_checks.c — checks of what a back-end sends: its answers, and its
 * requests on the back-end channel. */
#include "checks.h"

#define MAX_FDS 8 /* of a message on the back-end channel */

/* ---- answers ---- */

/* "Header": bit 2 is the reply flag, needed on each reply from the back-end. */
bool vus_monitor_reply_flag(struct vus_seen *v)
{
	if (v->f->channel != VUS_FE || (v->f->flags & VUS_FLAG_REPLY))
		return true;
	return vus_seen_breach(v,
			       "the reply to %s has flags 0x%x, without the "
			       "reply flag",
			       vus_seen_name(v), v->f->flags);
}

static bool is_own(const struct vus_seen *v)
{
	return v->msg && vus_msg_answer(v->msg, v->s->pf) == VUS_ANSWER_OWN;
}

static enum vus_answer_kind kind_of(const struct vus_seen *v,
				    uint32_t *ret_owed)
{
	*ret_owed = 0;
	return v->f->channel == VUS_FE ? vus_state_answer(v->s, v->f, ret_owed)
				       : VUS_ANSWER_FITS;
}

/* "VHOST_USER_PROTOCOL_F_REPLY_ACK": what has a reply of its own is answered
 * once, with need_reply as well. */
bool vus_monitor_answered_once(struct vus_seen *v)
{
	uint32_t owed;

	if (kind_of(v, &owed) != VUS_ANSWER_AGAIN || !is_own(v))
		return true;
	return vus_seen_breach(v, "%s was answered once more",
			       vus_seen_name(v));
}

bool vus_monitor_acked_once(struct vus_seen *v)
{
	uint32_t owed;

	if (kind_of(v, &owed) != VUS_ANSWER_AGAIN || is_own(v))
		return true;
	return vus_seen_breach(v, "%s was acknowledged once more",
			       vus_seen_name(v));
}

/* The same heading: only a request with need_reply is acknowledged. */
bool vus_monitor_asked_for(struct vus_seen *v)
{
	uint32_t owed;

	if (kind_of(v, &owed) != VUS_ANSWER_UNASKED)
		return true;
	return vus_seen_breach(v, "%s was answered, and had not asked for it",
			       vus_seen_name(v));
}

/* "Header": the request field holds the type of the message, in replies as
 * well. */
bool vus_monitor_answers_request(struct vus_seen *v)
{
	const struct vus_msg *want;
	uint32_t owed;

	if (kind_of(v, &owed) != VUS_ANSWER_OTHER)
		return true;
	want = vus_msg_find(VUS_FE, owed);
	if (!want)
		return vus_seen_breach(v,
				       "a message of type %u came, and no "
				       "answer was due",
				       v->f->id);
	return vus_seen_breach(v, "the reply to %s has type %u", want->name,
			       v->f->id);
}

/* Nobody replies to a reply. */
bool vus_monitor_no_need_reply(struct vus_seen *v)
{
	if (v->f->channel != VUS_FE || !(v->f->flags & VUS_FLAG_NEED_REPLY))
		return true;
	return vus_seen_breach(v,
			       "the reply to %s has flags 0x%x, with "
			       "need_reply set",
			       vus_seen_name(v), v->f->flags);
}

/* The payload of an acknowledgement is a u64. */
bool vus_monitor_ack_format(struct vus_seen *v)
{
	if (v->f->channel != VUS_FE || !v->msg || is_own(v) || v->s->listens)
		return true;
	return vus_seen_free_of(v, VUS_COMPLAINT_SIZE) &&
	       vus_seen_free_of(v, VUS_COMPLAINT_FDS);
}

/* ---- requests ---- */

static bool is_request(const struct vus_seen *v)
{
	return v->f->channel == VUS_BE && !v->f->is_reply;
}

bool vus_monitor_known(struct vus_seen *v)
{
	return !is_request(v) || vus_seen_free_of(v, VUS_COMPLAINT_UNKNOWN);
}

/* need_reply has a meaning only once REPLY_ACK was negotiated. */
bool vus_monitor_channel_need_reply(struct vus_seen *v)
{
	return !is_request(v) || vus_seen_free_of(v, VUS_COMPLAINT_NEED_REPLY);
}

/* "Back-end message types": each is sent only with its feature. */
bool vus_monitor_channel_gate(struct vus_seen *v)
{
	uint64_t needs;

	if (!is_request(v) || !v->msg)
		return true;
	needs = v->msg->needs | (v->f->nfds > 0 ? PF(BACKEND_SEND_FD) : 0);
	if (!(needs & v->feature & ~v->s->pf))
		return true;
	return vus_seen_breach(v,
			       "%s was sent with %u descriptors, and its "
			       "feature was not negotiated",
			       vus_seen_name(v), v->f->nfds);
}

bool vus_monitor_channel_max_fds(struct vus_seen *v)
{
	if (!is_request(v) || v->f->nfds <= MAX_FDS)
		return true;
	return vus_seen_breach(v, "%u descriptors came with %s", v->f->nfds,
			       vus_seen_name(v));
}
