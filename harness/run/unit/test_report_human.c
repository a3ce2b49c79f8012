/* SPDX-License-Identifier: BSD-3-Clause */
/* test_report_human.c — the report for people, and what all reports share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "run/report/baseline.h"
#include "run/report/details.h"
#include "run/report/document.h"
#include "report_fixture.h"

static void human_shows_failures_in_full(void **state)
{
	struct fixture *f = *state;

	vus_fixture_play(f, "human");
	vus_assert_silent(f, "\033");
	vus_assert_silent(f, "\r");
	vus_assert_says(f, ", device blk, 16M of memory, 7 variants, 80 of "
			   "cases for other devices left out\n");
	vus_assert_says(f, "left out\nfail: 1 passed, 2 failed, 1 warned, 1 "
			   "skipped, 1 broken\n\n no  verdict harm ");
	vus_assert_says(f, "\n  1  fail    crash         1    1        "
			   "socket.second_connection: ");
	vus_assert_says(f, "\n  2  fail    corruption    1    1        "
			   "mem_table.offset_nonzero: mmap offse...\n");
	vus_assert_says(f, "\n  4  broken  vuspec        1    1        "
			   "out of descriptors\n");
	vus_assert_says(
		f, "\n[2] corruption  mem_table.offset_nonzero: mmap offset "
		   "selects the file bytes\n");
	vus_assert_says(f, "  fail  mem.offset_is_respected[memfd]\n");
	vus_assert_says(f, "mem_table.offset_nonzero, MUST: vhost-user, \"");
	vus_assert_says(f, "got == want");
	vus_assert_says(f, "fake-frontend/cases/mem.c:41\n");
	vus_assert_says(f, "    exchange  -> GET_FEATURES\n");
	vus_assert_says(f, "              -> SECOND\n");
	vus_assert_says(f, "    stderr    \\x1b[2Jred\\x07\\x0d\n");
	vus_assert_says(f, "    peer      exit status 1\n");
	vus_assert_says(f, "    again     vuspec test-backend --device blk "
			   "--filter 'mem.offset_is_respected[memfd]' -- "
			   "'my daemon' --path={socket}\n");
	vus_assert_says(f, "version_is_one[row=zero] (repeat 2)\n");
	vus_assert_says(f, "Skipped, by reason\n  skip       1  needs "
			   "header.version, which did not work\n");
	vus_assert_says(f, "Judged 2 of 3 rules that apply");
	vus_assert_says(f, "\nfail: 1 passed, 2 failed, 1 warned, 1 skipped, "
			   "1 broken\n");
}

static void details_are_by_group(void **state)
{
	struct fixture *f = *state;

	f->opt.details = true;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "\nfail    mem     1 passed, 2 failed\n\n  fail  ");
	vus_assert_says(
		f,
		"\nbroken  hdr     1 warned, 1 skipped, 1 broken, 1 not run\n");
	vus_assert_silent(f, "all of it with --details");
}

static char *times(char *text, const char *word)
{
	char *at = strstr(text, word);

	return at ? strstr(at + 1, word) : NULL;
}

static void rows_that_show_the_same_are_one(void **state)
{
	struct fixture *f = *state;
	char first[] = "at /tmp/a/1 of 0x1234", second[] = "at /run/b of 0x99";
	char other[] = "at noon";

	f->v[CRASHED].crashed = false;
	f->v[CRASHED].rule = f->v[FAILED].rule;
	f->v[CRASHED].peer_end[0] = f->v[FAILED].peer_end[0] = '\0';
	f->v[FAILED].reason = first;
	f->v[CRASHED].reason = second;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "\n  1  fail    corruption    1    2        mem_");
	vus_assert_says(f, "  fail  mem.offset_is_respected\n"
			   "    rows      2: [memfd] [file]\n");
	vus_assert_says(f, "    saw       at /tmp/a/1 of 0x1234\n");
	vus_assert_silent(f, second);
	assert_null(times(f->out, "    exchange"));
	/* Another reason is shown, in short. */
	f->v[CRASHED].reason = other;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "    saw       at noon\n    again     vuspec");
	assert_null(times(f->out, "    exchange"));
	/* What needs the rule is counted under it. */
	f->v[SKIPPED].rule = f->v[FAILED].rule;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "\n  1  fail    corruption    1    2     1  mem_");
	vus_assert_says(f,
			"    needed    1 more were skipped, which need it\n");
}

