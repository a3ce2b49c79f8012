/* SPDX-License-Identifier: BSD-3-Clause */
/* no_target.h — why there is no target to test. */
#ifndef VUS_RUN_NO_TARGET_H
#define VUS_RUN_NO_TARGET_H

#include "run.h"

/* "embedded NAME", the command, or the socket's path. */
void vus_target_describe(const struct vus_run_options *opt,
			 struct vus_text *ret);

/* Say in run->no_target what was run, what happened, and what to try. */
void vus_no_target_explain(struct vus_run *run, const struct vus_worker *w,
			   const struct vus_end *end);

#endif
