/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_state.c — faults of rings that are not used. */
#include "fault.h"

static bool size_another(struct vus_fake *f, struct vus_err *err)
{
	return vus_fe_set_state(&f->s, VUS_FE_SET_VRING_NUM, f->nrings, 64,
				err);
}

VUS_FE_FAULT(ring_state, sizes_another,
	     .rule = "ring_state.frontend_unset_ring",
	     .says = "sends SET_VRING_NUM for a ring that it does not use")
{
	decide->starting = size_another;
}
