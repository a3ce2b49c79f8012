/* SPDX-License-Identifier: BSD-3-Clause */
/* fault_registry.h — the front-end's faults that are linked into this program.
 */
#ifndef VUS_FAKE_FRONTEND_FAULT_REGISTRY_H
#define VUS_FAKE_FRONTEND_FAULT_REGISTRY_H

#include "spec/fault.h"

extern const struct vus_fault_book vus_fe_fault_book;

#endif
