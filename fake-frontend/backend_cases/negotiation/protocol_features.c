/* SPDX-License-Identifier: BSD-3-Clause */
/* protocol_features.c — protocol features: what is offered, what is selected,
 * and when. */
#include "fixture/sessions.h"
#include "fixture/valid_request.h"
#include "fixture/steps.h"

#include "base/clock.h"
#include "base/own.h"

#include <unistd.h>

/* ---- the offer ---- */

/* "VHOST_USER_GET_PROTOCOL_FEATURES": answered with one u64.  Sent after
 * SET_FEATURES, as libblkio does, and twice, as QEMU does with several queue
 * pairs. */
VUS_CASE(offer_is_answered,
	 .title = "GET_PROTOCOL_FEATURES is answered with one u64",
	 .rules = { "protocol_features.get_reply" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES))
{
	const struct vus_frame ask =
		vus_request_frame(VUS_FE, VUS_FE_GET_PROTOCOL_FEATURES);
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, vus_step_bring_up(
			    t,
			    vus_fe_negotiate(s,
					     vus_fe_wanted_features(t) &
						     ~VF(PROTOCOL_FEATURES),
					     0, &err),
			    &err));
	for (unsigned i = 0; i < 2; i++) {
		VUS_AUTO_FRAME got = { 0 };

		VUS_CHECK(t, "protocol_features.get_reply",
			  vus_fe_request(s, &ask, &got, &err),
			  "GET_PROTOCOL_FEATURES is answered with one u64",
			  "%s", err.text);
	}
}

/* The note under the same heading: a back-end that offers bit 30 must support
 * the message even before SET_FEATURES. */
VUS_CASE(offer_is_there_before_set_features,
	 .title = "GET_PROTOCOL_FEATURES is answered before SET_FEATURES",
	 .rules = { "protocol_features.get_early" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES))
{
	struct vus_session *s = vus_fe(t);
	uint64_t value;
	struct vus_err err;
	bool ok;

	VUS_PREREQ(t, "features.get_reply", vus_fe_barrier(s, &err), &err);
	ok = vus_fe_get_u64(s, VUS_FE_GET_PROTOCOL_FEATURES, &value, &err);
	VUS_PREREQ(t, "protocol_features.get_reply",
		   ok || err.kind != VUS_ERR_PROTOCOL, &err);
	VUS_CHECK(t, "protocol_features.get_early", ok,
		  "GET_PROTOCOL_FEATURES is answered before SET_FEATURES", "%s",
		  err.text);
}

/* A bit without a name is reserved; a later version may define it. */
VUS_CASE(offer_has_no_unassigned_bits,
	 .title = "only protocol features that the specification names are "
		  "offered",
	 .rules = { "protocol_feature_bits.reserved" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES))
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_TEXT names = { 0 };
	uint64_t unknown;
	struct vus_err err;

	VUS_PREREQ(t, "protocol_features.get_early",
		   vus_fe_select_protocol_features(s, 0, &err), &err);
	unknown = s->pf_offered;
	for (unsigned bit = 0; bit < 64; bit++) {
		if (vus_feature_find(true, bit))
			unknown &= ~VUS_BIT(bit);
	}
	vus_format_features(unknown, true, &names);
	VUS_CHECK(t, "protocol_feature_bits.reserved", unknown == 0,
		  "every protocol feature that is offered has a name in the "
		  "specification",
		  "%s is offered", vus_text_str(&names));
}

/* "Multiple queue support": back-ends should always implement MQ, even for
 * devices with a fixed number of queues. */
VUS_CASE(mq_is_offered, .title = "MQ is offered, whatever the device",
	 .rules = { "multiqueue.always_offered" }, .start = VUS_START_CONNECTED,
	 .needs_vf = VF(PROTOCOL_FEATURES))
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "protocol_features.get_early",
		   vus_fe_select_protocol_features(s, 0, &err), &err);
	VUS_CHECK(t, "multiqueue.always_offered", s->pf_offered & PF(MQ),
		  "MQ is offered", "the offer is 0x%llx, without bit 0",
		  (unsigned long long)s->pf_offered);
}

