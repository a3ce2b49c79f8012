/* SPDX-License-Identifier: BSD-3-Clause */
/* header.c — the words of a header: in every answer, and in requests that no
 * good front-end would send.
 *
 * The answers are judged in a loop over the message table: whatever is answered
 * with what was negotiated is asked for once. */
#include "fixture/valid_request.h"
#include "fixture/steps.h"

#include "base/clock.h"
#include "base/own.h"

#include <inttypes.h>

/* What is acknowledged to have more questions to ask.  None of them has an
 * effect before rings are set up. */
#define ASK_PF                                                                 \
	(PF(MQ) | PF(REPLY_ACK) | PF(CONFIG) | PF(INFLIGHT_SHMFD) |            \
	 PF(CONFIGURE_MEM_SLOTS) | PF(STATUS))

/* Judge one answer to `msg`; false: the verdict is set. */
typedef bool judge(struct vus_ctx *t, const struct vus_msg *msg,
		   const struct vus_frame *got);

#define JUDGE(t, rule, cond, ...)                                              \
	vus_check((t), (rule), (cond), #cond, __VA_ARGS__)

static bool check_reply_header(struct vus_ctx *t, uint32_t id, uint32_t flags,
			       judge *j)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_msg *msg = vus_msg_find(VUS_FE, id);
	struct vus_frame ask = vus_valid_request(s, id);
	VUS_AUTO_FRAME got = { 0 };
	struct vus_err err;

	ask.flags |= flags;
	if (!vus_link_request(&s->link, &ask, &got,
			      vus_deadline_ms(s->request_ms), &err)) {
		vus_prereq_failed(t, "reply_ack.own_reply_once", &err);
		return false;
	}
	return j(t, msg, &got);
}

/* Ask whatever can be asked, and one thing that is acknowledged; then bring up
 * a ring and stop it. */
static void each_answer(struct vus_ctx *t, uint32_t flags, judge *j)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s, vus_fe_wanted_features(t),
					     ASK_PF & ~t->c->without, &err),
		   &err);
	for (size_t i = 0; i < vus_nmsgs; i++)
		if (vus_has_harmless_reply(s, &vus_msgs[i]) &&
		    !check_reply_header(t, vus_msgs[i].id, flags, j))
			return;
	if ((s->pf & PF(REPLY_ACK)) &&
	    !check_reply_header(t, VUS_FE_SET_VRING_NUM, VUS_FLAG_NEED_REPLY,
				j))
		return;
	if (vus_step_ring_ensure_running(t))
		(void)check_reply_header(t, VUS_FE_GET_VRING_BASE, flags, j);
}

/* ---- answers ---- */

static bool has_version_1(struct vus_ctx *t, const struct vus_msg *msg,
			  const struct vus_frame *got)
{
	return JUDGE(t, "header.version",
		     (got->flags & VUS_VERSION_MASK) == VUS_VERSION,
		     "answered %s with flags 0x%" PRIx32 ", version %" PRIu32,
		     msg->name, got->flags, got->flags & VUS_VERSION_MASK);
}

/* "Header": the lower 2 bits are the version, 0x01. */
VUS_CASE(answers_are_of_version_1,
	 .title = "the version bits of every answer are 01",
	 .rules = { "header.version" })
{
	each_answer(t, 0, has_version_1);
}

static bool is_marked(struct vus_ctx *t, const struct vus_msg *msg,
		      const struct vus_frame *got)
{
	return JUDGE(t, "header.reply_flag_set", got->flags & VUS_FLAG_REPLY,
		     "answered %s with flags 0x%" PRIx32
		     ", without the reply flag",
		     msg->name, got->flags);
}

/* "Header": bit 2 is the reply flag, needed on each reply from the back-end. */
VUS_CASE(answers_carry_the_reply_flag,
	 .title = "every answer has the reply flag set",
	 .rules = { "header.reply_flag_set" })
{
	each_answer(t, 0, is_marked);
}

static bool asks_nothing(struct vus_ctx *t, const struct vus_msg *msg,
			 const struct vus_frame *got)
{
	return JUDGE(t, "header.need_reply_clear_in_reply",
		     !(got->flags & VUS_FLAG_NEED_REPLY),
		     "answered %s with flags 0x%" PRIx32
		     ", need_reply among them",
		     msg->name, got->flags);
}

