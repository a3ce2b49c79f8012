/* SPDX-License-Identifier: BSD-3-Clause */
/* faults.c — the rows of faults.def. */
#include "fault.h"

const struct vus_fault vus_fe_faults[VUS_NFE_FAULTS] = {
/* What it says, and perhaps `.also`: C17 wants an argument for the dots. */
#define FAULT(fgroup, fname, frule, ...)                                       \
	[VUS_FE_FAULT_##fgroup##_##fname] = { .name = #fgroup "." #fname,      \
					      .rule = frule,                   \
					      .says = __VA_ARGS__ },
#include "faults.def"
#undef FAULT
};
