/* SPDX-License-Identifier: BSD-3-Clause */
/* human.c — the report for people.
 *
 * Passes are quiet: a line a group when all of it has run, and under it every
 * variant that failed, warned or broke, in full.  The end groups failures by
 * rule and skips by reason.  A terminal gets colours, never with NO_COLOR.
 * Known deviations are counted, and otherwise shown like passes. */
#include "baseline.h"
#include "document.h"
#include "output.h"
#include "tally.h"

#include "base/size.h"
#include "run/case.h"
#include "run/options.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH     80
#define INDENT    4  /* of a variant's block */
#define LABEL     10 /* columns of its labels */
#define MAX_LINES 60 /* of exchange or stderr in one block */

enum paint { PLAIN, GREEN, RED, YELLOW, DIM, MAGENTA, BOLD };

struct group {
	char name[32];
	unsigned total, done, counts[VUS_BROKEN + 1], known[VUS_BROKEN + 1];
	struct vus_text blocks; /* of what did not pass */
};

struct human_state {
	bool colours, terminal;
	unsigned done, ran;
	struct group *groups;
	size_t ngroups;
	int widest; /* columns of the longest group name */
	struct vus_tallies tallies;
};

static const enum paint verdict_paint[] = {
	[VUS_PASS] = GREEN, [VUS_FAIL] = RED,       [VUS_WARN] = YELLOW,
	[VUS_SKIP] = DIM,   [VUS_BROKEN] = MAGENTA,
};
static const char *const verdict_past[] = {
	[VUS_PASS] = "passed",  [VUS_FAIL] = "failed",   [VUS_WARN] = "warned",
	[VUS_SKIP] = "skipped", [VUS_BROKEN] = "broken",
};

static const char *on(const struct human_state *s, enum paint p)
{
	static const char *const codes[] = {
		[PLAIN] = "",         [GREEN] = "\033[32m",
		[RED] = "\033[1;31m", [YELLOW] = "\033[33m",
		[DIM] = "\033[2m",    [MAGENTA] = "\033[1;35m",
		[BOLD] = "\033[1m",
	};

	return s->colours ? codes[p] : "";
}

static const char *off(const struct human_state *s, enum paint p)
{
	return s->colours && p != PLAIN ? "\033[0m" : "";
}

static void add_painted(const struct human_state *s, struct vus_text *ret,
			enum paint p, const char *word, int width)
{
	vus_text_add(ret, "%s%s%s%*s", on(s, p), word, off(s, p),
		     VUS_MAX(width - (int)strlen(word), 0), "");
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

static bool wants_colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (!no || no[0] == '\0') && term && strcmp(term, "dumb") != 0;
}

static void human_begin(struct vus_output *o, const struct vus_report *r)
{
	struct human_state *s = calloc(1, sizeof(*s));
	VUS_AUTO_TEXT head = { 0 };
	char size[24];

	if (!s)
		abort();
	o->state = s;
	s->terminal = isatty(fileno(o->to)) == 1;
	s->colours = s->terminal && wants_colours();
	count_groups(s, r);
	add_painted(s, &head, BOLD, "vuspec", 0);
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
	vus_text_add(&head, "\n\n");
	print(o, &head);
}