/* "Header": bit 3 asks for a reply, and nobody replies to a reply.
 * libvhost-user copies the request's flags, and QEMU's front-end refuses such
 * a word, which it never provokes; libblkio's provokes and tolerates it. */
VUS_CASE(need_reply_is_not_copied_into_answers,
	 .title = "an answer to a request with need_reply does not ask in turn",
	 .rules = { "header.need_reply_clear_in_reply" })
{
	each_answer(t, VUS_FLAG_NEED_REPLY, asks_nothing);
}

static bool is_plain(struct vus_ctx *t, const struct vus_msg *msg,
		     const struct vus_frame *got)
{
	const uint32_t known =
		VUS_VERSION_MASK | VUS_FLAG_REPLY | VUS_FLAG_NEED_REPLY;

	return JUDGE(t, "header.reserved_bits_zero", !(got->flags & ~known),
		     "answered %s with flags 0x%" PRIx32 ", of which 0x%" PRIx32
		     " have no meaning",
		     msg->name, got->flags, got->flags & ~known);
}

/* "Header" gives bits 0 to 3 a meaning, and none to the others. */
VUS_CASE(answers_set_no_undefined_flag,
	 .title = "no answer has a flag set that has no meaning",
	 .rules = { "header.reserved_bits_zero" })
{
	each_answer(t, 0, is_plain);
}

static bool names_request(struct vus_ctx *t, const struct vus_msg *msg,
			  const struct vus_frame *got)
{
	return JUDGE(t, "header.request", got->id == msg->id,
		     "answered %s with a message of type %" PRIu32, msg->name,
		     got->id);
}

/* "Header": the request word is the type of the message, of a reply too. */
VUS_CASE(answers_name_their_request,
	 .title = "every answer has the type of the request it answers",
	 .rules = { "header.request" })
{
	each_answer(t, 0, names_request);
}

static bool has_its_size(struct vus_ctx *t, const struct vus_msg *msg,
			 const struct vus_frame *got)
{
	const bool failed = msg->empty_reply_fails && got->size == 0;

	return JUDGE(t, "header.size_exact",
		     got->decoded || failed || msg->reply_open,
		     "answered %s with %" PRIu32
		     " bytes, which are not its payload",
		     msg->name, got->size);
}

/* "Payload": each message has the payload that its description gives.  Where
 * the text leaves a size open the table says so, and none is wrong. */
VUS_CASE(answers_have_the_size_of_their_payload,
	 .title = "every answer is as long as the payload it must have",
	 .rules = { "header.size_exact" })
{
	each_answer(t, 0, has_its_size);
}

/* A question and, behind it, GET_FEATURES; whose answer shows where that of the
 * first ends. */
static bool is_framed(struct vus_ctx *t, const struct vus_msg *msg)
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
	return JUDGE(t, "header.size_is_payload",
		     vus_link_recv(&s->link, &then, deadline, &err) &&
			     then.id == next.id && then.decoded,
		     "behind the answer to %s, of %" PRIu32
		     " bytes as it says, comes no answer to GET_FEATURES: %s",
		     msg->name, got.size, err.text);
}

/* "Header": the size word is that of the payload, without the header. */
VUS_CASE(size_word_is_that_of_the_payload,
	 .title = "behind as many bytes as the size word says the next answer "
		  "begins",
	 .rules = { "header.size_is_payload" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s, vus_fe_wanted_features(t),
					     ASK_PF, &err),
		   &err);
	for (size_t i = 0; i < vus_nmsgs; i++)
		if (vus_has_harmless_reply(s, &vus_msgs[i]) &&
		    !is_framed(t, &vus_msgs[i]))
			return;
	if (vus_step_ring_ensure_running(t))
		(void)is_framed(t, vus_msg_find(VUS_FE, VUS_FE_GET_VRING_BASE));
}

/* ---- requests that are none ---- */

/* GET_FEATURES, which anybody would answer, but for this flag word. */
static enum vus_outcome try_flags(struct vus_ctx *t, uint32_t flags)
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);

	f.flags = flags;
	return vus_fe_classify(vus_fe(t), &f, NULL, NULL);
}

static const uint32_t versions[] = { 0, 2, 3 };

/* "Header": the version is 0x01, so another one is another protocol.  Most
 * implementations do not look. */
