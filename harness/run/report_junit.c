/* SPDX-License-Identifier: BSD-3-Clause */
/* report_junit.c — the report that continuous integration reads.
 *
 * A suite a group, a testcase a variant.  `failure` is what fails the run,
 * `error` what we could not do; a warning that does not fail the run is a
 * passed testcase whose properties and output tell of it. */
#include "baseline.h"
#include "runner.h"

#include <assert.h>
#include <libxml/xmlwriter.h>
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

static const xmlChar *xml(const char *text)
{
	return (const xmlChar *)text;
}

static void start(xmlTextWriter *w, const char *name)
{
	if (xmlTextWriterStartElement(w, xml(name)) < 0)
		abort(); /* out of memory */
}

static void end(xmlTextWriter *w)
{
	if (xmlTextWriterEndElement(w) < 0)
		abort();
}

static void attr(xmlTextWriter *w, const char *name, const char *fmt, ...)
	VUS_PRINTF(3, 4);
static void attr(xmlTextWriter *w, const char *name, const char *fmt, ...)
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
	if (xmlTextWriterWriteAttribute(w, xml(name),
					xml(vus_text_str(&clean))) < 0)
		abort();
}

/* `text` is clean already. */
static void content(xmlTextWriter *w, const char *text)
{
	if (xmlTextWriterWriteString(w, xml(text)) < 0)
		abort();
}

static void property(xmlTextWriter *w, const char *name, const char *value)
{
	if (!value || value[0] == '\0')
		return;
	start(w, "property");
	attr(w, "name", "%s", name);
	attr(w, "value", "%s", value);
	end(w);
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

static void write_verdict(xmlTextWriter *w, const struct vus_report *r,
			  const struct vus_variant *v)
{
	bool hide = vus_report_private(r, v);
	char print[17];
	const char *reason = v->reason ? v->reason : "";
	VUS_AUTO_DETAILS d = { 0 };
	VUS_AUTO_TEXT text = { 0 };

	if (v->verdict == VUS_SKIP) {
		start(w, "skipped");
		attr(w, "message", "%s", reason);
		end(w);
		return;
	}
	if (v->verdict == VUS_PASS && !r->opt->trace)
		return;
	vus_report_details(r, v, hide, MAX_LINES, &d);
	body(&d, &text);
	if (vus_report_fails_run(r->opt, v))
		start(w, "failure");
	else if (v->verdict == VUS_BROKEN)
		start(w, "error");
	else
		start(w, "system-out");
	if (v->verdict == VUS_BROKEN || vus_report_fails_run(r->opt, v)) {
		attr(w, "type", "%s",
		     v->rule ? vus_level_name(v->rule->level)
			     : vus_verdict_name(v->verdict));
		if (hide)
			attr(w, "message", "crashed: %s, fingerprint %s",
			     v->peer_end[0] ? v->peer_end : "end unknown",
			     vus_report_fingerprint(v, print));
		else
			attr(w, "message", "%s%s%s", v->rule ? v->rule->id : "",
			     v->rule ? ": " : "", reason);
	}
	content(w, vus_text_str(&text));
	end(w);
}

static void write_properties(xmlTextWriter *w, const struct vus_variant *v)
{
	char print[17];

	start(w, "properties");
	property(w, "verdict", vus_verdict_name(v->verdict));
	property(w, "rule", v->rule ? v->rule->id : NULL);
	property(w, "level", v->rule ? vus_level_name(v->rule->level) : NULL);
	property(w, "section", v->rule ? v->rule->section : NULL);
	if (v->known)
		property(w, "known", v->known[0] ? v->known : "yes");
	if (v->crashed) {
		property(w, "signal", v->peer_end);
		property(w, "fingerprint", vus_report_fingerprint(v, print));
	}
	end(w);
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
	xmlBuffer *buf = xmlBufferCreate();
	xmlTextWriter *w = buf ? xmlNewTextWriterMemory(buf, 0) : NULL;
	char *copy;

	if (!w)
		abort();
	start(w, "testcase");
	attr(w, "classname", "%s", v->group);
	/* Repeats are testcases of their own. */
	if (v->repeat > 0)
		attr(w, "name", "%s (repeat %u)", v->id + strlen(v->group) + 1,
		     v->repeat + 1);
	else
		attr(w, "name", "%s", v->id + strlen(v->group) + 1);
	attr(w, "time", "%.6f", v->seconds);
	write_properties(w, v);
	write_verdict(w, r, v);
	end(w);
	xmlFreeTextWriter(w);
	copy = strdup((const char *)xmlBufferContent(buf));
	xmlBufferFree(buf);
	if (!copy)
		abort();
	return copy;
}

static void write_counts(xmlTextWriter *w, const struct counts *c)
{
	attr(w, "tests", "%u", c->tests);
	attr(w, "failures", "%u", c->failures);
	attr(w, "errors", "%u", c->errors);
	attr(w, "skipped", "%u", c->skipped);
	attr(w, "time", "%.6f", c->seconds);
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
static void write_suite(xmlTextWriter *w, struct junit_state *s,
			const char *group)
{
	struct counts sum = { 0 };

	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].testcase &&
		    strcmp(s->entries[i].group, group) == 0)
			add_counts(&sum, &s->entries[i].counts);
	start(w, "testsuite");
	attr(w, "name", "%s", group);
	write_counts(w, &sum);
	for (size_t i = 0; i < s->n; i++) {
		struct entry *e = &s->entries[i];

		if (!e->testcase || strcmp(e->group, group) != 0)
			continue;
		if (xmlTextWriterWriteRaw(w, xml("\n  ")) < 0 ||
		    xmlTextWriterWriteRaw(w, xml(e->testcase)) < 0)
			abort();
		free(e->testcase);
		e->testcase = NULL;
	}
	end(w);
}

