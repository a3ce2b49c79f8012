/* SPDX-License-Identifier: BSD-3-Clause */
/* tap.c — the report as a stream of the Test Anything Protocol, 14.
 *
 * A line a variant as each ends.  `not ok` is what fails the run, and what we
 * could not do; a known deviation is one that is to be mended, which TAP has a
 * directive for.  What TAP has no word for (a warning) stands in the block
 * behind the line. */
#include "baseline.h"
#include "output.h"

#include "run/options.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 400 /* of exchange or stderr in one block */
#define MENDED                                                                 \
	"TO"                                                                   \
	"DO" /* TAP's word for a known deviation */

struct tap_state {
	size_t lines;
};

/* Peers' words on a line of TAP: one line, and no directive of their own. */
static void add_plain(struct vus_text *ret, const char *text)
{
	VUS_AUTO_TEXT clean = { 0 };

	vus_report_escape(&clean, text, strlen(text));
	for (const char *p = vus_text_str(&clean); *p; p++) {
		if (*p == '\n')
			vus_text_add(ret, " ");
		else
			vus_text_add(ret, "%s%c",
				     *p == '#' || *p == '\\' ? "\\" : "", *p);
	}
}

static void tap_begin(struct vus_output *o, const struct vus_report *r)
{
	o->state = calloc(1, sizeof(struct tap_state));
	if (!o->state)
		abort();
	(void)fprintf(o->to, "TAP version 14\n1..%zu\n", r->n);
	(void)fflush(o->to);
}

/* A YAML scalar that needs no quotes' rules: a block of its own. */
static void add_entry(struct vus_text *ret, const char *label, const char *text)
{
	vus_text_add(ret, "  %s: |\n", label);
	while (*text) {
		size_t len = strcspn(text, "\n");

		vus_text_add(ret, "    %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void tap_add_block(struct vus_text *ret, const struct vus_report *r,
			  const struct vus_variant *v)
{
	VUS_AUTO_DETAILS d = { 0 };

	vus_report_details(r, v, vus_report_private(r, v), MAX_LINES, &d);
	vus_text_add(ret, "  ---\n  verdict: %s\n",
		     vus_verdict_name(v->verdict));
	for (unsigned i = 0; i < d.n; i++)
		add_entry(ret, d.item[i].label, vus_text_str(&d.item[i].text));
	vus_text_add(ret, "  ...\n");
}

static void tap_result(struct vus_output *o, const struct vus_report *r,
		       const struct vus_variant *v)
{
	struct tap_state *s = o->state;
	bool bad = vus_report_deviates(r->opt, v) || v->verdict == VUS_BROKEN;
	VUS_AUTO_TEXT text = { 0 };

	vus_text_add(&text, "%s %zu - %s", bad ? "not ok" : "ok", ++s->lines,
		     v->id);
	if (v->repeat > 0)
		vus_text_add(&text, " (repeat %u)", v->repeat + 1);
	if (bad && v->known) {
		vus_text_add(&text, " # " MENDED " ");
		add_plain(&text, v->known);
	} else if (v->verdict == VUS_SKIP) {
		vus_text_add(&text, " # SKIP ");
		add_plain(&text, v->reason ? v->reason : "");
	}
	vus_text_add(&text, "\n");
	if (v->verdict != VUS_SKIP && (v->verdict != VUS_PASS || r->opt->trace))
		tap_add_block(&text, r, v);
	(void)fputs(vus_text_str(&text), o->to);
	(void)fflush(o->to);
}

static void tap_drop(struct vus_output *o)
{
	free(o->state);
	o->state = NULL;
}

/* The plan has no room for them: the exit status tells a harness. */
static void print_changes(FILE *to, const struct vus_baseline *b)
{
	for (size_t i = 0; b && i < b->n; i++) {
		VUS_AUTO_TEXT text = { 0 };

		if (!vus_baseline_line_changed(&b->lines[i]))
			continue;
		vus_baseline_line_describe(&b->lines[i], &text);
		(void)fprintf(to, "# baseline: %s: %s\n", b->lines[i].id,
			      vus_text_str(&text));
	}
}

static void tap_end(struct vus_output *o, const struct vus_report *r)
{
	VUS_AUTO_TEXT text = { 0 };

	if (r->no_target) {
		vus_text_add(&text, "Bail out! no target: ");
		add_plain(&text, r->no_target->text);
	} else if (r->summary && r->summary->interrupted) {
		vus_text_add(&text, "Bail out! interrupted by SIG%s",
			     sigabbrev_np(r->summary->interrupt_signal));
	}
	if (text.len > 0)
		(void)fprintf(o->to, "%s\n", vus_text_str(&text));
	else
		print_changes(o->to, r->opt->baseline);
	tap_drop(o);
	vus_output_close(o);
}

const struct vus_reporter vus_reporter_tap = {
	.format = "tap",
	.begin = tap_begin,
	.result = tap_result,
	.end = tap_end,
	.drop = tap_drop,
};