/* ---- the selection ---- */

/* Whether need_reply is answered shows whether REPLY_ACK is in force. */
static enum vus_outcome classify_with_need_reply(struct vus_session *s,
						 uint32_t id)
{
	struct vus_frame f = vus_valid_request(s, id);

	f.flags |= VUS_FLAG_NEED_REPLY;
	return vus_fe_classify(s, &f, NULL, NULL);
}

/* Judge, under `rule`, that the selection is in force. */
static bool check_in_force(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);

	if (!(s->pf & PF(REPLY_ACK)))
		return vus_step_check_queue_num(t, rule);
	return vus_expect(
		t, rule, classify_with_need_reply(s, VUS_FE_SET_FEATURES),
		VUS_ACCEPTED | VUS_REFUSED, "SET_FEATURES with need_reply");
}

static bool send_selection(struct vus_session *s, uint64_t pf,
			   struct vus_err *err)
{
	struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_SET_PROTOCOL_FEATURES);

	f.body.protocol_features.value = pf;
	if (!vus_fe_send_noack(s, &f, err))
		return false;
	s->pf = s->link.pf = pf;
	return true;
}

/* The note of "VHOST_USER_SET_PROTOCOL_FEATURES": supported even before
 * SET_FEATURES. QEMU sends GET_QUEUE_NUM, and SET_BACKEND_REQ_FD with
 * need_reply, before any SET_FEATURES. */
VUS_CASE(selection_works_before_set_features,
	 .title = "protocol features are in force before SET_FEATURES",
	 .rules = { "protocol_features.set_early" },
	 .start = VUS_START_CONNECTED, .needs = PF(MQ))
{
	struct vus_session *s = vus_fe(t);
	uint64_t value;
	struct vus_err err;

	VUS_PREREQ(t, "protocol_features.get_early",
		   vus_fe_select_protocol_features(s, PF(MQ) | PF(REPLY_ACK),
						   &err),
		   &err);
	VUS_CHECK(t, "protocol_features.set_early",
		  vus_fe_get_u64(s, VUS_FE_GET_QUEUE_NUM, &value, &err),
		  "GET_QUEUE_NUM is answered before SET_FEATURES, once MQ is "
		  "selected",
		  "%s", err.text);
	if (s->pf & PF(REPLY_ACK))
		VUS_EXPECT(t, "protocol_features.set_early",
			   classify_with_need_reply(s, VUS_FE_SET_OWNER),
			   VUS_ACCEPTED | VUS_REFUSED,
			   "SET_OWNER with need_reply before SET_FEATURES");
}

/* The same heading: bit 30 need not be acknowledged. */
VUS_CASE(selection_survives_features_without_bit_30,
	 .title = "protocol features stay in force after SET_FEATURES without "
		  "bit 30",
	 .rules = { "protocol_features.no_ack_of_bit30" },
	 .start = VUS_START_NEGOTIATED)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f;
	struct vus_err err;

	s->features &= ~VF(PROTOCOL_FEATURES);
	f = vus_valid_request(s, VUS_FE_SET_FEATURES);
	VUS_PREREQ(t, "features.set_activates",
		   vus_fe_send_noack(s, &f, &err) && vus_fe_barrier(s, &err),
		   &err);
	VUS_STEP(t, check_in_force(t, "protocol_features.no_ack_of_bit30"));
}

