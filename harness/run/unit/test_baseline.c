/* SPDX-License-Identifier: BSD-3-Clause */
/* test_baseline.c — known deviations: what is refused, what has changed, and
 * what a new file keeps of the old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "run/report/baseline.h"
#include "run/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct vus_case a_case = { .name = "one", .file = "cases/mem.c" };
static const struct vus_case b_case = { .name = "two", .file = "cases/mem.c" };

struct box {
	char path[64];
	struct vus_variant v[6];
	struct vus_baseline b;
};

static int set_up(void **state)
{
	struct box *f = calloc(1, sizeof(*f));
	int fd;

	(void)snprintf(f->path, sizeof(f->path), "/tmp/vus-unit-XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	(void)close(fd);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct box *f = *state;

	(void)unlink(f->path);
	vus_baseline_free(&f->b);
	free(f);
	return 0;
}

static void put(const struct box *f, const char *text)
{
	FILE *to = fopen(f->path, "we");

	assert_non_null(to);
	assert_true(fputs(text, to) >= 0);
	assert_int_equal(fclose(to), 0);
}

static void assert_file(const struct box *f, const char *want)
{
	char got[4096];
	FILE *from = fopen(f->path, "re");
	size_t n;

	assert_non_null(from);
	n = fread(got, 1, sizeof(got) - 1, from);
	got[n] = '\0';
	(void)fclose(from);
	assert_string_equal(got, want);
}

static void take(struct box *f, const char *text)
{
	struct vus_err err;

	put(f, text);
	vus_baseline_free(&f->b);
	if (!vus_baseline_read(f->path, false, &f->b, &err))
		fail_msg("%s", err.text);
}

static struct vus_variant variant(const struct vus_case *c, const char *id,
				  enum vus_verdict verdict, const char *rule)
{
	struct vus_variant v = { .c = c, .verdict = verdict };

	(void)snprintf(v.id, sizeof(v.id), "%s", id);
	v.rule = rule ? vus_rule_find(rule) : NULL;
	return v;
}

static void refusals_name_the_line(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "mem.one\n", ":1: 1 columns; wanted are id, verdict" },
		{ "# x\n\nmem.one\tpass\theader.version\n",
		  ":3: verdict 'pass': not one of fail, unstable, warn" },
		{ "mem.one\tfail\tno.rule\n",
		  ":1: there is no rule 'no.rule'" },
		{ "\tfail\theader.version\n", ":1: no id" },
		{ "a\tfail\theader.version\tb\tc\td\n", ":1: 6 columns" },
	};
	struct box *f = *state;
	struct vus_err err;

	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		put(f, rows[i].text);
		assert_false(vus_baseline_read(f->path, false, &f->b, &err));
		assert_int_equal(err.kind, VUS_ERR_USAGE);
		if (!strstr(err.text, rows[i].says))
			fail_msg("'%s' does not say '%s'", err.text,
				 rows[i].says);
	}
	assert_false(vus_baseline_read("/no/such/file", false, &f->b, &err));
	assert_true(vus_baseline_read("/no/such/file", true, &f->b, &err));
	assert_int_equal(f->b.n, 0);
}

static void known_ones_are_known_and_others_are_not(void **state)
{
	struct box *f = *state;
	struct vus_variant v;

	take(f, "mem.one[shm]\tfail\theader.version\tbug 7\thttp://x\n"
		"mem.two\twarn\theader.version_other\n");
	v = variant(&a_case, "mem.one[shm]", VUS_FAIL, "header.version");
	assert_string_equal(vus_baseline_note(&f->b, &v), "bug 7");
	v = variant(&a_case, "mem.one[file]", VUS_FAIL, "header.version");
	assert_null(vus_baseline_note(&f->b, &v));
	/* A case's line is about all of its variants. */
	v = variant(&b_case, "mem.two[file]", VUS_WARN, "header.version_other");
	assert_string_equal(vus_baseline_note(&f->b, &v), "");
	v = variant(&b_case, "mem.two[shm]", VUS_PASS, NULL);
	assert_null(vus_baseline_note(&f->b, &v));
	assert_int_equal(vus_baseline_changes(&f->b), 0);
	/* Another rule, or a worse verdict, is another deviation. */
	v = variant(&b_case, "mem.two[shm]", VUS_FAIL, "header.version_other");
	assert_null(vus_baseline_note(&f->b, &v));
	v = variant(&a_case, "mem.one[shm]", VUS_FAIL, "header.version_other");
	assert_null(vus_baseline_note(&f->b, &v));
}

static void changes_are_told_in_words(void **state)
{
	static const struct {
		enum vus_verdict now;
		const char *rule, *says;
	} rows[] = {
		{ VUS_PASS, NULL, "better: fail is now pass" },
		{ VUS_WARN, "header.version", "better: fail is now warn" },
		{ VUS_FAIL, "header.version_other",
		  "fail, but no longer of header.version" },
		{ VUS_SKIP, NULL, NULL },
		{ VUS_BROKEN, NULL, NULL },
		{ VUS_FAIL, "header.version", NULL },
	};
	struct box *f = *state;

	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		VUS_AUTO_TEXT text = { 0 };
		struct vus_variant v =
			variant(&a_case, "mem.one", rows[i].now, rows[i].rule);

		take(f, "mem.one\tfail\theader.version\n");
		(void)vus_baseline_note(&f->b, &v);
		assert_int_equal(vus_baseline_changes(&f->b),
				 rows[i].says != NULL);
		if (!rows[i].says)
			continue;
		vus_baseline_line_describe(&f->b.lines[0], &text);
		assert_string_equal(vus_text_str(&text), rows[i].says);
	}
}

