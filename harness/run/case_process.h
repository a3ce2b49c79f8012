/* SPDX-License-Identifier: BSD-3-Clause */
/* case_process.h — a process of ours that speaks to the target: of a case, of
 * the probe, or of a reaccept check. */
#ifndef VUS_RUN_CASE_PROCESS_H
#define VUS_RUN_CASE_PROCESS_H

#include "run.h"

enum vus_case_work { VUS_WORK_PROBE, VUS_WORK_CASE, VUS_WORK_REACCEPT };

/* Fork one against w's instance; `v` is a CASE's. */
enum vus_fork vus_case_process_start(struct vus_run *run, struct vus_worker *w,
				     enum vus_case_work work,
				     const struct vus_variant *v,
				     uint64_t connect_deadline,
				     struct vus_err *err);

#endif
