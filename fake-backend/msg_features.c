/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_features.c — virtio and protocol features, asked for and set. */
#include "backend.h"
#include "honest.h"

/* Bits that may change while rings run: bit 30 only enables. */
#define LIVE_BITS VF(PROTOCOL_FEATURES)

VUS_BE_HANDLER(GET_FEATURES)
{
	reply->body.features.value = be->decide->offered_features(be);
	return VUS_OK;
}

/* Other rules for a ring in use are refused, since a ring is never parsed by
 * two sets of rules. */
bool vus_honest_takes_features(struct vus_be *be, uint64_t want)
{
	uint64_t changed = (want ^ be->features) & ~LIVE_BITS;

	if (want & ~be->decide->offered_features(be))
		return false;
	return changed == 0 || !vus_be_any_live(be);
}

/* Spec: "Ring states": without bit 30 all rings are enabled at once; with it
 * they stay as they are. */
void vus_honest_apply_features(struct vus_be *be, uint64_t features)
{
	if (features & VF(PROTOCOL_FEATURES))
		return;
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		be->vqs[i].enabled = true;
		be->vqs[i].look = be->vqs[i].started;
	}
}

VUS_BE_HANDLER(SET_FEATURES)
{
	uint64_t want = req->body.features.value;

	be->features_refused = !be->decide->takes_features(be, want);
	if (be->features_refused)
		return VUS_NACK;
	be->features = want;
	be->features_set = true;
	be->decide->apply_features(be, want);
	return VUS_OK;
}

VUS_BE_HANDLER(GET_PROTOCOL_FEATURES)
{
	reply->body.protocol_features.value = be->decide->offered_pf(be);
	return VUS_OK;
}

enum vus_handled vus_honest_judge_pf(const struct vus_be *be, uint64_t want)
{
	if (want & ~be->decide->offered_pf(be))
		return VUS_NACK;
	/* Spec: "Ring states", in-band notifications without what they need:
	 * "the back-end should close the connection". */
	return vus_features_missing(want) ? VUS_CLOSE : VUS_OK;
}

VUS_BE_HANDLER(SET_PROTOCOL_FEATURES)
{
	uint64_t want = req->body.protocol_features.value;
	enum vus_handled handled = be->decide->judge_pf(be, want);

	if (handled == VUS_OK)
		vus_be_select_pf(be, want);
	return handled;
}