/* A front-end that reconnects may know the offer already. */
VUS_CASE(selection_needs_no_get,
	 .title = "protocol features can be selected without "
		  "GET_PROTOCOL_FEATURES",
	 .rules = { "protocol_features.set_without_get" },
	 .start = VUS_START_CONNECTED, .needs = PF(REPLY_ACK),
	 .rows = { "offer_not_asked", "features_not_asked" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	if (t->row == 0)
		VUS_PREREQ(t, "features.get_reply", vus_fe_barrier(s, &err),
			   &err);
	VUS_SETUP(t, send_selection(s, PF(REPLY_ACK), &err), &err);
	VUS_EXPECT(t, "protocol_features.set_without_get",
		   classify_with_need_reply(s, VUS_FE_SET_OWNER),
		   VUS_ACCEPTED | VUS_REFUSED, "SET_OWNER with need_reply");
}

static const struct {
	unsigned from, to;
} foreign_bits[] = { { 0, 23 }, { 24, 62 }, { 63, 63 } };

/* A front-end that selects a feature that was not offered will use it.
 * libvhost-user and rust-vmm store any bits. */
VUS_CASE(unoffered_selection_is_refused,
	 .title = "selecting a protocol feature that is not offered is refused",
	 .rules = { "protocol_features.set_unoffered" },
	 .start = VUS_START_NEGOTIATED,
	 .rows = { "assigned_bit", "unassigned_bit", "bit_63" })
{
	struct vus_session *s = vus_fe(t);
	const uint64_t bit =
		vus_unoffered_bit(s->pf_offered, foreign_bits[t->row].from,
				  foreign_bits[t->row].to);
	const struct vus_frame f =
		vus_acked_u64_frame(VUS_FE_SET_PROTOCOL_FEATURES, s->pf | bit);

	if (bit == 0)
		VUS_SKIP(t, "the back-end offers all of these bits");
	VUS_EXPECT_OBSERVABLE(
		t, "protocol_features.set_unoffered",
		vus_step_classify(t, &f, NULL), VUS_REFUSED | VUS_CLOSED,
		"SET_PROTOCOL_FEATURES with a bit that was not offered");
}

/* Is need_reply answered although REPLY_ACK is not selected?  Then an
 * acknowledgement shows nothing, and the case is skipped. */
static bool acks_without_feature(struct vus_ctx *t, enum vus_outcome outcome)
{
	struct vus_err err;

	if (outcome == VUS_SILENT)
		return false;
	(void)vus_fail(&err, VUS_ERR_REFUSED,
		       "need_reply is answered without REPLY_ACK");
	vus_prereq_failed(t, "reply_ack.not_negotiated_backend", &err);
	return true;
}

/* Only the last selection counts. */
VUS_CASE(later_selection_replaces,
	 .title = "after a second selection without REPLY_ACK it is off",
	 .rules = { "protocol_features.set_replaces" },
	 .start = VUS_START_CONNECTED, .needs = PF(MQ) | PF(REPLY_ACK))
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { .text = "need_reply is not answered" };

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_get_u64(s, VUS_FE_GET_FEATURES, &s->offered, &err),
		   &err);
	s->features = s->offered & vus_fe_wanted_features(t);
	if (acks_without_feature(t,
				 classify_with_need_reply(s, VUS_FE_SET_OWNER)))
		return;
	VUS_PREREQ(t, "protocol_features.get_early",
		   vus_fe_select_protocol_features(s, PF(MQ) | PF(REPLY_ACK),
						   &err),
		   &err);
	VUS_PREREQ(t, "reply_ack.sent",
		   classify_with_need_reply(s, VUS_FE_SET_FEATURES) ==
			   VUS_ACCEPTED,
		   &err);
	VUS_SETUP(t, send_selection(s, PF(MQ), &err), &err);
	VUS_EXPECT(t, "protocol_features.set_replaces",
		   classify_with_need_reply(s, VUS_FE_SET_FEATURES), VUS_SILENT,
		   "SET_FEATURES with need_reply after a selection without "
		   "REPLY_ACK");
}

/* QEMU negotiates once for each queue pair, over one socket. */
VUS_CASE(same_selection_again_is_harmless,
	 .title = "repeating the same selection changes nothing",
	 .rules = { "protocol_features.set_same_twice" },
	 .start = VUS_START_NEGOTIATED)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	for (unsigned i = 0; i < 5; i++)
		VUS_CHECK(t, "protocol_features.set_same_twice",
			  send_selection(s, s->pf, &err) &&
				  vus_fe_barrier(s, &err),
			  "messages are answered after the same selection",
			  "%s", err.text);
	VUS_STEP(t, check_in_force(t, "protocol_features.set_same_twice"));
}

