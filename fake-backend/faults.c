/* SPDX-License-Identifier: BSD-3-Clause */
/* faults.c — the rows of faults.def, and sets of them by name. */
#include "fault.h"

#include <string.h>

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
