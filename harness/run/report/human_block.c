/* SPDX-License-Identifier: BSD-3-Clause */
/* human_block.c — what is known of one variant, for people. */
#include "human_parts.h"

#include "details.h"
#include "document.h"
#include "facts.h"
#include "paint.h"

#include "run/case.h"

#include <string.h>

#define INDENT    4  /* of a variant's block */
#define LABEL     10 /* columns of its labels */
#define MAX_LINES 60 /* of exchange or stderr in one block */

/* "    rule      mem_table.offset_nonzero, MUST: ..." */
void vus_human_detail(const struct vus_human *h, const char *name,
		      const char *text, bool verbatim, struct vus_text *ret)
{
	vus_text_add(ret, "%*s", INDENT, "");
	vus_paint_add(ret, h->colours, VUS_DIM, name, LABEL);
	if (!verbatim) {
		vus_text_wrap(ret, text, INDENT + LABEL, VUS_HUMAN_WIDTH);
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

static bool is_among(const char *const *words, const char *word)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

static bool is_shown(struct vus_human_extent extent, const char *label)
{
	static const char *const of_rule[] = { "rule", "says", "because",
					       NULL };
	static const char *const seen[] = { "saw",   "seen",  "peer",
					    "crash", "again", NULL };
	static const char *const long_ones[] = { "exchange", "stderr", NULL };

	if (is_among(of_rule, label))
		return extent.rule;
	if (is_among(long_ones, label))
		return extent.max_lines > 0;
	return extent.all || is_among(seen, label);
}

void vus_human_details(const struct vus_human *h, const struct vus_variant *v,
		       struct vus_human_extent extent, struct vus_text *ret)
{
	/* What is not a terminal may be a log that others read. */
	const bool hide = !h->terminal && vus_report_private(h->r, v);
	VUS_AUTO_DETAILS d = { 0 };

	if (extent.all && v->c->title)
		vus_human_detail(h, "case", v->c->title, false, ret);
	vus_report_details(h->r, v, hide, VUS_MAX(extent.max_lines, 1u), &d);
	for (unsigned i = 0; i < d.n; i++)
		if (is_shown(extent, d.item[i].label))
			vus_human_detail(h, d.item[i].label,
					 vus_text_str(&d.item[i].text),
					 d.item[i].verbatim, ret);
}

void vus_human_block(const struct vus_human *h, const struct vus_variant *v,
		     struct vus_text *ret)
{
	vus_text_add(ret, "\n  ");
	vus_paint_add(ret, h->colours, vus_paint_of(v->verdict),
		      vus_verdict_name(v->verdict), 0);
	vus_text_add(ret, "  ");
	vus_paint_add(ret, h->colours, VUS_BOLD, v->id, 0);
	if (v->repeat > 0)
		vus_text_add(ret, " (repeat %u)", v->repeat + 1);
	vus_text_add(ret, "\n");
	vus_human_details(
		h, v, (struct vus_human_extent){ MAX_LINES, true, true }, ret);
}
