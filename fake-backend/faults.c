/* SPDX-License-Identifier: BSD-3-Clause */
/* faults.c — the rows of faults.def, and sets of them by name. */
#include "fault.h"

/* A row of faults_split.def: a field of vus_split_faults carries it out. */
#define IN_RING(field) 1 + offsetof(struct vus_split_faults, field)

const struct vus_fault vus_faults[VUS_NFAULTS] = {
/* What it says, and perhaps `.also`: C17 wants an argument for the dots. */
#define FAULT(fgroup, fname, frule, ...)                                       \
	[VUS_FAULT_##fgroup##_##fname] = { .name = #fgroup "." #fname,         \
					   .rule = frule,                      \
					   .says = __VA_ARGS__ },
#include "faults.def"
#undef FAULT
};

void vus_faults_of_ring(const struct vus_faults *set,
			struct vus_split_faults *ret)
{
	bool *const first = (bool *)(void *)ret;

	*ret = (struct vus_split_faults){ 0 };
	for (unsigned i = 0; i < VUS_NFAULTS; i++) {
		if (vus_faults[i].ring != 0 && vus_faults_has(set, i))
			first[vus_faults[i].ring - 1] = true;
	}
}
