/* SPDX-License-Identifier: BSD-3-Clause */
/* instance_end.c — an instance's last steps. */
#include "instance_end.h"
#include "case_result.h"
#include "ends_alone.h"
#include "pending.h"
#include "postconditions.h"
#include "reaccept.h"

#include <stdio.h>

/* Does anything depend on what is seen now?  A verdict other than pass stands
 * in any case. */
static bool has_postconditions(const struct vus_run *run,
			       const struct vus_worker *w)
{
	return w->pending && w->pending->verdict == VUS_PASS &&
	       !w->inst.spoiled && !run->stop &&
	       vus_run_policy(run)->is_watched;
}

/* What polls by nature cannot be told from what spins, and may where nobody
 * forbids it. */
static enum vus_worker_event watch_or_terminate(const struct vus_run *run,
						struct vus_worker *w)
{
	const bool may_poll = run->probe.polls && !run->target.opt->no_polling;

	return has_postconditions(run, w) && !may_poll &&
			       vus_idle_begin(&w->idle, w->inst.server)
		       ? VUS_WE_TO_WATCH
		       : VUS_WE_TO_TERM;
}

enum vus_worker_event vus_instance_end_choose(struct vus_run *run,
					      struct vus_worker *w)
{
	const struct vus_peer_policy *policy = vus_run_policy(run);

	if (!vus_instance_running(&w->inst))
		return VUS_WE_TO_DROP;
	if (policy->leaves && !run->stays)
		return VUS_WE_TO_LEAVE;
	if (has_postconditions(run, w) && policy->is_asked &&
	    vus_reaccept_possible(run))
		return VUS_WE_TO_CHECK;
	return watch_or_terminate(run, w);
}

enum vus_worker_event vus_instance_end_begin_check(struct vus_run *run,
						   struct vus_worker *w)
{
	if (!vus_reaccept_possible(run))
		return VUS_WE_NOT_BEGUN;
	switch (vus_reaccept_begin(run, w)) {
	case VUS_IN_PARENT:
		return VUS_WE_NONE;
	case VUS_IN_CHILD:
		return VUS_WE_IN_CHILD;
	default:
		return VUS_WE_NOT_BEGUN;
	}
}

enum vus_worker_event vus_instance_end_read_check(struct vus_run *run,
						  struct vus_worker *w)
{
	vus_reaccept_end(run, w);
	return VUS_WE_CHECKED;
}

enum vus_worker_event vus_instance_end_judge_check(struct vus_run *run,
						   struct vus_worker *w)
{
	if (vus_child_ended(&w->inst.child))
		return VUS_WE_INSTANCE_ENDED;
	if (w->reaccept != VUS_REACCEPT_UNASKED) {
		if (!run->stop)
			vus_reporting_rule_judged(&run->out,
						  VUS_POSTCONDITION_REACCEPTS);
		vus_reaccept_judge(run, w);
	}
	return watch_or_terminate(run, w);
}

enum vus_worker_event vus_instance_end_see_rest(struct vus_run *run,
						struct vus_worker *w)
{
	enum vus_cpu_use rest = vus_idle_sample(&w->idle);

	if (rest == VUS_CPU_BUSY && !run->stop)
		return VUS_WE_TO_WATCH;
	if (rest == VUS_CPU_SPINS || rest == VUS_CPU_IDLE)
		vus_reporting_rule_judged(&run->out, VUS_POSTCONDITION_IDLE);
	if (rest == VUS_CPU_SPINS)
		vus_postcondition_breach(
			w->pending, VUS_POSTCONDITION_IDLE,
			"with nobody connected the peer uses %u %% of a "
			"processor, after %u session%s of which this "
			"was the last",
			vus_idle_percent(&w->idle), w->inst.served,
			w->inst.served == 1 ? "" : "s");
	return VUS_WE_TO_TERM;
}

enum vus_worker_event vus_instance_end_note_stay(struct vus_run *run,
						 struct vus_worker *w)
{
	(void)w;
	/* The next ones are not waited for. */
	run->stays = true;
	return VUS_WE_TO_TERM;
}

enum vus_worker_event vus_instance_end_terminate(struct vus_run *run,
						 struct vus_worker *w)
{
	(void)run;
	w->grace_ms = vus_instance_terminate(&w->inst);
	return VUS_WE_NONE;
}

enum vus_worker_event vus_instance_end_kill(struct vus_run *run,
					    struct vus_worker *w)
{
	(void)run;
	vus_instance_kill(&w->inst);
	return VUS_WE_NONE;
}

enum vus_worker_event vus_instance_end_drop(struct vus_run *run,
					    struct vus_worker *w)
{
	vus_pending_report(run, w);
	vus_instance_drop(&w->inst);
	return VUS_WE_NONE;
}

enum vus_worker_event vus_instance_end_reap(struct vus_run *run,
					    struct vus_worker *w)
{
	struct vus_variant *v = w->pending;
	struct vus_end end;

	vus_instance_check(&w->inst, &run->target, &end);
	if (!w->inst.asked && vus_target_ends_alone(run, w, &end))
		; /* no case is to blame */
	else if (v && vus_case_crashed_peer(run, v, &end))
		vus_variant_peer_failed(v, &end, "when its session was over");
	else if (v && !w->inst.asked && vus_case_lost_session(run, v, &end))
		vus_variant_session_lost(v);
	else if (end.clean && !w->inst.asked)
		vus_reaccept_judge_end(run, v);
	else if (v && w->inst.killed)
		(void)snprintf(v->peer_end, sizeof(v->peer_end),
			       "%.60s, sent by vuspec", end.words);
	else if (end.crashed && w->attempt == VUS_ATTEMPT_FRESH)
		w->used.end = end;
	return vus_instance_end_drop(run, w);
}
