/* SPDX-License-Identifier: BSD-3-Clause */
/* reply_ack.c — REPLY_ACK: which messages are acknowledged, when, and with
 * what.
 *
 * An answer that is missing or too many shifts the stream: every later reply is
 * taken for that of another request.  So each message is followed by a request
 * whose reply must come next (vus_fe_classify() does this). */
#include "fixture/valid_request.h"
#include "fixture/rings.h"

#include "base/clock.h"
#include "base/own.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

/* Features that add messages. */
#define SWEEP_PF                                                               \
	(PF(MQ) | PF(REPLY_ACK) | PF(BACKEND_REQ) | PF(RESET_DEVICE) |         \
	 PF(CONFIGURE_MEM_SLOTS) | PF(STATUS))

/* ---- a session, message by message ---- */

/* Its features were negotiated, and no other message replaces it. */
static bool is_sendable(const struct vus_session *s, const struct vus_msg *msg)
{
	if (msg->id == VUS_FE_SET_MEM_TABLE)
		return !(s->pf & PF(CONFIGURE_MEM_SLOTS));
	return !(msg->needs & ~s->pf) && !(msg->needs_vf & ~s->features);
}

/* Select `pf`, and choose the features and the ring that are sent later. */
static bool select_and_alloc(struct vus_ctx *t, uint64_t pf)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (!vus_step_prereq(t, "protocol_features.get_early",
			     vus_fe_select_protocol_features(s, pf, &err),
			     &err))
		return false;
	s->features = s->offered & vus_fe_wanted_features(t);
	return vus_step_setup(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err);
}

/* Judge the outcome of a message; false: the verdict is set. */
typedef bool judge(struct vus_ctx *t, const struct vus_msg *msg,
		   enum vus_outcome outcome);

/* Without these the ring would not run. */
static bool is_essential(const struct vus_msg *msg)
{
	return msg->needs == 0 || msg->id == VUS_FE_ADD_MEM_REG;
}

/* With no judge, an essential message that was refused is *ret_failed. */
static bool send_one(struct vus_ctx *t, const struct vus_msg *msg, bool ask,
		     int channel, judge *j, const struct vus_msg **ret_failed)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_valid_ring_request(s, &s->queues[0], msg->id);
	enum vus_outcome outcome;

	f.flags = VUS_VERSION;
	if (f.nfds < vus_msg_fds(msg, s->pf).min) {
		f.fds[0] = channel;
		f.nfds = 1;
	}
	if (vus_msg_answer(msg, s->pf) == VUS_ANSWER_OWN) {
		VUS_AUTO_FRAME got = { 0 };
		struct vus_err err = { 0 };

		return vus_step_prereq(t, "ring_stop.reply",
				       vus_fe_request(s, &f, &got, &err), &err);
	}
	if (ask)
		f.flags |= VUS_FLAG_NEED_REPLY;
	outcome = vus_fe_classify(s, &f, NULL, NULL);
	if (outcome == VUS_CLOSED)
		vus_skip(t, "the back-end closed the connection at %s",
			 msg->name);
	if (!j && outcome == VUS_REFUSED && is_essential(msg) && !*ret_failed)
		*ret_failed = msg;
	return outcome != VUS_CLOSED && (!j || j(t, msg, outcome));
}

/* The messages of a session up to `end` (0: all), each with need_reply if
 * `ask`.  `turn` in messages.def is their order. */
static bool send_session(struct vus_ctx *t, bool ask, uint32_t end, judge *j,
			 const struct vus_msg **ret_failed)
{
	VUS_AUTO_FD ours = -1, theirs = -1;
	const struct vus_msg *msg;
	struct vus_err err;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		(void)vus_fail_sys(&err, "making the back-end channel");
		return vus_step_setup(t, false, &err);
	}
	ours = pair[0];
	theirs = pair[1];
	for (unsigned turn = 1; (msg = vus_msg_of_turn(turn)); turn++) {
		if (msg->id == end)
			break;
		if (is_sendable(vus_fe(t), msg) &&
		    !send_one(t, msg, ask, theirs, j, ret_failed))
			return false;
	}
	return true;
}

/* ---- with need_reply ---- */

static bool is_acknowledged(struct vus_ctx *t, const struct vus_msg *msg,
			    enum vus_outcome outcome)
{
	return vus_check(t, "reply_ack.format", outcome != VUS_GARBLED,
			 "an acknowledgement is one u64 of the request's type",
			 "%s with need_reply was answered with something else",
			 msg->name) &&
	       vus_check(t, "reply_ack.sent",
			 outcome & (VUS_ACCEPTED | VUS_REFUSED),
			 "a message with need_reply is acknowledged",
			 "%s with need_reply was not answered", msg->name);
}

