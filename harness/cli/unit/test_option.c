/* SPDX-License-Identifier: BSD-3-Clause */
/* test_option.c — options of a table: parsed, refused, shown, kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/option.h"
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

struct settings {
	bool flag;
	unsigned number;
	int choice;
	const char *text;
	struct vus_word_list words;
	unsigned taken;
};

static bool take_length(void *into, const char *value, struct vus_err *err)
{
	struct settings *s = into;

	if (value && strcmp(value, "bad") == 0)
		return vus_fail(err, VUS_ERR_USAGE, "--length: bad");
	s->taken = value ? (unsigned)strlen(value) : 1000;
	return true;
}

#define AT(field) offsetof(struct settings, field)

static const char *const colours[] = { "red", "green", "blue", NULL };
static const struct vus_option table[] = {
	{ .name = "flag",
	  .letter = 'f',
	  .says = "a flag",
	  .at = AT(flag),
	  .kept = "" },
	{ .name = "n",
	  .value = "N",
	  .says = "how many",
	  .kind = VUS_OPT_NUMBER,
	  .at = AT(number),
	  .min = 2,
	  .max = 20,
	  .kept = "" },
	{ .name = "colour",
	  .value = "NAME",
	  .says = "which one",
	  .kind = VUS_OPT_CHOICE,
	  .at = AT(choice),
	  .choices = colours },
	{ .name = "text",
	  .value = "TEXT",
	  .kind = VUS_OPT_TEXT,
	  .letter = 't',
	  .at = AT(text),
	  .kept = "file=" },
	{ .name = "word",
	  .value = "WORD-THAT-IS-LONG",
	  .says = "one more",
	  .kind = VUS_OPT_LIST,
	  .at = AT(words) },
	{ .name = "length",
	  .value = "[=TEXT]",
	  .says = "its length",
	  .kind = VUS_OPT_PARSED,
	  .take = take_length,
	  .kept = "" },
	{ 0 },
};
static const struct vus_synopsis with_command = {
	.usage = "Usage: prog [-- CMD]\n\n",
	.options = table,
	.command = true,
};
static const struct vus_synopsis with_words = {
	.usage = "Usage: prog A [B]\n\n",
	.options = table,
	.words = 2,
	.wants = "an A",
};

#define MAX_WORDS 16

static bool read_words(const struct vus_synopsis *synopsis,
		       const char *const *words, struct settings *s,
		       struct vus_text *rerun, int *next, struct vus_err *err)
{
	char *argv[MAX_WORDS] = { (char[]){ "prog" } };
	int argc = 1;
	bool ok;

	for (; words[argc - 1]; argc++)
		argv[argc] = strdup(words[argc - 1]);
	argv[argc] = NULL;
	ok = vus_options_read(synopsis, argc, argv, s, rerun, next, err);
	/* Only these point into argv, and the tests look at no others. */
	s->text = s->text ? "given" : NULL;
	for (size_t i = 0; i < s->words.n; i++)
		assert_true(s->words.p[i][0] != '\0');
	while (--argc > 0)
		free(argv[argc]);
	return ok;
}
#define READ(s, rerun, next, err, ...)                                         \
	read_words(&with_command, (const char *const[]){ __VA_ARGS__, NULL },  \
		   s, rerun, next, err)

static void every_kind_is_read(void **state)
{
	struct settings s = { 0 };
	VUS_AUTO_TEXT rerun = { 0 };
	struct vus_err err = { 0 };
	int next = 0;

	(void)state;
	assert_true(READ(&s, &rerun, &next, &err, "--flag", "-n", "7",
			 "--colour=blue", "--text", "x", "--word", "a",
			 "--word", "b", "--length", "--", "--flag"));
	assert_true(s.flag);
	assert_int_equal(s.number, 7);
	assert_int_equal(s.choice, 2);
	assert_non_null(s.text);
	assert_int_equal(s.words.n, 2);
	assert_null(s.words.p[2]);
	assert_int_equal(s.taken, 1000);
	/* What follows -- is not an option. */
	assert_int_equal(next, 13);
	assert_string_equal(vus_text_str(&rerun), " --flag -n 7 --length");
	free(s.words.p);
}

static void reruns_quote_and_choose(void **state)
{
	struct settings s = { 0 };
	VUS_AUTO_TEXT rerun = { 0 };
	struct vus_err err = { 0 };
	int next;

	(void)state;
	assert_true(READ(&s, &rerun, &next, &err, "--text", "file=a b",
			 "--length=it's", "--colour", "red"));
	assert_int_equal(s.taken, 4);
	assert_string_equal(vus_text_str(&rerun),
			    " --text 'file=a b' --length='it'\\''s'");
}

