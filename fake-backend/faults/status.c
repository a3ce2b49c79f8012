/* SPDX-License-Identifier: BSD-3-Clause */
/* status.c — faults of the VIRTIO device status. */
#include "fault.h"

#include <linux/virtio_config.h>

static enum vus_handled add_noise(struct vus_be *be, struct vus_frame *req,
				  struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_GET_STATUS)
		reply->body.u64.value |= 0xa500;
	return handled;
}

VUS_BE_FAULT(status, noise_above_the_byte, .rule = "status.get",
	     .says = "answers GET_STATUS with bits above the eighth")
{
	decide->handle = add_noise;
}

static enum vus_handled forget(struct vus_be *be, struct vus_frame *req,
			       struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_GET_STATUS)
		reply->body.u64.value = 0;
	return handled;
}

VUS_BE_FAULT(status, forgets, .rule = "status.set",
	     .says = "answers GET_STATUS with 0")
{
	decide->handle = forget;
}

/* The bits above the byte. */
static uint64_t *high_bits(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(uint64_t));
}

static enum vus_handled store_all_bits(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	enum vus_handled handled;

	if (req->id == VUS_FE_SET_STATUS) {
		*high_bits(be) = req->body.u64.value & ~(uint64_t)UINT8_MAX;
		req->body.u64.value &= UINT8_MAX;
	}
	handled = vus_be_honest.handle(be, req, reply);
	if (req->id == VUS_FE_GET_STATUS)
		reply->body.u64.value |= *high_bits(be);
	return handled;
}

VUS_BE_FAULT(status, takes_all_bits, .rule = "status.high_bits",
	     .says = "stores a status above 255")
{
	vus_fault_remembers(decide);
	decide->handle = store_all_bits;
}

static enum vus_handled keep_features_ok(struct vus_be *be,
					 struct vus_frame *req,
					 struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_SET_STATUS && handled == VUS_OK)
		be->status = (uint8_t)req->body.u64.value;
	return handled;
}

VUS_BE_FAULT(status, features_always_ok, .rule = "status.features_ok_refused",
	     .says = "keeps FEATURES_OK when features were refused")
{
	decide->handle = keep_features_ok;
}

static enum vus_handled ignore_zero(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	if (req->id == VUS_FE_SET_STATUS && req->body.u64.value == 0)
		return VUS_OK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(status, zero_is_ignored, .rule = "status.zero_resets",
	     .says = "keeps its status when it is set to 0")
{
	decide->handle = ignore_zero;
}

static bool may_run_with_driver_ok(const struct vus_vq *vq)
{
	const struct vus_be *be = vq->be;

	return ((be->pf & (PF(STATUS) | PF(RESET_DEVICE))) ||
		(be->status & VIRTIO_CONFIG_S_DRIVER_OK)) &&
	       vus_be_honest.ring_may_run(vq);
}

VUS_BE_FAULT(status, needs_driver_ok, .rule = "status.no_driver_ok_dependency",
	     .also = "features.without_bit30_enables_all",
	     .says = "runs no ring before DRIVER_OK, STATUS or not, "
		     "unless RESET_DEVICE is negotiated")
{
	decide->ring_may_run = may_run_with_driver_ok;
}

VUS_FAULT_REFUSE(refuse_failure,
		 req->id == VUS_FE_SET_STATUS &&
			 (req->body.u64.value & VIRTIO_CONFIG_S_FAILED))

VUS_BE_FAULT(status, refuses_failure, .rule = "status.set",
	     .says = "refuses a status with FAILED")
{
	decide->handle = refuse_failure;
}
