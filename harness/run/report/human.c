/* SPDX-License-Identifier: BSD-3-Clause */
/* human.c — the report for people.
 *
 * It begins with a screen that fits a terminal: one line for each cause, the
 * most serious first.  Below are the details of each cause, and the skips by
 * reason. With --details all that did not pass follows by groups, each variant
 * in full. Known deviations are counted, and otherwise shown like passes.  All
 * of it is printed when the run has ended, but for the first line. */
#include "baseline.h"
#include "document.h"
#include "human_parts.h"
#include "output.h"
#include "paint.h"
#include "tally.h"

#include "base/size.h"
#include "run/case.h"
#include "run/options.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct group {
	char name[32];
	unsigned total, done, counts[VUS_BROKEN + 1], known[VUS_BROKEN + 1];
	struct vus_text blocks; /* of what did not pass */
};

struct human_state {
	struct vus_human h;
	unsigned done, ran;
	struct group *groups;
	size_t ngroups;
	int widest;                 /* columns of the longest group name */
	struct vus_tallies tallies; /* of skips */
	struct vus_causes causes;
	const struct vus_variant **skipped; /* for need of a rule */
	size_t nskipped;
};

static const char *const verdict_past[] = {
	[VUS_PASS] = "passed",   [VUS_FAIL] = "failed",
	[VUS_WARN] = "warned",   [VUS_SKIP] = "skipped",
	[VUS_BROKEN] = "broken", [VUS_UNSTABLE] = "unstable",
};

static void add_painted(const struct human_state *s, struct vus_text *ret,
			enum vus_paint p, const char *word, int width)
{
	vus_paint_add(ret, s->h.colours, p, word, width);
}

static void print(struct vus_output *o, const struct vus_text *text)
{
	(void)fwrite(text->p, 1, text->len, o->to);
	(void)fflush(o->to);
}

static struct group *group_of(struct human_state *s, const char *name)
{
	for (size_t i = 0; i < s->ngroups; i++)
		if (strcmp(s->groups[i].name, name) == 0)
			return &s->groups[i];
	return NULL;
}

static void count_groups(struct human_state *s, const struct vus_report *r)
{
	/* At most as many groups as variants. */
	s->groups = calloc(r->n + 1, sizeof(s->groups[0]));
	if (!s->groups)
		abort();
	for (size_t i = 0; i < r->n; i++) {
		const char *name = r->variants[i].group;
		struct group *g = group_of(s, name);

		if (!g) {
			g = &s->groups[s->ngroups++];
			memcpy(g->name, r->variants[i].group, sizeof(g->name));
			s->widest = VUS_MAX(s->widest, (int)strlen(name));
		}
		g->total++;
	}
}

static void human_begin(struct vus_output *o, const struct vus_report *r)
{
	struct human_state *s = calloc(1, sizeof(*s));
	VUS_AUTO_TEXT head = { 0 };
	char size[24];

	if (!s)
		abort();
	o->state = s;
	s->h = (struct vus_human){
		.colours = vus_paint_wanted(o->to),
		.terminal = isatty(fileno(o->to)) == 1,
		.r = r,
	};
	s->skipped = calloc(r->n + 1, sizeof(s->skipped[0]));
	if (!s->skipped)
		abort();
	count_groups(s, r);
	add_painted(s, &head, VUS_BOLD, "vuspec", 0);
	vus_text_add(&head, ": ");
	if (r->target)
		vus_report_escape(&head, r->target, strlen(r->target));
	vus_text_add(&head, ", device %s, %s of memory, %zu variant%s",
		     r->device ? r->device : "generic",
		     vus_size_format(r->opt->memory_size, size), r->n,
		     r->n == 1 ? "" : "s");
	if (r->opt->left_out > 0)
		vus_text_add(&head, ", %zu of cases for other devices left out",
			     r->opt->left_out);
	if (r->opt->shuffled)
		vus_text_add(&head, ", shuffled with seed %" PRIu64,
			     r->opt->seed);
	vus_text_add(&head, "\n");
	print(o, &head);
}

static void human_add_counts(const struct human_state *s, struct vus_text *ret,
			     const unsigned counts[VUS_BROKEN + 1],
			     const unsigned known[VUS_BROKEN + 1], int width)
{
	const char *glue = "";

	for (enum vus_verdict v = VUS_PASS; v <= VUS_BROKEN; v++) {
		VUS_AUTO_TEXT word = { 0 };

		if (counts[v] == 0)
			continue;
		vus_text_add(&word, "%*u %s", width, counts[v],
			     verdict_past[v]);
		vus_text_add(ret, "%s", glue);
		add_painted(s, ret, v == VUS_PASS ? VUS_PLAIN : vus_paint_of(v),
			    vus_text_str(&word), 0);
		if (known[v] > 0)
			vus_text_add(ret, " (%u known)", known[v]);
		glue = ", ";
		width = 0;
	}
}

