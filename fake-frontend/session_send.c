/* SPDX-License-Identifier: BSD-3-Clause */
/* session_send.c — asking and telling: one honest message, and what comes back.
 */
#include "session.h"

#include "base/clock.h"

#include <inttypes.h>
#include <sys/socket.h>

/* The words for a message of ours. */
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

/* What every answer must be before its content counts.  Flags, size and
 * descriptors are judged in cases of their own. */
static bool is_answer_to(const struct vus_session *s,
			 const struct vus_frame *request,
			 const struct vus_frame *reply, struct vus_err *err)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, request->id);

	if (VUS_FE_FAULTY(s, socket, takes_any_reply) ||
	    VUS_FE_FAULTY(s, reply_ack, reads_what_is_there))
		return true;
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
	if (!reply->decoded && !VUS_FE_FAULTY(s, header, takes_any_reply_size))
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"the reply has %" PRIu32
				" bytes, which do not decode",
				reply->size);
	return true;
}

static bool send_it(struct vus_session *s, const struct vus_frame *f,
		    struct vus_err *err)
{
	static const struct vus_twist behind = { .ncuts = 1,
						 .cut = { 1 },
						 .fds_with_piece = 1 };
	const bool twisted =
		VUS_FE_FAULTY(s, fds, sent_behind_first_byte) && f->nfds > 0;

	s->last_id = f->id;
	return vus_link_send(&s->link, f, twisted ? &behind : NULL,
			     vus_deadline_ms(s->request_ms), err);
}

/* A fault: what a first look at the socket finds must be a whole header. */
static bool arrives_whole(const struct vus_session *s, struct vus_err *err)
{
	uint8_t header[VUS_HEADER_SIZE];

	if (!VUS_FE_FAULTY(s, header, refuses_partial_replies) ||
	    vus_poll_one(s->link.fd, POLLIN, vus_deadline_ms(s->request_ms)) <
		    1)
		return true;
	if (recv(s->link.fd, header, sizeof(header), MSG_PEEK) ==
	    (ssize_t)sizeof(header))
		return true;
	return vus_fail(err, VUS_ERR_EOF, "a reply without a whole header");
}

/* Send, receive, and see that the one answers the other. */
static bool exchange(struct vus_session *s, const struct vus_frame *f,
		     struct vus_frame *ret, struct vus_err *err)
{
	VUS_AUTO_FRAME got = { 0 };

	if (!send_it(s, f, err) || !arrives_whole(s, err) ||
	    !vus_link_recv(&s->link, &got, vus_deadline_ms(s->request_ms),
			   err) ||
	    !is_answer_to(s, f, &got, err))
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
	return send_it(s, request, err) || describe_request(request->id, err);
}

/* A fault: an answer that has not come yet is not waited for. */
static bool send_only(struct vus_session *s, const struct vus_frame *f,
		      struct vus_err *err)
{
	VUS_AUTO_FRAME got = { 0 };

	return vus_fe_send_noack(s, f, err) &&
	       (vus_poll_one(s->link.fd, POLLIN, 0) < 1 ||
		vus_link_recv(&s->link, &got, vus_deadline_ms(s->request_ms),
			      err));
}

bool vus_fe_send_acked(struct vus_session *s, const struct vus_frame *request,
		       struct vus_err *err)
{
	struct vus_frame f = *request;
	VUS_AUTO_FRAME got = { 0 };

	if (!(s->pf & PF(REPLY_ACK)))
		return vus_fe_send_noack(s, request, err);
	f.flags |= VUS_FLAG_NEED_REPLY;
	if (VUS_FE_FAULTY(s, reply_ack, reads_what_is_there))
		return send_only(s, &f, err);
	if (!vus_fe_request(s, &f, &got, err))
		return false;
	if (VUS_FE_FAULTY(s, reply_ack, reads_32_bits))
		got.body.u64.value &= UINT32_MAX;
	if (got.body.u64.value != 0 &&
	    !VUS_FE_FAULTY(s, reply_ack, ignores_refusals))
		return vus_fail(err, VUS_ERR_REFUSED,
				"%s was acknowledged with %" PRIu64,
				request_name(f.id), got.body.u64.value);
	return true;
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
	return vus_fe_send_acked(s, &f, err);
}

bool vus_fe_barrier(struct vus_session *s, struct vus_err *err)
{
	uint64_t features;

	return vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &features, err);
}
