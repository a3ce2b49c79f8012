/* SPDX-License-Identifier: BSD-3-Clause */
/* report_junit.c — the report that continuous integration reads.
 *
 * A suite a group, a testcase a variant.  `failure` is what fails the run,
 * `error` what we could not do; a warning that does not fail the run is a
 * passed testcase whose properties and output tell of it. */
#include "baseline.h"
#include "runner.h"

#include "../base/xml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 400 /* of exchange or stderr in one testcase */

struct counts {
	unsigned tests, failures, errors, skipped;
	double seconds;
};

struct entry {
	char *testcase; /* the element; NULL: it did not run */
	const char *group;
	struct counts counts;
};

struct junit_state {
	struct entry *entries;
	size_t n;
};

static void attr(struct vus_xml *x, const char *name, const char *fmt, ...)
	VUS_PRINTF(3, 4);
static void attr(struct vus_xml *x, const char *name, const char *fmt, ...)
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
	vus_report_clean(&clean, value, (size_t)len);
	free(value);
	vus_xml_attr(x, name, vus_text_str(&clean));
}

static void property(struct vus_xml *x, const char *name, const char *value)
{
	if (!value || value[0] == '\0')
		return;
	vus_xml_start(x, "property");
	attr(x, "name", "%s", name);
	attr(x, "value", "%s", value);
	vus_xml_end(x);
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

static void write_verdict(struct vus_xml *x, const struct vus_report *r,
			  const struct vus_variant *v)
{
	bool hide = vus_report_private(r, v);
	char print[17];
	const char *reason = v->reason ? v->reason : "";
	VUS_AUTO_DETAILS d = { 0 };
	VUS_AUTO_TEXT text = { 0 };

	if (v->verdict == VUS_SKIP) {
		vus_xml_start(x, "skipped");
		attr(x, "message", "%s", reason);
		vus_xml_end(x);
		return;
	}
	if (v->verdict == VUS_PASS && !r->opt->trace)
		return;
	vus_report_details(r, v, hide, MAX_LINES, &d);
	body(&d, &text);
	if (vus_report_fails_run(r->opt, v))
		vus_xml_start(x, "failure");
	else if (v->verdict == VUS_BROKEN)
		vus_xml_start(x, "error");
	else
		vus_xml_start(x, "system-out");
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
	vus_xml_content(x, vus_text_str(&text));
	vus_xml_end(x);
}

static void write_properties(struct vus_xml *x, const struct vus_variant *v)
{
	char print[17];

	vus_xml_start(x, "properties");
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
	vus_xml_end(x);
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

static char *testcase(const struct vus_report *r, const struct vus_variant *v)
{
	struct vus_xml w = { .depth = 2 }, *x = &w;

	vus_xml_start(x, "testcase");
	attr(x, "classname", "%s", v->group);
	/* Repeats are testcases of their own. */
	if (v->repeat > 0)
		attr(x, "name", "%s (repeat %u)", v->id + strlen(v->group) + 1,
		     v->repeat + 1);
	else
		attr(x, "name", "%s", v->id + strlen(v->group) + 1);
	attr(x, "time", "%.6f", v->seconds);
	write_properties(x, v);
	write_verdict(x, r, v);
	vus_xml_end(x);
	return w.text.p;
}

static void write_counts(struct vus_xml *x, const struct counts *c)
{
	attr(x, "tests", "%u", c->tests);
	attr(x, "failures", "%u", c->failures);
	attr(x, "errors", "%u", c->errors);
	attr(x, "skipped", "%u", c->skipped);
	attr(x, "time", "%.6f", c->seconds);
}

static void add_counts(struct counts *sum, const struct counts *c)
{
	sum->tests += c->tests;
	sum->failures += c->failures;
	sum->errors += c->errors;
	sum->skipped += c->skipped;
	sum->seconds += c->seconds;
}

/* All entries of one group, wherever a shuffle put them. */
static void write_suite(struct vus_xml *x, struct junit_state *s,
			const char *group)
{
	struct counts sum = { 0 };

	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].testcase &&
		    strcmp(s->entries[i].group, group) == 0)
			add_counts(&sum, &s->entries[i].counts);
	vus_xml_start(x, "testsuite");
	attr(x, "name", "%s", group);
	write_counts(x, &sum);
	for (size_t i = 0; i < s->n; i++) {
		struct entry *e = &s->entries[i];

		if (!e->testcase || strcmp(e->group, group) != 0)
			continue;
		vus_xml_element(x, e->testcase);
		free(e->testcase);
		e->testcase = NULL;
	}
	vus_xml_end(x);
}

