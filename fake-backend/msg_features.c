/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_features.c — virtio and protocol features, asked for and set. */
#include "backend.h"

/* Bits that may change while rings run: bit 30 only enables. */
#define LIVE_BITS VF(PROTOCOL_FEATURES)

static bool any_live(const struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].live)
			return true;
	}
	return false;
}

VUS_BE_HANDLER(GET_FEATURES)
{
	be->bad.gets++;
	if (VUS_FAULTY(be, features, closes_at_21st_get) && be->bad.gets > 20 &&
	    any_live(be))
		return VUS_CLOSE;
	reply->body.features.value = vus_be_offer(be);
	return VUS_OK;
}

/* Spec: "Ring states": without bit 30 all rings are enabled at once; with it
 * they stay as they are. */
static void enable_all(struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		be->vqs[i].enabled = true;
		be->vqs[i].look = be->vqs[i].started;
	}
}

/* What a refused or repeated word, or bit 30, does under faults. */
static void after_set(struct vus_be *be, bool repeated)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		struct vus_vq *vq = &be->vqs[i];

		if (VUS_FAULTY(be, features, set_disables))
			vq->enabled = false;
		if (repeated && VUS_FAULTY(be, features, repeat_rewinds))
			vq->ring.last_avail = 0;
	}
	if (VUS_FAULTY(be, features, with_bit_30_enables))
		enable_all(be);
}

/* Bits outside the offer, or other rules for a ring in use: refused, since a
 * ring is never parsed by two sets of rules. */
static bool acceptable(struct vus_be *be, uint64_t want)
{
	uint64_t changed = (want ^ be->features) & ~LIVE_BITS;

	if (VUS_FAULTY(be, features, logging_halts))
		changed &= ~VF(LOG_ALL);

	if ((want & ~vus_be_offer(be)) &&
	    !VUS_FAULTY(be, features, accepts_unoffered))
		return false;
	if (!any_live(be) || changed == 0)
		return true;
	if (!VUS_FAULTY(be, features, mixes_rules_live))
		return false;
	for (unsigned i = 0; i < be->cfg.queues; i++)
		be->vqs[i].ring.last_avail++;
	return true;
}

/* The fault logging_halts, which alone offers the bit. */
static void halt(struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].started)
			vus_vq_stop(&be->vqs[i]);
	}
}

VUS_BE_HANDLER(SET_FEATURES)
{
	uint64_t want = req->body.features.value;

	bool repeated = be->features_set && want == be->features;

	be->features_refused = !acceptable(be, want);
	if (be->features_refused) {
		if (VUS_FAULTY(be, features, keeps_half_of_a_refused_set))
			be->features = want & vus_be_offer(be);
		return VUS_NACK;
	}
	if ((want ^ be->features) & VF(LOG_ALL))
		halt(be);
	be->features =
		want | (VUS_FAULTY(be, features, adds_up) ? be->features : 0);
	be->features_set = true;
	if (want & VF(PROTOCOL_FEATURES))
		after_set(be, repeated);
	else if (!VUS_FAULTY(be, features, without_bit_30_stays_disabled))
		enable_all(be);
	if (!(want & VF(PROTOCOL_FEATURES)) &&
	    VUS_FAULTY(be, protocol_features, forgotten_without_bit_30))
		be->pf = be->link.pf = 0;
	return VUS_OK;
}

VUS_BE_HANDLER(GET_PROTOCOL_FEATURES)
{
	be->bad.pf_gets++;
	if (VUS_FAULTY(be, protocol_features, waits_for_features) &&
	    !be->features_set)
		return VUS_CLOSE;
	reply->body.protocol_features.value = vus_be_pf_offer(be);
	return VUS_OK;
}

VUS_BE_HANDLER(SET_PROTOCOL_FEATURES)
{
	uint64_t want = req->body.protocol_features.value;

	if ((want & ~vus_be_pf_offer(be)) &&
	    !VUS_FAULTY(be, protocol_features, accepts_unoffered))
		return VUS_NACK;
	/* Spec: "Ring states", in-band notifications without what they need:
	 * "the back-end should close the connection". */
	if (vus_features_missing(want) &&
	    !VUS_FAULTY(be, protocol_features, inband_alone))
		return VUS_CLOSE;
	if (VUS_FAULTY(be, protocol_features, adds_up))
		want |= be->pf;
	if (VUS_FAULTY(be, protocol_features, repeat_clears) &&
	    be->bad.pf_sets++ > 0 && want == be->pf)
		want = 0;
	if (VUS_FAULTY(be, protocol_features, needs_a_get) &&
	    be->bad.pf_gets == 0)
		want = 0;
	be->pf = want;
	be->link.pf = want;
	return VUS_OK;
}
