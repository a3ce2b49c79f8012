/* SPDX-License-Identifier: BSD-3-Clause */
/* test_text.c — a string that grows, and matching of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"

#include <string.h>

static void an_empty_text_is_a_string(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	assert_string_equal(vus_text_str(&t), "");
	vus_text_add(&t, "%s", "");
	assert_string_equal(vus_text_str(&t), "");
	assert_int_equal(t.len, 0);
	vus_text_free(&t);
	vus_text_free(&t);
}

static void a_text_grows(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_text_add(&t, "%d-%s", 12, "ab");
	vus_text_add(&t, "|");
	assert_string_equal(vus_text_str(&t), "12-ab|");
	assert_int_equal(t.len, 6);
	for (unsigned i = 0; i < 10000; i++)
		vus_text_add(&t, "%04u", i);
	assert_int_equal(t.len, 40006);
	assert_int_equal(strlen(vus_text_str(&t)), t.len);
	assert_memory_equal(vus_text_str(&t) + 6 + 4 * 1234, "1234", 4);
	assert_true(t.cap > t.len);
	vus_text_free(&t);
	assert_null(t.p);
	assert_int_equal(t.len, 0);
	vus_text_add(&t, "again");
	assert_string_equal(vus_text_str(&t), "again");
}

/* Each length around the first growth. */
static void every_length_ends_in_a_nul(void **state)
{
	char words[200];

	(void)state;
	memset(words, 'w', sizeof(words));
	for (size_t len = 0; len < sizeof(words); len++) {
		VUS_AUTO_TEXT t = { 0 };
		VUS_AUTO_TEXT u = { 0 };

		vus_text_add(&t, "%.*s", (int)len, words);
		vus_text_add_bytes(&u, words, len);
		assert_int_equal(strlen(vus_text_str(&t)), len);
		assert_int_equal(strlen(vus_text_str(&u)), len);
		assert_int_equal(t.len, len);
		assert_int_equal(u.len, len);
	}
}

static void bytes_are_added_as_they_are(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_text_add_bytes(&t, NULL, 0);
	assert_string_equal(vus_text_str(&t), "");
	vus_text_add_bytes(&t, "a\0%s\n", 5);
	assert_int_equal(t.len, 5);
	assert_memory_equal(t.p, "a\0%s\n", 6);
}

static void globs_match_as_they_read(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "a", "", false },
		{ "*", "", true },
		{ "**", "", true },
		{ "?", "", false },
		{ "*", "mem.offset", true },
		{ "mem.*", "mem.offset", true },
		{ "mem.*", "mem.", true },
		{ "mem.*", "mem", false },
		{ "mem.*", "member", false },
		{ "*.offset", "mem.offset", true },
		{ "*.offset", "mem.offsets", false },
		{ "*off*", "mem.offset", true },
		{ "m?m.*", "mem.x", true },
		{ "m?m.*", "mm.x", false },
		{ "???", "abc", true },
		{ "???", "abcd", false },
		{ "a*b*c", "axxbyyc", true },
		{ "a*b*c", "axxbyyb", false },
		{ "a*bc", "abcbcbc", true },
		{ "*ab", "aab", true },
		{ "*aab", "aaaaab", true },
		{ "a**b", "ab", true },
		{ "*?", "", false },
		{ "*?", "x", true },
		/* Names of variants: brackets are letters. */
		{ "mem.x[shm]", "mem.x[shm]", true },
		{ "mem.x[shm]", "mem.xs", false },
		{ "mem.x[*]", "mem.x[shm,row=a]", true },
		{ "*[shm*", "mem.x[shm,row=a]", true },
		{ "*[memfd*", "mem.x[shm,row=a]", false },
		{ "\\*", "*", false },
		{ "A", "a", false },
		/* A star in the name is a letter. */
		{ "a*", "a*", true },
		{ "?b", "*b", true },
		{ "ab", "*b", false },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		if (vus_glob(rows[i].pattern, rows[i].name) != rows[i].matches)
			fail_msg("'%s' and '%s'", rows[i].pattern,
				 rows[i].name);
}

/* Matching by trial of every length for a star takes longer than a lifetime
 * with this. */
static void stars_do_not_take_exponential_time(void **state)
{
	char name[2001], pattern[202];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < 100; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	memcpy(pattern + 200, "b", 2);
	assert_false(vus_glob(pattern, name));
}

static void words_are_found_by_index(void **state)
{
	static const struct {
		const char *text;
		size_t index;
		const char *word; /* NULL: none */
	} rows[] = {
		{ "a,bc,d", 0, "a" },    { "a,bc,d", 1, "bc" },
		{ "a,bc,d", 2, "d" },    { "a,bc,d", 3, NULL },
		{ "", 0, "" },           { "", 1, NULL },
		{ ",", 0, "" },          { ",", 1, "" },
		{ ",", 2, NULL },        { "a,,b", 1, "" },
		{ "a,,b", 2, "b" },      { "seven77", 0, "seven77" },
		{ "eight888", 0, NULL }, { "eight888,x", 1, "x" },
	};
	char buf[8];

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		memset(buf, 'z', sizeof(buf));
		if (vus_word(rows[i].text, ',', rows[i].index, buf,
			     sizeof(buf)) != (rows[i].word != NULL))
			fail_msg("'%s', %zu", rows[i].text, rows[i].index);
		if (rows[i].word)
			assert_string_equal(buf, rows[i].word);
		else
			assert_int_equal(buf[0], 'z');
	}
}

static void words_are_wrapped_by_columns(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_text_wrap(&t, "one two three\xc3\xa9 four\nfive", 2, 11);
	assert_string_equal(vus_text_str(&t),
			    "one two\n  three\xc3\xa9\n  four\n  five");
	vus_text_free(&t);
	vus_text_wrap(&t, "averylongwordthatfitsnowhere x", 4, 10);
	assert_string_equal(vus_text_str(&t),
			    "averylongwordthatfitsnowhere\n    x");
}

static void words_are_quoted_for_a_shell(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_text_quote(&t, "it's");
	vus_text_quote(&t, "");
	vus_text_quote(&t, "{socket}");
	vus_text_quote(&t, "{a,b}");
	vus_text_quote(&t, "a,b=1");
	assert_string_equal(vus_text_str(&t),
			    "'it'\\''s'''{socket}'{a,b}'a,b=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_text_is_a_string),
		cmocka_unit_test(a_text_grows),
		cmocka_unit_test(every_length_ends_in_a_nul),
		cmocka_unit_test(bytes_are_added_as_they_are),
		cmocka_unit_test(globs_match_as_they_read),
		cmocka_unit_test(stars_do_not_take_exponential_time),
		cmocka_unit_test(words_are_found_by_index),
		cmocka_unit_test(words_are_wrapped_by_columns),
		cmocka_unit_test(words_are_quoted_for_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
