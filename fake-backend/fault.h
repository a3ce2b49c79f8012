/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.h — named deliberate deviations of the fake back-end.
 *
 * A fault sits at the place where the right behaviour is coded:
 *
 *	if (VUS_FAULTY(be, mem, ignores_mmap_offset))
 *		row.mmap_offset = 0;
 *
 * Its row in faults.def names the one rule it breaks. */
#ifndef VUS_FAKE_BACKEND_FAULT_H
#define VUS_FAKE_BACKEND_FAULT_H

#include "../harness/base/err.h"
#include "../harness/ring/split_device.h"

#include <stdint.h>

enum vus_fault_id {
#define FAULT(group, name, ...) VUS_FAULT_##group##_##name,
#include "faults.def"
#undef FAULT
	VUS_NFAULTS
};

struct vus_fault {
	const char *name; /* "mem.ignores_mmap_offset" */
	const char *rule; /* the one it breaks */
	const char *also; /* others it unavoidably breaks, space separated */
	const char *says; /* what the faulty peer does, a sentence */
	size_t ring; /* 1 + its place in vus_split_faults; 0: not the ring's */
};

extern const struct vus_fault vus_faults[VUS_NFAULTS];

/* A set of faults; zero: none. */
struct vus_faults {
	uint64_t bits[(VUS_NFAULTS + 63) / 64 + 1];
};

VUS_MUST_CHECK bool vus_faults_add(struct vus_faults *set, const char *name,
				   struct vus_err *err);

/* Those of the set that a split ring carries out itself. */
void vus_faults_of_ring(const struct vus_faults *set,
			struct vus_split_faults *ret);

static inline bool vus_faults_has(const struct vus_faults *set,
				  enum vus_fault_id id)
{
	return set->bits[(unsigned)id / 64] >> ((unsigned)id % 64) & 1;
}

#define VUS_FAULTY(be, group, name)                                            \
	vus_faults_has(&(be)->cfg.faults, VUS_FAULT_##group##_##name)

#endif