static void other_words_may_stand_anywhere(void **state)
{
	struct settings s = { 0 };
	VUS_AUTO_TEXT rerun = { 0 };
	struct vus_err err = { 0 };
	int next = 0;

	(void)state;
	assert_true(read_words(&with_words,
			       (const char *const[]){ "a", "-ft", "x", "-n7",
						      "--", "-b", NULL },
			       &s, &rerun, &next, &err));
	assert_true(s.flag);
	assert_non_null(s.text);
	assert_int_equal(s.number, 7);
	assert_int_equal(next, 5);
}

static void help_is_asked_for_before_all_else(void **state)
{
	static const struct vus_synopsis *const all[] = { &with_command,
							  &with_words };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(all); i++) {
		struct settings s = { 0 };
		VUS_AUTO_TEXT rerun = { 0 };
		struct vus_err err = { 0 };
		int next = -1;

		assert_true(read_words(
			all[i],
			(const char *const[]){ "--help", "--nothing", NULL },
			&s, &rerun, &next, &err));
		assert_int_equal(next, 0);
	}
}

static void refusals_name_the_word(void **state)
{
	static const struct {
		const char *words[4], *says;
		bool with_words;
	} rows[] = {
		{ { "--nothing" }, "unknown option --nothing" },
		{ { "-x" }, "unknown option -x" },
		{ { "-fxf" }, "unknown option -x" },
		{ { "--nothing=3" }, "unknown option --nothing=3" },
		{ { "--flag=3" }, "--flag=3: takes no value" },
		{ { "--help=3" }, "--help=3: takes no value" },
		{ { "a" }, "'a' is not an option; the command goes after --" },
		{ { "a", "--", "b" },
		  "'a' is not an option; the command goes after --" },
		{ { NULL }, "missing argument: an A", true },
		{ { "--flag" }, "missing argument: an A", true },
		{ { "a", "b", "c" }, "unexpected argument 'c'", true },
		{ { "-n" }, "-n needs a value" },
		{ { "--text" }, "--text needs a value" },
		{ { "-ft" }, "-ft needs a value" },
		{ { "-n", "1" }, "-n '1': not a number from 2 to 20" },
		{ { "-n", "21" }, "-n '21': not a number from 2 to 20" },
		{ { "-n", "99999999999" },
		  "-n '99999999999': not a number from 2 to 20" },
		{ { "-n", "3x" }, "-n '3x': not a number from 2 to 20" },
		{ { "-n", " 3" }, "-n ' 3': not a number from 2 to 20" },
		{ { "-n", "" }, "-n '': not a number from 2 to 20" },
		{ { "--colour", "Red" },
		  "--colour 'Red': not one of red, green, blue; did you "
		  "mean: red" },
		{ { "--length=bad" }, "--length: bad" },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		struct settings s = { 0 };
		VUS_AUTO_TEXT rerun = { 0 };
		struct vus_err err = { 0 };
		int next;

		assert_false(read_words(
			rows[i].with_words ? &with_words : &with_command,
			rows[i].words, &s, &rerun, &next, &err));
		assert_int_equal(err.kind, VUS_ERR_USAGE);
		assert_string_equal(err.text, rows[i].says);
	}
}

static void help_shows_what_the_defaults_are(void **state)
{
	const struct settings given = { .number = 3, .choice = 1 };
	const struct settings open = { .number = 99, .choice = -1 };
	VUS_AUTO_TEXT with = { 0 }, without = { 0 };

	(void)state;
	vus_options_help(&with_command, &given, &with);
	assert_string_equal(
		vus_text_str(&with),
		"Usage: prog [-- CMD]\n\n"
		"  -f, --flag            a flag\n"
		"  -n N                  how many (3)\n"
		"  --colour NAME         which one: red, green (default) or "
		"blue\n"
		"  --word WORD-THAT-IS-LONG\n"
		"                        one more; repeatable\n"
		"  --length[=TEXT]       its length\n"
		"  --help                show this help\n");
	vus_options_help(&with_words, &open, &without);
	assert_non_null(strstr(vus_text_str(&without), "how many\n"));
	assert_non_null(strstr(vus_text_str(&without),
			       "which one: red, green or blue\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read),
		cmocka_unit_test(reruns_quote_and_choose),
		cmocka_unit_test(other_words_may_stand_anywhere),
		cmocka_unit_test(help_is_asked_for_before_all_else),
		cmocka_unit_test(refusals_name_the_word),
		cmocka_unit_test(help_shows_what_the_defaults_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
