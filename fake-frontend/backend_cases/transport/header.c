/* SPDX-License-Identifier: BSD-3-Clause */
/* header.c — the fields of a header: in every reply, and in requests that no
 * good front-end would send.  Replies are judged in a loop over the message
 * table: every request that has a reply, with the features that were
 * negotiated, is sent once. */
#include "fixture/sessions.h"
#include "fixture/valid_request.h"
#include "fixture/steps.h"

#include "base/clock.h"
#include "base/own.h"

#include <inttypes.h>

/* Features that add requests with a reply.  None has an effect before rings are
 * set up. */
#define ASK_PF                                                                 \
	(PF(MQ) | PF(REPLY_ACK) | PF(CONFIG) | PF(INFLIGHT_SHMFD) |            \
	 PF(CONFIGURE_MEM_SLOTS) | PF(STATUS))

/* Judge one reply to `msg`; false: the verdict is set. */
typedef bool judge(struct vus_ctx *t, const struct vus_msg *msg,
		   const struct vus_frame *got);

static bool check_reply_header(struct vus_ctx *t, uint32_t id, uint32_t flags,
			       judge *j)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_msg *msg = vus_msg_find(VUS_FE, id);
	struct vus_frame ask = vus_valid_request(s, id);
	VUS_AUTO_FRAME got = { 0 };
	const uint64_t deadline = vus_deadline_ms(s->request_ms);
	struct vus_err err;

	ask.flags |= flags;
	if (!vus_link_send(&s->link, &ask, NULL, deadline, &err) ||
	    !vus_link_recv(&s->link, &got, deadline, &err)) {
		vus_prereq_failed(t, "reply_ack.own_reply_once", &err);
		return false;
	}
	return j(t, msg, &got);
}

/* Send each request that has a reply, and one that is acknowledged; then set up
 * a ring and stop it. */
static bool check_each_reply(struct vus_ctx *t, uint32_t flags, judge *j)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	if (!vus_step_prereq(
		    t, "features.get_reply",
		    vus_fe_negotiate_features(s, vus_fe_wanted_features(t),
					      ASK_PF & ~t->c->without, &err),
		    &err))
		return false;
	for (size_t i = 0; i < vus_nmsgs; i++)
		if (vus_has_harmless_reply(s, &vus_msgs[i]) &&
		    !check_reply_header(t, vus_msgs[i].id, flags, j))
			return false;
	if ((s->pf & PF(REPLY_ACK)) &&
	    !check_reply_header(t, VUS_FE_SET_VRING_NUM, VUS_FLAG_NEED_REPLY,
				j))
		return false;
	return vus_step_ring_ensure_running(t) &&
	       check_reply_header(t, VUS_FE_GET_VRING_BASE, flags, j);
}

/* ---- replies ---- */

static bool reply_has_version_1(struct vus_ctx *t, const struct vus_msg *msg,
				const struct vus_frame *got)
{
	return vus_check(t, "header.version",
			 (got->flags & VUS_VERSION_MASK) == VUS_VERSION,
			 "every reply has version 1",
			 "the reply to %s has flags 0x%" PRIx32
			 ", version %" PRIu32,
			 msg->name, got->flags, got->flags & VUS_VERSION_MASK);
}

/* "Header": the lower 2 bits are the version, 0x01. */
VUS_CASE(answers_are_of_version_1,
	 .title = "the version bits of every reply are 01",
	 .rules = { "header.version" })
{
	VUS_STEP(t, check_each_reply(t, 0, reply_has_version_1));
}

static bool reply_has_reply_flag(struct vus_ctx *t, const struct vus_msg *msg,
				 const struct vus_frame *got)
{
	return vus_check(t, "header.reply_flag_set",
			 got->flags & VUS_FLAG_REPLY,
			 "every reply has the reply flag set",
			 "the reply to %s has flags 0x%" PRIx32
			 ", without the reply flag",
			 msg->name, got->flags);
}

