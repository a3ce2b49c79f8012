/* SPDX-License-Identifier: BSD-3-Clause */
/* session_send.c — one honest message, and the answer to it. */
#include "session.h"

#include "base/clock.h"
#include "honest.h"

#include <inttypes.h>

/* The name of a message of the front-end. */
static const char *request_name(uint32_t id)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, id);

	return msg ? msg->name : "an unknown message";
}

/* Say which message it was that went wrong. */
static bool describe_request(uint32_t id, struct vus_err *err)
{
	const struct vus_err was = *err;

	(void)vus_fail(err, was.kind, "%s: %.200s", request_name(id), was.text);
	err->sys = was.sys;
	err->code = was.code;
	return false;
}

/* ---- what is decided ---- */

bool vus_fe_honest_send(struct vus_session *s, const struct vus_frame *f,
			struct vus_err *err)
{
	return vus_link_send(&s->link, f, NULL, vus_deadline_ms(s->request_ms),
			     err);
}

bool vus_fe_honest_receive(struct vus_session *s, struct vus_frame *ret,
			   struct vus_err *err)
{
	return vus_link_recv(&s->link, ret, vus_deadline_ms(s->request_ms),
			     err);
}

bool vus_fe_honest_reply_decodes(const struct vus_frame *reply)
{
	return reply->decoded;
}

/* Flags, size and descriptors are judged in cases of their own. */
bool vus_fe_honest_is_answer(const struct vus_session *s,
			     const struct vus_frame *request,
			     const struct vus_frame *reply, struct vus_err *err)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, request->id);

	if (s->strict && !(reply->flags & VUS_FLAG_REPLY))
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"answered without the reply flag: 0x%" PRIx32,
				reply->flags);
	if (reply->id != request->id)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"answered with a reply to message %" PRIu32,
				reply->id);
	if (msg && msg->empty_reply_fails && reply->payload_len == 0)
		return vus_fail(err, VUS_ERR_REFUSED,
				"an empty reply says that it failed");
	if (!s->decide->reply_decodes(reply))
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"the reply has %" PRIu32
				" bytes, which do not decode",
				reply->size);
	return true;
}

bool vus_fe_honest_ack_is_success(uint64_t value)
{
	return value == 0;
}

bool vus_fe_honest_request_ack(struct vus_session *s,
			       const struct vus_frame *request,
			       struct vus_err *err)
{
	VUS_AUTO_FRAME got = { 0 };

	if (!vus_fe_request(s, request, &got, err))
		return false;
	return s->decide->ack_is_success(got.body.u64.value) ||
	       vus_fail(err, VUS_ERR_REFUSED,
			"%s was acknowledged with %" PRIu64,
			request_name(request->id), got.body.u64.value);
}

/* ---- requests ---- */

/* Rings, or the memory in which they lie, may be others after these; and one
 * that is stopped may stop those beside it. */
void vus_fe_note_request(struct vus_session *s, uint32_t id)
{
	static const uint32_t ends[] = {
		VUS_FE_RESET_OWNER,   VUS_FE_RESET_DEVICE,
		VUS_FE_SET_STATUS,    VUS_FE_SET_FEATURES,
		VUS_FE_SET_MEM_TABLE, VUS_FE_GET_VRING_BASE,
	};

	s->last_id = id;
	for (size_t i = 0; i < VUS_COUNT(ends); i++)
		if (ends[i] == id)
			s->prepared = false;
}

static bool send_request(struct vus_session *s, const struct vus_frame *f,
			 struct vus_err *err)
{
	vus_fe_note_request(s, f->id);
	return s->decide->send(s, f, err);
}

/* Send, receive, and check that the reply answers the request. */
static bool exchange(struct vus_session *s, const struct vus_frame *f,
		     struct vus_frame *ret, struct vus_err *err)
{
	VUS_AUTO_FRAME got = { 0 };

	if (!send_request(s, f, err) || !s->decide->receive(s, &got, err) ||
	    !s->decide->is_answer(s, f, &got, err))
		return describe_request(f->id, err);
	*ret = got;
	got.nfds = 0; /* the caller's now */
	return true;
}

bool vus_fe_request(struct vus_session *s, const struct vus_frame *request,
		    struct vus_frame *ret, struct vus_err *err)
{
	struct vus_err mine;

	return exchange(s, request, ret, err ? err : &mine);
}

bool vus_fe_send_noack(struct vus_session *s, const struct vus_frame *request,
		       struct vus_err *err)
{
	struct vus_err mine;

	err = err ? err : &mine;
	return send_request(s, request, err) ||
	       describe_request(request->id, err);
}

bool vus_fe_send_acked(struct vus_session *s, const struct vus_frame *request,
		       struct vus_err *err)
{
	struct vus_frame f = *request;

	if (!(s->pf & PF(REPLY_ACK)))
		return vus_fe_send_noack(s, request, err);
	f.flags |= VUS_FLAG_NEED_REPLY;
	return s->decide->request_ack(s, &f, err);
}

bool vus_fe_get_u64(struct vus_session *s, uint32_t id, uint64_t *ret,
		    struct vus_err *err)
{
	const struct vus_frame ask = vus_request_frame(VUS_FE, id);
	VUS_AUTO_FRAME got = { 0 };

	if (!vus_fe_request(s, &ask, &got, err))
		return false;
	*ret = got.body.u64.value;
	return true;
}

bool vus_fe_set_u64(struct vus_session *s, uint32_t id, uint64_t value,
		    struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	f.body.u64.value = value;
	return vus_fe_send_acked(s, &f, err);
}

bool vus_fe_set_state(struct vus_session *s, uint32_t id, uint32_t index,
		      uint32_t num, struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	f.body.vring_state.index = index;
	f.body.vring_state.num = num;
	if (id == VUS_FE_SET_VRING_BASE)
		vus_fe_queue_rebase(s, index, (uint16_t)num);
	return vus_fe_send_acked(s, &f, err);
}

bool vus_fe_barrier(struct vus_session *s, struct vus_err *err)
{
	const uint32_t last_id = s->last_id;
	uint64_t features;
	const bool ok = vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &features, err);

	if (last_id != 0)
		s->last_id = last_id;
	return ok;
}