/* Repeats may differ: what was seen once is still so. */
static void one_repeat_confirms(void **state)
{
	struct box *f = *state;
	struct vus_variant v =
		variant(&a_case, "mem.one", VUS_FAIL, "header.version");

	take(f, "mem.one\tfail\theader.version\n");
	assert_non_null(vus_baseline_note(&f->b, &v));
	v.verdict = VUS_PASS;
	assert_null(vus_baseline_note(&f->b, &v));
	assert_int_equal(vus_baseline_changes(&f->b), 0);
}

static void write_all(struct box *f, size_t n)
{
	struct vus_err err;

	for (size_t i = 0; i < n; i++)
		(void)vus_baseline_note(&f->b, &f->v[i]);
	if (!vus_baseline_write(&f->b, f->path, f->v, n, &err))
		fail_msg("%s", err.text);
}

static void a_new_file_explains_itself(void **state)
{
	struct box *f = *state;
	struct vus_err err;

	f->v[0] = variant(&a_case, "mem.one", VUS_FAIL, "header.version");
	write_all(f, 1);
	assert_true(vus_baseline_read(f->path, false, &f->b, &err));
	assert_int_equal(f->b.n, 4);
	assert_null(f->b.lines[0].id);
	assert_string_equal(f->b.lines[3].id, "mem.one");
}

static void written_lines_say_what_was_seen(void **state)
{
	char reason[] = "said\tthis\nand \033 that", secret[] = "SECRET";
	struct box *f = *state;
	char print[17], want[1024];

	f->v[0] = variant(&b_case, "mem.two[shm]", VUS_WARN,
			  "header.version_other");
	f->v[0].reason = reason;
	f->v[1] = variant(&a_case, "mem.one", VUS_FAIL, "header.version");
	f->v[1].crashed = true;
	f->v[1].reason = secret;
	(void)snprintf(f->v[1].peer_end, sizeof(f->v[1].peer_end),
		       "signal 11 (SIGSEGV)");
	f->v[2] = f->v[0]; /* a repeat */
	take(f, "# only this\n");
	write_all(f, 3);
	(void)snprintf(
		want, sizeof(want),
		"# only this\n"
		"mem.one\tfail\theader.version\tcrashed: signal 11 "
		"(SIGSEGV), fingerprint %s\t\n"
		"mem.two[shm]\twarn\theader.version_other\tsaid this and "
		"\\x1b that\t\n",
		vus_report_fingerprint(&f->v[1], print));
	assert_file(f, want);
}

static void people_s_words_and_order_are_kept(void **state)
{
	struct box *f = *state;

	f->v[0] = variant(&b_case, "mem.two[shm]", VUS_FAIL, "header.version");
	f->v[1] = variant(&a_case, "mem.one[file]", VUS_PASS, NULL);
	f->v[2] = variant(&a_case, "mem.one[shm]", VUS_WARN,
			  "header.version_other");
	take(f, "# first\n"
		"mem.two[shm]\tfail\theader.version\tbug 7\thttp://x\n"
		"\n"
		"mem.one[file]\tfail\theader.version\tmended\n"
		"mem.one[shm]\tfail\theader.version\thalf mended\tlink\n"
		"mem.gone\tfail\theader.version\tdid not run\n"
		"# last\n");
	assert_int_equal(chmod(f->path, 0600), 0);
	write_all(f, 3);
	assert_file(
		f,
		"# first\n"
		"mem.two[shm]\tfail\theader.version\tbug 7\thttp://x\n"
		"\n"
		"mem.one[shm]\twarn\theader.version_other\thalf mended\tlink\n"
		"mem.gone\tfail\theader.version\tdid not run\n"
		"# last\n");
}

static void a_case_s_line_stays_while_one_variant_deviates(void **state)
{
	struct box *f = *state;

	f->v[0] = variant(&a_case, "mem.one[shm]", VUS_FAIL, "header.version");
	f->v[1] = variant(&a_case, "mem.one[file]", VUS_PASS, NULL);
	f->v[2] = variant(&a_case, "mem.one[memfd]", VUS_WARN,
			  "header.version_other");
	take(f, "mem.one\tfail\theader.version\tall of them\n");
	write_all(f, 3);
	assert_file(f, "mem.one\tfail\theader.version\tall of them\n"
		       "mem.one[memfd]\twarn\theader.version_other\t\t\n");
}

static void a_folder_that_is_not_there_is_said(void **state)
{
	struct box *f = *state;
	struct vus_err err;

	assert_false(
		vus_baseline_write(&f->b, "/no/such/folder/x", f->v, 0, &err));
	assert_non_null(strstr(err.text, "/no/such/folder/x"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refusals_name_the_line),
		TEST(known_ones_are_known_and_others_are_not),
		TEST(changes_are_told_in_words),
		TEST(one_repeat_confirms),
		TEST(a_new_file_explains_itself),
		TEST(written_lines_say_what_was_seen),
		TEST(people_s_words_and_order_are_kept),
		TEST(a_case_s_line_stays_while_one_variant_deviates),
		TEST(a_folder_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
