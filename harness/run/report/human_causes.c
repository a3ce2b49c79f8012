/* SPDX-License-Identifier: BSD-3-Clause */
/* human_causes.c — causes for people: a screen of them, and what shows each.
 */
#include "human_parts.h"

#include "escape.h"
#include "facts.h"
#include "paint.h"

#include "run/options.h"
#include "run/select.h"

#include <stdlib.h>
#include <string.h>

#define ON_SCREEN 14 /* causes; with what stands around them 24 lines */
#define FEW       8  /* causes, each of which gets its evidence at length */
#define IN_FULL   6  /* findings of a cause that are more than a line */
#define ROWS      8  /* of a case that are listed by name */

static void add_name(const struct vus_cause *c, struct vus_text *ret)
{
	if (c->rule)
		vus_text_add(ret, "%s: %s", c->rule->id, c->rule->title);
	else
		vus_text_add(ret, "%s", c->reason[0] ? c->reason : "?");
}

static const char *cause_word(const struct vus_cause *c)
{
	return c->known == c->rows ? "known" : vus_harm_word(c->harm, c->rule);
}

/* Counts are blank where there are none. */
static void add_count(struct vus_text *ret, unsigned n, int width)
{
	if (n > 0)
		vus_text_add(ret, "%*u", width, n);
	else
		vus_text_add(ret, "%*s", width, "");
}

static void add_line(const struct vus_human *h, size_t number,
		     const struct vus_cause *c, struct vus_text *ret)
{
	VUS_AUTO_TEXT name = { 0 }, clean = { 0 };
	const int room = VUS_HUMAN_WIDTH - 41;
	/* "unstable" fills its column. */
	const bool wide = strlen(vus_verdict_name(c->verdict)) >= 8;

	vus_text_add(ret, "%3zu  ", number);
	vus_paint_add(ret, h->colours, vus_paint_of(c->verdict),
		      vus_verdict_name(c->verdict), 8);
	vus_text_add(ret, "%s%-*s", wide ? " " : "", wide ? 9 : 10,
		     cause_word(c));
	add_count(ret, c->cases, 5);
	add_count(ret, c->rows, 5);
	add_count(ret, c->needed, 6);
	add_name(c, &name);
	vus_report_escape(&clean, vus_text_str(&name), name.len);
	vus_text_add(ret, "  %.*s%s\n", (int)clean.len > room ? room - 3 : room,
		     vus_text_str(&clean), (int)clean.len > room ? "..." : "");
}

void vus_human_screen(const struct vus_human *h, const struct vus_causes *all,
		      struct vus_text *ret)
{
	size_t shown = all->n > ON_SCREEN + 1 ? ON_SCREEN : all->n;

	if (all->n == 0)
		return;
	vus_paint_add(ret, h->colours, VUS_DIM,
		      " no  verdict harm      cases rows needed  cause", 0);
	vus_text_add(ret, "\n");
	for (size_t i = 0; i < shown; i++)
		add_line(h, i + 1, &all->p[i], ret);
	if (shown < all->n)
		vus_text_add(ret, "     and %zu more\n", all->n - shown);
	vus_text_add(ret,
		     "\nRead on at \"[1]\"%s; vuspec explain RULE tells "
		     "more.\n",
		     h->r->opt->details ? "" : ", all of it with --details");
}

/* What rows of one case have in common: verdict and reason. */
struct finding {
	const struct vus_variant *first;
	char *key;      /* owned */
	unsigned *rows; /* owned: of the cause */
	unsigned n;
};

static void finding_key(const struct vus_variant *v, struct vus_text *ret)
{
	vus_text_add(ret, "%s %s: ", vus_verdict_name(v->verdict), v->peer_end);
	vus_reason_squeeze(v->reason   ? v->reason
			   : v->result ? v->result->reason
				       : "",
			   ret);
}

static struct finding *finding_of(struct finding *all, unsigned *n,
				  const struct vus_cause *c, unsigned row)
{
	VUS_AUTO_TEXT key = { 0 };
	struct finding *f;

	finding_key(c->v[row], &key);
	for (unsigned i = 0; i < *n; i++)
		if (all[i].first->c == c->v[row]->c &&
		    strcmp(all[i].key, vus_text_str(&key)) == 0)
			return &all[i];
	f = &all[(*n)++];
	f->first = c->v[row];
	f->key = strdup(vus_text_str(&key));
	f->rows = calloc(c->rows, sizeof(f->rows[0]));
	if (!f->key || !f->rows)
		abort();
	return f;
}

