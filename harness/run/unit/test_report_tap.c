/* SPDX-License-Identifier: BSD-3-Clause */
/* test_report_tap.c — the report as TAP: the plan, directives, hostile words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "report_fixture.h"

static void every_line_has_its_number_and_directive(void **state)
{
	struct fixture *f = *state;

	vus_fixture_play(f, "tap");
	vus_assert_says(f, "TAP version 13\n1..7\n");
	vus_assert_says(f, "\nok 1 - mem.offset_is_respected[shm]\n");
	vus_assert_says(f, "\nnot ok 2 - mem.offset_is_respected[memfd]\n"
			   "  ---\n  verdict: fail\n  rule: |\n"
			   "    mem_table.offset_nonzero, MUST: ");
	vus_assert_says(f, "\nok 3 - hdr.version_is_one[row=three]\n"
			   "  ---\n  verdict: warn\n");
	vus_assert_says(f, "\nok 4 - hdr.version_is_one[row=zero] # SKIP "
			   "needs header.version: no answer\n");
	vus_assert_says(f, "\nnot ok 5 - hdr.version_is_one[row=zero] "
			   "(repeat 2)\n");
	vus_assert_says(f, "\nnot ok 6 - mem.offset_is_respected[file]\n");
	vus_assert_silent(f, "Bail out!");
	vus_assert_silent(f, "SECRET");
	/* A word of the peer never begins a line. */
	vus_assert_silent(f, "\nred");
	vus_assert_silent(f, "\033");
}

static void directives_are_ours_alone(void **state)
{
	struct fixture *f = *state;
	char reason[] = "a # SKIP\nnot ok \\ b";

	f->v[SKIPPED].reason = reason;
	vus_fixture_play(f, "tap");
	vus_assert_says(f, " # SKIP a \\# SKIP not ok \\\\ b\n");
}

static void a_known_deviation_is_to_be_mended(void **state)
{
	struct fixture *f = *state;

	f->v[FAILED].known = "bug 12";
	f->v[WARNED].known = "";
	vus_fixture_play(f, "tap");
	vus_assert_says(f, "\nnot ok 2 - mem.offset_is_respected[memfd] # TO"
			   "DO bug 12\n");
	vus_assert_says(f, "\nok 3 - hdr.version_is_one[row=three]\n");
}

static void a_cut_run_bails_out(void **state)
{
	static const struct vus_no_target none = { .text = "x\ny" };
	struct fixture *f = *state;

	f->summary.interrupted = true;
	f->summary.interrupt_signal = SIGINT;
	vus_fixture_play(f, "tap");
	vus_assert_says(f, "\nBail out! interrupted by SIGINT\n");
	f->report.no_target = &none;
	vus_fixture_play(f, "tap");
	vus_assert_says(f, "1..7\nBail out! no target: x y\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(every_line_has_its_number_and_directive),
		WITH(directives_are_ours_alone),
		WITH(a_known_deviation_is_to_be_mended),
		WITH(a_cut_run_bails_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
