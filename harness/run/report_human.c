/* SPDX-License-Identifier: BSD-3-Clause */
/* report_human.c — the report for people.
 *
 * Passes are quiet: a line a group when all of it has run, and under it every
 * variant that failed, warned or broke, in full.  The end groups failures by
 * rule and skips by reason.  A terminal gets colours (never with NO_COLOR) and
 * a line that tells how far the run is. */
#include "runner.h"

#include "../base/size.h"

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
	unsigned total, done, counts[VUS_BROKEN + 1];
	struct vus_text blocks; /* of what did not pass */
};

/* Failures of one rule, or skips of one reason. */
struct tally {
	enum vus_verdict verdict;
	const struct vus_rule *rule;
	char *reason; /* clean; skips and what has no rule */
	unsigned n;
};

struct human_state {
	bool colours, terminal;
	bool progress; /* a line without its end stands on the terminal */
	unsigned done, bad;
	struct group *groups;
	size_t ngroups;
	int widest; /* columns of the longest group name */
	struct tally *tallies;
	size_t ntallies;
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

static void clear_progress(struct vus_output *o)
{
	struct human_state *s = o->state;

	if (s->progress)
		(void)fputs("\r\033[K", o->to);
	s->progress = false;
}

static void print(struct vus_output *o, const struct vus_text *text)
{
	clear_progress(o);
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
		vus_report_clean(&head, r->target, strlen(r->target));
	vus_text_add(&head, ", device %s, %s of memory, %zu variant%s\n\n",
		     r->device ? r->device : "generic",
		     vus_size_format(r->opt->memory_size, size), r->n,
		     r->n == 1 ? "" : "s");
	print(o, &head);
}

/* "    rule      mem.offset_nonzero, MUST: ..." */
static void add_detail(const struct human_state *s, struct vus_text *ret,
		       const char *name, const char *text, bool verbatim)
{
	vus_text_add(ret, "%*s", INDENT, "");
	add_painted(s, ret, DIM, name, LABEL);
	if (!verbatim) {
		vus_report_wrap(ret, text, INDENT + LABEL, WIDTH);
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

static void add_block(struct vus_output *o, const struct vus_report *r,
		      const struct vus_variant *v, struct vus_text *ret)
{
	struct human_state *s = o->state;
	/* What is not a terminal may be a log that others read. */
	bool hide = vus_report_private(r, v) && !s->terminal;
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
	vus_report_details(r, v, hide, MAX_LINES, &d);
	for (unsigned i = 0; i < d.n; i++)
		add_detail(s, ret, d.item[i].label,
			   vus_text_str(&d.item[i].text), d.item[i].verbatim);
}

static void add_counts(const struct human_state *s, struct vus_text *ret,
		       const unsigned counts[VUS_BROKEN + 1], int width)
{
	const char *glue = "";

	for (enum vus_verdict v = VUS_PASS; v <= VUS_BROKEN; v++) {
		enum paint p = v == VUS_PASS ? PLAIN : verdict_paint[v];

		if (counts[v] == 0)
			continue;
		vus_text_add(ret, "%s%s%*u %s%s", glue, on(s, p), width,
			     counts[v], verdict_past[v], off(s, p));
		glue = ", ";
		width = 0;
	}
}

/* The worst that happened; skip when nothing ran. */
static enum vus_verdict sum_up(const unsigned counts[VUS_BROKEN + 1])
{
	static const enum vus_verdict order[] = { VUS_FAIL, VUS_BROKEN,
						  VUS_WARN, VUS_PASS };

	for (size_t i = 0; i < VUS_COUNT(order); i++)
		if (counts[order[i]] > 0)
			return order[i];
	return VUS_SKIP;
}

static void print_group(struct vus_output *o, struct group *g)
{
	struct human_state *s = o->state;
	enum vus_verdict worst = sum_up(g->counts);
	VUS_AUTO_TEXT text = { 0 };

	add_painted(s, &text, verdict_paint[worst], vus_verdict_name(worst), 8);
	vus_text_add(&text, "%-*s  ", s->widest, g->name);
	add_counts(s, &text, g->counts, 4);
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

/* Skips for want of a rule belong together, whatever befell the step. */
static void tally(struct human_state *s, const struct vus_variant *v)
{
	VUS_AUTO_TEXT reason = { 0 };
	struct tally *t;

	if (v->verdict == VUS_SKIP && v->rule)
		vus_text_add(&reason, "needs %s, which did not work",
			     v->rule->id);
	else if ((v->verdict == VUS_SKIP || !v->rule) && v->reason &&
		 !v->crashed)
		vus_report_clean(&reason, v->reason, strlen(v->reason));
	for (size_t i = 0; i < s->ntallies; i++) {
		t = &s->tallies[i];
		if (t->verdict == v->verdict && t->rule == v->rule &&
		    strcmp(t->reason, vus_text_str(&reason)) == 0) {
			t->n++;
			return;
		}
	}
	t = reallocarray(s->tallies, s->ntallies + 1, sizeof(*t));
	if (!t)
		abort();
	s->tallies = t;
	t[s->ntallies] = (struct tally){
		.verdict = v->verdict,
		.rule = v->rule,
		.reason = strdup(vus_text_str(&reason)),
		.n = 1,
	};
	if (!t[s->ntallies++].reason)
		abort();
}

static void show_progress(struct vus_output *o, const struct vus_report *r,
			  const struct vus_variant *v)
{
	struct human_state *s = o->state;

	if (!s->terminal)
		return;
	clear_progress(o);
	(void)fprintf(o->to, "%u/%zu  ", s->done, r->n);
	if (s->bad > 0)
		(void)fprintf(o->to, "%s%u not passed%s  ", on(s, RED), s->bad,
			      off(s, RED));
	(void)fprintf(o->to, "%.48s", v->id);
	(void)fflush(o->to);
	s->progress = true;
}

static void human_result(struct vus_output *o, const struct vus_report *r,
			 const struct vus_variant *v)
{
	struct human_state *s = o->state;
	struct group *g = group_of(s, v->group);
	bool quiet = v->verdict == VUS_PASS || v->verdict == VUS_SKIP;

	if (!g)
		abort(); /* begin() saw all variants */
	g->done++;
	g->counts[v->verdict]++;
	s->done++;
	s->bad += !quiet;
	if (v->verdict != VUS_PASS)
		tally(s, v);
	if (!quiet || (r->opt->trace && v->result))
		add_block(o, r, v, &g->blocks);
	if (g->done == g->total)
		print_group(o, g);
	show_progress(o, r, v);
}

static int compare_tallies(const void *left, const void *right)
{
	const struct tally *a = left, *b = right;

	if (a->verdict != b->verdict)
		return (int)a->verdict - (int)b->verdict;
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	if (a->rule != b->rule && a->rule && b->rule)
		return strcmp(a->rule->id, b->rule->id);
	return strcmp(a->reason, b->reason);
}

static void add_tally(const struct human_state *s, const struct tally *t,
		      struct vus_text *ret)
{
	vus_text_add(ret, "  ");
	add_painted(s, ret, verdict_paint[t->verdict],
		    vus_verdict_name(t->verdict), 8);
	vus_text_add(ret, "%4u  ", t->n);
	if (t->rule && t->verdict != VUS_SKIP) {
		vus_text_add(ret, "%-6s  %s: ", vus_level_name(t->rule->level),
			     t->rule->id);
		vus_report_wrap(ret, t->rule->title, 24, WIDTH);
	} else {
		vus_report_wrap(ret, t->reason, 16, WIDTH);
	}
	vus_text_add(ret, "\n");
}

/* Failures by rule, skips by reason. */
static void add_tallies(struct human_state *s, struct vus_text *ret)
{
	bool skips = false;

	if (s->ntallies == 0)
		return;
	qsort(s->tallies, s->ntallies, sizeof(s->tallies[0]), compare_tallies);
	for (size_t i = 0; i < s->ntallies; i++) {
		bool skip = s->tallies[i].verdict == VUS_SKIP;

		if (i == 0 || skip != skips)
			vus_text_add(ret, "\n%s\n",
				     skip ? "Skipped, by reason"
					  : "Not kept, by rule");
		skips = skip;
		add_tally(s, &s->tallies[i], ret);
	}
}

static void add_summary(struct human_state *s, const struct vus_report *r,
			struct vus_text *ret)
{
	const struct vus_summary *sum = r->summary;
	enum vus_verdict worst = sum_up(sum->counts);

	add_tallies(s, ret);
	vus_text_add(ret, "\n");
	if (r->one_shot)
		vus_text_add(ret, "The target ends when its connection closes: "
				  "each case had a fresh one.\n");
	if (sum->interrupted)
		vus_text_add(ret,
			     "%sinterrupted by SIG%s%s: %u of %zu "
			     "variants ran\n",
			     on(s, RED),
			     sigabbrev_np(sum->interrupt_signal)
				     ? sigabbrev_np(sum->interrupt_signal)
				     : "?",
			     off(s, RED), s->done, r->n);
	vus_text_add(ret, "Judged %u of %u rules that apply, in %.1f s.\n",
		     sum->judged, sum->applying, sum->seconds);
	if (s->done > 0) {
		add_painted(s, ret, verdict_paint[worst],
			    vus_verdict_name(worst), 0);
		vus_text_add(ret, ": ");
		add_counts(s, ret, sum->counts, 0);
		vus_text_add(ret, "\n");
	}
}

static void human_drop(struct vus_output *o)
{
	struct human_state *s = o->state;

	for (size_t i = 0; i < s->ntallies; i++)
		free(s->tallies[i].reason);
	for (size_t i = 0; i < s->ngroups; i++)
		vus_text_free(&s->groups[i].blocks);
	free(s->tallies);
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
		vus_report_clean(&text, r->no_target->text,
				 strnlen(r->no_target->text,
					 sizeof(r->no_target->text)));
		vus_text_add(&text, "\n");
	}
	if (r->summary && !r->no_target)
		add_summary(s, r, &text);
	print(o, &text);
	human_drop(o);
	vus_output_close(o);
}

const struct vus_reporter vus_reporter_human = {
	.format = "human",
	.begin = human_begin,
	.result = human_result,
	.end = human_end,
	.drop = human_drop,
};
