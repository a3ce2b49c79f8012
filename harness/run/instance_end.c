/* SPDX-License-Identifier: BSD-3-Clause */
/* instance_end.c — an instance's last steps: looked at once more, then ended.
 */
#include "failure_folder.h"
#include "postconditions.h"
#include "worker.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define LEAVE_MS 500
#define KILL_MS  5000

void vus_worker_enter(struct vus_worker *w, enum vus_worker_state state,
		      uint64_t ms)
{
	w->state = state;
	w->deadline = ms ? vus_deadline_ms(ms) : VUS_NEVER;
}

void vus_worker_tail(const struct vus_worker *w, struct vus_variant *v)
{
	if (v->verdict != VUS_PASS && v->verdict != VUS_SKIP && !v->peer_stderr)
		v->peer_stderr = vus_instance_tail(&w->inst, v->said);
}

static void keep_failure(struct vus_run *run, const struct vus_worker *w,
			 const struct vus_variant *v)
{
	const char *folder = run->target.opt->keep;
	struct vus_err err;

	if (!folder || v->verdict == VUS_PASS || v->verdict == VUS_SKIP ||
	    vus_failure_folder_add(folder, &run->report, v, w->inst.output,
				   &err))
		return;
	vus_progress_clear(&run->progress);
	(void)fprintf(stderr, "vuspec: --keep: %s\n", err.text);
}

void vus_worker_report(struct vus_run *run, struct vus_worker *w)
{
	struct vus_variant *v = w->pending;

	if (!v)
		return;
	w->pending = NULL;
	vus_worker_tail(w, v);
	keep_failure(run, w, v);
	vus_run_report(run, v);
}

/* ---- what must hold when the last case is over ---- */

/* Does anything depend on it?  A verdict other than pass stands whatever is
 * seen now. */
static bool has_postconditions(const struct vus_run *run,
			       const struct vus_worker *w)
{
	return w->pending && w->pending->verdict == VUS_PASS &&
	       !w->inst.spoiled && !run->stop && !run->report.one_shot &&
	       !run->target.by_fd;
}

static void ask_to_end(struct vus_worker *w)
{
	vus_worker_enter(w, VUS_W_TERM, vus_instance_terminate(&w->inst));
}

/* What polls by nature cannot be told from what spins. */
static void watch_or_end(struct vus_run *run, struct vus_worker *w)
{
	if (has_postconditions(run, w) && !run->probe.polls &&
	    vus_idle_begin(&w->idle, w->inst.server))
		vus_worker_enter(w, VUS_W_WATCH, VUS_IDLE_WINDOW_MS);
	else
		ask_to_end(w);
}

static void watched(struct vus_run *run, struct vus_worker *w)
{
	enum vus_cpu_use rest = vus_idle_sample(&w->idle);

	if (rest == VUS_CPU_BUSY && !run->stop) {
		vus_worker_enter(w, VUS_W_WATCH, VUS_IDLE_WINDOW_MS);
		return;
	}
	if (rest == VUS_CPU_SPINS || rest == VUS_CPU_IDLE)
		vus_run_judged(run, VUS_POSTCONDITION_IDLE);
	if (rest == VUS_CPU_SPINS)
		vus_postcondition_breach(
			w->pending, VUS_POSTCONDITION_IDLE,
			"with nobody connected the peer uses %u %% of a "
			"processor, after %u session%s of which this "
			"was the last",
			vus_idle_percent(&w->idle), w->inst.served,
			w->inst.served == 1 ? "" : "s");
	ask_to_end(w);
}

void vus_instance_end_reaccept_done(struct vus_run *run, struct vus_worker *w)
{
	if (vus_child_ended(&w->inst.child)) {
		vus_instance_end_event(run, w, false);
		return;
	}
	if (!run->stop)
		vus_run_judged(run, VUS_POSTCONDITION_REACCEPTS);
	vus_instance_end_unreachable(run, w);
	watch_or_end(run, w);
}

/* That it serves one connection after the other must have been seen: then what
 * it does after this case is the case's doing. */
void vus_instance_end_unreachable(struct vus_run *run, struct vus_worker *w)
{
	enum vus_reaccept knock = w->knock;

	w->knock = VUS_REACCEPT_NONE;
	if (knock == VUS_REACCEPT_YES || run->stop)
		return;
	if (knock == VUS_REACCEPT_NO && run->reaccepts && w->pending)
		vus_postcondition_breach(
			w->pending, VUS_POSTCONDITION_REACCEPTS,
			"the peer lives, and serves no new connection "
			"after this case");
	else
		run->reluctant = true;
}

void vus_worker_end_instance(struct vus_run *run, struct vus_worker *w)
{
	bool leaves =
		(run->target.by_fd || run->report.one_shot) && !run->lingers;

	if (!vus_instance_running(&w->inst)) {
		vus_worker_report(run, w);
		vus_instance_drop(&w->inst);
		vus_worker_enter(w, VUS_W_IDLE, 0);
	} else if (leaves) {
		vus_worker_enter(w, VUS_W_LEAVE, LEAVE_MS);
	} else if (!has_postconditions(run, w) || !run->reaccepts ||
		   run->reluctant || !vus_reaccept_plan(run, w)) {
		watch_or_end(run, w);
	}
}

/* ---- its end ---- */

static void instance_ended(struct vus_run *run, struct vus_worker *w)
{
	struct vus_variant *v = w->pending;
	struct vus_end end;

	vus_instance_check(&w->inst, &run->target, &end);
	if (v && end.crashed)
		vus_variant_peer_failed(v, &end, "when its session was over");
	else if (v && w->inst.killed)
		(void)snprintf(v->peer_end, sizeof(v->peer_end), "%s",
			       end.words);
	else if (end.crashed && w->first.given)
		w->first.end = end;
	vus_worker_report(run, w);
	vus_instance_drop(&w->inst);
	vus_worker_enter(w, VUS_W_IDLE, 0);
}

void vus_instance_end_event(struct vus_run *run, struct vus_worker *w,
			    bool late)
{
	if (vus_child_ended(&w->inst.child)) {
		instance_ended(run, w);
	} else if (!late) {
		return;
	} else if (w->state == VUS_W_WATCH) {
		watched(run, w);
	} else if (w->state == VUS_W_LEAVE) {
		/* The next ones are not waited for. */
		run->lingers = true;
		ask_to_end(w);
	} else if (w->state == VUS_W_TERM) {
		vus_instance_kill(&w->inst);
		vus_worker_enter(w, VUS_W_KILL, KILL_MS);
	} else {
		/* Not even SIGKILL ends it at once: keep waiting. */
		vus_worker_enter(w, VUS_W_KILL, KILL_MS);
	}
}