/* ---- the offer is served ---- */

/* The message that shows a feature, where it needs nothing but the feature;
 * NULL: it needs a descriptor, a kind of device, or another feature. */
static const struct vus_msg *shown_by(const struct vus_feature *feature)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, feature->shown_by);

	if (!feature->protocol || feature->requires || !msg || msg->device ||
	    msg->needs != VUS_BIT(feature->bit) ||
	    vus_msg_fds(msg, msg->needs).min > 0)
		return NULL;
	return msg;
}

static uint64_t all_opened(void)
{
	uint64_t pf = PF(REPLY_ACK) | PF(DEVICE_STATE);

	for (size_t i = 0; i < vus_nfeatures; i++)
		if (shown_by(&vus_features[i]))
			pf |= VUS_BIT(vus_features[i].bit);
	return pf;
}

/* Read until the other end is closed. */
static bool read_until_end(int fd, uint64_t deadline, struct vus_err *err)
{
	char sink[4096];
	ssize_t n = 1;

	while (n > 0) {
		if (vus_poll_one(fd, POLLIN, deadline) <= 0)
			return vus_fail(err, VUS_ERR_TIMEOUT,
					"the device state does not end");
		n = read(fd, sink, sizeof(sink));
	}
	return true;
}

/* "Migrating back-end state": have the state saved, read it, and request the
 * result. */
static bool save_state(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame set =
		vus_request_frame(VUS_FE, VUS_FE_SET_DEVICE_STATE_FD);
	VUS_AUTO_FD rd = -1, wr = -1;
	VUS_AUTO_FRAME got = { 0 };
	uint64_t value;

	if (!vus_release_pipe(&rd, &wr, err))
		return false;
	set.fds[0] = wr;
	set.nfds = 1;
	if (!vus_fe_request(s, &set, &got, err))
		return false;
	vus_fd_close(&wr);
	return read_until_end(got.nfds > 0 ? got.fds[0] : rd,
			      vus_deadline_ms(s->request_ms), err) &&
	       vus_fe_get_u64(s, VUS_FE_CHECK_DEVICE_STATE, &value, err);
}

static bool is_served(struct vus_session *s, const struct vus_msg *msg)
{
	struct vus_frame f = vus_valid_request(s, msg->id);

	if (msg->request == &vus_payload_config && f.body.config.size == 0)
		return true; /* no driver knows its size */
	if (s->pf & PF(REPLY_ACK))
		f.flags |= VUS_FLAG_NEED_REPLY;
	return vus_fe_classify(s, &f, NULL, NULL) &
	       (VUS_ACCEPTED | (s->pf & PF(REPLY_ACK) ? 0 : VUS_SILENT));
}

/* The first message with this kind of answer that is not served; NULL: all
 * are. */
static const struct vus_msg *first_unserved(struct vus_session *s,
					    enum vus_answer answer)
{
	for (size_t i = 0; i < vus_nfeatures; i++) {
		const struct vus_msg *msg = shown_by(&vus_features[i]);

		if (msg && msg->answer == answer && !(msg->needs & ~s->pf) &&
		    !is_served(s, msg))
			return msg;
	}
	return NULL;
}

/* A feature that is offered and selected can be used. */
VUS_CASE(offered_features_are_served,
	 .title = "the messages of every offered protocol feature are served",
	 .rules = { "protocol_features.offer_is_served" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES))
{
	struct vus_session *s = vus_fe(t);
	const struct vus_msg *msg;
	struct vus_err err;

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s, vus_fe_wanted_features(t),
					     all_opened(), &err),
		   &err);
	/* Requests with a reply first: a reset may change what they return. */
	msg = first_unserved(s, VUS_ANSWER_OWN);
	if (!msg)
		msg = first_unserved(s, VUS_ANSWER_ACK);
	VUS_CHECK(t, "protocol_features.offer_is_served", !msg,
		  "the messages of a feature that is offered and selected are "
		  "served",
		  "the feature of %s is offered, and the message is not served",
		  msg ? msg->name : "");
	if (s->pf & PF(DEVICE_STATE))
		VUS_CHECK(t, "protocol_features.offer_is_served",
			  save_state(s, &err),
			  "the device state of a back-end that offers "
			  "DEVICE_STATE can be saved",
			  "%s", err.text);
}

