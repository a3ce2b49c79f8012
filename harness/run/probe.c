/* SPDX-License-Identifier: BSD-3-Clause */
/* probe.c — the first session of a run: does the target speak, and what does
 * it offer? */
#include "probe.h"
#include "case_process.h"
#include "no_target.h"
#include "worker_loop.h"

#include "base/clock.h"

#include <stdio.h>

#define MARGIN_MS 5000 /* the probe ends by itself before it is ended */
#define END_MS    1000 /* a target may take to be seen to have ended */

/* Until the probe's process ends, the deadline or a signal. */
static void wait_for_probe(struct vus_run *run, struct vus_worker *w,
			   uint64_t deadline)
{
	struct pollfd p[] = {
		{ .fd = w->proc.pidfd, .events = POLLIN },
		{ .fd = run->signals, .events = POLLIN },
	};

	(void)vus_poll(p, 2, deadline);
}

/* A target that ended is seen to have ended; one that hangs is not waited
 * for. */
static void look_again(struct vus_run *run, struct vus_worker *w,
		       struct vus_end *ret)
{
	*ret = (struct vus_end){ 0 };
	if (run->target.opt->socket)
		return;
	(void)vus_poll_one(w->inst.child.pidfd, POLLIN,
			   vus_deadline_ms(END_MS));
	vus_instance_check(&w->inst, &run->target, ret);
}

static enum vus_fork fail_no_target(struct vus_run *run,
				    const struct vus_err *err, int *ret_status)
{
	(void)snprintf(run->no_target.text, sizeof(run->no_target.text), "%s",
		       err->text);
	*ret_status = VUS_EXIT_BROKEN;
	return VUS_NO_FORK;
}

enum vus_fork vus_probe_target(struct vus_run *run, int *ret_status)
{
	const struct vus_run_options *opt = run->target.opt;
	struct vus_worker *w = &run->workers[0];
	uint64_t ms = (uint64_t)opt->start_timeout_s * 1000;
	struct vus_err err = { 0 };
	struct vus_end end;
	enum vus_fork who;

	if (opt->refusal)
		return VUS_IN_PARENT;
	if (!opt->socket) {
		who = vus_instance_start(&w->inst, &run->target, w->index, NULL,
					 &err);
		if (who == VUS_IN_CHILD)
			return who;
		if (who == VUS_NO_FORK)
			return fail_no_target(run, &err, ret_status);
	}
	who = vus_case_process_start(run, w, VUS_WORK_PROBE, NULL,
				     vus_deadline_ms(ms), &err);
	if (who == VUS_IN_CHILD)
		return who;
	if (who == VUS_NO_FORK)
		return fail_no_target(run, &err, ret_status);
	wait_for_probe(run, w, vus_deadline_ms(ms + MARGIN_MS));
	(void)vus_child_reap(&w->proc, &run->target.guardian);
	w->inst.served = 1;
	w->inst.server = w->slot->server;
	if (w->slot->probe.spoke) {
		run->probe = w->slot->probe;
		if (run->target.by_fd || opt->listens)
			return vus_worker_give_back(run, w);
		return VUS_IN_PARENT;
	}
	look_again(run, w, &end);
	vus_no_target_explain(run, w, &end);
	*ret_status = VUS_EXIT_NO_TARGET;
	return VUS_NO_FORK;
}