/* Of the lines that are left out, messages that the rule is about are shown. */
static void a_short_exchange_keeps_what_the_rule_is_about(void **state)
{
	json_t *record = json_pack(
		"{s:s, s:[sssss]}", "rule", "mem_table.offset_nonzero",
		"exchange", "-> SET_OWNER", "-> SET_MEM_TABLE nregions=2",
		"-> SET_VRING_NUM", "-> SET_VRING_KICK", "-> GET_FEATURES");
	struct vus_details d;

	(void)state;
	assert_non_null(record);
	vus_record_details(record, 1, &d);
	assert_string_equal(vus_text_str(&d.item[d.n - 1].text),
			    "(4 earlier lines left out)\n"
			    "-> SET_MEM_TABLE nregions=2\n...\n"
			    "-> GET_FEATURES");
	vus_details_free(&d);
	json_object_set_new(record, "rule", json_string("fds.high_numbers"));
	vus_record_details(record, 1, &d);
	assert_string_equal(vus_text_str(&d.item[d.n - 1].text),
			    "(4 earlier lines left out)\n-> GET_FEATURES");
	vus_details_free(&d);
	json_decref(record);
}

static void the_longest_verdict_has_its_column(void **state)
{
	struct fixture *f = *state;

	f->v[FAILED].verdict = VUS_UNSTABLE;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "  unstable corruption    1    1");
}

static void the_seed_of_a_shuffle_is_told(void **state)
{
	struct fixture *f = *state;

	vus_fixture_play(f, "human");
	vus_assert_silent(f, "seed");
	f->opt.shuffled = true;
	vus_fixture_play(f, "human");
	vus_assert_says(f, ", shuffled with seed 18446744073709551615\n");
}

static void human_of_an_interrupted_run(void **state)
{
	struct fixture *f = *state;

	f->summary.interrupted = true;
	f->summary.interrupt_signal = SIGTERM;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "interrupted by SIGTERM: 6 of 7 variants ran\n");
}

static void human_of_a_target_that_ends_at_disconnect(void **state)
{
	struct fixture *f = *state;

	f->report.one_shot = true;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "closes: each case had a fresh one.\n");
	f->opt.restart = VUS_RESTART_NEVER;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "closes, and was not started again (--restart "
			   "never).\n");
}

static void known_deviations_are_quiet(void **state)
{
	struct fixture *f = *state;

	f->v[FAILED].known = f->v[CRASHED].known = "bug 12";
	f->summary.known[VUS_FAIL] = 2;
	f->v[BROKE].verdict = VUS_PASS;
	f->summary.counts[VUS_BROKEN] = 0;
	vus_fixture_play(f, "human");
	vus_assert_silent(f, "GET_FEATURES");
	vus_assert_says(f, "  fail    known         1    1        mem_table.");
	vus_assert_says(f, "\nwarn: 1 passed, 2 failed (2 known), ");
}

static void what_changed_in_the_baseline_is_told(void **state)
{
	static struct vus_baseline_line lines[] = {
		{ .id = "mem.one", .rule = "header.version" },
		{ .id = NULL },
		{ .id = "mem.two", .verdict = VUS_FAIL, .ran = true },
	};
	static struct vus_baseline b = { .path = "known.tsv",
					 .lines = lines,
					 .n = VUS_COUNT(lines) };
	struct fixture *f = *state;

	f->opt.baseline = &b;
	f->summary.counts[VUS_FAIL] = 0;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "\n1 line of known.tsv no longer holds "
			   "(update it with --write-baseline)\n"
			   "  mem.two: better: fail is now pass\n");
	vus_assert_says(f, "\nbroken: 1 passed, ");
	f->opt.accept = true;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "\nbroken: 1 passed, ");
	f->opt.accept_into = "new.tsv";
	vus_fixture_play(f, "human");
	vus_assert_says(f, "\naccepted into new.tsv: 1 passed, ");
	f->opt.accept_into = NULL;
	f->opt.min_judged = 3;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "That is less than --min-judged 3.\nfail: ");
}