/* "Header": bit 2 is the reply flag, needed on each reply from the back-end. */
VUS_CASE(answers_carry_the_reply_flag,
	 .title = "every reply has the reply flag set",
	 .rules = { "header.reply_flag_set" })
{
	VUS_STEP(t, check_each_reply(t, 0, reply_has_reply_flag));
}

static bool reply_has_no_need_reply(struct vus_ctx *t,
				    const struct vus_msg *msg,
				    const struct vus_frame *got)
{
	return vus_check(t, "header.need_reply_clear_in_reply",
			 !(got->flags & VUS_FLAG_NEED_REPLY),
			 "a reply has the need_reply flag clear",
			 "the reply to %s has flags 0x%" PRIx32
			 ", with need_reply set",
			 msg->name, got->flags);
}

/* "Header": bit 3 asks for a reply, and nobody replies to a reply.
 * libvhost-user copies the request's flags.  QEMU's front-end would refuse such
 * a reply, but sets need_reply on no request that has one; libblkio's front-end
 * does, and accepts the reply. */
VUS_CASE(need_reply_is_not_copied_into_answers,
	 .title = "the reply to a request with need_reply has need_reply clear",
	 .rules = { "header.need_reply_clear_in_reply" })
{
	VUS_STEP(t, check_each_reply(t, VUS_FLAG_NEED_REPLY,
				     reply_has_no_need_reply));
}

static bool reply_has_known_flags(struct vus_ctx *t, const struct vus_msg *msg,
				  const struct vus_frame *got)
{
	const uint32_t known =
		VUS_VERSION_MASK | VUS_FLAG_REPLY | VUS_FLAG_NEED_REPLY;

	return vus_check(t, "header.reserved_bits_zero", !(got->flags & ~known),
			 "a reply has no undefined flag set",
			 "the reply to %s has flags 0x%" PRIx32
			 ", of which 0x%" PRIx32 " are undefined",
			 msg->name, got->flags, got->flags & ~known);
}

/* "Header" gives bits 0 to 3 a meaning, and none to the others. */
VUS_CASE(answers_set_no_undefined_flag,
	 .title = "no reply has an undefined flag set",
	 .rules = { "header.reserved_bits_zero" })
{
	VUS_STEP(t, check_each_reply(t, 0, reply_has_known_flags));
}

static bool reply_has_request_type(struct vus_ctx *t, const struct vus_msg *msg,
				   const struct vus_frame *got)
{
	return vus_check(t, "header.request", got->id == msg->id,
			 "a reply has the type of its request",
			 "the reply to %s has type %" PRIu32, msg->name,
			 got->id);
}

/* "Header": the request field holds the type of the message, in replies as
 * well. */
VUS_CASE(answers_name_their_request,
	 .title = "every reply has the type of its request",
	 .rules = { "header.request" })
{
	VUS_STEP(t, check_each_reply(t, 0, reply_has_request_type));
}

static bool reply_has_payload_size(struct vus_ctx *t, const struct vus_msg *msg,
				   const struct vus_frame *got)
{
	const bool failed = msg->empty_reply_fails && got->size == 0;

	return vus_check(t, "header.size_exact",
			 got->decoded || failed || msg->reply_open,
			 "a reply has the payload that its message describes",
			 "the reply to %s has %" PRIu32
			 " bytes of payload, which is not its size",
			 msg->name, got->size);
}

/* "Payload": each message has the payload that its description gives.  Where
 * the specification leaves the size open the message table says so, and every
 * size is right. */
VUS_CASE(answers_have_the_size_of_their_payload,
	 .title = "every reply has the size of its payload",
	 .rules = { "header.size_exact" })
{
	VUS_STEP(t, check_each_reply(t, 0, reply_has_payload_size));
}

/* Send a request and then GET_FEATURES, whose reply shows where the first reply
 * ends. */
