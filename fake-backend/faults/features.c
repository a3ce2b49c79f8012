/* SPDX-License-Identifier: BSD-3-Clause */
/* features.c — faults of virtio features. */
#include "fault.h"
#include "ring.h"

/* ---- the offer ---- */

static uint64_t with_logging(const struct vus_be *be)
{
	return vus_be_honest.offered_features(be) | VF(LOG_ALL);
}

/* The switch is harmless once nothing runs. */
static bool halt_at_switch(struct vus_be *be, uint64_t want)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (((want ^ be->features) & VF(LOG_ALL)) && be->vqs[i].started)
			vus_vq_stop(&be->vqs[i]);
	}
	return vus_be_honest.takes_features(be, want);
}

VUS_BE_FAULT(features, logging_halts, .rule = "features.log_all_live",
	     .says = "offers LOG_ALL, and stops its rings when it is switched")
{
	decide->offered_features = with_logging;
	decide->takes_features = halt_at_switch;
}

static uint64_t with_platform(const struct vus_be *be)
{
	return vus_be_honest.offered_features(be) | VF(ACCESS_PLATFORM);
}

static uint64_t without_channel(const struct vus_be *be)
{
	return vus_be_honest.offered_pf(be) & ~PF(BACKEND_REQ);
}

VUS_BE_FAULT(features, iommu_alone, .rule = "features.iommu_needs_channel",
	     .says = "offers ACCESS_PLATFORM without BACKEND_REQ")
{
	decide->offered_features = with_platform;
	decide->offered_pf = without_channel;
}

static unsigned *gets(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(unsigned));
}

static enum vus_handled count_gets(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_FEATURES)
		++*gets(be);
	return vus_be_honest.handle(be, req, reply);
}

static bool halve(struct vus_be *be, const struct vus_frame *req,
		  struct vus_frame *reply, const struct vus_twist *twist,
		  struct vus_err *err)
{
	const struct vus_twist half = { .payload = &reply->body.features.value,
					.payload_len = 4 };

	if (req->id == VUS_FE_GET_FEATURES && *gets(be) > 1)
		twist = &half;
	return vus_be_honest.transmit(be, req, reply, twist, err);
}

VUS_BE_FAULT(
	features, half_an_offer, .rule = "features.get_reply",
	.also = "owner.features_before_owner features.set_activates "
		"header.size_exact",
	.says = "answers GET_FEATURES with four bytes from the second time on")
{
	vus_fault_remembers(decide);
	decide->handle = count_gets;
	decide->transmit = halve;
}

static enum vus_handled tire(struct vus_be *be, struct vus_frame *req,
			     struct vus_frame *reply)
{
	const enum vus_handled handled = count_gets(be, req, reply);

	return req->id == VUS_FE_GET_FEATURES && *gets(be) > 20 &&
			       vus_be_any_live(be)
		       ? VUS_CLOSE
		       : handled;
}

VUS_BE_FAULT(
	features, closes_at_21st_get, .rule = "features.get_any_time",
	.says = "closes at the 21st GET_FEATURES, and later, while a ring runs")
{
	vus_fault_remembers(decide);
	decide->handle = tire;
}

/* ---- what is accepted ---- */

static enum vus_handled add_up(struct vus_be *be, struct vus_frame *req,
			       struct vus_frame *reply)
{
	const uint64_t before = be->features;
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_SET_FEATURES && handled == VUS_OK)
		be->features |= before;
	return handled;
}

VUS_BE_FAULT(features, adds_up, .rule = "features.set_activates",
	     .says = "keeps the features of earlier words")
{
	decide->handle = add_up;
}

/* Bit 30 alone is kept: protocol features go on. */
static enum vus_handled forget_word(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_SET_FEATURES && handled == VUS_OK)
		be->features &= VF(PROTOCOL_FEATURES);
	return handled;
}

VUS_BE_FAULT(features, acknowledges_nothing, .rule = "features.set_activates",
	     .also = "features.set_repeat features.event_idx_without_base",
	     .says = "accepts SET_FEATURES, and keeps nothing of it but bit 30")
{
	decide->handle = forget_word;
}

static bool take_unoffered(struct vus_be *be, uint64_t want)
{
	return vus_be_honest.takes_features(
		be, want & be->decide->offered_features(be));
}

VUS_BE_FAULT(features, accepts_unoffered, .rule = "features.set_unoffered",
	     .says = "accepts feature bits it did not offer")
{
	decide->takes_features = take_unoffered;
}