/* "VHOST_USER_PROTOCOL_F_REPLY_ACK": need_reply can be set on any command, and
 * asks for a u64 where the message has no reply of its own. */
VUS_CASE(every_message_is_acknowledged_when_asked,
	 .title = "each message with need_reply is answered with one u64",
	 .rules = { "reply_ack.sent", "reply_ack.format" },
	 .start = VUS_START_CONNECTED, .needs = PF(REPLY_ACK))
{
	struct vus_err err;

	VUS_STEP(t, select_and_alloc(t, SWEEP_PF));
	VUS_PREREQ(t, "reply_ack.not_requested",
		   vus_fe_barrier(vus_fe(t), &err), &err);
	VUS_STEP(t, send_session(t, true, 0, is_acknowledged, NULL));
}

/* The same heading: the payload is zero on success.  The ring that the messages
 * set up shows that each succeeded. */
VUS_CASE(success_is_acknowledged_with_zero,
	 .title = "a message that was carried out is acknowledged with 0",
	 .rules = { "reply_ack.zero_on_success" }, .start = VUS_START_CONNECTED,
	 .needs = PF(REPLY_ACK), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_msg *failed = NULL;
	struct vus_err err;

	VUS_STEP(t, select_and_alloc(t, SWEEP_PF & ~PF(STATUS)));
	VUS_STEP(t,
		 send_session(t, true, VUS_FE_GET_VRING_BASE, NULL, &failed));
	VUS_STEP(t, vus_step_setup_companions(t));
	/* A message that failed explains a ring that does not run. */
	VUS_PREREQ(t,
		   failed ? vus_bring_up_rule(s, failed->id)
			  : "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_CHECK(t, "reply_ack.zero_on_success", !failed,
		  "each message that succeeds is acknowledged with 0",
		  "%s was not acknowledged with 0, although the ring that it "
		  "set up runs",
		  failed ? failed->name : "");
}

/* ---- without need_reply ---- */

static bool is_not_acknowledged(struct vus_ctx *t, const struct vus_msg *msg,
				enum vus_outcome outcome)
{
	return vus_check(t, "reply_ack.not_requested", outcome == VUS_SILENT,
			 "a message without need_reply is not acknowledged",
			 "%s without need_reply was answered", msg->name);
}

/* The same heading: only need_reply asks for an acknowledgement; and without
 * the feature "Communication" lists all messages that have a reply. */
VUS_CASE(nothing_is_acknowledged_unasked,
	 .title = "messages without need_reply are not answered",
	 .rules = { "reply_ack.not_requested" }, .start = VUS_START_CONNECTED,
	 .rows = { "with_REPLY_ACK", "without" })
{
	struct vus_err err;

	VUS_STEP(t,
		 select_and_alloc(t, t->row == 0 ? SWEEP_PF
						 : SWEEP_PF & ~PF(REPLY_ACK)));
	if (t->row == 0 && !(vus_fe(t)->pf & PF(REPLY_ACK)))
		VUS_SKIP(t, "the back-end does not offer REPLY_ACK");
	VUS_CHECK(t, "reply_ack.not_requested", vus_fe_barrier(vus_fe(t), &err),
		  "the next message after SET_PROTOCOL_FEATURES without "
		  "need_reply is answered",
		  "%s", err.text);
	VUS_STEP(t, send_session(t, false, 0, is_not_acknowledged, NULL));
}

static bool is_not_acknowledged_without(struct vus_ctx *t,
					const struct vus_msg *msg,
					enum vus_outcome outcome)
{
	return vus_check(
		t, "reply_ack.not_negotiated_backend", outcome == VUS_SILENT,
		"without REPLY_ACK the need_reply flag is ignored",
		"%s with need_reply was acknowledged without REPLY_ACK",
		msg->name);
}

/* "Header": need_reply has a meaning with REPLY_ACK only.  libvhost-user and
 * DPDK answer it without. */
VUS_CASE(nothing_is_acknowledged_without_the_feature,
	 .title = "without REPLY_ACK need_reply is not answered",
	 .rules = { "reply_ack.not_negotiated_backend" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES))
{
	VUS_STEP(t, select_and_alloc(t, SWEEP_PF & ~PF(REPLY_ACK)));
	VUS_STEP(t,
		 send_session(t, true, 0, is_not_acknowledged_without, NULL));
}

/* ---- messages with a reply of their own ---- */

/* Send the request without need_reply, then with it, then another one; false:
 * the verdict is set. */