/* The worst that happened and is not known; skip when nothing ran. */
static enum vus_verdict sum_up(const unsigned counts[VUS_BROKEN + 1],
			       const unsigned known[VUS_BROKEN + 1])
{
	static const enum vus_verdict order[] = { VUS_FAIL, VUS_UNSTABLE,
						  VUS_BROKEN, VUS_WARN,
						  VUS_PASS };

	for (size_t i = 0; i < VUS_COUNT(order); i++)
		if (counts[order[i]] > known[order[i]])
			return order[i];
	return VUS_SKIP;
}

static void add_group(const struct human_state *s, struct group *g,
		      struct vus_text *ret)
{
	enum vus_verdict worst = sum_up(g->counts, g->known);

	add_painted(s, ret, vus_paint_of(worst), vus_verdict_name(worst), 8);
	vus_text_add(ret, "%-*s  ", s->widest, g->name);
	human_add_counts(s, ret, g->counts, g->known, 4);
	if (g->done < g->total)
		vus_text_add(ret, "%s%u not run", g->done ? ", " : "",
			     g->total - g->done);
	vus_text_add(ret, "\n");
	if (g->blocks.len > 0) {
		vus_text_add_bytes(ret, g->blocks.p, g->blocks.len);
		vus_text_add(ret, "\n");
	}
}

/* A line a group, and what was made of its variants: with --details those that
 * did not pass, with --trace those that did, too. */
static void add_groups(const struct human_state *s, const struct vus_report *r,
		       struct vus_text *ret)
{
	if ((!r->opt->details && !r->opt->trace) || s->done == 0)
		return;
	vus_text_add(ret, "\n");
	for (size_t i = 0; i < s->ngroups; i++)
		add_group(s, &s->groups[i], ret);
}

static void human_result(struct vus_output *o, const struct vus_report *r,
			 const struct vus_variant *v)
{
	struct human_state *s = o->state;
	struct group *g = group_of(s, v->group);
	const bool bad = vus_verdict_is_bad(v->verdict);

	if (!g)
		abort(); /* begin() saw all variants */
	g->done++;
	g->counts[v->verdict]++;
	g->known[v->verdict] += v->known != NULL;
	s->done++;
	s->ran += !v->not_run;
	if (v->verdict == VUS_SKIP) {
		vus_tally_add(&s->tallies, v);
		s->skipped[s->nskipped++] = v;
	}
	if (bad)
		vus_causes_add(&s->causes, v);
	/* What a pass exchanged is gone when the run ends. */
	if (bad ? r->opt->details && !v->known : r->opt->trace && v->result)
		vus_human_block(&s->h, v, &g->blocks);
}

/* Skips by reason. */
static void add_tallies(struct human_state *s, struct vus_text *ret)
{
	vus_tally_sort(&s->tallies);
	for (size_t i = 0; i < s->tallies.n; i++) {
		const struct vus_tally *t = &s->tallies.p[i];

		if (i == 0)
			vus_text_add(ret, "\nSkipped, by reason\n");
		vus_text_add(ret, "  ");
		add_painted(s, ret, vus_paint_of(t->verdict),
			    vus_verdict_name(t->verdict), 8);
		vus_text_add(ret, "%4u  ", t->n);
		vus_text_wrap(ret, t->reason, 16, VUS_HUMAN_WIDTH);
		vus_text_add(ret, "\n");
	}
}

/* Lines of the baseline that no longer hold. */
static void human_add_changes(const struct human_state *s,
			      const struct vus_baseline *b,
			      struct vus_text *ret)
{
	size_t n = vus_baseline_changes(b);
	VUS_AUTO_TEXT head = { 0 };

	if (n == 0)
		return;
	vus_text_add(&head, "%zu line%s of %s no longer hold%s", n,
		     n == 1 ? "" : "s", b->path, n == 1 ? "s" : "");
	vus_text_add(ret, "\n");
	add_painted(s, ret, VUS_RED, vus_text_str(&head), 0);
	vus_text_add(ret, " (update it with --write-baseline)\n");
	for (size_t i = 0; i < b->n; i++) {
		if (!vus_baseline_line_changed(&b->lines[i]))
			continue;
		vus_text_add(ret, "  %s: ", b->lines[i].id);
		vus_baseline_line_describe(&b->lines[i], ret);
		vus_text_add(ret, "\n");
	}
}

static bool is_red(const struct vus_report *r)
{
	return r->summary->judged < r->opt->min_judged ||
	       (!r->opt->accept && vus_baseline_fails(r->opt->baseline));
}

