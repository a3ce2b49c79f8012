/* SPDX-License-Identifier: BSD-3-Clause */
/* split_ring.c — what the faults of split rings share. */
#include "split_ring.h"

enum vus_pop vus_fault_pop_by(const struct vus_split_choices *by,
			      struct vus_vq *vq, struct vus_chain *ret,
			      struct vus_err *err)
{
	return vus_split_pop_by(by, &vq->ring,
				vq->be->decide->buffer_regions(vq->be), ret,
				err);
}

struct vus_vq *vus_fault_ring_of(const struct vus_split_device *r)
{
	return (void *)((uintptr_t)r - offsetof(struct vus_vq, ring));
}
