/* SPDX-License-Identifier: BSD-3-Clause */
/* run.c — what is learned about a run's peer, and what is done with a variant.
 */
#include "run.h"
#include "variant.h"

const struct vus_peer_policy *vus_run_policy(const struct vus_run *run)
{
	return vus_peer_policy(run->peer);
}

bool vus_run_peer_event(struct vus_run *run, enum vus_peer_event event)
{
	const struct vus_peer_step step = vus_peer_step(run->peer, event);

	run->peer = step.next;
	if (vus_run_policy(run)->one_shot)
		run->out.report.one_shot = true;
	return step.blames_case;
}

void vus_run_report(struct vus_run *run, struct vus_variant *v)
{
	vus_reporting_add(&run->out, v);
	if (v->verdict == VUS_PASS)
		vus_variant_drop_exchange(v);
	if ((v->verdict == VUS_FAIL || v->verdict == VUS_UNSTABLE) &&
	    !v->known && run->target.opt->fail_fast && !run->stop)
		run->stop = "not run: --fail-fast";
}

void vus_run_skip(struct vus_run *run, struct vus_variant *v,
		  const char *reason)
{
	vus_variant_clear(v);
	v->verdict = VUS_SKIP;
	vus_variant_reason(v, "%s", reason);
	vus_run_report(run, v);
}
