/* SPDX-License-Identifier: BSD-3-Clause */
/* test_runner_targets.c — every way in which a target can live and die. */
#include "runner_box.h"

#include <stdio.h>

static void a_crash_is_a_failure(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_aborts_peer);
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_FAIL);
	assert_true(f->v[0].crashed);
	assert_string_equal(f->v[0].peer_end, "signal 6 (SIGABRT)");
	/* It is about robustness, which names a crash better than the rule of
	 * all cases does. */
	assert_string_equal(f->v[0].rule->id, TOY_SHOULD);
	assert_int_equal(f->v[1].verdict, VUS_PASS);
}

static void a_crash_at_disconnect_belongs_to_the_case_before(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_passes);
	runner_add(f, &toy_aborts_peer_later);
	runner_add(f, &toy_passes);
	runner_add(f, &toy_aborts_peer_later);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_PASS);
	assert_int_equal(f->v[1].verdict, VUS_FAIL);
	assert_true(f->v[1].crashed);
	assert_int_equal(f->v[2].verdict, VUS_PASS);
	assert_int_equal(f->v[3].verdict, VUS_FAIL);
}

static void a_sanitizer_report_is_a_failure(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_stirs_sanitizer);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_true(f->v[0].crashed);
	assert_has(f->v[0].peer_stderr, "AddressSanitizer: toy");
}

/* Whatever the case has allowed: nobody asked for that. */
static void an_exit_with_a_status_is_a_crash(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_ends_peer);
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_string_equal(f->v[0].peer_end, "exit status 7");
	assert_true(f->v[0].crashed);
	assert_int_equal(f->v[1].verdict, VUS_PASS);
}

static void a_failure_is_tried_on_a_fresh_instance(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_passes);
	runner_add(f, &toy_wants_first);
	runner_add(f, &toy_fails);
	(void)snprintf(f->v[0].id, sizeof(f->v[0].id), "toy.passes");
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[1].verdict, VUS_UNSTABLE);
	assert_has(f->v[1].reason, "the last of them toy.passes: was used "
				   "before; on a fresh one: pass");
	assert_string_equal(f->v[1].rule->id, TOY_MUST);
	assert_non_null(f->v[1].result);
	assert_int_equal(f->v[1].other->verdict, VUS_PASS);
	assert_non_null(f->v[1].other->result);
	assert_null(f->v[2].other);
	assert_int_equal(f->v[2].verdict, VUS_FAIL);
}

static void one_shot_targets_are_found(void **state)
{
	struct runner_box *f = *state;
	static const char *const args[] = { "--once", NULL };

	f->opt.embedded_args = args;
	f->opt.workers = 2;
	for (int i = 0; i < 6; i++)
		runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_PASS);
	assert_int_equal(f->summary.counts[VUS_PASS], 6);
	assert_true(f->one_shot);
}

static void a_peer_that_ignores_sigterm_is_killed(void **state)
{
	struct runner_box *f = *state;
	static const char *const args[] = { "--ignores-sigterm", NULL };

	f->opt.embedded_args = args;
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_PASS);
	assert_has(f->v[0].peer_end, "SIGKILL");
}

static void never_restarted(void **state)
{
	struct runner_box *f = *state;

	f->opt.restart = VUS_RESTART_NEVER;
	runner_add(f, &toy_passes);
	runner_add(f, &toy_aborts_peer);
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[1].verdict, VUS_FAIL);
	assert_int_equal(f->v[2].verdict, VUS_SKIP);
	assert_string_equal(f->v[2].reason, "the target is gone");
}

static void a_fresh_instance_a_case(void **state)
{
	struct runner_box *f = *state;

	f->opt.restart = VUS_RESTART_CASE;
	f->opt.workers = 4;
	for (int i = 0; i < 8; i++)
		runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_PASS);
	assert_int_equal(f->summary.counts[VUS_PASS], 8);
}

static void targets_that_never_speak(void **state)
{
	struct runner_box *f = *state;
	static const char *const refuse[] = { "--refuse", NULL };
	static const char *const mute[] = { "--mute", NULL };
	char *missing[] = { (char[]){ "/no/such/program" },
			    (char[]){ "{socket}" }, NULL };
	char *script[] = { (char[]){ "/bin/false" }, NULL };
	const struct {
		const char *const *args;
		char *const *command;
		const char *says[2];
	} rows[] = {
		{ refuse, NULL, { "exit status 3", "cannot open the disk" } },
		{ mute, NULL, { "nobody listens", "--start-timeout 1" } },
		{ NULL, missing, { "/no/such/program", "No such file" } },
		{ NULL, script, { "/bin/false", "exit status 1" } },
	};

	runner_add(f, &toy_passes);
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		/* Only one never answers. */
		f->opt.start_timeout_s = rows[i].args == mute ? 1 : 60;
		f->opt.embedded_args = rows[i].args;
		f->opt.command = rows[i].command;
		runner_again(f);
		assert_int_equal(runner_go(f), VUS_EXIT_NO_TARGET);
		assert_has(f->no_target, rows[i].says[0]);
		assert_has(f->no_target, rows[i].says[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUNNER_TEST(a_crash_is_a_failure),
		RUNNER_TEST(a_crash_at_disconnect_belongs_to_the_case_before),
		RUNNER_TEST(a_sanitizer_report_is_a_failure),
		RUNNER_TEST(an_exit_with_a_status_is_a_crash),
		RUNNER_TEST(a_failure_is_tried_on_a_fresh_instance),
		RUNNER_TEST(one_shot_targets_are_found),
		RUNNER_TEST(a_peer_that_ignores_sigterm_is_killed),
		RUNNER_TEST(never_restarted),
		RUNNER_TEST(a_fresh_instance_a_case),
		RUNNER_TEST(targets_that_never_speak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