/* "fail: 12 passed, 1 failed" */
static void add_verdict(const struct human_state *s, const struct vus_report *r,
			struct vus_text *ret)
{
	const struct vus_summary *sum = r->summary;
	enum vus_verdict worst =
		is_red(r) ? VUS_FAIL : sum_up(sum->counts, sum->known);

	const bool little =
		sum->incomplete[0] && (worst == VUS_PASS || worst == VUS_WARN);

	if (s->done == 0)
		return;
	if (r->opt->accept_into)
		vus_text_add(ret, "accepted into %s", r->opt->accept_into);
	else if (little)
		add_painted(s, ret, VUS_YELLOW, "incomplete", 0);
	else
		add_painted(s, ret, vus_paint_of(worst),
			    vus_verdict_name(worst), 0);
	vus_text_add(ret, ": ");
	human_add_counts(s, ret, sum->counts, sum->known, 0);
	vus_text_add(ret, "\n");
}

static void add_interrupt(const struct human_state *s,
			  const struct vus_report *r, struct vus_text *ret)
{
	const char *name = sigabbrev_np(r->summary->interrupt_signal);
	VUS_AUTO_TEXT word = { 0 };

	if (!r->summary->interrupted)
		return;
	vus_text_add(&word, "interrupted by SIG%s", name ? name : "?");
	add_painted(s, ret, VUS_RED, vus_text_str(&word), 0);
	vus_text_add(ret, ": %u of %zu variants ran\n", s->ran, r->n);
}

static void add_summary(struct human_state *s, const struct vus_report *r,
			struct vus_text *ret)
{
	const struct vus_summary *sum = r->summary;
	VUS_AUTO_TEXT less = { 0 }, why = { 0 };

	add_tallies(s, ret);
	if (r->opt->baseline)
		human_add_changes(s, r->opt->baseline, ret);
	vus_text_add(ret, "\n");
	if (r->one_shot)
		vus_text_add(ret,
			     "The target ends when its connection closes%s.\n",
			     r->opt->restart == VUS_RESTART_NEVER
				     ? ", and was not started again (--restart "
				       "never)"
				     : ": each case had a fresh one");
	if (r->polls)
		vus_text_add(ret,
			     "The target polls: it uses a processor with "
			     "nothing to do, %s.\n",
			     r->polls);
	add_interrupt(s, r, ret);
	vus_text_add(ret, "Judged %u of %u rules that apply, in %.1f s.\n",
		     sum->judged, sum->applying, sum->seconds);
	if (sum->judged < r->opt->min_judged) {
		vus_text_add(&less, "That is less than --min-judged %u.",
			     r->opt->min_judged);
		add_painted(s, ret, VUS_RED, vus_text_str(&less), 0);
		vus_text_add(ret, "\n");
	}
	if (sum->incomplete[0]) {
		vus_text_add(&why, "Not a pass: %s.", sum->incomplete);
		add_painted(s, ret, VUS_YELLOW, vus_text_str(&why), 0);
		vus_text_add(ret, "\n");
	}
	add_verdict(s, r, ret);
}

/* What begins the report; without causes the end says the same. */
static void add_screen(struct human_state *s, const struct vus_report *r,
		       struct vus_text *ret)
{
	vus_causes_sort(&s->causes, s->skipped, s->nskipped);
	if (s->causes.n == 0)
		return;
	add_interrupt(s, r, ret);
	add_verdict(s, r, ret);
	vus_text_add(ret, "\n");
	vus_human_screen(&s->h, &s->causes, ret);
	vus_human_causes(&s->h, &s->causes, ret);
}

static void human_drop(struct vus_output *o)
{
	struct human_state *s = o->state;

	vus_tally_free(&s->tallies);
	for (size_t i = 0; i < s->ngroups; i++)
		vus_text_free(&s->groups[i].blocks);
	vus_causes_free(&s->causes);
	free(s->skipped);
	free(s->groups);
	free(s);
	o->state = NULL;
}

static void human_end(struct vus_output *o, const struct vus_report *r)
{
	struct human_state *s = o->state;
	VUS_AUTO_TEXT text = { 0 };

	if (r->no_target) {
		add_painted(s, &text, VUS_RED, "no target", 0);
		vus_text_add(&text, ": ");
		vus_report_escape(&text, r->no_target->text,
				  strnlen(r->no_target->text,
					  sizeof(r->no_target->text)));
		vus_text_add(&text, "\n");
	}
	if (r->summary && !r->no_target) {
		add_screen(s, r, &text);
		add_groups(s, r, &text);
		add_summary(s, r, &text);
	}
	print(o, &text);
}

const struct vus_reporter vus_reporter_human = {
	.format = "human",
	.begin = human_begin,
	.result = human_result,
	.end = human_end,
	.drop = human_drop,
};
