/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.h — declaring a fault: its row, and the decisions that it replaces.
 *
 *	static bool no(const struct vus_session *s) { ... }
 *
 *	VUS_FE_FAULT(owner, never_sent, .rule = "owner.set_sent",
 *		     .says = "sends no SET_OWNER")
 *	{
 *		decide->sends_owner = no;
 *	}
 *
 * Defining it registers it under the name "owner.never_sent"; names differ from
 * those of the fake back-end.  The replacement calls
 * vus_fe_honest.sends_owner() where it agrees with it. */
#ifndef VUS_FAKE_FRONTEND_FAULTS_FAULT_H
#define VUS_FAKE_FRONTEND_FAULTS_FAULT_H

#include "fake-frontend/device.h"
#include "spec/fault.h"

#define VUS_FE_FAULT(fgroup, fname, ...)                                       \
	VUS_FAULT_ENTRY("vus_fe_faults", vus_fe_decisions, fgroup, fname,      \
			__VA_ARGS__)

/* Registers a maker of faults: `VUS_FE_FAULT_MAKER(wrong) = { ... };` */
#define VUS_FE_FAULT_MAKER(mname)                                              \
	static const struct vus_fault_maker maker_##mname;                     \
	static const struct vus_fault_maker *const entry_maker_##mname         \
		__attribute__((used, retain,                                   \
			       section("vus_fe_fault_makers"))) =              \
			&maker_##mname;                                        \
	static const struct vus_fault_maker maker_##mname

#endif