static bool request_three_times(struct vus_ctx *t, const struct vus_msg *msg)
{
	const uint32_t other = msg->id == VUS_FE_GET_FEATURES
				       ? VUS_FE_GET_PROTOCOL_FEATURES
				       : VUS_FE_GET_FEATURES;
	struct vus_session *s = vus_fe(t);
	struct vus_frame ask = vus_valid_request(s, msg->id);
	VUS_AUTO_FRAME plain = { 0 };
	VUS_AUTO_FRAME flagged = { 0 };
	struct vus_err err = { 0 };
	uint64_t value;

	if (msg->id == VUS_FE_GET_VRING_BASE &&
	    !vus_step_ring_ensure_running(t))
		return false;
	if (!vus_step_prereq(t, "header.size_exact",
			     vus_fe_request(s, &ask, &plain, &err), &err))
		return false;
	if (msg->id == VUS_FE_GET_VRING_BASE &&
	    !vus_step_ring_ensure_running(t))
		return false;
	ask.flags |= VUS_FLAG_NEED_REPLY;
	return vus_check(t, "reply_ack.own_reply_once",
			 vus_fe_request(s, &ask, &flagged, &err),
			 "a request with need_reply gets its usual reply",
			 "%s with need_reply: %s", msg->name, err.text) &&
	       vus_check(t, "reply_ack.own_reply_once",
			 flagged.size == plain.size,
			 "need_reply does not change the size of the reply",
			 "the reply to %s has %u bytes, with need_reply %u",
			 msg->name, plain.size, flagged.size) &&
	       vus_check(t, "reply_ack.own_reply_once",
			 vus_fe_get_u64(s, other, &value, &err),
			 "a request with need_reply gets one reply",
			 "%s with need_reply got another reply: %s", msg->name,
			 err.text);
}

/* The same heading: "unless the message already has an explicit reply body". */
VUS_CASE(own_reply_is_the_only_one,
	 .title = "need_reply changes nothing for a request that has a reply",
	 .rules = { "reply_ack.own_reply_once" }, .start = VUS_START_CONNECTED,
	 .needs = PF(REPLY_ACK))
{
	const uint64_t pf = PF(MQ) | PF(REPLY_ACK) | PF(CONFIG) |
			    PF(INFLIGHT_SHMFD) | PF(CONFIGURE_MEM_SLOTS) |
			    PF(STATUS);
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s, vus_fe_wanted_features(t), pf,
					     &err),
		   &err);
	for (size_t i = 0; i < vus_nmsgs; i++) {
		if (vus_has_harmless_reply(s, &vus_msgs[i]))
			VUS_STEP(t, request_three_times(t, &vus_msgs[i]));
	}
	VUS_STEP(t, request_three_times(
			    t, vus_msg_find(VUS_FE, VUS_FE_GET_VRING_BASE)));
}

/* ---- the value of an acknowledgement ---- */

/* "SET_VRING_CALL" takes effect before it is acknowledged: completions after
 * the acknowledgement are signalled on the new descriptor. */
VUS_CASE(ack_follows_the_effect,
	 .title = "after SET_VRING_CALL is acknowledged the old descriptor is "
		  "quiet",
	 .rules = { "reply_ack.after_effect" }, .start = VUS_START_RUNNING,
	 .needs = PF(REPLY_ACK), .without_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	VUS_AUTO_EVENT fresh = VUS_EVENT_NONE;
	struct vus_frame swap;
	struct vus_ping ping;
	struct vus_err err;

	VUS_SETUP(t, vus_event_open(s->notify, &fresh, &err), &err);
	swap = vus_vring_fd_frame(s, VUS_FE_SET_VRING_CALL, q->index, fresh.wr);
	/* The last event on the old descriptor has come before it is
	 * replaced. */
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_step_wait_used_idx(
			   t, 0, (uint16_t)(q->ring->used_seen + 1), &err),
		   &err);
	(void)vus_fail(&err, VUS_ERR_TIMEOUT, "no call");
	VUS_PREREQ(t, "split_ring.call.flag_clear", vus_step_wait_call(t, 0),
		   &err);
	VUS_PREREQ(t, "ring_fds.replace", vus_fe_send_acked(s, &swap, &err),
		   &err);
	vus_event_drain(q->call.rd, NULL);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_step_wait_used_idx(
			   t, 0, (uint16_t)(q->ring->used_seen + 2), &err),
		   &err);
	VUS_CHECK(t, "reply_ack.after_effect",
		  vus_step_fd_is_quiet(t, q->call.rd),
		  "once the new descriptor is acknowledged, the old one is not "
		  "signalled",
		  "the old descriptor was signalled after the acknowledgement "
		  "of the new one");
}

/* The same heading: non-zero on failure.  A pipe cannot be mapped, so this
 * region cannot be used.  libvhost-user acknowledges with 0 and closes the
 * connection. */
