/* SPDX-License-Identifier: BSD-3-Clause */
/* negotiation.c — what a front-end selects of an offer, and which messages it
 * then must not send. */
#include "fixture/watch.h"

#include "base/clock.h"

#include <string.h>

/* Change the offer, before the first message. */
static void set_offer(struct vus_ctx *t, uint64_t features, uint64_t pf)
{
	struct vus_watch *w = vus_watch(t);

	w->cfg.features = w->be.cfg.features = features;
	w->cfg.pf = w->be.cfg.pf = pf;
}

static uint64_t usual_features(const struct vus_ctx *t)
{
	return vus_watch(t)->cfg.features;
}

static uint64_t usual_pf(const struct vus_ctx *t)
{
	return vus_watch(t)->cfg.pf;
}

/* Serve until SET_PROTOCOL_FEATURES; *ret is its mask. */
static bool read_selection(struct vus_ctx *t, uint64_t *ret)
{
	static const uint32_t id = VUS_FE_SET_PROTOCOL_FEATURES;
	const struct vus_log_entry *s;
	struct vus_err err;

	if (!vus_watch_serve(t, vus_until_requested, &id,
			     vus_deadline_ms(t->request_ms), &err)) {
		vus_skip(t, "the front-end selected no protocol features: %s",
			 err.text);
		return false;
	}
	s = vus_log_next(&vus_watch(t)->log, id, NULL);
	*ret = s->body.protocol_features.value;
	return true;
}

/* Derived from "Feature bits": what was not offered cannot be acknowledged. */
VUS_CASE(acknowledged_features_were_offered, .party = "frontend",
	 .title = "SET_FEATURES is a subset of the offer",
	 .rules = { "features.set_subset" })
{
	const struct vus_log_entry *s = NULL;
	uint64_t offered, more = 0;
	unsigned seen = 0;

	/* No driver needs more than VERSION_1 and PROTOCOL_FEATURES. */
	set_offer(t, VF(VERSION_1) | VF(PROTOCOL_FEATURES), usual_pf(t));
	offered = vus_be_honest.offered_features(&vus_watch(t)->be);
	(void)!vus_stimulate_required(t, VUS_DO_START);
	while (!more &&
	       (s = vus_log_next(&vus_watch(t)->log, VUS_FE_SET_FEATURES, s))) {
		more = s->body.features.value & ~offered;
		seen++;
	}
	if (seen == 0)
		VUS_SKIP(t, "the front-end acknowledged no features");
	VUS_CHECK(t, "features.set_subset", more == 0,
		  "SET_FEATURES has only features that were offered",
		  "SET_FEATURES has 0x%llx, which was not offered",
		  (unsigned long long)more);
}

/* The same for protocol features, with few of them offered. */
VUS_CASE(selected_protocol_features_were_offered, .party = "frontend",
	 .title = "SET_PROTOCOL_FEATURES is a subset of the offer",
	 .rules = { "protocol_features.set_subset" },
	 .rows = { "none", "reply_ack", "config" })
{
	static const uint64_t offers[] = { 0, PF(REPLY_ACK), PF(CONFIG) };
	uint64_t got;

	set_offer(t, usual_features(t), offers[t->row]);
	VUS_STEP(t, read_selection(t, &got));
	VUS_CHECK(t, "protocol_features.set_subset",
		  (got & ~offers[t->row]) == 0,
		  "SET_PROTOCOL_FEATURES has only features that were offered",
		  "0x%llx was selected, and 0x%llx offered",
		  (unsigned long long)got, (unsigned long long)offers[t->row]);
}

/* Derived from "Protocol features": a front-end selects what it implements.
 * Bits without a meaning cannot be implemented, and Xen's mappings only with
 * Xen.  QEMU up to 11.1 selects bits 14 and 17. */
VUS_CASE(unknown_protocol_features_stay_clear, .party = "frontend",
	 .title = "bits that a front-end does not implement are not "
		  "selected",
	 .rules = { "protocol_features.set_understood" })
{
	const uint64_t strange = PF(XEN_MMAP) | ~(VUS_BIT(24) - 1);
	uint64_t got;

	set_offer(t, usual_features(t), UINT64_MAX);
	VUS_STEP(t, read_selection(t, &got));
	VUS_CHECK(t, "protocol_features.set_understood", (got & strange) == 0,
		  "features that the front-end does not implement are not "
		  "selected",
		  "0x%llx was selected of all bits", (unsigned long long)got);
}

