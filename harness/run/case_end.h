/* SPDX-License-Identifier: BSD-3-Clause */
/* case_end.h — the verdict of a case that has ended: the actions of JUDGING.
 *
 * Each answers with the event that follows. */
#ifndef VUS_RUN_CASE_END_H
#define VUS_RUN_CASE_END_H

#include "run.h"

enum vus_worker_event vus_case_collect(struct vus_run *run,
				       struct vus_worker *w);
enum vus_worker_event vus_case_end(struct vus_run *run, struct vus_worker *w);
enum vus_worker_event vus_case_skip(struct vus_run *run, struct vus_worker *w);
enum vus_worker_event vus_case_look_at_target(struct vus_run *run,
					      struct vus_worker *w);
enum vus_worker_event vus_case_look_at_target_unheard(struct vus_run *run,
						      struct vus_worker *w);
enum vus_worker_event vus_case_stop_run(struct vus_run *run,
					struct vus_worker *w);
enum vus_worker_event vus_case_lose_target(struct vus_run *run,
					   struct vus_worker *w);
enum vus_worker_event vus_case_blame_last(struct vus_run *run,
					  struct vus_worker *w);
enum vus_worker_event vus_case_judge(struct vus_run *run, struct vus_worker *w);
enum vus_worker_event vus_case_keep_result(struct vus_run *run,
					   struct vus_worker *w);

#endif
