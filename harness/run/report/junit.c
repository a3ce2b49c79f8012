/* SPDX-License-Identifier: BSD-3-Clause */
/* junit.c — the report that continuous integration reads.
 *
 * A suite a group, a testcase a variant.  `failure` is what fails the run,
 * `error` what we could not do; a warning that does not fail the run is a
 * passed testcase whose properties and output tell of it. */
#include "baseline.h"
#include "output.h"

#include "run/options.h"

#include <assert.h>
#include <mxml.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 400 /* of exchange or stderr in one testcase */

struct counts {
	unsigned tests, failures, errors, skipped;
	double seconds;
};

struct entry {
	mxml_node_t *testcase; /* owned; NULL: it did not run */
	const char *group;
	struct counts counts;
};

struct junit_state {
	struct entry *entries;
	size_t n;
};

static void attr(mxml_node_t *x, const char *name, const char *fmt, ...)
	VUS_PRINTF(3, 4);
static void attr(mxml_node_t *x, const char *name, const char *fmt, ...)
{
	VUS_AUTO_TEXT clean = { 0 };
	char *value;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (len < 0)
		abort();
	vus_report_escape(&clean, value, (size_t)len);
	free(value);
	/* Of blanks a reader takes only the simple one from an attribute. */
	for (char *c = clean.p; c && *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	mxmlElementSetAttr(x, name, vus_text_str(&clean));
}

/* A further element of `parent`, or one that is nowhere yet (NULL). */
static mxml_node_t *element(mxml_node_t *parent, const char *name)
{
	mxml_node_t *x = mxmlNewElement(parent, name);

	if (!x)
		abort(); /* out of memory */
	return x;
}

static void property(mxml_node_t *parent, const char *name, const char *value)
{
	mxml_node_t *x;

	if (!value || value[0] == '\0')
		return;
	x = element(parent, "property");
	attr(x, "name", "%s", name);
	attr(x, "value", "%s", value);
}

/* The labelled texts as a block: "label     first line", others indented. */
static void body(const struct vus_details *d, struct vus_text *ret)
{
	for (unsigned i = 0; i < d->n; i++) {
		const char *s = d->item[i].text.len ? d->item[i].text.p : "";

		vus_text_add(ret, "%-10s", d->item[i].label);
		for (; *s; s++) {
			vus_text_add_bytes(ret, s, 1);
			if (*s == '\n')
				vus_text_add(ret, "%*s", 10, "");
		}
		vus_text_add(ret, "\n");
	}
}

static const char *kind(const struct vus_report *r, const struct vus_variant *v)
{
	if (vus_report_fails_run(r->opt, v))
		return "failure";
	return v->verdict == VUS_BROKEN ? "error" : "system-out";
}

static void add_verdict(mxml_node_t *testcase, const struct vus_report *r,
			const struct vus_variant *v)
{
	bool hide = vus_report_private(r, v);
	char print[17];
	const char *reason = v->reason ? v->reason : "";
	VUS_AUTO_DETAILS d = { 0 };
	VUS_AUTO_TEXT text = { 0 };
	mxml_node_t *x;

	if (v->verdict == VUS_SKIP) {
		attr(element(testcase, "skipped"), "message", "%s", reason);
		return;
	}
	if (v->verdict == VUS_PASS && !r->opt->trace)
		return;
	vus_report_details(r, v, hide, MAX_LINES, &d);
	body(&d, &text);
	x = element(testcase, kind(r, v));
	if (v->verdict == VUS_BROKEN || vus_report_fails_run(r->opt, v)) {
		attr(x, "type", "%s",
		     v->rule ? vus_level_name(v->rule->level)
			     : vus_verdict_name(v->verdict));
		if (hide)
			attr(x, "message", "crashed: %s, fingerprint %s",
			     v->peer_end[0] ? v->peer_end : "end unknown",
			     vus_report_fingerprint(v, print));
		else
			attr(x, "message", "%s%s%s", v->rule ? v->rule->id : "",
			     v->rule ? ": " : "", reason);
	}
	if (!mxmlNewOpaque(x, vus_text_str(&text)))
		abort();
}

static void add_properties(mxml_node_t *testcase, const struct vus_variant *v)
{
	mxml_node_t *x = element(testcase, "properties");
	char print[17];

	property(x, "verdict", vus_verdict_name(v->verdict));
	property(x, "rule", v->rule ? v->rule->id : NULL);
	property(x, "level", v->rule ? vus_level_name(v->rule->level) : NULL);
	property(x, "section", v->rule ? v->rule->section : NULL);
	if (v->known)
		property(x, "known", v->known[0] ? v->known : "yes");
	if (v->crashed) {
		property(x, "signal", v->peer_end);
		property(x, "fingerprint", vus_report_fingerprint(v, print));
	}
}

/* What the run adds to its group's sums. */
static struct counts count(const struct vus_report *r,
			   const struct vus_variant *v)
{
	return (struct counts){
		.tests = 1,
		.failures = vus_report_fails_run(r->opt, v),
		.errors = v->verdict == VUS_BROKEN,
		.skipped = v->verdict == VUS_SKIP,
		.seconds = v->seconds,
	};
}

static mxml_node_t *make_testcase(const struct vus_report *r,
				  const struct vus_variant *v)
{
	mxml_node_t *x = element(NULL, "testcase");

	attr(x, "classname", "%s", v->group);
	/* Repeats are testcases of their own. */
	if (v->repeat > 0)
		attr(x, "name", "%s (repeat %u)", v->id + strlen(v->group) + 1,
		     v->repeat + 1);
	else
		attr(x, "name", "%s", v->id + strlen(v->group) + 1);
	attr(x, "time", "%.6f", v->seconds);
	add_properties(x, v);
	add_verdict(x, r, v);
	return x;
}

static void set_counts(mxml_node_t *x, const struct counts *c)
{
	attr(x, "tests", "%u", c->tests);
	attr(x, "failures", "%u", c->failures);
	attr(x, "errors", "%u", c->errors);
	attr(x, "skipped", "%u", c->skipped);
	attr(x, "time", "%.6f", c->seconds);
}

static mxml_node_t *add_suite(mxml_node_t *suites, const char *name,
			      const struct counts *c)
{
	mxml_node_t *x = element(suites, "testsuite");

	attr(x, "name", "%s", name);
	set_counts(x, c);
	return x;
}

static void junit_add_counts(struct counts *sum, const struct counts *c)
{
	sum->tests += c->tests;
	sum->failures += c->failures;
	sum->errors += c->errors;
	sum->skipped += c->skipped;
	sum->seconds += c->seconds;
}

/* All entries of one group, wherever a shuffle put them. */
static void add_group(mxml_node_t *suites, struct junit_state *s,
		      const char *group)
{
	struct counts sum = { 0 };
	mxml_node_t *x;

	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].testcase &&
		    strcmp(s->entries[i].group, group) == 0)
			junit_add_counts(&sum, &s->entries[i].counts);
	x = add_suite(suites, group, &sum);
	for (size_t i = 0; i < s->n; i++) {
		struct entry *e = &s->entries[i];

		if (!e->testcase || strcmp(e->group, group) != 0)
			continue;
		mxmlAdd(x, MXML_ADD_AFTER, MXML_ADD_TO_PARENT, e->testcase);
		e->testcase = NULL;
	}
}