VUS_CASE(failed_mapping_is_not_acknowledged_with_zero,
	 .title = "a region that cannot be mapped is not acknowledged with 0",
	 .rules = { "reply_ack.nonzero_on_failure" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(REPLY_ACK))
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f =
		s->pf & PF(CONFIGURE_MEM_SLOTS)
			? vus_fe_mem_reg_frame(s, VUS_FE_ADD_MEM_REG, 0)
			: vus_fe_mem_table_frame(s);
	VUS_AUTO_FD rd = -1, wr = -1;
	uint64_t ack = UINT64_MAX;
	enum vus_outcome outcome;
	struct vus_err err;

	VUS_SETUP(t, vus_release_pipe(&rd, &wr, &err), &err);
	f.flags |= VUS_FLAG_NEED_REPLY;
	for (unsigned i = 0; i < f.nfds; i++)
		f.fds[i] = rd;
	outcome = vus_fe_classify(s, &f, NULL, &ack);
	VUS_CHECK(t, "reply_ack.nonzero_on_failure", ack != 0,
		  "a region on a pipe, which cannot be mapped, is not "
		  "acknowledged with 0",
		  "a region on a pipe was acknowledged with 0%s",
		  outcome == VUS_CLOSED ? ", and closed" : "");
}

/* "VHOST_USER_SET_CONFIG": a write to a read-only field must not be
 * accepted.  The capacity of a disk is one.  Where it does change, another
 * rule is broken. */
VUS_CASE(refused_config_write_is_not_acknowledged_with_zero,
	 .title = "a write to a read-only field is not acknowledged with 0",
	 .rules = { "reply_ack.nonzero_on_failure" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(REPLY_ACK) | PF(CONFIG),
	 .devices = "blk")
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_CONFIG);
	uint64_t before, after, ack = UINT64_MAX;
	enum vus_outcome outcome;
	struct vus_err err;

	VUS_PREREQ(t, "config.get_reply",
		   vus_fe_get_config(s, 0, sizeof(before), &before, &err),
		   &err);
	after = ~before;
	f.flags |= VUS_FLAG_NEED_REPLY;
	f.body.config.size = sizeof(after);
	memcpy(f.body.config.data, &after, sizeof(after));
	outcome = vus_fe_classify(s, &f, NULL, &ack);
	if (outcome == VUS_ACCEPTED) {
		VUS_PREREQ(t, "config.get_reply",
			   vus_fe_get_config(s, 0, sizeof(after), &after, &err),
			   &err);
		(void)vus_fail(&err, VUS_ERR_PROTOCOL,
			       "the capacity was written");
		VUS_PREREQ(t, "config.set_readonly", after == before, &err);
	}
	VUS_CHECK(
		t, "reply_ack.nonzero_on_failure", ack != 0,
		"a write to the read-only capacity is not acknowledged with 0",
		"a write to the capacity was acknowledged with 0%s",
		outcome == VUS_CLOSED ? ", and closed" : "");
}

/* ---- after a refusal ---- */

static const char *const bad_message_words[] = {
	"a message of type 1000", "SET_VRING_ENABLE of ring 0x1000",
	"SET_VRING_CALL without a descriptor, bit 8 clear",
	"SET_PROTOCOL_FEATURES with bit 63"
};

static struct vus_frame bad_message(const struct vus_session *s, unsigned row)
{
	switch (row) {
	case 0:
		return vus_acked_u64_frame(1000, 0);
	case 1:
		return vus_vring_state_frame(s, VUS_FE_SET_VRING_ENABLE, 0x1000,
					     1);
	case 2: /* no descriptor, and bit 8 is clear */
		return vus_vring_fd_frame(s, VUS_FE_SET_VRING_CALL, 1, -1);
	default:
		return vus_acked_u64_frame(VUS_FE_SET_PROTOCOL_FEATURES,
					   s->pf | VUS_BIT(63));
	}
}

/* What a back-end locks or allocates for a message it releases when it refuses
 * the message: the next request is answered and a ring can be stopped, or the
 * connection is closed. */
VUS_CASE(messages_are_answered_after_a_refusal,
	 .title = "after a refused message the back-end answers, or closes",
	 .rules = { "reply_ack.alive_after_refusal" },
	 .start = VUS_START_RUNNING,
	 .rows = { "unknown_type", "no_such_ring", "no_descriptor",
		   "unoffered_bit" })
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f = bad_message(s, t->row);
	enum vus_outcome outcome = vus_step_classify(t, &f, NULL);
	struct vus_err err;

	VUS_EXPECT(t, "reply_ack.alive_after_refusal", outcome, VUS_ORDERLY,
		   bad_message_words[t->row]);
	if (outcome != VUS_CLOSED)
		VUS_CHECK(t, "reply_ack.alive_after_refusal",
			  vus_fe_queue_stop(s, 0, NULL, &err),
			  "after the refusal GET_VRING_BASE stops the ring and "
			  "is answered",
			  "%s", err.text);
}