static enum vus_handled keep_half(struct vus_be *be, struct vus_frame *req,
				  struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_SET_FEATURES && handled == VUS_NACK)
		be->features = req->body.features.value &
			       be->decide->offered_features(be);
	return handled;
}

VUS_BE_FAULT(features, keeps_half_of_a_refused_set,
	     .rule = "features.set_refused_keeps_old",
	     .says = "takes over the legal bits of a word it refuses")
{
	decide->handle = keep_half;
}

static enum vus_handled rewind_at_repeat(struct vus_be *be,
					 struct vus_frame *req,
					 struct vus_frame *reply)
{
	const bool repeated = req->id == VUS_FE_SET_FEATURES &&
			      be->features_set &&
			      req->body.features.value == be->features &&
			      (be->features & VF(PROTOCOL_FEATURES));
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	for (unsigned i = 0; repeated && i < be->cfg.queues; i++)
		be->vqs[i].ring.last_avail = 0;
	return handled;
}

VUS_BE_FAULT(features, repeat_rewinds, .rule = "features.set_repeat",
	     .says = "begins its rings anew when SET_FEATURES is repeated")
{
	decide->handle = rewind_at_repeat;
}

static bool mix_rules(struct vus_be *be, uint64_t want)
{
	if (vus_be_honest.takes_features(be, want))
		return true;
	if (want & ~be->decide->offered_features(be))
		return false;
	for (unsigned i = 0; i < be->cfg.queues; i++)
		be->vqs[i].ring.last_avail++;
	return true;
}

VUS_BE_FAULT(
	features, mixes_rules_live, .rule = "features.set_live_other",
	.says = "accepts another word on a running ring and loses its place")
{
	decide->takes_features = mix_rules;
}

/* ---- bit 30 and the rings ---- */

static void leave_disabled(struct vus_be *be, uint64_t features)
{
	(void)be;
	(void)features;
}

VUS_BE_FAULT(features, without_bit_30_stays_disabled,
	     .rule = "features.without_bit30_enables_all",
	     .says = "leaves rings disabled when bit 30 is not acknowledged")
{
	decide->apply_features = leave_disabled;
}

static void enable_always(struct vus_be *be, uint64_t features)
{
	vus_be_honest.apply_features(be, features & ~VF(PROTOCOL_FEATURES));
}

VUS_BE_FAULT(features, with_bit_30_enables,
	     .rule = "features.with_bit30_no_enable",
	     .also = "ring_state.disabled_no_effect ring_state.initial",
	     .says = "enables all rings at every SET_FEATURES")
{
	decide->apply_features = enable_always;
}

static void disable_with_30(struct vus_be *be, uint64_t features)
{
	for (unsigned i = 0; i < be->cfg.queues; i++)
		be->vqs[i].enabled = false;
	vus_be_honest.apply_features(be, features);
}

VUS_BE_FAULT(features, set_disables, .rule = "features.never_disables",
	     .says = "disables all rings at SET_FEATURES with bit 30")
{
	decide->apply_features = disable_with_30;
}

/* Was EVENT_IDX negotiated when the base came? */
static bool *event_idx_at_base(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(bool));
}

static enum vus_handled set_base_and_features(struct vus_vq *vq, uint32_t base)
{
	if (!vq->live)
		*event_idx_at_base(vq) =
			(vq->be->features & VF(RING_EVENT_IDX)) != 0;
	return vus_be_honest.set_ring_base(vq, base);
}

static void begin_with_features_of_base(struct vus_vq *vq)
{
	vus_be_honest.ring_begin(vq);
	vq->ring.event_idx = *event_idx_at_base(vq);
}

VUS_BE_FAULT(features, event_idx_taken_at_base,
	     .rule = "features.event_idx_without_base",
	     .says = "looks at RING_EVENT_IDX in SET_VRING_BASE only")
{
	vus_fault_remembers(decide);
	decide->set_ring_base = set_base_and_features;
	decide->ring_begin = begin_with_features_of_base;
}

static bool takes_both_or_none(struct vus_be *be, uint64_t want)
{
	return !(want & VF(RING_INDIRECT_DESC)) ==
		       !(want & VF(RING_EVENT_IDX)) &&
	       vus_be_honest.takes_features(be, want);
}

VUS_BE_FAULT(features, takes_two_together, .rule = "features.set_activates",
	     .says = "refuses RING_INDIRECT_DESC without RING_EVENT_IDX, and "
		     "the other way round")
{
	decide->takes_features = takes_both_or_none;
}
