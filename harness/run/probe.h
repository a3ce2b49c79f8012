/* SPDX-License-Identifier: BSD-3-Clause */
/* probe.h — the first session of a run: does the target speak, and what does
 * it offer? */
#ifndef VUS_RUN_PROBE_H
#define VUS_RUN_PROBE_H

#include "run.h"

/* On worker 0.  VUS_NO_FORK: there is no target, run->no_target says why,
 * *ret_status which exit status. */
enum vus_fork vus_probe_target(struct vus_run *run, int *ret_status);

#endif
