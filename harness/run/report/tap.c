/* SPDX-License-Identifier: BSD-3-Clause */
/* tap.c — the report as a stream of the Test Anything Protocol, 13.
 *
 * Consumers that know 13 alone, as Perl's prove, refuse other numbers.
 *
 * A line a variant as each ends.  `not ok` is what fails the run, and what we
 * could not do; a known deviation is one that is to be fixed, which TAP has a
 * directive for.  What TAP has no word for (a warning) stands in the block
 * behind the line. */
#include "document.h"
#include "output.h"

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
	for (const char *p = text; *p; p++) {
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
	(void)fprintf(o->to, "TAP version 13\n1..%zu\n", r->n);
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

static void tap_add_block(struct vus_text *ret, const json_t *record)
{
	VUS_AUTO_DETAILS d = { 0 };

	vus_record_details(record, MAX_LINES, &d);
	vus_text_add(ret, "  ---\n  verdict: %s\n",
		     vus_json_text(record, "verdict"));
	for (unsigned i = 0; i < d.n; i++)
		add_entry(ret, d.item[i].label, vus_text_str(&d.item[i].text));
	vus_text_add(ret, "  ...\n");
}

static void add_line(struct vus_text *ret, size_t number, const json_t *record,
		     enum vus_verdict verdict)
{
	const json_t *known = json_object_get(record, "known");
	json_int_t repeat = vus_json_number(record, "repeat");
	bool bad = vus_json_flag(record, "deviates") || verdict == VUS_BROKEN;

	vus_text_add(ret, "%s %zu - %s", bad ? "not ok" : "ok", number,
		     vus_json_text(record, "id"));
	if (repeat > 0)
		vus_text_add(ret, " (repeat %" JSON_INTEGER_FORMAT ")",
			     repeat + 1);
	if (bad && json_is_string(known)) {
		vus_text_add(ret, " # " MENDED " ");
		add_plain(ret, json_string_value(known));
	} else if (verdict == VUS_SKIP) {
		vus_text_add(ret, " # SKIP ");
		add_plain(ret, vus_json_text(record, "reason"));
	}
	vus_text_add(ret, "\n");
}

static void tap_result(struct vus_output *o, const struct vus_report *r,
		       const struct vus_variant *v)
{
	const json_t *record = r->document->record;
	struct tap_state *s = o->state;
	VUS_AUTO_TEXT text = { 0 };

	add_line(&text, ++s->lines, record, v->verdict);
	/* A pass has an exchange only where passes are traced. */
	if (v->verdict != VUS_SKIP &&
	    (v->verdict != VUS_PASS || json_object_get(record, "exchange")))
		tap_add_block(&text, record);
	(void)fputs(vus_text_str(&text), o->to);
	(void)fflush(o->to);
}

static void tap_drop(struct vus_output *o)
{
	free(o->state);
	o->state = NULL;
}

/* The plan has no room for them: the exit status tells a harness. */
static void print_changes(FILE *to, const json_t *changes)
{
	const json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)(void)
		fprintf(to, "# baseline: %s: %s\n", vus_json_text(change, "id"),
			vus_json_text(change, "says"));
}

static void tap_end(struct vus_output *o, const struct vus_report *r)
{
	const json_t *root = r->document->root;
	const json_t *sum = json_object_get(root, "summary");
	const json_t *none = json_object_get(root, "no_target");
	VUS_AUTO_TEXT text = { 0 };

	if (json_is_string(none)) {
		vus_text_add(&text, "Bail out! no target: ");
		add_plain(&text, json_string_value(none));
	} else if (vus_json_flag(sum, "interrupted")) {
		vus_text_add(&text, "Bail out! interrupted by SIG%s",
			     sigabbrev_np((int)vus_json_number(sum, "signal")));
	}
	if (text.len > 0)
		(void)fprintf(o->to, "%s\n", vus_text_str(&text));
	else
		print_changes(o->to,
			      json_object_get(json_object_get(root, "baseline"),
					      "changes"));
}

const struct vus_reporter vus_reporter_tap = {
	.format = "tap",
	.begin = tap_begin,
	.result = tap_result,
	.end = tap_end,
	.drop = tap_drop,
};
