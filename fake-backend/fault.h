/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.h — named deliberate deviations of the fake back-end.
 *
 * A fault sits at the place where the right behaviour is coded:
 *
 *	if (VUS_FAULTY(be, mem_table, ignores_mmap_offset))
 *		row.mmap_offset = 0;
 *
 * Its row in faults.def names the one rule it breaks. */
#ifndef VUS_FAKE_BACKEND_FAULT_H
#define VUS_FAKE_BACKEND_FAULT_H

#include "ring/split_device.h"
#include "spec/fault.h"

enum vus_fault_id {
#define FAULT(group, name, ...) VUS_FAULT_##group##_##name,
#include "faults.def"
#undef FAULT
	VUS_NFAULTS
};

_Static_assert(VUS_NFAULTS <= VUS_FAULTS_MAX, "a set has room for all");

extern const struct vus_fault vus_faults[VUS_NFAULTS];

/* Those of the set that a split ring carries out itself. */
void vus_faults_of_ring(const struct vus_faults *set,
			struct vus_split_faults *ret);

static inline bool vus_faults_any(const struct vus_faults *set)
{
	for (unsigned i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]);
	     i++) {
		if (set->bits[i])
			return true;
	}
	return false;
}

#define VUS_FAULTY(be, group, name)                                            \
	vus_faults_has(&(be)->cfg.faults, VUS_FAULT_##group##_##name)

#endif
