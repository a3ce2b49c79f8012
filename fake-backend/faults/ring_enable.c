/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_enable.c — faults of SET_VRING_ENABLE. */
#include "fault.h"

static enum vus_handled enable_only(struct vus_vq *vq, uint32_t value)
{
	return value == 0 ? VUS_OK : vus_be_honest.set_ring_enable(vq, value);
}

VUS_BE_FAULT(ring_enable, never_disables, .rule = "ring_enable.set",
	     .also = "ring_enable.before_start ring_enable.per_ring",
	     .says = "ignores SET_VRING_ENABLE 0")
{
	decide->set_ring_enable = enable_only;
}

static enum vus_handled disable_all(struct vus_vq *vq, uint32_t value)
{
	for (unsigned i = 0; value == 0 && i < vq->be->cfg.queues; i++)
		vq->be->vqs[i].enabled = false;
	return vus_be_honest.set_ring_enable(vq, value);
}

VUS_BE_FAULT(ring_enable, disables_all, .rule = "ring_enable.per_ring",
	     .says = "disables every ring when one is disabled")
{
	decide->set_ring_enable = disable_all;
}

static enum vus_handled disable_if_started(struct vus_vq *vq, uint32_t value)
{
	if (value == 0 && !vq->started)
		return VUS_OK;
	return vus_be_honest.set_ring_enable(vq, value);
}

VUS_BE_FAULT(ring_enable, early_disable_is_lost,
	     .rule = "ring_enable.before_start",
	     .says = "forgets that a stopped ring was disabled")
{
	decide->set_ring_enable = disable_if_started;
}

static enum vus_handled enable_if_sized(struct vus_vq *vq, uint32_t value)
{
	if (value == 1 && vq->num == 0)
		return VUS_OK;
	return vus_be_honest.set_ring_enable(vq, value);
}

VUS_BE_FAULT(ring_enable, early_enable_is_lost,
	     .rule = "ring_enable.before_start", .also = "ring_state.any_order",
	     .says = "forgets an enable that comes before the ring's size")
{
	decide->set_ring_enable = enable_if_sized;
}

static enum vus_handled enable_with_one_only(struct vus_vq *vq, uint32_t value)
{
	return vus_be_honest.set_ring_enable(vq, value == 1);
}

VUS_BE_FAULT(ring_enable, enable_two_disables,
	     .rule = "ring_enable.other_values",
	     .says = "acknowledges SET_VRING_ENABLE 2 and disables the "
		     "ring")
{
	decide->set_ring_enable = enable_with_one_only;
}

static enum vus_handled refuse_enable(struct vus_vq *vq, uint32_t value)
{
	(void)vq, (void)value;
	return VUS_NACK;
}

VUS_BE_FAULT(ring_enable, is_refused, .rule = "ring_enable.set",
	     .says = "refuses every SET_VRING_ENABLE")
{
	decide->set_ring_enable = refuse_enable;
}

static enum vus_handled refuse_disable(struct vus_vq *vq, uint32_t value)
{
	return value == 0 ? VUS_NACK : vus_be_honest.set_ring_enable(vq, value);
}

VUS_BE_FAULT(ring_enable, disabling_is_refused, .rule = "ring_enable.set",
	     .says = "refuses SET_VRING_ENABLE 0")
{
	decide->set_ring_enable = refuse_disable;
}