/* Unknown bits in the offer must not make a front-end fail. */
VUS_CASE(unknown_offers_are_ignored, .party = "frontend",
	 .title = "an offer with unknown bits is negotiated and used",
	 .rules = { "protocol_features.unknown_offer_ok" })
{
	struct vus_err err;
	bool ok;

	set_offer(t, usual_features(t), usual_pf(t) | ~(VUS_BIT(24) - 1));
	VUS_CHECK(t, "protocol_features.unknown_offer_ok",
		  vus_watch_serve(t, vus_until_negotiated, NULL,
				  vus_deadline_ms(t->request_ms), &err),
		  "a front-end negotiates when unknown bits are offered", "%s",
		  err.text);
	VUS_STEP(t, vus_stimulate_try_start(t, &ok));
	VUS_CHECK(t, "protocol_features.unknown_offer_ok", ok,
		  "the device starts when unknown bits are offered",
		  "the front-end negotiated, and did not start");
	VUS_STEP(t, vus_stimulus_shows(t, VUS_DO_START));
}

/* Features that need others by the specification.  CONFIG is offered, too: some
 * front-ends' devices do not start without it. */
static const struct {
	uint64_t offer, selects, needs;
	const char *rule;
} ties[] = {
	{ PF(CONFIG) | PF(INBAND_NOTIFICATIONS) | PF(REPLY_ACK),
	  PF(INBAND_NOTIFICATIONS), PF(BACKEND_REQ),
	  "protocol_features.inband_deps_frontend" },
	{ PF(CONFIG) | PF(INBAND_NOTIFICATIONS) | PF(BACKEND_REQ),
	  PF(INBAND_NOTIFICATIONS), PF(REPLY_ACK),
	  "protocol_features.inband_deps_frontend" },
	{ PF(CONFIG) | PF(GET_VRING_BASE_INFLIGHT), PF(GET_VRING_BASE_INFLIGHT),
	  PF(INFLIGHT_SHMFD), "ring_base_inflight.needs_shmfd" },
};

VUS_CASE(dependent_features_need_the_others, .party = "frontend",
	 .title = "a feature is not selected without those that it needs",
	 .rules = { "protocol_features.inband_deps_frontend",
		    "ring_base_inflight.needs_shmfd" },
	 .rows = { "inband_without_channel", "inband_without_reply_ack",
		   "base_inflight_without_shmfd" })
{
	uint64_t got;

	set_offer(t, usual_features(t), ties[t->row].offer);
	VUS_STEP(t, read_selection(t, &got));
	VUS_CHECK(t, ties[t->row].rule, !(got & ties[t->row].selects),
		  "the feature is not selected without those that it needs",
		  "0x%llx was selected of 0x%llx", (unsigned long long)got,
		  (unsigned long long)ties[t->row].offer);
}

/* An offer that lacks a feature, and the messages that must then not be sent:
 * those whose gate it is (where `vf_offered` says so, or does not say it), and
 * the deprecated ones. */
static const struct gate {
	uint64_t pf, vf;
	bool vf_offered, deprecated;
	const char *rule;
} gates[] = {
	{ .vf = VF(PROTOCOL_FEATURES),
	  .vf_offered = true,
	  .rule = "protocol_features.gated_by_bit30" },
	{ .vf = VF(PROTOCOL_FEATURES), .rule = "ring_enable.needs_bit30" },
	{ .pf = PF(STATUS), .rule = "status.gated" },
	{ .pf = PF(RESET_DEVICE), .rule = "reset_device.gated" },
	{ .pf = PF(MQ), .rule = "multiqueue.gated" },
	{ .pf = PF(CONFIG), .rule = "config.get_gated" },
	{ .pf = PF(BACKEND_REQ), .rule = "backend_channel.gated" },
	{ .pf = PF(CROSS_ENDIAN), .rule = "ring_endian.gated" },
	{ .pf = PF(RARP), .rule = "net.rarp_gated" },
	{ .pf = PF(NET_MTU), .rule = "net.mtu_gated" },
	{ .deprecated = true, .rule = "owner.reset_not_sent" },
};

static bool is_gated(const struct vus_msg *msg, const struct gate *gate)
{
	if (msg->channel != VUS_FE)
		return false;
	if (msg->needs == 0 && (msg->needs_vf & gate->vf))
		return msg->vf_offered == gate->vf_offered;
	return (msg->needs & gate->pf) || (gate->deprecated && msg->deprecated);
}

