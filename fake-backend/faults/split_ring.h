/* SPDX-License-Identifier: BSD-3-Clause */
/* split_ring.h — what the faults of split rings share. */
#ifndef VUS_FAKE_BACKEND_FAULTS_SPLIT_H
#define VUS_FAKE_BACKEND_FAULTS_SPLIT_H

#include "ring/split_walk.h"
#include "ring.h"

/* Take a request by these choices. */
enum vus_pop vus_fault_pop_by(const struct vus_split_choices *by,
			      struct vus_vq *vq, struct vus_chain *ret,
			      struct vus_err *err);

/* The ring that a choice is made for. */
struct vus_vq *vus_fault_ring_of(const struct vus_split_device *r);

/* Define a ring_pop that makes one choice of its own. */
#define VUS_FAULT_POP(name, choice, function)                                  \
	static enum vus_pop name(struct vus_vq *vq, struct vus_chain *ret,     \
				 struct vus_err *err)                          \
	{                                                                      \
		struct vus_split_choices by = VUS_SPLIT_HONEST;                \
                                                                               \
		by.choice = function;                                          \
		return vus_fault_pop_by(&by, vq, ret, err);                    \
	}

/* A ring_pop that goes on in a buffer behind the end of its region, up to a
 * page: address_translation.checks_start_only sees to it that a page follows.
 */
enum vus_pop vus_fault_pop_past_regions(struct vus_vq *vq,
					struct vus_chain *ret,
					struct vus_err *err);

#endif
