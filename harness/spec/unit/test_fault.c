/* SPDX-License-Identifier: BSD-3-Clause */
/* test_fault.c — faults that replace decisions: by name, one and several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "spec/fault.h"

#include <string.h>

/* A toy that decides two things. */
struct toy {
	int (*speed)(void);
	int (*colour)(void);
};

static int zero(void)
{
	return 0;
}

static int one(void)
{
	return 1;
}

static int two(void)
{
	return 2;
}

static const struct toy honest = { .speed = zero, .colour = zero };

VUS_FAULT_ENTRY("toy_faults", toy, speed, is_one, .rule = "speed.zero",
		.says = "runs at one")
{
	decide->speed = one;
}

VUS_FAULT_ENTRY("toy_faults", toy, speed, is_two, .rule = "speed.zero",
		.says = "runs at two")
{
	decide->speed = two;
}

VUS_FAULT_ENTRY("toy_faults", toy, colour, is_one, .rule = "colour.zero",
		.also = "speed.zero", .says = "is of colour one",
		.proved_by = VUS_PROVED_BY_PYTEST)
{
	decide->colour = one;
	decide->speed = one;
}

extern const struct vus_fault_entry *const __start_toy_faults[];
extern const struct vus_fault_entry *const __stop_toy_faults[];

static bool make_speed(const char *name, void *decide)
{
	struct toy *table = decide;

	if (strcmp(name, "made.speed.2") != 0)
		return false;
	table->speed = two;
	return true;
}

static bool list_speed(void)
{
	return true;
}

static const struct vus_fault_maker speed_maker = { make_speed, list_speed };
static const struct vus_fault_maker *const makers[] = { &speed_maker };

static const struct vus_fault_book book = {
	.begin = __start_toy_faults,
	.end = __stop_toy_faults,
	.makers = makers,
	.makers_end = makers + 1,
	.honest = &honest,
	.size = sizeof(honest),
};

static void declaring_a_fault_registers_it(void **state)
{
	const struct vus_fault *fault =
		vus_fault_book_find(&book, "colour.is_one");

	(void)state;
	assert_int_equal(book.end - book.begin, 3);
	assert_non_null(fault);
	assert_string_equal(fault->rule, "colour.zero");
	assert_string_equal(fault->also, "speed.zero");
	assert_int_equal(fault->proved_by, VUS_PROVED_BY_PYTEST);
	assert_null(vus_fault_book_find(&book, "colour.is_two"));
}

static void a_fault_replaces_its_decisions_alone(void **state)
{
	static const char *const names[] = { "speed.is_two" };
	struct toy toy = honest;

	(void)state;
	assert_true(vus_fault_book_install(&book, &toy, names, 1, NULL));
	assert_int_equal(toy.speed(), 2);
	assert_int_equal(toy.colour(), 0);
	assert_int_equal(honest.speed(), 0);
}

static void faults_that_agree_are_taken_together(void **state)
{
	static const char *const names[] = { "speed.is_one", "colour.is_one",
					     "speed.is_one" };
	struct toy toy = honest;

	(void)state;
	assert_true(vus_fault_book_install(&book, &toy, names, 3, NULL));
	assert_int_equal(toy.speed(), 1);
	assert_int_equal(toy.colour(), 1);
}

static void refuses(const char *const *names, size_t n, const char *says)
{
	struct toy toy = honest;
	struct vus_err err = { 0 };

	assert_false(vus_fault_book_install(&book, &toy, names, n, &err));
	assert_int_equal(err.kind, VUS_ERR_USAGE);
	assert_non_null(strstr(err.text, says));
}

static void what_cannot_be_is_refused(void **state)
{
	static const char *const unknown[] = { "speed.is_one", "speed.is_ten" };
	static const char *const both[] = { "speed.is_two", "colour.is_one" };

	(void)state;
	refuses(unknown, 2, "no fault is called 'speed.is_ten'");
	refuses(both, 2, "'speed.is_two' and 'colour.is_one' exclude");
}

static void a_name_may_make_a_fault(void **state)
{
	static const char *const names[] = { "made.speed.2" };
	static const char *const both[] = { "colour.is_one", "made.speed.2" };
	struct toy toy = honest;

	(void)state;
	assert_true(vus_fault_book_install(&book, &toy, names, 1, NULL));
	assert_int_equal(toy.speed(), 2);
	assert_null(vus_fault_book_find(&book, names[0]));
	assert_true(vus_fault_book_list_made(&book));
	refuses(both, 2, "'colour.is_one' and 'made.speed.2' exclude");
}

static void without_faults_no_name_is_known(void **state)
{
	static const struct vus_fault_book none = { .honest = &honest,
						    .size = sizeof(honest) };

	(void)state;
	assert_null(vus_fault_book_find(&none, "speed.is_one"));
	assert_true(vus_fault_book_list(&none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(declaring_a_fault_registers_it),
		cmocka_unit_test(a_fault_replaces_its_decisions_alone),
		cmocka_unit_test(faults_that_agree_are_taken_together),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(a_name_may_make_a_fault),
		cmocka_unit_test(without_faults_no_name_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
