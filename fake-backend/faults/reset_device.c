/* SPDX-License-Identifier: BSD-3-Clause */
/* reset_device.c — faults of a device reset. */
#include "fault.h"
#include "late.h"

static void leave_ring(struct vus_vq *vq)
{
	(void)vq;
}

VUS_BE_FAULT(reset_device, leaves_rings_running,
	     .rule = "reset_device.disables_rings",
	     .also = "reset_device.quiet",
	     .says = "leaves its rings alone at RESET_DEVICE")
{
	decide->ring_reset = leave_ring;
}

static void keep_state(struct vus_be *be)
{
	(void)be;
}

VUS_BE_FAULT(reset_device, keeps_state, .rule = "reset_device.initial_state",
	     .also = "status.zero_resets",
	     .says = "keeps configuration and status at RESET_DEVICE")
{
	decide->reset_state = keep_state;
}

/* Since a reset, and until SET_OWNER. */
static bool *needs_owner(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(bool));
}

static enum vus_handled forget_owner(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply)
{
	if (req->id == VUS_FE_RESET_DEVICE)
		*needs_owner(be) = true;
	if (req->id == VUS_FE_SET_OWNER)
		*needs_owner(be) = false;
	if (req->id == VUS_FE_SET_VRING_NUM && *needs_owner(be))
		return VUS_NACK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(
	reset_device, forgets_owner, .rule = "reset_device.keeps_owner",
	.also = "reset_device.initial_state",
	.says = "refuses to set up rings after RESET_DEVICE before SET_OWNER")
{
	vus_fault_remembers(decide);
	decide->handle = forget_owner;
}

static enum vus_handled forget_protocol(struct vus_be *be,
					struct vus_frame *req,
					struct vus_frame *reply)
{
	if (req->id == VUS_FE_RESET_DEVICE)
		vus_be_select_pf(be, 0);
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(reset_device, forgets_protocol,
	     .rule = "reset_device.keeps_protocol",
	     .also = "reset_device.initial_state",
	     .says = "forgets protocol features at RESET_DEVICE")
{
	decide->handle = forget_protocol;
}

static void reset_and_call(struct vus_vq *vq)
{
	const int call = vus_fd_take(&vq->call);

	vus_be_honest.ring_reset(vq);
	if (call >= 0)
		vus_fault_plan(vq, vus_fault_signal, call);
}

VUS_BE_FAULT(reset_device, calls_late, .rule = "reset_device.quiet",
	     .says = "signals the call descriptor after a reset")
{
	vus_fault_plans(decide);
	decide->ring_reset = reset_and_call;
}

/* Where the used ring was at the reset. */
static uint64_t *old_used(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(uint64_t));
}

static void write_old_used(struct vus_vq *vq, __attribute__((unused)) int *fd)
{
	uint64_t there = 0;
	uint8_t *p = vus_regions_user(&vq->be->mem, *old_used(vq), 16, &there);

	if (p && there == 16)
		p[12] ^= 0xa5;
}

static void reset_and_write(struct vus_vq *vq)
{
	const bool live = vq->live;

	*old_used(vq) = vq->addr.used;
	vus_be_honest.ring_reset(vq);
	if (live)
		vus_fault_plan(vq, write_old_used, -1);
}

VUS_BE_FAULT(reset_device, writes_late, .rule = "reset_device.quiet",
	     .says = "writes into the used ring after a reset")
{
	vus_fault_plans(decide);
	decide->ring_reset = reset_and_write;
}
