/* SPDX-License-Identifier: BSD-3-Clause */
/* pending.c — the last case on an instance is reported. */
#include "pending.h"
#include "failure_folder.h"
#include "needs.h"

#include <stdio.h>

void vus_pending_add_output(const struct vus_worker *w, struct vus_variant *v)
{
	/* A skip by need may become a failure. */
	if (v->verdict != VUS_PASS &&
	    (v->verdict != VUS_SKIP || vus_needs_rule(v)) && !v->peer_stderr)
		v->peer_stderr = vus_instance_tail(&w->inst, v->said);
}

static void keep_failure(struct vus_run *run, const struct vus_worker *w,
			 const struct vus_variant *v)
{
	const char *folder = run->target.opt->keep;
	struct vus_err err;

	if (!folder || v->verdict == VUS_PASS || v->verdict == VUS_SKIP ||
	    vus_failure_folder_add(folder, &run->out.report, v, w->inst.output,
				   &err))
		return;
	vus_progress_clear(&run->out.progress);
	(void)fprintf(stderr, "vuspec: --keep: %s\n", err.text);
}

void vus_pending_report(struct vus_run *run, struct vus_worker *w)
{
	struct vus_variant *v = w->pending;

	if (!v)
		return;
	w->pending = NULL;
	vus_pending_add_output(w, v);
	keep_failure(run, w, v);
	vus_run_report(run, v);
}