VUS_CASE(messages_of_missing_features_are_not_sent, .party = "frontend",
	 .title = "a message whose feature is missing is never sent",
	 .rules = { "protocol_features.gated_by_bit30",
		    "ring_enable.needs_bit30", "status.gated",
		    "reset_device.gated", "multiqueue.gated",
		    "config.get_gated", "backend_channel.gated",
		    "ring_endian.gated", "net.rarp_gated", "net.mtu_gated",
		    "owner.reset_not_sent" },
	 .stimuli = VUS_BIT(VUS_DO_RESET),
	 .rows = { "protocol_features", "enable", "status", "reset_device",
		   "queue_num", "config", "backend_channel", "endian", "rarp",
		   "mtu", "reset_owner" })
{
	const struct vus_log *log = &vus_watch(t)->log;
	const struct gate *gate = &gates[t->row];

	set_offer(t, usual_features(t) & ~gate->vf, usual_pf(t) & ~gate->pf);
	(void)!(vus_stimulate_start_and_io(t) &&
		vus_stimulate_required(t, VUS_DO_RESET));
	for (size_t i = 0; i < vus_nmsgs; i++)
		VUS_CHECK(t, gate->rule,
			  !is_gated(&vus_msgs[i], gate) ||
				  vus_log_count(log, vus_msgs[i].id) == 0,
			  gate->deprecated ? "a deprecated message is not sent"
					   : "a message is not sent when its "
					     "feature is not offered",
			  "%s was sent", vus_msgs[i].name);
}

/* "VHOST_USER_SET_VRING_ENABLE": only when bit 30 has been negotiated, which
 * its offer alone is not.  QEMU's net device enables its rings when it is made,
 * before a driver has acknowledged anything. */
VUS_CASE(rings_are_enabled_when_bit_30_is_acknowledged, .party = "frontend",
	 .title = "SET_VRING_ENABLE comes after SET_FEATURES with bit 30",
	 .rules = { "ring_enable.needs_bit30" },
	 .needs_vf = VF(PROTOCOL_FEATURES))
{
	const struct vus_log_entry *s = NULL;
	unsigned connection = 0, n = 0;
	bool acked = false;

	(void)!vus_stimulate_required(t, VUS_DO_START);
	while ((s = vus_log_request(&vus_watch(t)->log, s))) {
		acked = acked && s->connection == connection;
		connection = s->connection;
		if (s->id == VUS_FE_SET_FEATURES)
			acked = s->body.features.value & VF(PROTOCOL_FEATURES);
		if (s->id != VUS_FE_SET_VRING_ENABLE)
			continue;
		n++;
		VUS_CHECK(
			t, "ring_enable.needs_bit30", acked,
			"SET_VRING_ENABLE comes after SET_FEATURES with bit 30",
			"SET_VRING_ENABLE for ring %u came before SET_FEATURES "
			"with bit 30",
			s->body.vring_state.index);
	}
	if (n == 0)
		VUS_SKIP(t, "the front-end enabled no ring");
}

/* "Communication": a message described under a protocol feature is not sent
 * where that was not selected.  Each feature of the offer is left out in
 * turn; messages.def says which messages it gates. */
VUS_CASE(extensions_wait_for_their_feature, .party = "frontend",
	 .title = "no message of a feature that was not selected is sent",
	 .rules = { "protocol_features.gated_messages" },
	 .stimuli = VUS_BIT(VUS_DO_RESET) | VUS_BIT(VUS_DO_STOP),
	 .rows = { "mq", "reply_ack", "backend_req", "config", "reset_device",
		   "configure_mem_slots", "status" })
{
	const struct vus_feature *feature =
		vus_feature_by_name(true, t->c->rows[t->row]);
	const uint64_t left_out = VUS_BIT(feature->bit);
	const struct vus_log_entry *s = NULL;

	set_offer(t, usual_features(t), usual_pf(t) & ~left_out);
	(void)!(vus_stimulate_start_and_io(t) &&
		vus_stimulate_required(t, VUS_DO_RESET) &&
		vus_stimulate_required(t, VUS_DO_STOP));
	while ((s = vus_log_request(&vus_watch(t)->log, s))) {
		const struct vus_msg *msg = vus_msg_find(s->channel, s->id);

		VUS_CHECK(
			t, "protocol_features.gated_messages",
			!msg || !(msg->needs & left_out),
			"a message is not sent when its feature is not offered",
			"%s was sent, whose feature was not offered",
			vus_log_entry_name(s));
	}
}

