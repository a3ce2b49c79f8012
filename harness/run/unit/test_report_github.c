/* SPDX-License-Identifier: BSD-3-Clause */
/* test_report_github.c — annotations: one a cause, hostile words escaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_fixture.h"

static void a_cause_is_an_annotation(void **state)
{
	struct fixture *f = *state;
	char evil[] = "a\n::error::b, 100%";

	(void)unsetenv("GITHUB_STEP_SUMMARY");
	f->v[FAILED].reason = evil;
	vus_fixture_play(f, "github");
	vus_assert_says(f, "::error file=fake-frontend/cases/mem.c,line=41,"
			   "title=mem_table.offset_nonzero::corruption (1)");
	vus_assert_says(f, "a%0A%3A%3Aerror%3A%3Ab%2C 100%25%0A");
	vus_assert_says(f, "::warning file=");
	vus_assert_silent(f, "SECRET");
	vus_assert_silent(f, "\n::error::b");
	/* Of one cause one line. */
	f->v[CRASHED].crashed = false;
	f->v[CRASHED].rule = f->v[FAILED].rule;
	vus_fixture_play(f, "github");
	vus_assert_says(f, "::corruption (2)");
	/* What is known is quiet. */
	f->v[FAILED].known = f->v[CRASHED].known = "";
	vus_fixture_play(f, "github");
	vus_assert_silent(f, "::error file=");
}

static void a_summary_is_added_to_the_file(void **state)
{
	struct fixture *f = *state;
	char path[] = "/tmp/test_report_github-XXXXXX", text[4096] = "";
	char evil[] = "<b> | `x`";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(setenv("GITHUB_STEP_SUMMARY", path, 1), 0);
	f->v[FAILED].reason = evil;
	vus_fixture_play(f, "github");
	vus_fixture_play(f, "github");
	assert_int_equal(unsetenv("GITHUB_STEP_SUMMARY"), 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	assert_non_null(strstr(text, "### vuspec: 1 pass 2 fail 1 warn 1 skip "
				     "1 broken\n"));
	assert_non_null(strstr(text, "&#60;b&#62; &#124; &#96;x&#96;"));
	assert_null(strstr(text, "<b>"));
	assert_null(strstr(text, "SECRET"));
	/* It was appended. */
	assert_non_null(strstr(strstr(text, "### vuspec") + 1, "### vuspec"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_cause_is_an_annotation),
		WITH(a_summary_is_added_to_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
