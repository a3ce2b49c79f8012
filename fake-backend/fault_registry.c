/* SPDX-License-Identifier: BSD-3-Clause */
/* fault_registry.c — the back-end's faults that are linked into this program.
 */
#include "fault_registry.h"

#include "decisions.h"

extern const struct vus_fault_entry *const __start_vus_be_faults[]
	__attribute__((weak));
extern const struct vus_fault_entry *const __stop_vus_be_faults[]
	__attribute__((weak));
extern const struct vus_fault_maker *const __start_vus_be_fault_makers[]
	__attribute__((weak));
extern const struct vus_fault_maker *const __stop_vus_be_fault_makers[]
	__attribute__((weak));

const struct vus_fault_book vus_be_fault_book = {
	.begin = __start_vus_be_faults,
	.end = __stop_vus_be_faults,
	.makers = __start_vus_be_fault_makers,
	.makers_end = __stop_vus_be_fault_makers,
	.honest = &vus_be_honest,
	.size = sizeof(vus_be_honest),
};
