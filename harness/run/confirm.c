/* SPDX-License-Identifier: BSD-3-Clause */
/* confirm.c — does a target that ended after its first session always do so?
 *
 * Nothing else runs meanwhile, as with the probe: what the cases that follow
 * may expect of an instance depends on the answer. */
#include "confirm.h"
#include "case_process.h"
#include "ends_alone.h"

#include "base/clock.h"

#define MARGIN_MS 5000 /* the session ends by itself before it is ended */
#define END_MS    5000 /* an instance may take to be seen to have ended */

static void wait_for_child(const struct vus_run *run,
			   const struct vus_child *child, uint64_t ms)
{
	struct pollfd p[] = {
		{ .fd = child->pidfd, .events = POLLIN },
		{ .fd = run->signals, .events = POLLIN },
	};

	(void)vus_poll(p, 2, vus_deadline_ms(ms));
}

/* One session.  False: it could not be begun. */
static bool be_plain(struct vus_run *run, struct vus_worker *w,
		     enum vus_fork *ret_who)
{
	uint64_t ms = (uint64_t)run->target.opt->start_timeout_s * 1000;
	struct vus_err err;

	*ret_who = vus_instance_start(&w->inst, &run->target, w->index, NULL,
				      &err);
	if (*ret_who == VUS_IN_PARENT)
		*ret_who =
			vus_case_process_start(run, w, VUS_WORK_REACCEPT, NULL,
					       vus_deadline_ms(ms), &err);
	if (*ret_who != VUS_IN_PARENT)
		return false;
	wait_for_child(run, &w->proc, ms + MARGIN_MS);
	(void)vus_child_reap(&w->proc, &run->target.guardian);
	w->inst.served = 1;
	w->inst.server = w->slot->server;
	wait_for_child(run, &w->inst.child, END_MS);
	return true;
}

enum vus_fork vus_confirm_kind(struct vus_run *run, struct vus_worker *w)
{
	enum vus_fork who = VUS_IN_PARENT;
	struct vus_end end;

	while (vus_run_policy(run)->is_confirmed &&
	       run->target.opt->party->check_reaccepts) {
		if (!be_plain(run, w, &who))
			return who == VUS_IN_CHILD ? who : VUS_IN_PARENT;
		vus_instance_check(&w->inst, &run->target, &end);
		if (vus_target_ends_alone(run, w, &end))
			return VUS_IN_PARENT;
		(void)vus_run_peer_event(run, end.clean ? VUS_PEER_ENDED_PLAINLY
							: VUS_PEER_STAYED);
		if (end.ended)
			vus_instance_drop(&w->inst);
	}
	/* What fails on an instance that was used may run once more. */
	if (vus_instance_running(&w->inst))
		w->attempt = VUS_ATTEMPT_FIRST;
	return VUS_IN_PARENT;
}
