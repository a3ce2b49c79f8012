/* SPDX-License-Identifier: BSD-3-Clause */
/* protocol_features.c — faults of protocol features as a whole. */
#include "fault.h"

#include <linux/virtio_config.h>

/* GET_PROTOCOL_FEATURES of this connection so far. */
static unsigned *gets(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(unsigned));
}

static enum vus_handled count_gets(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_PROTOCOL_FEATURES)
		++*gets(be);
	return vus_be_honest.handle(be, req, reply);
}

/* ---- asking ---- */

static bool halve(struct vus_be *be, const struct vus_frame *req,
		  struct vus_frame *reply, const struct vus_twist *twist,
		  struct vus_err *err)
{
	const struct vus_twist half = {
		.payload = &reply->body.protocol_features.value,
		.payload_len = 4,
	};

	if (req->id == VUS_FE_GET_PROTOCOL_FEATURES && *gets(be) > 1)
		twist = &half;
	return vus_be_honest.transmit(be, req, reply, twist, err);
}

VUS_BE_FAULT(protocol_features, half_an_offer,
	     .rule = "protocol_features.get_reply",
	     .also = "reply_ack.own_reply_once header.size_exact",
	     .says = "answers a second GET_PROTOCOL_FEATURES with four bytes")
{
	vus_fault_remembers(decide);
	decide->handle = count_gets;
	decide->transmit = halve;
}

static enum vus_handled wait_for_features(struct vus_be *be,
					  struct vus_frame *req,
					  struct vus_frame *reply)
{
	if (req->id == VUS_FE_GET_PROTOCOL_FEATURES && !be->features_set)
		return VUS_CLOSE;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(protocol_features, waits_for_features,
	     .rule = "protocol_features.get_early",
	     .also = "owner.features_before_owner protocol_features.get_reply",
	     .says = "refuses GET_PROTOCOL_FEATURES before SET_FEATURES")
{
	decide->handle = wait_for_features;
}

static enum vus_handled need_question(struct vus_be *be, struct vus_frame *req,
				      struct vus_frame *reply)
{
	const enum vus_handled handled = count_gets(be, req, reply);

	if (req->id == VUS_FE_SET_PROTOCOL_FEATURES && handled == VUS_OK &&
	    *gets(be) == 0)
		vus_be_select_pf(be, 0);
	return handled;
}

VUS_BE_FAULT(
	protocol_features, needs_a_get,
	.rule = "protocol_features.set_without_get",
	.says = "ignores a selection that no GET_PROTOCOL_FEATURES preceded")
{
	vus_fault_remembers(decide);
	decide->handle = need_question;
}

/* ---- the offer ---- */

static uint64_t with_device_state(const struct vus_be *be)
{
	return vus_be_honest.offered_pf(be) | PF(DEVICE_STATE);
}

VUS_BE_FAULT(protocol_features, offers_what_it_lacks,
	     .rule = "protocol_features.offer_is_served",
	     .says = "offers DEVICE_STATE and does not serve it")
{
	decide->offered_pf = with_device_state;
}

static uint64_t with_inflight(const struct vus_be *be)
{
	return vus_be_honest.offered_pf(be) | PF(INFLIGHT_SHMFD);
}

VUS_FAULT_REFUSE(serve_no_inflight, req->id == VUS_FE_GET_INFLIGHT_FD)

VUS_BE_FAULT(protocol_features, offers_inflight,
	     .rule = "protocol_features.offer_is_served",
	     .also = "inflight.get.reply",
	     .says = "offers INFLIGHT_SHMFD and does not serve it")
{
	decide->offered_pf = with_inflight;
	decide->handle = serve_no_inflight;
}

static uint64_t with_inband(const struct vus_be *be)
{
	return vus_be_honest.offered_pf(be) | PF(INBAND_NOTIFICATIONS);
}

static enum vus_handled without_needs(const struct vus_be *be, uint64_t want)
{
	return want & ~be->decide->offered_pf(be) ? VUS_NACK : VUS_OK;
}

VUS_BE_FAULT(protocol_features, inband_alone,
	     .rule = "protocol_features.inband_deps",
	     .says = "offers INBAND_NOTIFICATIONS, and takes it without what "
		     "it needs")
{
	decide->offered_pf = with_inband;
	decide->judge_pf = without_needs;
}

/* ---- selecting ---- */

static bool effective_with_features(const struct vus_be *be,
				    const struct vus_frame *req, uint64_t pf)
{
	return be->features_set && vus_be_honest.is_ack_due(be, req, pf);
}

VUS_BE_FAULT(protocol_features, ineffective_before_features,
	     .rule = "protocol_features.set_early",
	     .also = "reply_ack.sent protocol_features.set_without_get",
	     .says = "acknowledges nothing before SET_FEATURES")
{
	decide->is_ack_due = effective_with_features;
}

static void forget_without_30(struct vus_be *be, uint64_t features)
{
	vus_be_honest.apply_features(be, features);
	if (!(features & VF(PROTOCOL_FEATURES)))
		vus_be_select_pf(be, 0);
}

VUS_BE_FAULT(
	protocol_features, forgotten_without_bit_30,
	.rule = "protocol_features.no_ack_of_bit30",
	.says = "forgets protocol features when bit 30 is not acknowledged")
{
	decide->apply_features = forget_without_30;
}

static enum vus_handled take_unoffered(const struct vus_be *be, uint64_t want)
{
	return vus_be_honest.judge_pf(be, want & be->decide->offered_pf(be));
}

VUS_BE_FAULT(protocol_features, accepts_unoffered,
	     .rule = "protocol_features.set_unoffered",
	     .says = "accepts protocol features it did not offer")
{
	decide->judge_pf = take_unoffered;
}

static enum vus_handled add_up(struct vus_be *be, struct vus_frame *req,
			       struct vus_frame *reply)
{
	const uint64_t before = be->pf;
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_SET_PROTOCOL_FEATURES && handled == VUS_OK)
		vus_be_select_pf(be, be->pf | before);
	return handled;
}