static mxml_node_t *add_deviation(mxml_node_t *suite, const char *name,
				  const char *kind_of, const char *type,
				  const char *message)
{
	mxml_node_t *x = element(suite, "testcase"), *why;

	attr(x, "classname", "%s", mxmlElementGetAttr(suite, "name"));
	attr(x, "name", "%s", name);
	why = element(x, kind_of);
	attr(why, "type", "%s", type);
	attr(why, "message", "%s", message);
	return x;
}

/* A run that did not take place, or was cut short, must not look green. */
static void add_run_error(mxml_node_t *suites, const char *name,
			  const char *message)
{
	const struct counts one = { .tests = 1, .errors = 1 };

	add_deviation(add_suite(suites, "run", &one), name, "error", name,
		      message);
}

/* The file of known deviations is no longer true: the run fails by that. */
static void junit_add_changes(mxml_node_t *suites, const struct vus_baseline *b)
{
	unsigned n = (unsigned)vus_baseline_changes(b);
	const struct counts sum = { .tests = n, .failures = n };
	mxml_node_t *x;

	if (n == 0)
		return;
	x = add_suite(suites, "baseline", &sum);
	for (size_t i = 0; i < b->n; i++) {
		VUS_AUTO_TEXT text = { 0 };

		if (!vus_baseline_line_changed(&b->lines[i]))
			continue;
		vus_baseline_line_describe(&b->lines[i], &text);
		add_deviation(x, b->lines[i].id, "failure", "baseline",
			      vus_text_str(&text));
	}
}

