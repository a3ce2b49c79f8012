/* SPDX-License-Identifier: BSD-3-Clause */
/* reaccept.c — does the instance serve a new connection?
 *
 * Asked by a process of its own, as cases are: the runner itself waits for no
 * peer. */
#include "worker.h"

#include "base/clock.h"

#define MARGIN_MS 1000 /* it ends by itself before it is ended */

/* As patient as a case is with one request. */
static uint64_t reaccept_ms(const struct vus_run *run)
{
	return vus_request_ms(run->target.opt);
}

bool vus_reaccept_plan(const struct vus_run *run, struct vus_worker *w)
{
	const struct vus_run_options *opt = run->target.opt;

	if (!opt->party->knock || run->target.by_fd || opt->listens ||
	    run->stop)
		return false;
	w->knock = VUS_REACCEPT_DUE;
	vus_worker_enter(w, VUS_W_IDLE, 0);
	return true;
}

enum vus_fork vus_reaccept_start(struct vus_run *run, struct vus_worker *w)
{
	uint64_t ms = reaccept_ms(run);
	struct vus_err err = { 0 };
	enum vus_fork who;

	who = vus_case_process_start(run, w, VUS_WORK_REACCEPT, NULL,
				     vus_deadline_ms(ms), &err);
	/* Without a process it ends at once, and was not answered. */
	w->knock = VUS_REACCEPT_NO;
	vus_worker_enter(w, VUS_W_REACCEPT,
			 who == VUS_NO_FORK ? 1 : 2 * ms + MARGIN_MS);
	return who == VUS_NO_FORK ? VUS_IN_PARENT : who;
}

bool vus_reaccept_ended(struct vus_run *run, struct vus_worker *w, bool late)
{
	if (!vus_child_ended(&w->proc) && !late)
		return false;
	(void)vus_child_reap(&w->proc, &run->target.guardian);
	w->knock = w->slot->knocked ? VUS_REACCEPT_YES : VUS_REACCEPT_NO;
	return true;
}
