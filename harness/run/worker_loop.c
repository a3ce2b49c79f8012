/* SPDX-License-Identifier: BSD-3-Clause */
/* worker_loop.c — carries out what the states of a worker ask for. */
#include "worker_loop.h"
#include "case_begin.h"
#include "case_end.h"
#include "instance_end.h"
#include "reaccept.h"

#include "base/clock.h"
#include "base/own.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifdef NDEBUG
#error "assertions are part of the program"
#endif

#define MAY_END_MS 1000 /* an instance may take to die */

bool vus_worker_open(struct vus_run *run, struct vus_worker *w, unsigned index,
		     struct vus_err *err)
{
	char path[PATH_MAX + 32];

	*w = (struct vus_worker){ .index = index,
				  .inst = VUS_INSTANCE_NONE,
				  .proc = VUS_CHILD_NONE,
				  .log = -1 };
	w->slot = mmap(NULL, sizeof(*w->slot), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->slot == MAP_FAILED) {
		w->slot = NULL;
		return vus_fail_sys(err, "mmap");
	}
	(void)snprintf(path, sizeof(path), "%s/%u.log",
		       run->target.guardian.folder, index);
	w->log = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return w->log >= 0 || vus_fail_sys(err, "%s", path);
}

void vus_worker_close(struct vus_run *run, struct vus_worker *w)
{
	(void)vus_child_reap(&w->proc, &run->target.guardian);
	if (vus_instance_running(&w->inst))
		(void)vus_child_reap(&w->inst.child, &run->target.guardian);
	vus_instance_drop(&w->inst);
	vus_fd_close(&w->log);
	vus_used_result_drop(&w->used);
	if (w->slot)
		(void)munmap(w->slot, sizeof(*w->slot));
	w->slot = NULL;
}

static enum vus_worker_event act(enum vus_worker_action action,
				 struct vus_run *run, struct vus_worker *w)
{
	static enum vus_worker_event (*const actions[VUS_WA_NACTIONS])(
		struct vus_run * run, struct vus_worker * w) = {
		[VUS_WA_BEGIN_CASE] = vus_case_begin,
		[VUS_WA_COLLECT] = vus_case_collect,
		[VUS_WA_END_CASE] = vus_case_end,
		[VUS_WA_SKIP_CASE] = vus_case_skip,
		[VUS_WA_LOOK_AT_TARGET] = vus_case_look_at_target,
		[VUS_WA_LOOK_AT_TARGET_UNHEARD] =
			vus_case_look_at_target_unheard,
		[VUS_WA_STOP_RUN] = vus_case_stop_run,
		[VUS_WA_LOSE_TARGET] = vus_case_lose_target,
		[VUS_WA_BLAME_LAST] = vus_case_blame_last,
		[VUS_WA_JUDGE] = vus_case_judge,
		[VUS_WA_KEEP_RESULT] = vus_case_keep_result,
		[VUS_WA_BEGIN_CHECK] = vus_instance_end_begin_check,
		[VUS_WA_READ_CHECK] = vus_instance_end_read_check,
		[VUS_WA_JUDGE_CHECK] = vus_instance_end_judge_check,
		[VUS_WA_CHOOSE_END] = vus_instance_end_choose,
		[VUS_WA_SEE_REST] = vus_instance_end_see_rest,
		[VUS_WA_NOTE_STAY] = vus_instance_end_note_stay,
		[VUS_WA_TERMINATE] = vus_instance_end_terminate,
		[VUS_WA_KILL] = vus_instance_end_kill,
		[VUS_WA_DROP] = vus_instance_end_drop,
		[VUS_WA_REAP] = vus_instance_end_reap,
	};

	return actions[action] ? actions[action](run, w) : VUS_WE_NONE;
}

/* How long the state may last, ms; 0: for ever. */
static uint64_t limit_ms(const struct vus_run *run, const struct vus_worker *w)
{
	switch (w->state) {
	case VUS_W_CASE:
		return vus_case_limit_ms(run);
	case VUS_W_MAY_END:
		return MAY_END_MS;
	case VUS_W_ASK:
	case VUS_W_CHECK:
		return vus_reaccept_limit_ms(run);
	case VUS_W_WATCH:
		return VUS_IDLE_WINDOW_MS;
	case VUS_W_LEAVE:
		return VUS_LEAVE_MS;
	case VUS_W_TERM:
		return w->grace_ms;
	case VUS_W_KILL:
		return VUS_KILL_MS;
	default:
		return 0;
	}
}

/* From one event to the next wait. */
static enum vus_fork handle(struct vus_run *run, struct vus_worker *w,
			    enum vus_worker_event event)
{
	uint64_t ms;

	while (event != VUS_WE_NONE) {
		const struct vus_worker_step step =
			vus_worker_step(w->state, event);

		assert(step.known);
		w->state = step.next;
		event = act(step.action, run, w);
		if (event == VUS_WE_IN_CHILD)
			return VUS_IN_CHILD;
	}
	ms = limit_ms(run, w);
	w->deadline = ms ? vus_deadline_ms(ms) : VUS_NEVER;
	return VUS_IN_PARENT;
}

enum vus_fork vus_worker_feed(struct vus_run *run, struct vus_worker *w)
{
	return handle(run, w, vus_case_choose(run, w));
}

enum vus_fork vus_worker_give_back(struct vus_run *run, struct vus_worker *w)
{
	return handle(run, w, VUS_WE_NO_CASE);
}

static const struct vus_child *awaited(const struct vus_worker *w)
{
	static const struct vus_child none = { .pidfd = -1 };

	switch (vus_worker_waits(w->state)) {
	case VUS_WAITS_FOR_PROCESS:
		return &w->proc;
	case VUS_WAITS_FOR_INSTANCE:
		return &w->inst.child;
	default:
		return &none;
	}
}

int vus_worker_fd(const struct vus_worker *w)
{
	return awaited(w)->pidfd;
}

enum vus_fork vus_worker_wake(struct vus_run *run, struct vus_worker *w)
{
	const bool late = vus_now() >= w->deadline;

	if (vus_child_ended(awaited(w)))
		return handle(run, w,
			      vus_worker_waits(w->state) ==
					      VUS_WAITS_FOR_PROCESS
				      ? VUS_WE_PROCESS_ENDED
				      : VUS_WE_INSTANCE_ENDED);
	return late ? handle(run, w, VUS_WE_TIMEOUT) : VUS_IN_PARENT;
}

void vus_worker_stop(struct vus_worker *w, bool now)
{
	vus_child_signal(&w->proc, SIGKILL);
	if (now && vus_instance_running(&w->inst))
		vus_instance_kill(&w->inst);
}
