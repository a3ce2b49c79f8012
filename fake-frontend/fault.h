/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.h — named deliberate deviations of the fake front-end.
 *
 *	if (VUS_FE_FAULTY(s, header, reply_bit_in_requests))
 *		f.flags |= VUS_FLAG_REPLY;
 *
 * A session without a fault keeps every rule; cases about back-ends never set
 * one. */
#ifndef VUS_FAKE_FRONTEND_FAULT_H
#define VUS_FAKE_FRONTEND_FAULT_H

#include "spec/fault.h"

enum vus_fe_fault_id {
#define FAULT(group, name, ...) VUS_FE_FAULT_##group##_##name,
#include "faults.def"
#undef FAULT
	VUS_NFE_FAULTS
};

_Static_assert(VUS_NFE_FAULTS <= VUS_FAULTS_MAX, "a set has room for all");

extern const struct vus_fault vus_fe_faults[VUS_NFE_FAULTS];

#define VUS_FE_FAULTY(s, group, name)                                          \
	vus_faults_has(&(s)->faults, VUS_FE_FAULT_##group##_##name)

#endif