/* "[memfd,row=page]" */
static const char *variant_of(const struct vus_variant *v)
{
	const char *at = strchr(v->id, '[');

	return at ? at : "[]";
}

static void add_rows(const struct vus_human *h, const struct vus_cause *c,
		     const struct finding *f, struct vus_text *ret)
{
	VUS_AUTO_TEXT rows = { 0 };
	char id[128];

	vus_text_add(ret, "\n  ");
	vus_paint_add(ret, h->colours, vus_paint_of(f->first->verdict),
		      vus_verdict_name(f->first->verdict), 0);
	vus_text_add(ret, "  ");
	vus_case_id(f->first->c, id);
	vus_paint_add(ret, h->colours, VUS_BOLD, f->n > 1 ? id : f->first->id,
		      0);
	if (f->n == 1 && f->first->repeat > 0)
		vus_text_add(ret, " (repeat %u)", f->first->repeat + 1);
	vus_text_add(ret, "\n");
	if (f->n == 1)
		return;
	vus_text_add(&rows, "%u:", f->n);
	for (unsigned i = 0; i < VUS_MIN(f->n, (unsigned)ROWS); i++) {
		const struct vus_variant *v = c->v[f->rows[i]];

		vus_text_add(&rows, " %s", variant_of(v));
		if (v->repeat > 0)
			vus_text_add(&rows, " (repeat %u)", v->repeat + 1);
	}
	if (f->n > ROWS)
		vus_text_add(&rows, " and %u more", f->n - ROWS);
	vus_human_detail(h, "rows", vus_text_str(&rows), false, ret);
}

/* Lines of exchange or stderr: a report of many causes must stay readable. */
static unsigned evidence(const struct vus_cause *c, size_t causes)
{
	if (causes == 1)
		return 60;
	if (c->harm == VUS_HARM_SHOULD)
		return causes <= FEW ? 12 : 0;
	return causes <= FEW ? 24 : 10;
}

static void add_findings(const struct vus_human *h, const struct vus_cause *c,
			 unsigned max_lines, struct vus_text *ret)
{
	struct finding *all = calloc(c->rows, sizeof(*all));
	unsigned n = 0;

	if (!all)
		abort();
	for (unsigned row = 0; row < c->rows; row++) {
		struct finding *f = finding_of(all, &n, c, row);

		f->rows[f->n++] = row;
	}
	for (unsigned i = 0; i < n; i++) {
		if (i < IN_FULL) {
			add_rows(h, c, &all[i], ret);
			vus_human_details(
				h, all[i].first,
				(struct vus_human_extent){
					i == 0 ? max_lines : 0, false, i == 0 },
				ret);
		}
		free(all[i].key);
		free(all[i].rows);
	}
	if (n > IN_FULL)
		vus_text_add(ret, "\n  and %u more of this cause (--details)\n",
			     n - IN_FULL);
	free(all);
}

static void add_cause(const struct vus_human *h, size_t number,
		      const struct vus_cause *c, size_t causes,
		      struct vus_text *ret)
{
	VUS_AUTO_TEXT name = { 0 }, heading = { 0 }, clean = { 0 };

	add_name(c, &name);
	vus_report_escape(&clean, vus_text_str(&name), name.len);
	vus_text_add(ret, "\n[%zu] %s%s", number, cause_word(c),
		     c->rule ? "  " : ": ");
	vus_text_wrap(ret, vus_text_str(&clean), 4, VUS_HUMAN_WIDTH);
	vus_text_add(ret, "\n");
	if (c->rule) {
		vus_text_add(&heading, "%s, %s: ", c->rule->id,
			     vus_level_name(c->rule->level));
		vus_report_heading(c->rule, &heading);
		vus_human_detail(h, "rule", vus_text_str(&heading), false, ret);
		vus_human_detail(h, "says", c->rule->rule, false, ret);
		if (c->rule->because[0])
			vus_human_detail(h, "because", c->rule->because, false,
					 ret);
	}
	if (c->needed > 0) {
		VUS_AUTO_TEXT needed = { 0 };

		vus_text_add(&needed, "%u more were skipped, which need it",
			     c->needed);
		vus_human_detail(h, "needed", vus_text_str(&needed), false,
				 ret);
	}
	add_findings(h, c, evidence(c, causes), ret);
}

void vus_human_causes(const struct vus_human *h, const struct vus_causes *all,
		      struct vus_text *ret)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->p[i].known < all->p[i].rows)
			add_cause(h, i + 1, &all->p[i], all->n, ret);
}
