/* SPDX-License-Identifier: BSD-3-Clause */
/* test_describe.c — suggestions and levels, as the subcommands print them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "run/case.h"

static void assert_near(const char *word, const char *const *candidates,
			const char *want)
{
	struct vus_suggestions near = { .word = word };
	VUS_AUTO_TEXT text = { 0 };

	for (size_t i = 0; candidates[i]; i++)
		vus_suggestions_add(&near, candidates[i]);
	vus_suggestions_text(&near, &text);
	assert_string_equal(vus_text_str(&text), want);
}
#define NEAR(word, want, ...)                                                  \
	assert_near(word, (const char *const[]){ __VA_ARGS__, NULL }, want)

static void slips_are_near_and_sorted(void **state)
{
	(void)state;
	NEAR("header.versoin", "; did you mean: header.verso, header.version",
	     "mem.region", "header.verso", "header.version");
	NEAR("version", "; did you mean: header.version", "header.version",
	     "header.size");
	NEAR("abc", "", "xyzuvw");
	NEAR("", "", "header.version");
}

static void only_the_nearest_are_told(void **state)
{
	(void)state;
	NEAR("aaaa", "; did you mean: aaaa, aaab, aabb, aacc, abbb", "abbb",
	     "aabb", "accc", "aaab", "aacc", "aaaa", "addd");
}

static void the_strictest_rule_gives_the_level(void **state)
{
	struct vus_case c = { .rules = { "header.version_other" } };

	(void)state;
	assert_string_equal(vus_case_level(&c), "SHOULD");
	c.rules[1] = "socket.second_connection";
	assert_string_equal(vus_case_level(&c), "HARDEN");
	c.rules[2] = "header.version";
	assert_string_equal(vus_case_level(&c), "MUST");
	assert_true(vus_case_cites(&c, "header.version"));
	assert_false(vus_case_cites(&c, "header.size12"));
	c = (struct vus_case){ .rules = { "no.rule" } };
	assert_string_equal(vus_case_level(&c), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slips_are_near_and_sorted),
		cmocka_unit_test(only_the_nearest_are_told),
		cmocka_unit_test(the_strictest_rule_gives_the_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
