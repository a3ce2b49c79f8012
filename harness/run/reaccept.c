/* SPDX-License-Identifier: BSD-3-Clause */
/* reaccept.c — the reaccept check: does the instance serve a new connection? */
#include "reaccept.h"
#include "case_process.h"
#include "deadlines.h"
#include "postconditions.h"

#include "base/clock.h"

#define MARGIN_MS 1000 /* it ends by itself before it is ended */

/* As patient as a case is with one request. */
static uint64_t request_ms(const struct vus_run *run)
{
	return vus_request_ms(run->target.opt);
}

bool vus_reaccept_possible(const struct vus_run *run)
{
	const struct vus_run_options *opt = run->target.opt;

	return opt->party->check_reaccepts && !run->target.by_fd &&
	       !opt->listens && !run->stop;
}

uint64_t vus_reaccept_limit_ms(const struct vus_run *run)
{
	return 2 * request_ms(run) + MARGIN_MS;
}

enum vus_fork vus_reaccept_begin(struct vus_run *run, struct vus_worker *w)
{
	struct vus_err err = { 0 };

	return vus_case_process_start(run, w, VUS_WORK_REACCEPT, NULL,
				      vus_deadline_ms(request_ms(run)), &err);
}

void vus_reaccept_end(struct vus_run *run, struct vus_worker *w)
{
	(void)vus_child_reap(&w->proc, &run->target.guardian);
	w->reaccept = w->slot->reaccepts ? VUS_REACCEPT_YES : VUS_REACCEPT_NO;
}

void vus_reaccept_judge(struct vus_run *run, struct vus_worker *w)
{
	const enum vus_reaccept found = w->reaccept;
	enum vus_peer_event event = VUS_PEER_REFUSED;

	w->reaccept = VUS_REACCEPT_UNASKED;
	if (found == VUS_REACCEPT_YES)
		event = VUS_PEER_CHECK_ANSWERED;
	else if (run->stop)
		return;
	else if (found == VUS_REACCEPT_NO && w->pending)
		event = VUS_PEER_REFUSED_AFTER_CASE;
	if (vus_run_peer_event(run, event))
		vus_postcondition_breach(w->pending,
					 VUS_POSTCONDITION_REACCEPTS,
					 "the peer is still running but serves "
					 "no new connection "
					 "after this case");
}
