/* SPDX-License-Identifier: BSD-3-Clause */
/* test_report_json.c — the JSON report, read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "run/report/baseline.h"
#include "report_fixture.h"

static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "(none)";
}

static json_t *parse(const struct fixture *f)
{
	json_error_t err;
	json_t *root = json_loadb(f->out, f->len, JSON_REJECT_DUPLICATES, &err);

	if (!root)
		fail_msg("%s in:\n%s", err.text, f->out);
	return root;
}

static void json_tells_everything(void **state)
{
	struct fixture *f = *state;
	json_t *root, *results, *r;

	vus_fixture_play(f, "json");
	root = parse(f);
	assert_int_equal(json_integer_value(json_object_get(root, "schema")),
			 1);
	assert_string_equal(str(root, "target"), "my daemon " CLEANED);
	assert_int_equal(json_integer_value(json_object_get(root, "left_out")),
			 80);
	assert_string_equal(str(json_object_get(root, "options"), "seed"),
			    "18446744073709551615");
	results = json_object_get(root, "results");
	assert_int_equal(json_array_size(results), NEVER_RAN);
	r = json_array_get(results, FAILED);
	assert_string_equal(str(r, "id"), "mem.offset_is_respected[memfd]");
	assert_string_equal(str(r, "group"), "mem");
	assert_string_equal(str(r, "name"), "offset_is_respected");
	assert_string_equal(str(r, "memory"), "memfd");
	assert_string_equal(str(r, "verdict"), "fail");
	assert_string_equal(str(r, "rule"), "mem_table.offset_nonzero");
	assert_string_equal(str(r, "level"), "MUST");
	assert_string_equal(str(r, "says"),
			    vus_rule_find("mem_table.offset_nonzero")->rule);
	assert_true(json_boolean_value(json_object_get(r, "deviates")));
	assert_string_equal(str(r, "reason"), CLEANED);
	assert_string_equal(str(r, "stderr"), CLEANED);
	assert_string_equal(str(r, "expected"), "got == want");
	assert_string_equal(str(r, "check"), "mem.holds: it does");
	assert_true(json_is_null(json_object_get(r, "seen")));
	assert_int_equal(json_integer_value(json_object_get(r, "line")), 41);
	assert_int_equal(json_array_size(json_object_get(r, "judged")), 2);
	r = json_object_get(r, "exchange");
	assert_int_equal(json_array_size(r), 4);
	assert_string_equal(json_string_value(json_array_get(r, 0)),
			    "-> GET_FEATURES");
	assert_string_equal(json_string_value(json_array_get(r, 3)),
			    "-> SECOND");
	r = json_array_get(results, PASSED);
	assert_null(json_object_get(r, "exchange"));
	r = json_array_get(results, WARNED);
	assert_string_equal(str(r, "row"), "three");
	assert_false(json_boolean_value(json_object_get(r, "fails_run")));
	r = json_array_get(results, SKIPPED);
	assert_string_equal(str(r, "reason"),
			    "needs header.version: no answer");
	json_decref(root);
}

static void json_traces_passes_when_asked(void **state)
{
	struct fixture *f = *state;
	json_t *root, *r;

	f->opt.trace = true;
	vus_fixture_play(f, "json");
	root = parse(f);
	r = json_array_get(json_object_get(root, "results"), PASSED);
	assert_int_equal(json_array_size(json_object_get(r, "exchange")), 4);
	json_decref(root);
}

static void json_of_no_target(void **state)
{
	static const struct vus_no_target none = { .text = "x " HOSTILE };
	struct fixture *f = *state;
	json_t *root;

	f->report.no_target = &none;
	vus_fixture_play(f, "json");
	root = parse(f);
	assert_string_equal(str(root, "no_target"), "x " CLEANED);
	assert_int_equal(json_array_size(json_object_get(root, "results")), 0);
	json_decref(root);
}

static void json_tells_what_is_known_and_what_changed(void **state)
{
	static struct vus_baseline_line lines[] = {
		{ .id = "mem.two",
		  .verdict = VUS_FAIL,
		  .ran = true,
		  .rule = "header.version" },
		{ .id = "mem.three",
		  .verdict = VUS_FAIL,
		  .ran = true,
		  .confirmed = true,
		  .rule = "header.version" },
	};
	static struct vus_baseline b = { .path = "known.tsv",
					 .lines = lines,
					 .n = VUS_COUNT(lines) };
	struct fixture *f = *state;
	json_t *root, *results, *o;

	f->v[FAILED].known = "";
	f->opt.baseline = &b;
	vus_fixture_play(f, "json");
	root = parse(f);
	results = json_object_get(root, "results");
	o = json_array_get(results, FAILED);
	assert_string_equal(str(o, "known"), "");
	assert_true(json_boolean_value(json_object_get(o, "deviates")));
	assert_false(json_boolean_value(json_object_get(o, "fails_run")));
	o = json_array_get(results, CRASHED);
	assert_true(json_is_null(json_object_get(o, "known")));
	o = json_object_get(root, "baseline");
	assert_string_equal(str(o, "file"), "known.tsv");
	o = json_object_get(o, "changes");
	assert_int_equal(json_array_size(o), 1);
	o = json_array_get(o, 0);
	assert_string_equal(str(o, "id"), "mem.two");
	assert_string_equal(str(o, "was"), "fail");
	assert_string_equal(str(o, "now"), "pass");
	assert_string_equal(str(o, "says"), "better: fail is now pass");
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(json_tells_what_is_known_and_what_changed),
		WITH(json_tells_everything),
		WITH(json_traces_passes_when_asked),
		WITH(json_of_no_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
