/* SPDX-License-Identifier: BSD-3-Clause */
/* instance_end.h — an instance's last steps: post-conditions are checked; then
 * the instance may end by itself, then it must.
 *
 * The actions of ENDING and of the states behind it; each answers with the
 * event that follows. */
#ifndef VUS_RUN_INSTANCE_END_H
#define VUS_RUN_INSTANCE_END_H

#include "run.h"

#define VUS_LEAVE_MS 500  /* for an instance to end by itself */
#define VUS_KILL_MS  5000 /* until it is seen again that SIGKILL was sent */

enum vus_worker_event vus_instance_end_choose(struct vus_run *run,
					      struct vus_worker *w);
enum vus_worker_event vus_instance_end_begin_check(struct vus_run *run,
						   struct vus_worker *w);
enum vus_worker_event vus_instance_end_read_check(struct vus_run *run,
						  struct vus_worker *w);
enum vus_worker_event vus_instance_end_judge_check(struct vus_run *run,
						   struct vus_worker *w);
enum vus_worker_event vus_instance_end_see_rest(struct vus_run *run,
						struct vus_worker *w);
enum vus_worker_event vus_instance_end_note_stay(struct vus_run *run,
						 struct vus_worker *w);
enum vus_worker_event vus_instance_end_terminate(struct vus_run *run,
						 struct vus_worker *w);
enum vus_worker_event vus_instance_end_kill(struct vus_run *run,
					    struct vus_worker *w);
enum vus_worker_event vus_instance_end_drop(struct vus_run *run,
					    struct vus_worker *w);
enum vus_worker_event vus_instance_end_reap(struct vus_run *run,
					    struct vus_worker *w);

#endif
