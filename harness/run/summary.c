/* SPDX-License-Identifier: BSD-3-Clause */
/* summary.c — what is done, told to the outputs and counted. */
#include "postconditions.h"
#include "run/report/baseline.h"
#include "worker.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static void mark(bool *table, const char *id)
{
	const struct vus_rule *rule = vus_rule_find(id);

	if (table && rule)
		table[rule - vus_rules] = true;
}

void vus_run_judged(struct vus_run *run, const char *rule)
{
	mark(run->applying, rule);
	mark(run->judged, rule);
}

/* Rules that a case would have judged count as applying once it ran: what
 * the peer does not offer does not apply. */
static void note_rules(struct vus_run *run, const struct vus_variant *v)
{
	if (!v->result)
		return;
	for (size_t i = 0; i < VUS_CASE_RULES && v->c->rules[i]; i++)
		mark(run->applying, v->c->rules[i]);
	for (unsigned i = 0; i < v->result->njudged; i++) {
		mark(run->applying, v->result->judged[i]);
		mark(run->judged, v->result->judged[i]);
	}
	if (v->result->released)
		vus_run_judged(run, VUS_POSTCONDITION_RELEASED);
}

void vus_run_count_rules(struct vus_run *run)
{
	for (size_t i = 0; i < vus_nrules; i++) {
		run->summary.judged += run->judged[i];
		run->summary.applying += run->applying[i];
	}
}

void vus_run_report(struct vus_run *run, struct vus_variant *v)
{
	const struct vus_run_options *opt = run->target.opt;

	v->done = true;
	if (opt->baseline)
		v->known = vus_baseline_note(opt->baseline, v);
	run->summary.known[v->verdict] += v->known != NULL;
	run->summary.counts[v->verdict]++;
	note_rules(run, v);
	vus_progress_clear(&run->progress);
	vus_outputs_result(opt->outputs, &run->report, v);
	run->last = v;
	vus_run_progress(run);
	if (v->verdict == VUS_PASS)
		vus_variant_drop_exchange(v);
	if (v->verdict == VUS_FAIL && !v->known && opt->fail_fast && !run->stop)
		run->stop = "not run: --fail-fast";
}

void vus_run_progress(struct vus_run *run)
{
	const unsigned *counts = run->summary.counts;
	struct vus_progress_state s = {
		.all = run->n,
		.seconds = (double)(vus_now() - run->began) / 1e9,
		.id = run->last ? run->last->id : NULL,
	};

	for (enum vus_verdict v = VUS_PASS; v <= VUS_BROKEN; v++)
		s.done += counts[v];
	s.bad = (unsigned)s.done - counts[VUS_PASS] - counts[VUS_SKIP];
	for (unsigned i = 0; i < run->nworkers; i++)
		s.running += run->workers[i].now != NULL;
	vus_progress_draw(&run->progress, &s);
}

void vus_run_skip(struct vus_run *run, struct vus_variant *v,
		  const char *reason)
{
	vus_variant_clear(v);
	v->verdict = VUS_SKIP;
	vus_variant_reason(v, "%s", reason);
	vus_run_report(run, v);
}

/* Something deviates that was not known, or no longer does as was known. */
static bool is_red(const struct vus_run *run)
{
	const struct vus_run_options *opt = run->target.opt;

	for (size_t i = 0; i < run->n; i++)
		if (vus_report_fails_run(opt, &run->variants[i]))
			return true;
	return vus_baseline_changes(opt->baseline) > 0;
}

/* Something was judged, and is as it should be or as it was known. */
static bool is_green(const struct vus_run *run)
{
	const struct vus_summary *s = &run->summary;

	if (run->target.opt->accept && s->counts[VUS_FAIL] > 0)
		return true;
	return s->counts[VUS_PASS] + s->known[VUS_FAIL] + s->known[VUS_WARN] >
	       0;
}

int vus_run_status(const struct vus_run *run)
{
	const struct vus_run_options *opt = run->target.opt;
	const unsigned *counts = run->summary.counts;

	if (run->summary.interrupted)
		return run->summary.interrupt_signal == SIGTERM
			       ? VUS_EXIT_SIGTERM
			       : VUS_EXIT_SIGINT;
	if (run->summary.judged < opt->min_judged)
		return VUS_EXIT_FAIL;
	if (!opt->accept && is_red(run))
		return VUS_EXIT_FAIL;
	if (counts[VUS_BROKEN] > 0)
		return VUS_EXIT_BROKEN;
	return is_green(run) ? VUS_EXIT_PASS : VUS_EXIT_NOTHING;
}