VUS_CASE(other_versions_are_not_served,
	 .title = "a request of another version is not carried out",
	 .rules = { "header.version_other" }, .start = VUS_START_NEGOTIATED,
	 .rows = { "0", "2", "3" })
{
	VUS_OLD_EXPECT(t, "header.version_other",
		       try_flags(t, versions[t->row]),
		       VUS_REFUSED | VUS_CLOSED | VUS_SILENT);
}

/* "Header": bit 2 marks replies.  The back-end has asked nothing on this
 * socket, so there is nothing that this could answer. */
VUS_CASE(replies_are_not_served,
	 .title = "a message that calls itself a reply is not carried out",
	 .rules = { "header.reply_flag_on_request_reject" },
	 .start = VUS_START_NEGOTIATED)
{
	VUS_OLD_EXPECT(t, "header.reply_flag_on_request_reject",
		       try_flags(t, VUS_VERSION | VUS_FLAG_REPLY),
		       VUS_REFUSED | VUS_CLOSED | VUS_SILENT);
}

/* A flag that a later version defines may be ignored or refused, as long as
 * the session goes on or ends in order. */
VUS_CASE(undefined_flags_do_no_harm,
	 .title = "undefined flags in a request are ignored, or refused",
	 .rules = { "header.reserved_bits_set" }, .start = VUS_START_NEGOTIATED)
{
	VUS_OLD_EXPECT(t, "header.reserved_bits_set", try_flags(t, 0xfffffff1),
		       VUS_ORDERLY);
}

/* ---- types that nobody knows ---- */

/* 0x10001 is GET_FEATURES to whoever keeps 16 bits of it. */
static const uint32_t unknown_types[] = { 1000, 0x10001, 0x7fffffff,
					  0xffffffff };

/* "derived": a front-end that is newer must learn that its message was not
 * carried out.  The descriptor that came with it would be lost for good. */
VUS_CASE(unknown_types_are_refused,
	 .title = "a message of an unknown type is refused, its descriptor "
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
	VUS_OLD_EXPECT_OBSERVABLE(t, "header.request_unknown", outcome,
				  VUS_REFUSED | VUS_CLOSED);
	VUS_OLD_CHECK(t, "header.request_unknown", vus_pipe_released(t, rd),
		      "refused the message and kept its descriptor");
}

/* Type 0 is unassigned, and no reason to end a program that serves one
 * session after another.  That it does is seen first. */
VUS_CASE(type_zero_is_refused,
	 .title = "a message of type 0 is refused, and others are served",
	 .rules = { "header.request_none" }, .start = VUS_START_NEGOTIATED)
{
	const struct vus_frame f = vus_request_frame(VUS_FE, 0);

	switch (vus_fe_reconnect(t, "header.request_none",
				 VUS_START_NEGOTIATED)) {
	case VUS_RECONNECT_OK:
		break;
	case VUS_RECONNECT_PEER_EXITED:
		VUS_SKIP(t, "the back-end serves one connection");
	default:
		return;
	}
	VUS_OLD_EXPECT(t, "header.request_none",
		       vus_fe_classify(vus_fe(t), &f, NULL, NULL),
		       VUS_REFUSED | VUS_CLOSED | VUS_SILENT);
	VUS_OLD_CHECK(t, "header.request_none",
		      vus_fe_reconnect(t, "header.request_none",
				       VUS_START_NEGOTIATED) !=
			      VUS_RECONNECT_PEER_EXITED,
		      "ended its program upon a message of type 0");
}

/* ---- messages of features that were not negotiated ---- */

/* "Communication": a message that a protocol feature brings is sent once that
 * feature is negotiated.  Here it was offered, and not acknowledged; all else
 * is in order.  libvhost-user looks at no gate.
 *
 * GET_QUEUE_NUM and RESET_DEVICE are none of these: their own headings want the
 * feature offered ("set in queried protocol features", "set by the back-end"),
 * and to answer them here is right. */
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
	/* A question's silence tells. */
	outcome = msg->answer == VUS_ANSWER_OWN
			  ? vus_fe_classify(s, &f, NULL, NULL)
			  : vus_step_classify(t, &f, NULL);
	if (msg->answer != VUS_ANSWER_OWN && !vus_step_observable(t, outcome))
		return;
	VUS_OLD_EXPECT(t, "header.request_ungated", outcome,
		       VUS_REFUSED | VUS_CLOSED | VUS_SILENT);
}
