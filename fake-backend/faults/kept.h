/* SPDX-License-Identifier: BSD-3-Clause */
/* kept.h — descriptors and mappings that a fault keeps until the connection
 * ends. */
#ifndef VUS_FAKE_BACKEND_FAULTS_KEPT_H
#define VUS_FAKE_BACKEND_FAULTS_KEPT_H

#include "fault.h"

/* In the body of such a fault. */
void vus_fault_keeps(struct vus_be_decisions *decide);

/* The descriptor belongs to the fault from then on. */
void vus_fault_keep_fd(struct vus_be *be, int fd);
/* Map a file; the descriptor stays the caller's. */
VUS_MUST_CHECK bool vus_fault_keep_map(struct vus_be *be, int fd,
				       uint64_t size);

#endif
