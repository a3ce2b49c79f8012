/* SPDX-License-Identifier: BSD-3-Clause */
/* reporting.c — what is done, counted and passed on to the outputs. */
#include "reporting.h"
#include "incomplete.h"
#include "needs.h"
#include "postconditions.h"
#include "case.h"
#include "run/report/baseline.h"

#include "base/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

bool vus_reporting_open(struct vus_reporting *r,
			const struct vus_run_options *opt, struct vus_err *err)
{
	size_t n = 0;

	*r = (struct vus_reporting){ .opt = opt, .began = vus_now() };
	r->progress.next = VUS_NEVER;
	while (opt->outputs && opt->outputs[n])
		n++;
	r->judged = calloc(vus_nrules + 1, sizeof(bool));
	r->applying = calloc(vus_nrules + 1, sizeof(bool));
	r->outputs = calloc(n + 1, sizeof(struct vus_output *));
	if (!r->judged || !r->applying || !r->outputs)
		return vus_fail_sys(err, "memory");
	for (size_t i = 0; i < n; i++)
		r->outputs[i] = opt->outputs[i];
	return true;
}

void vus_reporting_close(struct vus_reporting *r)
{
	free(r->judged);
	free(r->applying);
	free(r->outputs);
}

void vus_reporting_begin(struct vus_reporting *r)
{
	vus_progress_clear(&r->progress);
	vus_outputs_begin(r->outputs, &r->report);
}

void vus_reporting_end(struct vus_reporting *r)
{
	vus_progress_clear(&r->progress);
	vus_outputs_end(r->outputs, &r->report);
}

static void mark(bool *table, const char *id)
{
	const struct vus_rule *rule = vus_rule_find(id);

	if (rule)
		table[rule - vus_rules] = true;
}

void vus_reporting_rule_judged(struct vus_reporting *r, const char *rule)
{
	mark(r->applying, rule);
	mark(r->judged, rule);
}

/* Rules that a case would have judged count as applying once it ran: what
 * the peer does not offer does not apply. */
static void note_rules(struct vus_reporting *r, const struct vus_variant *v)
{
	if (!v->result)
		return;
	for (size_t i = 0; i < VUS_CASE_RULES && v->c->rules[i]; i++)
		mark(r->applying, v->c->rules[i]);
	for (unsigned i = 0; i < v->result->njudged; i++) {
		mark(r->applying, v->result->judged[i]);
		mark(r->judged, v->result->judged[i]);
	}
	if (v->result->released)
		vus_reporting_rule_judged(r, VUS_POSTCONDITION_RELEASED);
}

void vus_reporting_count_rules(struct vus_reporting *r)
{
	for (size_t i = 0; i < vus_nrules; i++) {
		r->summary.judged += r->judged[i];
		r->summary.applying += r->applying[i];
	}
	vus_incomplete_explain(&r->report, r->judged, r->summary.judged,
			       r->summary.incomplete,
			       sizeof(r->summary.incomplete));
}

void vus_reporting_add(struct vus_reporting *r, struct vus_variant *v)
{
	const struct vus_run_options *opt = r->opt;

	v->done = true;
	v->waits = vus_needs_rule(v) && !r->settled;
	if (v->waits)
		return;
	if (opt->baseline)
		v->known = vus_baseline_note(opt->baseline, v);
	r->summary.known[v->verdict] += v->known != NULL;
	r->summary.counts[v->verdict]++;
	note_rules(r, v);
	vus_progress_clear(&r->progress);
	vus_outputs_result(r->outputs, &r->report, v);
	r->last = v;
	vus_reporting_progress(r);
}

void vus_reporting_settle(struct vus_reporting *r, struct vus_variant *variants,
			  bool complete)
{
	const struct vus_run_options *opt = r->opt;

	r->settled = true;
	if (complete)
		vus_needs_settle(variants, r->report.n, opt->baseline,
				 opt->spec, r->report.one_shot);
	for (size_t i = 0; i < r->report.n; i++) {
		struct vus_variant *v = &variants[i];

		if (!v->waits)
			continue;
		v->waits = false;
		v->settled = true;
		/* A skip shows no output of the peer. */
		if (v->verdict == VUS_SKIP) {
			free(v->peer_stderr);
			v->peer_stderr = NULL;
		}
		vus_reporting_add(r, v);
	}
}

void vus_reporting_progress(struct vus_reporting *r)
{
	const unsigned *counts = r->summary.counts;
	struct vus_progress_state s = {
		.all = r->report.n,
		.running = r->running,
		.seconds = (double)(vus_now() - r->began) / 1e9,
		.id = r->last ? r->last->id : NULL,
	};

	for (enum vus_verdict v = VUS_PASS; v <= VUS_BROKEN; v++)
		s.done += counts[v];
	s.bad = (unsigned)s.done - counts[VUS_PASS] - counts[VUS_SKIP];
	vus_progress_draw(&r->progress, &s);
}

/* Something deviates that was not known, or is worse than was known. */
static bool is_red(const struct vus_reporting *r)
{
	const struct vus_run_options *opt = r->opt;

	for (size_t i = 0; i < r->report.n; i++)
		if (vus_report_fails_run(opt, &r->report.variants[i]))
			return true;
	return vus_baseline_fails(opt->baseline);
}

/* Enough was judged, and is as it should be or as it was known. */
static bool is_green(const struct vus_reporting *r)
{
	const struct vus_summary *s = &r->summary;

	if (r->opt->accept && s->counts[VUS_FAIL] + s->counts[VUS_UNSTABLE] > 0)
		return true;
	if (s->incomplete[0])
		return false;
	return s->counts[VUS_PASS] + s->known[VUS_FAIL] +
		       s->known[VUS_UNSTABLE] + s->known[VUS_WARN] >
	       0;
}

int vus_reporting_status(const struct vus_reporting *r)
{
	const struct vus_run_options *opt = r->opt;
	const unsigned *counts = r->summary.counts;

	if (r->summary.interrupted)
		return r->summary.interrupt_signal == SIGTERM ? VUS_EXIT_SIGTERM
							      : VUS_EXIT_SIGINT;
	if (r->summary.judged < opt->min_judged)
		return VUS_EXIT_FAIL;
	if (!opt->accept && is_red(r))
		return VUS_EXIT_FAIL;
	if (counts[VUS_BROKEN] > 0)
		return VUS_EXIT_BROKEN;
	return is_green(r) ? VUS_EXIT_PASS : VUS_EXIT_NOTHING;
}
