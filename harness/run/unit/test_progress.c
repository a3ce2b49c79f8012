/* SPDX-License-Identifier: BSD-3-Clause */
/* test_progress.c — the line that tells how far a run is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "run/report/progress.h"

#include <stdlib.h>
#include <string.h>

static void assert_line(const struct vus_progress_state *s, unsigned columns,
			const char *want)
{
	VUS_AUTO_TEXT line = { 0 };

	vus_progress_line(s, columns, &line);
	assert_string_equal(vus_text_str(&line), want);
}

static void it_counts_and_names(void **state)
{
	struct vus_progress_state s = { .all = 310,
					.running = 4,
					.seconds = 0.04 };

	(void)state;
	assert_line(&s, 80, "0/310  4 running  0.0 s  ");
	s.done = 12;
	s.bad = 3;
	s.seconds = 12.34;
	s.id = "mem.offset_is_respected[shm]";
	assert_line(&s, 80,
		    "12/310  3 not passed  4 running  12.3 s  "
		    "mem.offset_is_respected[shm]");
}

static void it_never_fills_the_last_column(void **state)
{
	const struct vus_progress_state s = {
		.all = 310,
		.id = "a.very_long_name_that_does_not_fit_into_one_line_of_it",
	};
	VUS_AUTO_TEXT line = { 0 };

	(void)state;
	vus_progress_line(&s, 40, &line);
	assert_int_equal(strlen(vus_text_str(&line)), 39);
}

/* Neither this program's error output nor a dumb terminal is one. */
static void without_a_terminal_nothing_is_drawn(void **state)
{
	const struct vus_progress_state s = { .all = 1 };
	struct vus_progress p;

	(void)state;
	(void)setenv("TERM", "dumb", 1);
	vus_progress_open(&p);
	assert_false(p.on);
	vus_progress_draw(&p, &s);
	assert_false(p.shown);
	assert_true(p.next == VUS_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_counts_and_names),
		cmocka_unit_test(it_never_fills_the_last_column),
		cmocka_unit_test(without_a_terminal_nothing_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
