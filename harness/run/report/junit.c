/* SPDX-License-Identifier: BSD-3-Clause */
/* junit.c — the report that continuous integration reads.
 *
 * A suite a group, a testcase a variant.  `failure` is what fails the run,
 * `error` what we could not do; a warning that does not fail the run is a
 * passed testcase whose properties and output describe it. */
#include "document.h"
#include "output.h"

#include <assert.h>
#include <mxml.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 400 /* of exchange or stderr in one testcase */

struct counts {
	unsigned tests, failures, errors, skipped;
	/* From the begin of the first to the end of the last, since the run
	 * began: testcases run side by side. */
	double first, last;
};

struct suite {
	mxml_node_t *x;
	const char *name;
	struct counts counts;
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
	/* What was cut by a format may end within a character. */
	vus_report_escape(&clean, value, (size_t)len);
	free(value);
	/* Of blanks a reader takes only the simple one from an attribute. */
	for (char *c = clean.p; c && *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	mxmlElementSetAttr(x, name, vus_text_str(&clean));
}

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

	if (value[0] == '\0')
		return;
	x = element(parent, "property");
	attr(x, "name", "%s", name);
	attr(x, "value", "%s", value);
}

static void add_properties(mxml_node_t *testcase, const json_t *record)
{
	static const char *const keys[] = { "verdict", "rule", "level",
					    "section" };
	mxml_node_t *x = element(testcase, "properties");
	const char *known = json_string_value(json_object_get(record, "known"));

	for (size_t i = 0; i < VUS_COUNT(keys); i++)
		property(x, keys[i], vus_json_text(record, keys[i]));
	if (known)
		property(x, "known", known[0] ? known : "yes");
	if (vus_json_flag(record, "crashed")) {
		property(x, "signal", vus_json_text(record, "peer_end"));
		property(x, "fingerprint",
			 vus_json_text(record, "fingerprint"));
	}
}

/* The labelled texts as a block: "label     first line", others indented. */
static void body(const json_t *record, struct vus_text *ret)
{
	VUS_AUTO_DETAILS d = { 0 };

	vus_record_details(record, MAX_LINES, &d);
	for (unsigned i = 0; i < d.n; i++) {
		vus_text_add(ret, "%-10s", d.item[i].label);
		for (const char *s = vus_text_str(&d.item[i].text); *s; s++) {
			vus_text_add_bytes(ret, s, 1);
			if (*s == '\n')
				vus_text_add(ret, "%*s", 10, "");
		}
		vus_text_add(ret, "\n");
	}
}

static bool is_verdict(const json_t *record, enum vus_verdict v)
{
	return strcmp(vus_json_text(record, "verdict"), vus_verdict_name(v)) ==
	       0;
}

static void add_message(mxml_node_t *x, const json_t *record)
{
	const char *level = vus_json_text(record, "level");
	const char *end = vus_json_text(record, "peer_end");

	attr(x, "type", "%s",
	     level[0] ? level : vus_json_text(record, "verdict"));
	if (vus_json_flag(record, "private"))
		attr(x, "message", "crashed: %s, fingerprint %s",
		     end[0] ? end : "end unknown",
		     vus_json_text(record, "fingerprint"));
	else
		attr(x, "message", "%s%s%s",
		     level[0] ? vus_json_text(record, "rule") : "",
		     level[0] ? ": " : "", vus_json_text(record, "reason"));
}

static void add_verdict(mxml_node_t *testcase, const json_t *record)
{
	bool fails = vus_json_flag(record, "fails_run");
	bool broken = is_verdict(record, VUS_BROKEN);
	VUS_AUTO_TEXT text = { 0 };
	mxml_node_t *x;

	if (is_verdict(record, VUS_SKIP)) {
		attr(element(testcase, "skipped"), "message", "%s",
		     vus_json_text(record, "reason"));
		return;
	}
	/* A pass has an exchange only where passes are traced. */
	if (is_verdict(record, VUS_PASS) &&
	    !json_object_get(record, "exchange"))
		return;
	x = element(testcase, fails    ? "failure"
			      : broken ? "error"
				       : "system-out");
	if (fails || broken)
		add_message(x, record);
	body(record, &text);
	if (!mxmlNewOpaque(x, vus_text_str(&text)))
		abort();
}

static void add_testcase(mxml_node_t *suite, const json_t *record)
{
	mxml_node_t *x = element(suite, "testcase");
	const char *group = vus_json_text(record, "group");
	const char *name = vus_json_text(record, "id") + strlen(group) + 1;
	json_int_t repeat = vus_json_number(record, "repeat");

	attr(x, "classname", "%s", group);
	/* Repeats are testcases of their own. */
	if (repeat > 0)
		attr(x, "name", "%s (repeat %" JSON_INTEGER_FORMAT ")", name,
		     repeat + 1);
	else
		attr(x, "name", "%s", name);
	attr(x, "time", "%.6f",
	     json_real_value(json_object_get(record, "seconds")));
	add_properties(x, record);
	add_verdict(x, record);
}

/* What a record adds to the sums of its group. */
static struct counts count(const json_t *record)
{
	const double ended = json_real_value(json_object_get(record, "ended"));
	const double seconds =
		json_real_value(json_object_get(record, "seconds"));

	return (struct counts){
		.tests = 1,
		.failures = vus_json_flag(record, "fails_run"),
		.errors = is_verdict(record, VUS_BROKEN),
		.skipped = is_verdict(record, VUS_SKIP),
		.first = VUS_MAX(ended - seconds, 0.0),
		.last = ended,
	};
}