/* "    rule      mem_table.offset_nonzero, MUST: ..." */
static void add_detail(const struct human_state *s, struct vus_text *ret,
		       const char *name, const char *text, bool verbatim)
{
	vus_text_add(ret, "%*s", INDENT, "");
	add_painted(s, ret, DIM, name, LABEL);
	if (!verbatim) {
		vus_text_wrap(ret, text, INDENT + LABEL, WIDTH);
		vus_text_add(ret, "\n");
		return;
	}
	for (bool first = true; *text; first = false) {
		size_t len = strcspn(text, "\n");

		vus_text_add(ret, "%*s%.*s\n", first ? 0 : INDENT + LABEL, "",
			     (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void human_add_block(struct vus_output *o, const struct vus_report *r,
			    const struct vus_variant *v, struct vus_text *ret)
{
	struct human_state *s = o->state;
	VUS_AUTO_DETAILS d = { 0 };

	vus_text_add(ret, "\n  ");
	add_painted(s, ret, verdict_paint[v->verdict],
		    vus_verdict_name(v->verdict), 0);
	vus_text_add(ret, "  ");
	add_painted(s, ret, BOLD, v->id, 0);
	if (v->repeat > 0)
		vus_text_add(ret, " (repeat %u)", v->repeat + 1);
	vus_text_add(ret, "\n");
	if (v->c->title)
		add_detail(s, ret, "case", v->c->title, false);
	/* What is not a terminal may be a log that others read. */
	if (s->terminal && vus_report_private(r, v))
		vus_report_details(r, v, false, MAX_LINES, &d);
	else
		vus_record_details(r->document->record, MAX_LINES, &d);
	for (unsigned i = 0; i < d.n; i++)
		add_detail(s, ret, d.item[i].label,
			   vus_text_str(&d.item[i].text), d.item[i].verbatim);
}

static void human_add_counts(const struct human_state *s, struct vus_text *ret,
			     const unsigned counts[VUS_BROKEN + 1],
			     const unsigned known[VUS_BROKEN + 1], int width)
{
	const char *glue = "";

	for (enum vus_verdict v = VUS_PASS; v <= VUS_BROKEN; v++) {
		enum paint p = v == VUS_PASS ? PLAIN : verdict_paint[v];

		if (counts[v] == 0)
			continue;
		vus_text_add(ret, "%s%s%*u %s%s", glue, on(s, p), width,
			     counts[v], verdict_past[v], off(s, p));
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
	static const enum vus_verdict order[] = { VUS_FAIL, VUS_BROKEN,
						  VUS_WARN, VUS_PASS };

	for (size_t i = 0; i < VUS_COUNT(order); i++)
		if (counts[order[i]] > known[order[i]])
			return order[i];
	return VUS_SKIP;
}

static void print_group(struct vus_output *o, struct group *g)
{
	struct human_state *s = o->state;
	enum vus_verdict worst = sum_up(g->counts, g->known);
	VUS_AUTO_TEXT text = { 0 };

	add_painted(s, &text, verdict_paint[worst], vus_verdict_name(worst), 8);
	vus_text_add(&text, "%-*s  ", s->widest, g->name);
	human_add_counts(s, &text, g->counts, g->known, 4);
	if (g->done < g->total)
		vus_text_add(&text, "%s%u not run", g->done ? ", " : "",
			     g->total - g->done);
	vus_text_add(&text, "\n");
	if (g->blocks.len > 0) {
		vus_text_add_bytes(&text, g->blocks.p, g->blocks.len);
		vus_text_add(&text, "\n");
	}
	vus_text_free(&g->blocks);
	print(o, &text);
}

static void human_result(struct vus_output *o, const struct vus_report *r,
			 const struct vus_variant *v)
{
	struct human_state *s = o->state;
	struct group *g = group_of(s, v->group);
	bool quiet =
		v->verdict == VUS_PASS || v->verdict == VUS_SKIP || v->known;

	if (!g)
		abort(); /* begin() saw all variants */
	g->done++;
	g->counts[v->verdict]++;
	g->known[v->verdict] += v->known != NULL;
	s->done++;
	s->ran += !v->not_run;
	if (v->verdict != VUS_PASS)
		vus_tally_add(&s->tallies, v);
	if (!quiet || (r->opt->trace && v->result))
		human_add_block(o, r, v, &g->blocks);
	if (g->done == g->total)
		print_group(o, g);
}

static void add_tally(const struct human_state *s, const struct vus_tally *t,
		      struct vus_text *ret)
{
	vus_text_add(ret, "  ");
	add_painted(s, ret, verdict_paint[t->verdict],
		    vus_verdict_name(t->verdict), 8);
	vus_text_add(ret, "%4u  ", t->n);
	if (t->rule && t->verdict != VUS_SKIP) {
		vus_text_add(ret, "%-6s  %s: ", vus_level_name(t->rule->level),
			     t->rule->id);
		vus_text_wrap(ret, t->rule->title, 24, WIDTH);
	} else {
		vus_text_wrap(ret, t->reason, 16, WIDTH);
	}
	if (t->known > 0)
		vus_text_add(ret, " (%u known)", t->known);
	vus_text_add(ret, "\n");
}

/* Failures by rule, skips by reason. */
static void add_tallies(struct human_state *s, struct vus_text *ret)
{
	bool skips = false;

	vus_tally_sort(&s->tallies);
	for (size_t i = 0; i < s->tallies.n; i++) {
		bool skip = s->tallies.p[i].verdict == VUS_SKIP;

		if (i == 0 || skip != skips)
			vus_text_add(ret, "\n%s\n",
				     skip ? "Skipped, by reason"
					  : "Not kept, by rule");
		skips = skip;
		add_tally(s, &s->tallies.p[i], ret);
	}
}

/* Lines of the baseline that no longer hold. */
static void human_add_changes(const struct human_state *s,
			      const struct vus_baseline *b,
			      struct vus_text *ret)
{
	size_t n = vus_baseline_changes(b);

	if (n == 0)
		return;
	vus_text_add(ret,
		     "\n%s%zu line%s of %s no longer hold%s%s "
		     "(update it with --write-baseline)\n",
		     on(s, RED), n, n == 1 ? "" : "s", b->path,
		     n == 1 ? "s" : "", off(s, RED));
	for (size_t i = 0; i < b->n; i++) {
		if (!vus_baseline_line_changed(&b->lines[i]))
			continue;
		vus_text_add(ret, "  %s: ", b->lines[i].id);
		vus_baseline_line_describe(&b->lines[i], ret);
		vus_text_add(ret, "\n");
	}
}

static void add_summary(struct human_state *s, const struct vus_report *r,
			struct vus_text *ret)
{
	const struct vus_summary *sum = r->summary;
	enum vus_verdict worst = sum_up(sum->counts, sum->known);

	if (sum->judged < r->opt->min_judged ||
	    (!r->opt->accept && vus_baseline_changes(r->opt->baseline) > 0))
		worst = VUS_FAIL;

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
	if (sum->interrupted)
		vus_text_add(ret,
			     "%sinterrupted by SIG%s%s: %u of %zu "
			     "variants ran\n",
			     on(s, RED),
			     sigabbrev_np(sum->interrupt_signal)
				     ? sigabbrev_np(sum->interrupt_signal)
				     : "?",
			     off(s, RED), s->ran, r->n);
	vus_text_add(ret, "Judged %u of %u rules that apply, in %.1f s.\n",
		     sum->judged, sum->applying, sum->seconds);
	if (sum->judged < r->opt->min_judged)
		vus_text_add(ret, "%sThat is less than --min-judged %u.%s\n",
			     on(s, RED), r->opt->min_judged, off(s, RED));
	if (s->done > 0) {
		add_painted(s, ret, verdict_paint[worst],
			    vus_verdict_name(worst), 0);
		vus_text_add(ret, ": ");
		human_add_counts(s, ret, sum->counts, sum->known, 0);
		vus_text_add(ret, "\n");
	}
}

static void human_drop(struct vus_output *o)
{
	struct human_state *s = o->state;

	vus_tally_free(&s->tallies);
	for (size_t i = 0; i < s->ngroups; i++)
		vus_text_free(&s->groups[i].blocks);
	free(s->groups);
	free(s);
	o->state = NULL;
}

static void human_end(struct vus_output *o, const struct vus_report *r)
{
	struct human_state *s = o->state;
	VUS_AUTO_TEXT text = { 0 };

	for (size_t i = 0; i < s->ngroups; i++)
		if (s->done > 0 && s->groups[i].done < s->groups[i].total)
			print_group(o, &s->groups[i]);
	if (r->no_target) {
		add_painted(s, &text, RED, "no target", 0);
		vus_text_add(&text, ": ");
		vus_report_escape(&text, r->no_target->text,
				  strnlen(r->no_target->text,
					  sizeof(r->no_target->text)));
		vus_text_add(&text, "\n");
	}
	if (r->summary && !r->no_target)
		add_summary(s, r, &text);
	print(o, &text);
}

const struct vus_reporter vus_reporter_human = {
	.format = "human",
	.begin = human_begin,
	.result = human_result,
	.end = human_end,
	.drop = human_drop,
};
