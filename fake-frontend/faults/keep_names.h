/* SPDX-License-Identifier: BSD-3-Clause */
/* keep_names.h — names of shared memory that stay, for several faults. */
#ifndef VUS_FAKE_FRONTEND_FAULTS_KEEP_NAMES_H
#define VUS_FAKE_FRONTEND_FAULTS_KEEP_NAMES_H

#include "fake-frontend/decisions.h"

/* "/vuspec-fault-PID-2": removed by ci/run_qemu_faults.py too. */
void vus_fault_shm_name(unsigned attempt, char *ret, size_t cap);

/* Shared memory objects get such names and keep them. */
void vus_fault_keep_names(struct vus_fe_decisions *decide);

#endif
