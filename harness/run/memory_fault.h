/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_fault.h — SIGBUS and SIGSEGV of a case's process become a verdict. */
#ifndef VUS_RUN_MEMORY_FAULT_H
#define VUS_RUN_MEMORY_FAULT_H

#include "host.h"

/* From now on: one process, one host. */
VUS_MUST_CHECK bool vus_memory_fault_watch(struct vus_host *host,
					   struct vus_err *err);

#endif
