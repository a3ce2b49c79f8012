/* SPDX-License-Identifier: BSD-3-Clause */
/* split_walk.h — from a head to a translated chain; for split_device.c. */
#ifndef VUS_RING_SPLIT_WALK_H
#define VUS_RING_SPLIT_WALK_H

#include "split_device.h"

/* What vus_split_pop says, for a head that is known. */
VUS_MUST_CHECK bool vus_split_walk(const struct vus_split_device *r,
				   const struct vus_regions *mem, uint16_t head,
				   struct vus_chain *ret, struct vus_err *err);

#endif
