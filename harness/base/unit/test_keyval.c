/* SPDX-License-Identifier: BSD-3-Clause */
/* test_keyval.c — QEMU's lists of words, taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/keyval.h"
#include "base/text.h"

#include <string.h>

/* "key=value;" for every pair, so that a comma in a value shows. */
static bool note(void *ctx, const char *key, const char *value,
		 struct vus_err *err)
{
	if (strcmp(key, "bad") == 0)
		return vus_fail(err, VUS_ERR_USAGE, "no %s", value);
	vus_text_add(ctx, "%s=%s;", key, value);
	return true;
}

static void pairs_come_in_order(void **state)
{
	static const struct {
		const char *text, *implied, *pairs;
	} rows[] = {
		{ "", "type", "" },
		{ "", NULL, "" },
		{ "a=1", NULL, "a=1;" },
		{ "a=1,b=2", NULL, "a=1;b=2;" },
		{ "a=1,", NULL, "a=1;" },
		{ "shm", "type", "type=shm;" },
		{ "shm,", "type", "type=shm;" },
		{ "shm,id=m", "type", "type=shm;id=m;" },
		{ "id=m,type=shm", "type", "id=m;type=shm;" },
		{ ",id=m", "type", "type=;id=m;" },
		{ "a=", NULL, "a=;" },
		{ "a=,b=", NULL, "a=;b=;" },
		/* Only the first '=' is one. */
		{ "a==b=", NULL, "a==b=;" },
		/* A comma in a value is written twice. */
		{ "p=/a,,b", NULL, "p=/a,b;" },
		{ "p=,,,,", NULL, "p=,,;" },
		{ "p=a,,,b=1", NULL, "p=a,;b=1;" },
		{ "a,,b,c=1", "type", "type=a,b;c=1;" },
		/* The last word said counts: who reads them decides. */
		{ "a=1,a=2", NULL, "a=1;a=2;" },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		VUS_AUTO_TEXT got = { 0 };
		struct vus_err err = { 0 };

		if (!vus_keyval_read(rows[i].text, rows[i].implied, note, &got,
				     &err))
			fail_msg("'%s': %s", rows[i].text, err.text);
		assert_string_equal(vus_text_str(&got), rows[i].pairs);
	}
}

static void what_is_no_pair_is_named(void **state)
{
	static const struct {
		const char *text, *implied, *says;
	} rows[] = {
		{ "shm", NULL, "after parameter 'shm'" },
		{ "a=1,b", "type", "after parameter 'b'" },
		{ "a=1,b,c=1", "type", "after parameter 'b'" },
		{ "=1", "type", "before '=1'" },
		{ "a=1,=2", NULL, "before '=2'" },
		{ ",", NULL, "before ','" },
		{ "bad=luck", NULL, "no luck" },
		{ "a=1,bad=luck,c", NULL, "no luck" },
		{ "luck", "bad", "no luck" },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		VUS_AUTO_TEXT got = { 0 };
		struct vus_err err = { 0 };

		assert_false(vus_keyval_read(rows[i].text, rows[i].implied,
					     note, &got, &err));
		assert_int_equal(err.kind, VUS_ERR_USAGE);
		if (!strstr(err.text, rows[i].says))
			fail_msg("'%s': %s", rows[i].text, err.text);
	}
}

static void long_words_are_refused(void **state)
{
	char text[2 * VUS_KEYVAL_MAX];
	VUS_AUTO_TEXT got = { 0 };
	struct vus_err err = { 0 };

	(void)state;
	memset(text, 'v', sizeof(text));
	memcpy(text, "k=", 2);
	text[2 + VUS_KEYVAL_MAX - 1] = '\0';
	assert_true(vus_keyval_read(text, NULL, note, &got, &err));
	text[2 + VUS_KEYVAL_MAX - 1] = 'v';
	text[2 + VUS_KEYVAL_MAX] = '\0';
	assert_false(vus_keyval_read(text, NULL, note, &got, &err));
	assert_non_null(strstr(err.text, "1023"));
	memset(text, 'k', VUS_KEYVAL_MAX);
	memcpy(text + VUS_KEYVAL_MAX, "=v", 3);
	assert_false(vus_keyval_read(text, NULL, note, &got, &err));
	text[VUS_KEYVAL_MAX] = '\0';
	assert_false(vus_keyval_read(text, NULL, note, &got, &err));
}

static void switches_have_four_names(void **state)
{
	static const char *const yes[] = { "on", "yes", "true", "y" };
	static const char *const no[] = { "off", "no", "false", "n" };
	static const char *const neither[] = { "", "1", "0", "ON", "o", "onn" };
	struct vus_err err;
	bool got;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(yes); i++) {
		got = false;
		assert_true(vus_keyval_bool("share", yes[i], &got, NULL));
		assert_true(got);
		assert_true(vus_keyval_bool("share", no[i], &got, NULL));
		assert_false(got);
	}
	for (size_t i = 0; i < VUS_COUNT(neither); i++) {
		got = true;
		assert_false(vus_keyval_bool("share", neither[i], &got, &err));
		assert_true(got);
		assert_non_null(strstr(err.text, "'share'"));
	}
}

static void values_are_copied_whole(void **state)
{
	char dst[4] = "abc";
	struct vus_err err;

	(void)state;
	assert_false(vus_keyval_copy("id", "four", dst, sizeof(dst), &err));
	assert_non_null(strstr(err.text, "4 characters, at most 3"));
	assert_string_equal(dst, "abc");
	assert_true(vus_keyval_copy("id", "one", dst, sizeof(dst), &err));
	assert_string_equal(dst, "one");
	assert_true(vus_keyval_copy("id", "", dst, sizeof(dst), &err));
	assert_string_equal(dst, "");
}

static void numbers_have_bounds(void **state)
{
	static const char *const wrong[] = {
		"",
		"-1",
		"+1",
		" 1",
		"1 ",
		"0x10",
		"1",
		"9",
		"1e1",
		"18446744073709551616",
		"99999999999999999999999",
	};
	struct vus_err err;
	uint64_t got = 77;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(wrong); i++) {
		assert_false(
			vus_keyval_number("n", wrong[i], 2, 8, &got, &err));
		assert_non_null(strstr(err.text, "from 2 to 8"));
		assert_int_equal(got, 77);
	}
	assert_true(vus_keyval_number("n", "2", 2, 8, &got, NULL));
	assert_int_equal(got, 2);
	assert_true(vus_keyval_number("n", "008", 2, 8, &got, NULL));
	assert_int_equal(got, 8);
	assert_true(vus_keyval_number("n", "18446744073709551615", 0,
				      UINT64_MAX, &got, NULL));
	assert_int_equal(got, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_come_in_order),
		cmocka_unit_test(what_is_no_pair_is_named),
		cmocka_unit_test(long_words_are_refused),
		cmocka_unit_test(switches_have_four_names),
		cmocka_unit_test(values_are_copied_whole),
		cmocka_unit_test(numbers_have_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