static void human_of_no_target(void **state)
{
	static const struct vus_no_target none = { .text = "x " HOSTILE };
	struct fixture *f = *state;

	f->report.no_target = &none;
	vus_fixture_play(f, "human");
	vus_assert_says(f, "no target: x " CLEANED "\n");
	vus_assert_silent(f, "Judged");
}

static void crashes_stay_private(void **state)
{
	static const char *const formats[] = { "json", "junit", "tap",
					       "human" };
	struct fixture *f = *state;
	char print[17];

	/* No other variant may show the words instead. */
	f->v[FAILED].result = NULL;
	for (size_t i = 0; i < VUS_COUNT(formats); i++) {
		f->opt.show_crashes = false;
		vus_fixture_play(f, formats[i]);
		vus_assert_silent(f, "SECRET");
		vus_assert_silent(f, "GET_FEATURES");
		vus_assert_silent(f, "got == want");
		vus_assert_says(f, "signal 11 (SIGSEGV)");
		vus_assert_says(f,
				vus_report_fingerprint(&f->v[CRASHED], print));
		vus_assert_says(f, "socket.second_connection");
		f->opt.show_crashes = true;
		vus_fixture_play(f, formats[i]);
		vus_assert_says(f, "SECRET");
		vus_assert_says(f, "GET_FEATURES");
	}
}

static void fingerprints_know_the_crash_not_the_run(void **state)
{
	struct fixture *f = *state;
	struct vus_variant *v = &f->v[CRASHED];
	char first[17], again[17];
	char one[] = "==17==ERROR at 0x1234\nSUMMARY: overflow a.c:3 in f\n";
	char same[] = "==99==ERROR at 0x5678\nSUMMARY: overflow a.c:3 in f\n";
	char other[] = "==99==ERROR at 0x5678\nSUMMARY: overflow a.c:9 in g\n";

	v->peer_stderr = one;
	(void)vus_report_fingerprint(v, first);
	v->peer_stderr = same;
	assert_string_equal(vus_report_fingerprint(v, again), first);
	v->peer_stderr = other;
	assert_string_not_equal(vus_report_fingerprint(v, again), first);
	v->peer_stderr = same;
	v->c = f->v[WARNED].c;
	assert_string_equal(vus_report_fingerprint(v, again), first);
}

static void a_report_may_be_dropped_midway(void **state)
{
	static const char *const formats[] = { "json", "junit", "tap",
					       "human" };
	struct fixture *f = *state;

	for (size_t i = 0; i < VUS_COUNT(formats); i++) {
		FILE *to = fopen("/dev/null", "we");
		struct vus_output *o[] = { vus_output_new(formats[i], to),
					   NULL };

		assert_non_null(to);
		vus_outputs_begin(o, &f->report);
		vus_outputs_result(o, &f->report, &f->v[FAILED]);
		vus_output_free(o[0]);
		vus_document_free(f->report.document);
		f->report.document = NULL;
		assert_int_equal(fclose(to), 0);
		vus_output_free(vus_output_new(formats[i], NULL));
	}
}

static void formats_are_named(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_output_formats(&t);
	assert_string_equal(vus_text_str(&t),
			    "human, github, json, junit, tap");
	assert_null(vus_output_new("yaml", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(human_shows_failures_in_full),
		WITH(details_are_by_group),
		WITH(rows_that_show_the_same_are_one),
		cmocka_unit_test(a_short_exchange_keeps_what_the_rule_is_about),
		WITH(the_longest_verdict_has_its_column),
		WITH(the_seed_of_a_shuffle_is_told),
		WITH(human_of_an_interrupted_run),
		WITH(human_of_a_target_that_ends_at_disconnect),
		WITH(known_deviations_are_quiet),
		WITH(what_changed_in_the_baseline_is_told),
		WITH(human_of_no_target),
		WITH(crashes_stay_private),
		WITH(fingerprints_know_the_crash_not_the_run),
		WITH(a_report_may_be_dropped_midway),
		cmocka_unit_test(formats_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
