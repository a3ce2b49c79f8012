/* SPDX-License-Identifier: BSD-3-Clause */
/* faults.c — the rows of faults.def, and sets of them by name. */
#include "fault.h"

#include <string.h>

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

bool vus_faults_add(struct vus_faults *set, const char *name,
		    struct vus_err *err)
{
	for (unsigned i = 0; i < VUS_NFAULTS; i++) {
		if (strcmp(vus_faults[i].name, name) != 0)
			continue;
		set->bits[i / 64] |= UINT64_C(1) << (i % 64);
		return true;
	}
	return vus_fail(err, VUS_ERR_USAGE,
			"no fault is called '%s' (see --list-faults)", name);
}

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
