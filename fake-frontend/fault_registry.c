/* SPDX-License-Identifier: BSD-3-Clause */
/* fault_registry.c — the front-end's faults that are linked into this program.
 *
 * It is a part of the front-end without faults as well: there the section is
 * missing, and no name is known. */
#include "fault_registry.h"

#include "decisions.h"

extern const struct vus_fault_entry *const __start_vus_fe_faults[]
	__attribute__((weak));
extern const struct vus_fault_entry *const __stop_vus_fe_faults[]
	__attribute__((weak));
extern const struct vus_fault_maker *const __start_vus_fe_fault_makers[]
	__attribute__((weak));
extern const struct vus_fault_maker *const __stop_vus_fe_fault_makers[]
	__attribute__((weak));

const struct vus_fault_book vus_fe_fault_book = {
	.begin = __start_vus_fe_faults,
	.end = __stop_vus_fe_faults,
	.makers = __start_vus_fe_fault_makers,
	.makers_end = __stop_vus_fe_fault_makers,
	.honest = &vus_fe_honest,
	.size = sizeof(vus_fe_honest),
};
