/* SPDX-License-Identifier: BSD-3-Clause */
/* ends_alone.c — does the target end by itself, whatever is done to it?  A time
 * limit or a supervisor ends a target as it likes, and no case is to blame. */
#include "ends_alone.h"
#include "no_target.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>

#define LONGEST_MS 10000 /* what has lived longer is not tried again */
#define MARGIN_MS  200
#define KILLED_MS  5000 /* until a process is gone that got SIGKILL */

/* It may be somebody else's doing. */
static bool is_unexplained(const struct vus_end *end)
{
	if (!end->ended || end->cry.kind != VUS_CRIES_NOT)
		return false;
	return end->clean || end->by_status || end->signum == SIGKILL ||
	       end->signum == SIGTERM;
}

static bool may_try(const struct vus_run *run)
{
	const struct vus_run_options *opt = run->target.opt;

	return opt->command && !opt->socket && !opt->listens &&
	       opt->restart != VUS_RESTART_NEVER && !run->target.by_fd;
}

static void end_instance(struct vus_run *run, struct vus_instance *inst)
{
	const uint64_t grace = vus_instance_terminate(inst);

	if (vus_poll_one(inst->child.pidfd, POLLIN, vus_deadline_ms(grace)) !=
	    1) {
		vus_instance_kill(inst);
		(void)vus_poll_one(inst->child.pidfd, POLLIN,
				   vus_deadline_ms(KILLED_MS));
	}
	(void)vus_child_reap(&inst->child, &run->target.guardian);
}

/* Nobody connects to it. */
static bool another_ends(struct vus_run *run, const struct vus_worker *w,
			 uint64_t ms)
{
	struct vus_instance inst;
	struct pollfd p[2];
	struct vus_err err;
	bool ended;

	if (vus_instance_start(&inst, &run->target, w->index, NULL, &err) !=
	    VUS_IN_PARENT)
		return false;
	p[0] = (struct pollfd){ .fd = inst.child.pidfd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = run->signals, .events = POLLIN };
	(void)vus_poll(p, 2, vus_deadline_ms(ms));
	ended = vus_child_ended(&inst.child);
	if (ended)
		(void)vus_child_reap(&inst.child, &run->target.guardian);
	else
		end_instance(run, &inst);
	vus_instance_drop(&inst);
	return ended;
}

bool vus_target_ends_alone(struct vus_run *run, const struct vus_worker *w,
			   const struct vus_end *end)
{
	const uint64_t lived = (vus_now() - w->inst.started) / VUS_MS;

	if (run->ends_alone || run->lives_on || !is_unexplained(end) ||
	    !may_try(run) || lived > LONGEST_MS)
		return run->ends_alone;
	run->ends_alone = another_ends(run, w, lived + lived / 2 + MARGIN_MS);
	run->lives_on = !run->ends_alone;
	if (run->ends_alone) {
		run->ends_within = (double)(lived + MARGIN_MS) / 1000;
		vus_no_target_explain(run, w, end);
		run->stop = "there is no target";
	}
	return run->ends_alone;
}
