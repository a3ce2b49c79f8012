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

/* Protocol features are selected once for each connection. */
static unsigned connections;

static uint64_t count_connection(const struct vus_session *s, uint64_t wanted)
{
	connections++;
	return vus_fe_honest.protocol_features(s, wanted);
}

static uint64_t and_packed_again(const struct vus_session *s, uint64_t wanted)
{
	return connections > 1 ? and_packed(s, wanted)
			       : vus_fe_honest.features(s, wanted);
}

VUS_FE_FAULT(features, acknowledges_more_again, .rule = "features.set_subset",
	     .says = "acknowledges RING_PACKED once it has connected again")
{
	decide->protocol_features = count_connection;
	decide->features = and_packed_again;
}
