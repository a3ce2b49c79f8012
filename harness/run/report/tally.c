/* SPDX-License-Identifier: BSD-3-Clause */
/* tally.c — what did not pass, counted by rule, and skips by reason. */
#include "tally.h"

#include "cause.h"
#include "escape.h"

#include <stdlib.h>
#include <string.h>

/* Group skips that lack the same rule, whatever went wrong in the step. */
static void tally_add_reason(struct vus_text *ret, const struct vus_variant *v)
{
	if (v->verdict == VUS_SKIP && v->rule)
		vus_text_add(ret, "needs %s, which did not work", v->rule->id);
	else if ((v->verdict == VUS_SKIP || !v->rule) && v->reason &&
		 !v->crashed) {
		VUS_AUTO_TEXT plain = { 0 };

		vus_reason_squeeze(v->reason, &plain);
		vus_report_escape(ret, vus_text_str(&plain), plain.len);
	}
}

static struct vus_tally *find_tally(struct vus_tallies *all,
				    const struct vus_variant *v,
				    const char *reason)
{
	for (size_t i = 0; i < all->n; i++) {
		struct vus_tally *t = &all->p[i];

		if (t->verdict == v->verdict && t->rule == v->rule &&
		    strcmp(t->reason, reason) == 0)
			return t;
	}
	return NULL;
}

static struct vus_tally *append_tally(struct vus_tallies *all,
				      const struct vus_variant *v,
				      const char *reason)
{
	struct vus_tally *t = reallocarray(all->p, all->n + 1, sizeof(*t));

	if (!t)
		abort();
	all->p = t;
	t += all->n++;
	*t = (struct vus_tally){ .verdict = v->verdict,
				 .rule = v->rule,
				 .reason = strdup(reason) };
	if (!t->reason)
		abort();
	return t;
}

void vus_tally_add(struct vus_tallies *all, const struct vus_variant *v)
{
	VUS_AUTO_TEXT reason = { 0 };
	struct vus_tally *t;

	tally_add_reason(&reason, v);
	t = find_tally(all, v, vus_text_str(&reason));
	if (!t)
		t = append_tally(all, v, vus_text_str(&reason));
	t->n++;
	t->known += v->known != NULL;
}

static int compare_tallies(const void *left, const void *right)
{
	const struct vus_tally *a = left, *b = right;

	if (a->verdict != b->verdict)
		return (int)a->verdict - (int)b->verdict;
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	if (a->rule != b->rule && a->rule && b->rule)
		return strcmp(a->rule->id, b->rule->id);
	return strcmp(a->reason, b->reason);
}

void vus_tally_sort(struct vus_tallies *all)
{
	if (all->n > 0)
		qsort(all->p, all->n, sizeof(all->p[0]), compare_tallies);
}

void vus_tally_free(struct vus_tallies *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->p[i].reason);
	free(all->p);
	*all = (struct vus_tallies){ 0 };
}
