/* SPDX-License-Identifier: BSD-3-Clause */
/* case_begin.c — which variant runs next, and the first steps of its run. */
#include "case_begin.h"
#include "case_process.h"
#include "precondition_skip.h"
#include "confirm.h"
#include "variant.h"

#include "base/clock.h"

#include <stdlib.h>

#define MARGIN_MS 1000 /* a case that keeps its deadline ends by itself */

static const char *why_not(const struct vus_run *run,
			   const struct vus_variant *v, char buf[200])
{
	if (vus_run_policy(run)->gone)
		return "the target is gone";
	return vus_precondition_skip(run->target.opt, &run->probe, v, buf);
}

/* The next variant that has to run; those that need not are done at once. */
static struct vus_variant *take_next(struct vus_run *run, struct vus_worker *w)
{
	struct vus_variant *v = w->again;
	const char *why;
	char buf[200];

	w->again = NULL;
	if (v && run->stop) {
		v->not_run = true;
		vus_run_skip(run, v, run->stop);
		v = NULL;
	}
	while (!v && !run->stop && run->next < run->n) {
		v = &run->variants[run->next++];
		why = why_not(run, v, buf);
		if (why) {
			vus_run_skip(run, v, why);
			v = NULL;
		}
	}
	return v;
}

enum vus_worker_event vus_case_choose(struct vus_run *run, struct vus_worker *w)
{
	w->now = take_next(run, w);
	if (w->now)
		return VUS_WE_CASE_DUE;
	return vus_instance_running(&w->inst) || w->pending
		       ? VUS_WE_NO_CASE
		       : VUS_WE_NOTHING_LEFT;
}

/* Our own failure, not the peer's. */
static enum vus_worker_event give_up(struct vus_run *run, struct vus_worker *w,
				     const struct vus_err *err)
{
	struct vus_variant *v = w->now;

	w->now = NULL;
	w->attempt = VUS_ATTEMPT_FIRST;
	vus_used_result_drop(&w->used);
	v->verdict = VUS_BROKEN;
	vus_variant_reason(v, "%s", err->text);
	vus_run_report(run, v);
	return VUS_WE_NOT_BEGUN;
}

enum vus_worker_event vus_case_begin(struct vus_run *run, struct vus_worker *w)
{
	const struct vus_run_options *opt = run->target.opt;
	enum vus_fork who = VUS_IN_PARENT;
	struct vus_err err = { 0 };

	if (!opt->socket && !vus_instance_running(&w->inst))
		who = vus_confirm_kind(run, w);
	if (who == VUS_IN_PARENT && !opt->socket &&
	    !vus_instance_running(&w->inst))
		who = vus_instance_start(&w->inst, &run->target, w->index,
					 w->now, &err);
	if (who == VUS_IN_PARENT) {
		/* What the instance printed before is not shown for this case,
		 * unless the instance was started for it. */
		w->now->said =
			w->inst.served ? vus_instance_output_size(&w->inst) : 0;
		who = vus_case_process_start(
			run, w, VUS_WORK_CASE, w->now,
			vus_deadline_ms((uint64_t)opt->start_timeout_s * 1000),
			&err);
	}
	if (who == VUS_IN_CHILD)
		return VUS_WE_IN_CHILD;
	if (who == VUS_NO_FORK)
		return give_up(run, w, &err);
	w->overran = false;
	run->out.running++;
	return VUS_WE_NONE;
}

uint64_t vus_case_limit_ms(const struct vus_run *run)
{
	return (uint64_t)run->target.opt->timeout_s * 1000 + MARGIN_MS;
}