VUS_BE_FAULT(protocol_features, adds_up,
	     .rule = "protocol_features.set_replaces",
	     .says = "adds a new selection to the old one")
{
	decide->handle = add_up;
}

static enum vus_handled clear_at_repeat(struct vus_be *be,
					struct vus_frame *req,
					struct vus_frame *reply)
{
	const bool repeated = req->id == VUS_FE_SET_PROTOCOL_FEATURES &&
			      req->body.protocol_features.value == be->pf;
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (repeated && handled == VUS_OK)
		vus_be_select_pf(be, 0);
	return handled;
}

VUS_BE_FAULT(
	protocol_features, repeat_clears,
	.rule = "protocol_features.set_same_twice",
	.says = "forgets all protocol features when they are selected again")
{
	decide->handle = clear_at_repeat;
}

/* Of the last connection. */
static uint64_t *last_pf(const struct vus_be *be)
{
	static const char key;

	return vus_fault_memory(&be->cfg, &key, sizeof(uint64_t));
}

static void begin_with_last(struct vus_be *be)
{
	vus_fault_state_open(be);
	vus_be_select_pf(be, *last_pf(be));
}

static void remember_last(struct vus_be *be)
{
	*last_pf(be) = be->pf;
	vus_fault_state_close(be);
}

VUS_BE_FAULT(protocol_features, survives_connections,
	     .rule = "protocol_features.reset_on_connect",
	     .also = "reply_ack.not_negotiated_backend header.request_ungated",
	     .says = "begins with the protocol features of the last connection")
{
	vus_fault_remembers(decide);
	decide->connected = begin_with_last;
	decide->disconnected = remember_last;
}

static enum vus_handled demand_acks(const struct vus_be *be, uint64_t want)
{
	return want & PF(REPLY_ACK) ? vus_be_honest.judge_pf(be, want)
				    : VUS_NACK;
}

VUS_BE_FAULT(protocol_features, demands_acks,
	     .rule = "protocol_features.set_early",
	     .says = "refuses protocol features without REPLY_ACK")
{
	decide->judge_pf = demand_acks;
}

VUS_FAULT_REFUSE(keep_memory_of_a_driver,
		 req->id == VUS_FE_ADD_MEM_REG &&
			 (be->status & VIRTIO_CONFIG_S_DRIVER_OK))

VUS_BE_FAULT(protocol_features, no_memory_after_driver_ok,
	     .rule = "protocol_features.offer_is_served",
	     .says = "refuses ADD_MEM_REG once the status has DRIVER_OK")
{
	decide->handle = keep_memory_of_a_driver;
}

VUS_FAULT_REFUSE(slots_before_memory,
		 req->id == VUS_FE_GET_MAX_MEM_SLOTS && be->mem.n > 0)

VUS_BE_FAULT(protocol_features, slots_are_told_once,
	     .rule = "protocol_features.offer_is_served",
	     .says = "answers GET_MAX_MEM_SLOTS only while there is no memory")
{
	decide->handle = slots_before_memory;
}

static enum vus_handled select_early(const struct vus_be *be, uint64_t want)
{
	return be->features_set ? VUS_NACK : vus_be_honest.judge_pf(be, want);
}

VUS_BE_FAULT(protocol_features, features_end_the_selection,
	     .rule = "protocol_features.offer_is_served",
	     .says = "refuses protocol features after SET_FEATURES")
{
	decide->judge_pf = select_early;
}