/* A run that did not take place, or was cut short, must not look green. */
static void write_run_error(struct vus_xml *x, const char *name,
			    const char *message)
{
	vus_xml_start(x, "testsuite");
	attr(x, "name", "run");
	write_counts(x, &(struct counts){ .tests = 1, .errors = 1 });
	vus_xml_start(x, "testcase");
	attr(x, "classname", "run");
	attr(x, "name", "%s", name);
	vus_xml_start(x, "error");
	attr(x, "type", "%s", name);
	attr(x, "message", "%s", message);
	vus_xml_end(x);
	vus_xml_end(x);
	vus_xml_end(x);
}

/* The file of known deviations is no longer true: the run fails by that. */
static void write_changes(struct vus_xml *x, const struct vus_baseline *b)
{
	unsigned n = (unsigned)vus_baseline_changes(b);

	if (n == 0)
		return;
	vus_xml_start(x, "testsuite");
	attr(x, "name", "baseline");
	write_counts(x, &(struct counts){ .tests = n, .failures = n });
	for (size_t i = 0; i < b->n; i++) {
		VUS_AUTO_TEXT text = { 0 };

		if (!vus_known_changed(&b->lines[i]))
			continue;
		vus_known_say(&b->lines[i], &text);
		vus_xml_start(x, "testcase");
		attr(x, "classname", "baseline");
		attr(x, "name", "%s", b->lines[i].id);
		vus_xml_start(x, "failure");
		attr(x, "type", "baseline");
		attr(x, "message", "%s", vus_text_str(&text));
		vus_xml_end(x);
		vus_xml_end(x);
	}
	vus_xml_end(x);
}

static void write_suites(struct vus_xml *x, struct junit_state *s,
			 const struct vus_report *r)
{
	bool interrupted = r->summary && r->summary->interrupted;
	struct counts sum = { 0 };

	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].testcase)
			add_counts(&sum, &s->entries[i].counts);
	sum.tests += (r->no_target != NULL) + interrupted +
		     (unsigned)vus_baseline_changes(r->opt->baseline);
	sum.failures += (unsigned)vus_baseline_changes(r->opt->baseline);
	sum.errors += (r->no_target != NULL) + interrupted;
	vus_xml_start(x, "testsuites");
	attr(x, "name", "vuspec: %s", r->target ? r->target : "");
	write_counts(x, &sum);
	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].testcase)
			write_suite(x, s, s->entries[i].group);
	write_changes(x, r->opt->baseline);
	if (r->no_target)
		write_run_error(x, "target_starts", r->no_target->text);
	if (interrupted)
		write_run_error(x, "is_complete",
				"interrupted: not all "
				"variants ran");
	vus_xml_end(x);
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
	free(s->entries[i].testcase);
	s->entries[i] = (struct entry){ .testcase = testcase(r, v),
					.group = v->group,
					.counts = count(r, v) };
}

static void junit_drop(struct vus_output *o)
{
	struct junit_state *s = o->state;

	for (size_t i = 0; i < s->n; i++)
		free(s->entries[i].testcase);
	free(s->entries);
	free(s);
	o->state = NULL;
}

static void junit_end(struct vus_output *o, const struct vus_report *r)
{
	VUS_AUTO_XML x = { 0 };

	write_suites(&x, o->state, r);
	if (fprintf(o->to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%s\n",
		    vus_text_str(&x.text)) < 0)
		o->failed = true;
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