/* "In-band notifications": without a channel and acknowledgements "the back-end
 * should close the connection".  A refusal is accepted as well. */
static const uint64_t inband_needs[] = { 0, PF(BACKEND_REQ), PF(REPLY_ACK),
					 PF(BACKEND_REQ) | PF(REPLY_ACK) };

VUS_CASE(inband_needs_channel_and_acks,
	 .title = "INBAND_NOTIFICATIONS is accepted only with the features it "
		  "needs",
	 .rules = { "protocol_features.inband_deps" },
	 .start = VUS_START_CONNECTED, .needs = PF(INBAND_NOTIFICATIONS),
	 .rows = { "alone", "channel", "acks", "both" })
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f = vus_acked_u64_frame(
		VUS_FE_SET_PROTOCOL_FEATURES,
		PF(INBAND_NOTIFICATIONS) | inband_needs[t->row]);
	struct vus_err err;

	VUS_PREREQ(t, "protocol_features.get_reply",
		   vus_fe_select_protocol_features(s, 0, &err), &err);
	s->pf = s->link.pf = inband_needs[t->row];
	VUS_EXPECT(t, "protocol_features.inband_deps",
		   vus_fe_classify(s, &f, NULL, NULL),
		   t->row == 3 ? VUS_ACCEPTED | VUS_SILENT
			       : VUS_CLOSED | VUS_REFUSED,
		   "INBAND_NOTIFICATIONS, selected");
}

/* ---- the next connection ---- */

/* A connection that sends a message with need_reply, then selects `pf`, and
 * ends. */
static bool negotiate_once(struct vus_ctx *t, uint64_t pf,
			   enum vus_outcome *ret_first, struct vus_err *err)
{
	struct vus_session s;
	bool ok;

	if (!vus_fe_connect(t, &s, err))
		return false;
	ok = vus_fe_get_u64(&s, VUS_FE_GET_FEATURES, &s.offered, err);
	if (ok) {
		*ret_first = classify_with_need_reply(&s, VUS_FE_SET_OWNER);
		ok = vus_fe_select_protocol_features(&s, pf, err) &&
		     vus_fe_barrier(&s, err);
	}
	vus_fe_close(&s);
	return ok;
}

/* The selection ends with its connection.  The first connection does not select
 * REPLY_ACK: the second shows whether the back-end answers need_reply without
 * it, and the third whether the selection of the second is still in force. */
VUS_CASE(connection_begins_without_features,
	 .title = "a new connection begins without protocol features",
	 .rules = { "protocol_features.reset_on_connect" },
	 .start = VUS_START_CONNECTED, .needs = PF(MQ) | PF(REPLY_ACK))
{
	struct vus_session *s = vus_fe(t);
	enum vus_outcome first = VUS_SILENT;
	struct vus_err err;

	VUS_PREREQ(t, "protocol_features.get_early",
		   vus_fe_select_protocol_features(s, PF(MQ), &err) &&
			   vus_fe_barrier(s, &err),
		   &err);
	vus_link_close(&s->link);
	VUS_PREREQ(t, "socket.backend_reaccepts",
		   negotiate_once(t, PF(MQ) | PF(REPLY_ACK), &first, &err),
		   &err);
	if (acks_without_feature(t, first))
		return;
	VUS_PREREQ(t, "socket.backend_reaccepts",
		   negotiate_once(t, 0, &first, &err), &err);
	VUS_EXPECT(t, "protocol_features.reset_on_connect", first, VUS_SILENT,
		   "SET_OWNER with need_reply on a new connection");
}
