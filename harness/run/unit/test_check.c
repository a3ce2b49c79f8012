/* SPDX-License-Identifier: BSD-3-Clause */
/* test_check.c — the names of checks. */
#include "run/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *name_of(const char *wants)
{
	static char name[VUS_CHECK_NAME];
	const struct vus_check_site site = { .file = "../cases/ring_stop.c",
					     .function = "is_sent",
					     .wants = wants };

	vus_check_name(&site, name);
	return name;
}

static void literals_are_read(void **state)
{
	(void)state;
	assert_string_equal(name_of("\"it comes\""),
			    "ring_stop.is_sent: it comes");
	assert_string_equal(name_of("\"it \" \"comes \" \"now\""),
			    "ring_stop.is_sent: it comes now");
	assert_string_equal(name_of("\"\""), "ring_stop.is_sent: ");
	assert_string_equal(name_of("\"a \\\" b\""),
			    "ring_stop.is_sent: a \\\" b");
}

static void expressions_stay(void **state)
{
	(void)state;
	assert_string_equal(name_of("what"), "ring_stop.is_sent: what");
	assert_string_equal(name_of("call ? \"a\" : \"b\""),
			    "ring_stop.is_sent: call ? \"a\" : \"b\"");
	assert_string_equal(name_of("\"a\" PRIu32"),
			    "ring_stop.is_sent: \"a\" PRIu32");
	assert_string_equal(name_of("\"a"), "ring_stop.is_sent: \"a");
}

static void long_names_are_cut(void **state)
{
	char wants[2 * VUS_CHECK_NAME];

	(void)state;
	memset(wants, 'x', sizeof(wants) - 1);
	wants[sizeof(wants) - 1] = '\0';
	assert_int_equal(strlen(name_of(wants)), VUS_CHECK_NAME - 1);
}

static const struct vus_check_site *here(const char **ret_function)
{
	*ret_function = __func__;
	return VUS_CHECK_SITE("\"z\"");
}

static const struct vus_check_site *before(void)
{
	return VUS_CHECK_SITE("\"a\"");
}

static void places_are_collected(void **state)
{
	const char *function;
	const struct vus_check_site *z = here(&function), *a = before();
	size_t n;
	const struct vus_check_site *const *all = vus_checks_all(&n);

	(void)state;
	assert_int_equal(n, 2);
	assert_ptr_equal(all[0], a);
	assert_ptr_equal(all[1], z);
	assert_string_equal(z->function, function);
	assert_non_null(strstr(z->file, "test_check.c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_are_read),
		cmocka_unit_test(expressions_stay),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(places_are_collected),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
