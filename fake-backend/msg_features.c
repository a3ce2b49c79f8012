/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_features.c — virtio and protocol features, asked for and set. */
#include "backend.h"

/* Bits that may change while rings run: bit 30 only enables. */
#define LIVE_BITS VF(PROTOCOL_FEATURES)

VUS_BE_HANDLER(GET_FEATURES)
{
	reply->body.features.value = vus_be_offer(be);
	return VUS_OK;
}

static bool any_live(const struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].live)
			return true;
	}
	return false;
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

VUS_BE_HANDLER(SET_FEATURES)
{
	uint64_t want = req->body.features.value;

	be->features_refused = true;
	if (want & ~vus_be_offer(be))
		return VUS_NACK;
	/* A ring in use is never parsed by two sets of rules. */
	if (any_live(be) && ((want ^ be->features) & ~LIVE_BITS))
		return VUS_NACK;
	be->features_refused = false;
	be->features = want;
	be->features_set = true;
	if (!(want & VF(PROTOCOL_FEATURES)))
		enable_all(be);
	return VUS_OK;
}

VUS_BE_HANDLER(GET_PROTOCOL_FEATURES)
{
	reply->body.protocol_features.value = be->cfg.pf;
	return VUS_OK;
}

VUS_BE_HANDLER(SET_PROTOCOL_FEATURES)
{
	uint64_t want = req->body.protocol_features.value;

	if (want & ~be->cfg.pf)
		return VUS_NACK;
	for (size_t i = 0; i < vus_nfeatures; i++) {
		const struct vus_feature *f = &vus_features[i];

		/* Spec: "Ring states", in-band notifications without what
		 * they need: "the back-end should close the connection". */
		if (f->protocol && (want & VUS_BIT(f->bit)) &&
		    (want & f->requires) != f->requires)
			return VUS_CLOSE;
	}
	be->pf = want;
	be->link.pf = want;
	return VUS_OK;
}