static void add_suites(mxml_node_t *doc, struct junit_state *s,
		       const struct vus_report *r)
{
	bool interrupted = r->summary && r->summary->interrupted;
	mxml_node_t *x = element(doc, "testsuites");
	struct counts sum = { 0 };

	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].testcase)
			junit_add_counts(&sum, &s->entries[i].counts);
	sum.tests += (r->no_target != NULL) + interrupted +
		     (unsigned)vus_baseline_changes(r->opt->baseline);
	sum.failures += (unsigned)vus_baseline_changes(r->opt->baseline);
	sum.errors += (r->no_target != NULL) + interrupted;
	attr(x, "name", "vuspec: %s", r->target ? r->target : "");
	set_counts(x, &sum);
	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].testcase)
			add_group(x, s, s->entries[i].group);
	junit_add_changes(x, r->opt->baseline);
	if (r->no_target)
		add_run_error(x, "target_starts", r->no_target->text);
	if (interrupted)
		add_run_error(x, "is_complete",
			      "interrupted: not all variants ran");
}

static void junit_begin(struct vus_output *o, const struct vus_report *r)
{
	struct junit_state *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->n = r->n;
	s->entries = calloc(r->n + 1, sizeof(s->entries[0]));
	if (!s->entries)
		abort();
	o->state = s;
}

static void junit_result(struct vus_output *o, const struct vus_report *r,
			 const struct vus_variant *v)
{
	struct junit_state *s = o->state;
	size_t i = (size_t)(v - r->variants);

	assert(i < s->n);
	mxmlDelete(s->entries[i].testcase);
	s->entries[i] = (struct entry){ .testcase = make_testcase(r, v),
					.group = v->group,
					.counts = count(r, v) };
}

static void junit_drop(struct vus_output *o)
{
	struct junit_state *s = o->state;

	for (size_t i = 0; i < s->n; i++)
		mxmlDelete(s->entries[i].testcase);
	free(s->entries);
	free(s);
	o->state = NULL;
}

/* Elements stand on lines of their own; texts stay as they are. */
static const char *blanks(mxml_node_t *x, int where)
{
	static const char *const lines[] = {
		NULL, "\n", "\n ", "\n  ", "\n   ", "\n    ",
	};
	size_t depth = 0;

	if (where == MXML_WS_BEFORE_CLOSE
		    ? mxmlGetType(mxmlGetFirstChild(x)) != MXML_ELEMENT
		    : where != MXML_WS_BEFORE_OPEN)
		return NULL;
	for (x = mxmlGetParent(x); x; x = mxmlGetParent(x))
		depth++;
	assert(depth < VUS_COUNT(lines));
	return lines[depth];
}

static void junit_end(struct vus_output *o, const struct vus_report *r)
{
	mxml_node_t *doc = mxmlNewXML("1.0");

	if (!doc)
		abort();
	add_suites(doc, o->state, r);
	mxmlSetWrapMargin(0);
	if (mxmlSaveFile(doc, o->to, blanks) < 0 || fputc('\n', o->to) < 0)
		o->failed = true;
	mxmlDelete(doc);
	junit_drop(o);
	vus_output_close(o);
}

const struct vus_reporter vus_reporter_junit = {
	.format = "junit",
	.begin = junit_begin,
	.result = junit_result,
	.end = junit_end,
	.drop = junit_drop,
};