static bool size_word_is_right(struct vus_ctx *t, const struct vus_msg *msg)
{
	struct vus_session *s = vus_fe(t);
	const uint64_t deadline = vus_deadline_ms(s->request_ms);
	const struct vus_frame ask = vus_valid_request(s, msg->id);
	const struct vus_frame next =
		vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	VUS_AUTO_FRAME got = { 0 }, then = { 0 };
	struct vus_err err = { 0 };

	if (!vus_link_send(&s->link, &ask, NULL, deadline, &err) ||
	    !vus_link_send(&s->link, &next, NULL, deadline, &err) ||
	    !vus_link_recv(&s->link, &got, deadline, &err)) {
		vus_prereq_failed(t, "reply_ack.own_reply_once", &err);
		return false;
	}
	return vus_check(
		t, "header.size_is_payload",
		vus_link_recv(&s->link, &then, deadline, &err) &&
			then.id == next.id && then.decoded,
		"the next reply begins where the size field says",
		"after the reply to %s, which says that it has %" PRIu32
		" bytes, no reply to GET_FEATURES begins: %s",
		msg->name, got.size, err.text);
}

/* "Header": the size is that of the payload, without the header. */
VUS_CASE(size_word_is_that_of_the_payload,
	 .title = "the size field of every reply is the length of its payload",
	 .rules = { "header.size_is_payload" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s, vus_fe_wanted_features(t),
					     ASK_PF, &err),
		   &err);
	for (size_t i = 0; i < vus_nmsgs; i++)
		if (vus_has_harmless_reply(s, &vus_msgs[i]))
			VUS_STEP(t, size_word_is_right(t, &vus_msgs[i]));
	VUS_STEP(t, vus_step_ring_ensure_running(t));
	VUS_STEP(t, size_word_is_right(
			    t, vus_msg_find(VUS_FE, VUS_FE_GET_VRING_BASE)));
}

/* ---- requests with a bad header ---- */

/* GET_FEATURES, which every back-end answers, with these flags. */
static enum vus_outcome classify_flags(struct vus_ctx *t, uint32_t flags)
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);

	f.flags = flags;
	return vus_fe_classify(vus_fe(t), &f, NULL, NULL);
}

static const uint32_t versions[] = { 0, 2, 3 };
static const char *const version_words[] = { "GET_FEATURES of version 0",
					     "GET_FEATURES of version 2",
					     "GET_FEATURES of version 3" };

/* "Header": the version is 0x01, so another one is another protocol.  Most
 * implementations do not check it. */
VUS_CASE(other_versions_are_not_served,
	 .title = "a request of another version is not carried out",
	 .rules = { "header.version_other" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "0", "2", "3" })
{
	VUS_EXPECT(
		t, "header.version_other", classify_flags(t, versions[t->row]),
		VUS_REFUSED | VUS_CLOSED | VUS_SILENT, version_words[t->row]);
}

/* "Header": bit 2 marks replies.  The back-end has sent no request on this
 * socket, so nothing can be replied to. */
VUS_CASE(replies_are_not_served,
	 .title = "a request with the reply flag set is not carried out",
	 .rules = { "header.reply_flag_on_request_reject" },
	 .start = VUS_START_NEGOTIATED)
{
	VUS_EXPECT(t, "header.reply_flag_on_request_reject",
		   classify_flags(t, VUS_VERSION | VUS_FLAG_REPLY),
		   VUS_REFUSED | VUS_CLOSED | VUS_SILENT,
		   "GET_FEATURES with the reply flag set");
}

/* A flag that a later version may define is ignored or refused; the session
 * goes on, or ends with a close. */
VUS_CASE(undefined_flags_do_no_harm,
	 .title = "undefined flags in a request are ignored, or refused",
	 .rules = { "header.reserved_bits_set" }, .start = VUS_START_NEGOTIATED)
{
	VUS_EXPECT(t, "header.reserved_bits_set", classify_flags(t, 0xfffffff1),
		   VUS_ORDERLY, "GET_FEATURES with the flag word 0xfffffff1");
}

/* ---- unknown types ---- */

/* 0x10001 is GET_FEATURES to a back-end that keeps 16 bits of it. */
static const uint32_t unknown_types[] = { 1000, 0x10001, 0x7fffffff,
					  0xffffffff };

/* "derived": a front-end that is newer must learn that its message was not
 * carried out.  The descriptor that came with it must not stay open. */
