/* SPDX-License-Identifier: BSD-3-Clause */
/* test_report_junit.c — the JUnit report, read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libxml/xmlreader.h>
#include <signal.h>
#include <string.h>

#include "run/report/baseline.h"
#include "report_fixture.h"

/* Counts of elements, and the text and names met on the way. */
struct seen {
	unsigned suites, cases, failures, errors, skipped, system_out;
	bool hostile_text, hostile_message, names_case, repeats;
};

static bool attr_is(xmlTextReader *r, const char *name, const char *want)
{
	xmlChar *got = xmlTextReaderGetAttribute(r, (const xmlChar *)name);
	bool same = got && strcmp((const char *)got, want) == 0;

	xmlFree(got);
	return same;
}

static void visit(xmlTextReader *r, struct seen *seen)
{
	const char *name = (const char *)xmlTextReaderConstName(r);
	char hostile[] = "mem_table.offset_nonzero: " CLEANED;
	int type = xmlTextReaderNodeType(r);

	if (type == XML_READER_TYPE_TEXT) {
		const char *text = (const char *)xmlTextReaderConstValue(r);

		if (strstr(text, "</failure> \"&amp;\\ \\xef\\xbf\\xbf"))
			seen->hostile_text = true;
	}
	if (type != XML_READER_TYPE_ELEMENT)
		return;
	seen->suites += strcmp(name, "testsuite") == 0;
	seen->cases += strcmp(name, "testcase") == 0;
	seen->failures += strcmp(name, "failure") == 0;
	seen->errors += strcmp(name, "error") == 0;
	seen->skipped += strcmp(name, "skipped") == 0;
	seen->system_out += strcmp(name, "system-out") == 0;
	*strchr(hostile, '\n') = ' '; /* attributes have no lines */
	if (attr_is(r, "message", hostile))
		seen->hostile_message = true;
	if (attr_is(r, "classname", "mem") &&
	    attr_is(r, "name", "offset_is_respected[memfd]"))
		seen->names_case = true;
	if (attr_is(r, "name", "version_is_one[row=zero] (repeat 2)"))
		seen->repeats = true;
}

static struct seen read_xml(const struct fixture *f)
{
	xmlTextReader *r = xmlReaderForMemory(f->out, (int)f->len, NULL, NULL,
					      XML_PARSE_NONET);
	struct seen seen = { 0 };
	int more;

	assert_non_null(r);
	while ((more = xmlTextReaderRead(r)) == 1)
		visit(r, &seen);
	if (more != 0)
		fail_msg("not well-formed:\n%s", f->out);
	xmlFreeTextReader(r);
	return seen;
}

static void junit_is_well_formed_and_counts(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	vus_fixture_play(f, "junit");
	seen = read_xml(f);
	assert_int_equal(seen.suites, 2);
	assert_int_equal(seen.cases, 6);
	assert_int_equal(seen.failures, 2);
	assert_int_equal(seen.errors, 1);
	assert_int_equal(seen.skipped, 1);
	assert_int_equal(seen.system_out, 1);
	assert_true(seen.hostile_text);
	assert_true(seen.hostile_message);
	assert_true(seen.names_case);
	assert_true(seen.repeats);
	vus_assert_says(
		f, "tests=\"6\" failures=\"2\" errors=\"1\" skipped=\"1\"");
	vus_assert_says(f, "<property name=\"level\" value=\"MUST\" />");
}

static void levels_decide_what_fails_the_run(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->v[WARNED].rule->level, VUS_SHOULD);
	assert_false(vus_report_fails_run(&f->opt, &f->v[WARNED]));
	assert_true(vus_report_fails_run(&f->opt, &f->v[FAILED]));
	assert_false(vus_report_fails_run(&f->opt, &f->v[SKIPPED]));
	assert_false(vus_report_fails_run(&f->opt, &f->v[BROKE]));
	f->opt.level = 1;
	assert_true(vus_report_fails_run(&f->opt, &f->v[WARNED]));
	vus_fixture_play(f, "junit");
	assert_int_equal(read_xml(f).failures, 3);
	f->v[WARNED].rule = vus_rule_find("header.size12"); /* DEF */
	assert_false(vus_report_fails_run(&f->opt, &f->v[WARNED]));
	f->opt.level = 2;
	assert_true(vus_report_fails_run(&f->opt, &f->v[WARNED]));
}

static void junit_of_no_target_and_interrupt_is_not_green(void **state)
{
	static const struct vus_no_target none = { .text = "x " HOSTILE };
	struct fixture *f = *state;

	f->summary.interrupted = true;
	f->summary.interrupt_signal = SIGINT;
	vus_fixture_play(f, "junit");
	assert_int_equal(read_xml(f).errors, 2);
	f->summary.interrupted = false;
	f->report.no_target = &none;
	vus_fixture_play(f, "junit");
	assert_int_equal(read_xml(f).errors, 1);
}

static void known_deviations_do_not_fail_and_changes_do(void **state)
{
	static struct vus_baseline_line lines[] = {
		{ .id = "mem.two",
		  .verdict = VUS_WARN,
		  .now = VUS_FAIL,
		  .ran = true },
	};
	static struct vus_baseline b = { .lines = lines, .n = 1 };
	struct fixture *f = *state;
	struct seen seen;

	f->v[FAILED].known = "bug <12>";
	f->opt.baseline = &b;
	vus_fixture_play(f, "junit");
	seen = read_xml(f);
	assert_int_equal(seen.suites, 3);
	assert_int_equal(seen.cases, 7);
	assert_int_equal(seen.failures, 2);
	vus_assert_says(f, "tests=\"7\" failures=\"2\"");
	vus_assert_says(f, "name=\"known\" value=\"bug &lt;12&gt;\"");
	vus_assert_says(f, "message=\"worse: warn is now fail\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(known_deviations_do_not_fail_and_changes_do),
		WITH(junit_is_well_formed_and_counts),
		WITH(levels_decide_what_fails_the_run),
		WITH(junit_of_no_target_and_interrupt_is_not_green),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	xmlCleanupParser();
	return failed;
}
