/* SPDX-License-Identifier: BSD-3-Clause */
/* fault_registry.h — the back-end's faults that are linked into this program.
 *
 * A fault is a row and a function that replaces decisions; it registers itself
 * (faults/fault.h).  Without the library of faults no name is known. */
#ifndef VUS_FAKE_BACKEND_FAULT_REGISTRY_H
#define VUS_FAKE_BACKEND_FAULT_REGISTRY_H

#include "spec/fault.h"

extern const struct vus_fault_book vus_be_fault_book;

#endif