VUS_CASE(unknown_types_are_refused,
	 .title = "a message of an unknown type is refused, and its descriptor "
		  "closed",
	 .rules = { "header.request_unknown" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "1000", "0x10001", "0x7fffffff", "0xffffffff" })
{
	struct vus_frame f = vus_request_frame(VUS_FE, unknown_types[t->row]);
	VUS_AUTO_FD rd = -1, wr = -1;
	enum vus_outcome outcome;
	struct vus_err err;

	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	f.fds[0] = wr;
	f.nfds = 1;
	outcome = vus_step_classify(t, &f, NULL);
	vus_fd_close(&wr);
	VUS_EXPECT_OBSERVABLE(t, "header.request_unknown", outcome,
			      VUS_REFUSED | VUS_CLOSED,
			      "a message of an unknown type");
	VUS_CHECK(t, "header.request_unknown", vus_pipe_released(t, rd),
		  "the descriptor that came with the refused message is closed",
		  "the message was refused, and its descriptor is still open");
}

/* Type 0 is unassigned.  It must not end a program that serves one session
 * after another, which is checked first. */
VUS_CASE(type_zero_is_refused,
	 .title = "a message of type 0 is refused, and others are served",
	 .rules = { "header.request_none" }, .start = VUS_START_NEGOTIATED)
{
	const struct vus_frame f = vus_request_frame(VUS_FE, 0);

	if (!vus_step_reconnect(VUS_AT(t), "header.request_none",
				VUS_START_NEGOTIATED))
		return;
	VUS_EXPECT(t, "header.request_none",
		   vus_fe_classify(vus_fe(t), &f, NULL, NULL),
		   VUS_REFUSED | VUS_CLOSED | VUS_SILENT,
		   "a message of type 0");
	VUS_CHECK(t, "header.request_none",
		  vus_fe_reconnect(VUS_AT(t), "header.request_none",
				   VUS_START_NEGOTIATED) !=
			  VUS_RECONNECT_PEER_EXITED,
		  "the program goes on after a message of type 0",
		  "the program exited after a message of type 0");
}

/* ---- messages of features that were not negotiated ---- */

/* "Communication": a message that a protocol feature brings is sent once that
 * feature is negotiated.  Here it was offered, and not acknowledged; the
 * message is valid otherwise.  libvhost-user does not check it.
 *
 * GET_QUEUE_NUM and RESET_DEVICE are not among these: their own headings only
 * require that the feature is offered ("set in queried protocol features", "set
 * by the back-end"), so that an answer here is right. */
VUS_CASE(messages_need_their_feature,
	 .title = "a message of a feature that was not negotiated is refused",
	 .rules = { "header.request_ungated" },
	 .rows = { "GET_CONFIG", "GET_MAX_MEM_SLOTS", "ADD_MEM_REG",
		   "GET_STATUS" })
{
	const struct vus_msg *msg = vus_msg_by_name(VUS_FE, t->c->rows[t->row]);
	struct vus_session *s = vus_fe(t);
	enum vus_outcome outcome;
	struct vus_frame f;
	struct vus_err err;

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s, vus_fe_wanted_features(t),
					     PF(REPLY_ACK), &err),
		   &err);
	if (msg->needs & ~s->pf_offered)
		VUS_SKIP(t, "the back-end does not offer its feature");
	if (msg->id == VUS_FE_GET_CONFIG && !s->driver)
		VUS_SKIP(t, "no driver for this device");
	f = vus_valid_request(s, msg->id);
	/* If the request has a reply, no reply shows that it was not carried
	 * out. */
	outcome = msg->answer == VUS_ANSWER_OWN
			  ? vus_fe_classify(s, &f, NULL, NULL)
			  : vus_step_classify(t, &f, NULL);
	if (msg->answer != VUS_ANSWER_OWN)
		VUS_STEP(t, vus_step_observable(t, outcome));
	VUS_EXPECT(t, "header.request_ungated", outcome,
		   VUS_REFUSED | VUS_CLOSED | VUS_SILENT, msg->name);
}