/* "VHOST_USER_PROTOCOL_F_REPLY_ACK": need_reply has a meaning only once it was
 * negotiated, which is after SET_PROTOCOL_FEATURES. */
VUS_CASE(acknowledgements_are_asked_for_when_negotiated, .party = "frontend",
	 .title = "need_reply is not set before REPLY_ACK is negotiated",
	 .rules = { "reply_ack.not_negotiated_frontend",
		    "reply_ack.on_set_protocol" },
	 .rows = { "never_negotiated", "when_selecting_it" })
{
	static const char *const rules[] = {
		"reply_ack.not_negotiated_frontend", "reply_ack.on_set_protocol"
	};
	const bool never = t->row == 0;
	const struct vus_log_entry *s = NULL;
	unsigned seen = 0;

	if (never)
		set_offer(t, usual_features(t), usual_pf(t) & ~PF(REPLY_ACK));
	(void)!vus_stimulate_start_and_io(t);
	while ((s = vus_log_request(&vus_watch(t)->log, s))) {
		if (!never && s->id != VUS_FE_SET_PROTOCOL_FEATURES)
			continue;
		seen++;
		VUS_CHECK(
			t, rules[t->row], !(s->flags & VUS_FLAG_NEED_REPLY),
			"need_reply is not set before REPLY_ACK is negotiated",
			"%s was sent with need_reply", vus_log_entry_name(s));
	}
	if (seen == 0)
		VUS_SKIP(t, "the front-end selected no protocol features");
}

/* "Multiple queue support": a device type with a fixed number of queues works
 * with back-ends that do not offer MQ. */
VUS_CASE(fixed_queues_need_no_mq, .party = "frontend",
	 .title = "a device with a fixed number of queues starts without MQ",
	 .rules = { "multiqueue.fixed_not_required" }, .devices = "rng")
{
	bool ok;

	set_offer(t, usual_features(t), usual_pf(t) & ~PF(MQ));
	VUS_STEP(t, vus_stimulate_try_start(t, &ok));
	VUS_CHECK(t, "multiqueue.fixed_not_required", ok,
		  "a device with a fixed number of queues starts without MQ",
		  "the front-end did not start without MQ");
	VUS_STEP(t, vus_stimulus_shows(t, VUS_DO_START));
}

/* A message about a ring at or above `limit`; NULL: there is none. */
static const struct vus_log_entry *first_beyond(const struct vus_log *log,
						int64_t limit)
{
	const struct vus_log_entry *s = NULL;

	while ((s = vus_log_request(log, s)))
		if (vus_log_entry_ring(s) >= limit)
			break;
	return s;
}

/* "Multiple queue support": a front-end whose configuration wants more queues
 * than the back-end has gives up.  CMD configures them: {queues}. */
VUS_CASE(queues_beyond_the_limit_end_the_start, .party = "frontend",
	 .title = "a front-end that wants more queues than there are gives up",
	 .rules = { "multiqueue.frontend_stops_at_limit" }, .needs = PF(MQ),
	 .queues = 2)
{
	static const uint32_t asks = VUS_FE_GET_QUEUE_NUM;
	struct vus_watch *w = vus_watch(t);
	const struct vus_log_entry *s;
	struct vus_err err;
	bool ok = false;

	w->cfg.queues = w->be.cfg.queues = 1;
	if (!vus_watch_serve(t, vus_until_requested, &asks,
			     vus_deadline_ms(t->request_ms), &err))
		VUS_SKIP(t, "it never asked: %s", err.text);
	if (!vus_watch_serve(t, vus_until_closed, NULL,
			     vus_deadline_ms(t->request_ms), &err) &&
	    !vus_stimulate_try_start(t, &ok))
		return;
	s = first_beyond(&w->log, 1);
	VUS_CHECK(t, "multiqueue.frontend_stops_at_limit", !s,
		  "no message is sent about a ring beyond the limit",
		  "%s came for ring %lld, and the back-end has one ring",
		  s ? vus_log_entry_name(s) : "",
		  s ? (long long)vus_log_entry_ring(s) : 0);
	if (ok)
		VUS_SKIP(t, "the front-end wants no more than one ring "
			    "({queues} in its words)");
}
