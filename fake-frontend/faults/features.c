/* SPDX-License-Identifier: BSD-3-Clause */
/* features.c — faults of feature bits. */
#include "fault.h"

static uint64_t and_packed(const struct vus_session *s, uint64_t wanted)
{
	return vus_fe_honest.features(s, wanted) | VF(RING_PACKED);
}

VUS_FE_FAULT(features, acknowledges_more, .rule = "features.set_subset",
	     .says = "acknowledges RING_PACKED, offered or not")
{
	decide->features = and_packed;
}
