/* SPDX-License-Identifier: BSD-3-Clause */
/* test_err.c — errors in words and as a kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"

#include <errno.h>
#include <string.h>

static void kind_and_text_are_kept(void **state)
{
	struct vus_err err = { .kind = VUS_ERR_SYSTEM, .sys = 5 };

	(void)state;
	assert_false(vus_fail(&err, VUS_ERR_REFUSED, "%s said %d", "it", 7));
	assert_int_equal(err.kind, VUS_ERR_REFUSED);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.text, "it said 7");
}

static void errno_is_named_and_kept(void **state)
{
	struct vus_err err = { 0 };

	(void)state;
	errno = ENOENT;
	assert_false(vus_fail_sys(&err, "opening %s", "x"));
	assert_int_equal(err.kind, VUS_ERR_SYSTEM);
	assert_int_equal(err.sys, ENOENT);
	assert_string_equal(err.text, "opening x: No such file or directory");
}

static void nobody_need_listen(void **state)
{
	(void)state;
	assert_false(vus_fail(NULL, VUS_ERR_EOF, "%d", 1));
	assert_false(vus_fail_sys(NULL, "%d", 1));
}

static void an_error_is_wrapped_in_its_own_place(void **state)
{
	struct vus_err err = { 0 };

	(void)state;
	vus_fail(&err, VUS_ERR_USAGE, "inner");
	vus_fail(&err, VUS_ERR_PROTOCOL, "outer: %s", err.text);
	assert_string_equal(err.text, "outer: inner");
	errno = EPERM;
	vus_fail_sys(&err, "most %s", err.text);
	assert_string_equal(err.text,
			    "most outer: inner: Operation not permitted");
}

static void a_long_text_is_cut(void **state)
{
	struct vus_err err;
	char words[500];

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	memset(&err, 0xff, sizeof(err));
	vus_fail(&err, VUS_ERR_USAGE, "%s", words);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	memset(&err, 0xff, sizeof(err));
	errno = EPERM;
	vus_fail_sys(&err, "%s", words);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_int_equal(err.sys, EPERM);
}

static void a_text_is_one_line(void **state)
{
	struct vus_err err;

	(void)state;
	vus_fail(&err, VUS_ERR_USAGE, "a name%swith two lines\n", "\r\n");
	assert_string_equal(err.text, "a name  with two lines ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_and_text_are_kept),
		cmocka_unit_test(errno_is_named_and_kept),
		cmocka_unit_test(nobody_need_listen),
		cmocka_unit_test(an_error_is_wrapped_in_its_own_place),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(a_text_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