/* A run that did not take place, or was cut short, must not look green. */
static void write_run_error(xmlTextWriter *w, const char *name,
			    const char *message)
{
	start(w, "testsuite");
	attr(w, "name", "run");
	write_counts(w, &(struct counts){ .tests = 1, .errors = 1 });
	start(w, "testcase");
	attr(w, "classname", "run");
	attr(w, "name", "%s", name);
	start(w, "error");
	attr(w, "type", "%s", name);
	attr(w, "message", "%s", message);
	end(w);
	end(w);
	end(w);
}

/* The file of known deviations is no longer true: the run fails by that. */
static void write_changes(xmlTextWriter *w, const struct vus_baseline *b)
{
	unsigned n = (unsigned)vus_baseline_changes(b);

	if (n == 0)
		return;
	start(w, "testsuite");
	attr(w, "name", "baseline");
	write_counts(w, &(struct counts){ .tests = n, .failures = n });
	for (size_t i = 0; i < b->n; i++) {
		VUS_AUTO_TEXT text = { 0 };

		if (!vus_known_changed(&b->lines[i]))
			continue;
		vus_known_say(&b->lines[i], &text);
		start(w, "testcase");
		attr(w, "classname", "baseline");
		attr(w, "name", "%s", b->lines[i].id);
		start(w, "failure");
		attr(w, "type", "baseline");
		attr(w, "message", "%s", vus_text_str(&text));
		end(w);
		end(w);
	}
	end(w);
}

static void write_suites(xmlTextWriter *w, struct junit_state *s,
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
	start(w, "testsuites");
	attr(w, "name", "vuspec: %s", r->target ? r->target : "");
	write_counts(w, &sum);
	for (size_t i = 0; i < s->n; i++)
		if (s->entries[i].testcase)
			write_suite(w, s, s->entries[i].group);
	write_changes(w, r->opt->baseline);
	if (r->no_target)
		write_run_error(w, "target_starts", r->no_target->text);
	if (interrupted)
		write_run_error(w, "is_complete",
				"interrupted: not all "
				"variants ran");
	end(w);
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
	struct junit_state *s = o->state;
	xmlBuffer *buf = xmlBufferCreate();
	xmlTextWriter *w = buf ? xmlNewTextWriterMemory(buf, 0) : NULL;
	size_t len;

	if (!w || xmlTextWriterSetIndent(w, 1) < 0 ||
	    xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL) < 0)
		abort();
	write_suites(w, s, r);
	if (xmlTextWriterEndDocument(w) < 0)
		abort();
	xmlFreeTextWriter(w);
	len = (size_t)xmlBufferLength(buf);
	if (fwrite(xmlBufferContent(buf), 1, len, o->to) != len)
		o->failed = true;
	xmlBufferFree(buf);
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