static void junit_add_counts(struct counts *sum, struct counts c)
{
	sum->first = sum->tests == 0 ? c.first : VUS_MIN(sum->first, c.first);
	sum->last = VUS_MAX(sum->last, c.last);
	sum->tests += c.tests;
	sum->failures += c.failures;
	sum->errors += c.errors;
	sum->skipped += c.skipped;
}

static void set_counts(mxml_node_t *x, const struct counts *c)
{
	attr(x, "tests", "%u", c->tests);
	attr(x, "failures", "%u", c->failures);
	attr(x, "errors", "%u", c->errors);
	attr(x, "skipped", "%u", c->skipped);
	attr(x, "time", "%.6f", c->last - c->first);
}

/* What the run was: consumers look for it in each suite. */
static void add_run(mxml_node_t *suite, const json_t *root)
{
	static const char *const texts[] = { "target", "device", "version",
					     "system" };
	static const char *const asked[] = { "level", "spec", "seed", "words" };
	const json_t *options = json_object_get(root, "options");
	mxml_node_t *x = element(suite, "properties");

	for (size_t i = 0; i < VUS_COUNT(texts); i++)
		property(x, texts[i], vus_json_text(root, texts[i]));
	for (size_t i = 0; i < VUS_COUNT(asked); i++)
		property(x, asked[i], vus_json_text(options, asked[i]));
}

static mxml_node_t *add_suite(mxml_node_t *suites, const json_t *root,
			      const char *name)
{
	mxml_node_t *x = element(suites, "testsuite");
	/* The zone is left out: most schemas have no place for it. */
	const char *at = vus_json_text(root, "timestamp");

	attr(x, "name", "%s", name);
	attr(x, "timestamp", "%.*s", (int)strcspn(at, "Z"), at);
	attr(x, "hostname", "%s", vus_json_text(root, "host"));
	add_run(x, root);
	return x;
}

/* The suite of a group, wherever a shuffle put its variants. */
static struct suite *suite_of(mxml_node_t *suites, const json_t *root,
			      struct suite *all, size_t *n, const char *group)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(all[i].name, group) == 0)
			return &all[i];
	all[*n] = (struct suite){ .x = add_suite(suites, root, group),
				  .name = group };
	return &all[(*n)++];
}

static struct counts add_groups(mxml_node_t *suites, const json_t *root)
{
	const json_t *results = json_object_get(root, "results");
	/* At most as many groups as results. */
	struct suite *all = calloc(json_array_size(results) + 1, sizeof(*all));
	struct counts sum = { 0 };
	const json_t *record;
	size_t n = 0, i;

	if (!all)
		abort();
	json_array_foreach(results, i, record)
	{
		struct suite *s = suite_of(suites, root, all, &n,
					   vus_json_text(record, "group"));

		junit_add_counts(&s->counts, count(record));
		add_testcase(s->x, record);
	}
	for (i = 0; i < n; i++) {
		set_counts(all[i].x, &all[i].counts);
		junit_add_counts(&sum, all[i].counts);
	}
	free(all);
	return sum;
}

static void add_deviation(mxml_node_t *suite, const char *name,
			  const char *kind, const char *type,
			  const char *message)
{
	mxml_node_t *x = element(suite, "testcase"), *why;

	attr(x, "classname", "%s", mxmlElementGetAttr(suite, "name"));
	attr(x, "name", "%s", name);
	why = element(x, kind);
	attr(why, "type", "%s", type);
	attr(why, "message", "%s", message);
}

/* A run that did not take place, or was cut short, must not look green. */
static struct counts add_run_error(mxml_node_t *suites, const json_t *root,
				   const char *name, const char *message)
{
	const struct counts one = { .tests = 1, .errors = 1 };
	mxml_node_t *x = add_suite(suites, root, "run");

	set_counts(x, &one);
	add_deviation(x, name, "error", name, message);
	return one;
}

/* The file of known deviations is no longer true: the run fails by that. */
static struct counts junit_add_changes(mxml_node_t *suites, const json_t *root)
{
	const json_t *changes =
		json_object_get(json_object_get(root, "baseline"), "changes");
	unsigned n = (unsigned)json_array_size(changes);
	const struct counts sum = { .tests = n, .failures = n };
	const json_t *change;
	mxml_node_t *x;
	size_t i;

	if (n == 0)
		return sum;
	x = add_suite(suites, root, "baseline");
	set_counts(x, &sum);
	json_array_foreach(changes, i, change)
		add_deviation(x, vus_json_text(change, "id"), "failure",
			      "baseline", vus_json_text(change, "says"));
	return sum;
}

static void add_suites(mxml_node_t *doc, const json_t *root)
{
	const char *no_target =
		json_string_value(json_object_get(root, "no_target"));
	mxml_node_t *x = element(doc, "testsuites");
	struct counts sum;

	attr(x, "name", "vuspec: %s", vus_json_text(root, "target"));
	sum = add_groups(x, root);
	junit_add_counts(&sum, junit_add_changes(x, root));
	if (no_target)
		junit_add_counts(&sum, add_run_error(x, root, "target_starts",
						     no_target));
	if (vus_json_flag(json_object_get(root, "summary"), "interrupted"))
		junit_add_counts(
			&sum,
			add_run_error(x, root, "is_complete",
				      "interrupted: not all variants ran"));
	sum.first = 0;
	sum.last = json_real_value(
		json_object_get(json_object_get(root, "summary"), "seconds"));
	set_counts(x, &sum);
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
	add_suites(doc, r->document->root);
	mxmlSetWrapMargin(0);
	if (mxmlSaveFile(doc, o->to, blanks) < 0 || fputc('\n', o->to) < 0)
		o->failed = true;
	mxmlDelete(doc);
}

const struct vus_reporter vus_reporter_junit = {
	.format = "junit",
	.collects = true,
	.end = junit_end,
};
