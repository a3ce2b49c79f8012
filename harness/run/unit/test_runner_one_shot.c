/* SPDX-License-Identifier: BSD-3-Clause */
/* test_runner_one_shot.c — a program that serves one connection may refuse by
 * ending; a server that ends crashes. */
#include "runner_box.h"

static const char *const once[] = { "--once", NULL };

/* A case on either kind of peer, behind one that shows which kind it is. */
static const struct {
	const struct vus_case *c;
	bool one_shot_crashes;
	const char *end; /* NULL: it serves on for a while */
} rows[] = {
	/* It was tried whether it survives, or it was told so. */
	{ &toy_ends_peer, false, "exit status 7" },
	{ &toy_ends_peer_that_may_close, false, "exit status 7" },
	/* Nobody asked for this one. */
	{ &toy_ends_peer_plainly, true, "exit status 7" },
	/* These are no way to refuse. */
	{ &toy_makes_peer_panic, true, "exit status 101" },
	{ &toy_aborts_peer, true, "signal 6 (SIGABRT)" },
	{ &toy_aborts_peer_later, true, "signal 6 (SIGABRT)" },
	{ &toy_stirs_sanitizer, true, NULL },
};

static void run_rows(struct runner_box *f)
{
	runner_add(f, &toy_passes);
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		runner_add(f, rows[i].c);
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_PASS);
	assert_int_equal(f->v[VUS_COUNT(rows) + 1].verdict, VUS_PASS);
}

static void see_row(const struct vus_variant *v, bool crashes)
{
	assert_int_equal(v->crashed, crashes);
	assert_int_equal(v->verdict, crashes ? VUS_FAIL : VUS_PASS);
	if (crashes)
		assert_has(v->reason, "the peer crashed");
}

static void a_one_shot_peer_may_refuse_by_ending(void **state)
{
	struct runner_box *f = *state;

	f->opt.embedded_args = once;
	run_rows(f);
	assert_true(f->one_shot);
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		const struct vus_variant *v = &f->v[i + 1];

		see_row(v, rows[i].one_shot_crashes);
		/* An end that is no finding is not waited for. */
		if (rows[i].end && (v->crashed || v->peer_end[0]))
			assert_string_equal(v->peer_end, rows[i].end);
	}
}

static void a_server_that_ends_crashes(void **state)
{
	struct runner_box *f = *state;

	run_rows(f);
	assert_false(f->one_shot);
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		see_row(&f->v[i + 1], true);
}

/* That the first case ends it with another status says nothing about its plain
 * sessions. */
static void a_status_is_no_way_of_life(void **state)
{
	struct runner_box *f = *state;

	f->opt.embedded_args = once;
	runner_add(f, &toy_ends_peer_plainly);
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	see_row(&f->v[0], true);
	assert_int_equal(f->v[1].verdict, VUS_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUNNER_TEST(a_one_shot_peer_may_refuse_by_ending),
		RUNNER_TEST(a_server_that_ends_crashes),
		RUNNER_TEST(a_status_is_no_way_of_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
