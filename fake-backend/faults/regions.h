/* SPDX-License-Identifier: BSD-3-Clause */
/* regions.h — regions as faults of memory keep, move and compare them. */
#ifndef VUS_FAKE_BACKEND_FAULTS_REGIONS_H
#define VUS_FAKE_BACKEND_FAULTS_REGIONS_H

#include "fault.h"

/* Does the row share guest addresses with a region of `t`? */
bool vus_fault_any_overlap(const struct vus_regions *t,
			   const struct vus_p_region *row);

/* In the body of a fault that keeps regions mapped. */
void vus_fault_keeps_regions(struct vus_be_decisions *decide);
/* Those regions, until the connection ends. */
struct vus_regions *vus_fault_old_regions(const struct vus_be *be);

/* Move region `i` to the end of another table; it is unmapped where that is
 * full. */
void vus_fault_move_region(struct vus_regions *from, unsigned i,
			   struct vus_regions *to);

#endif
