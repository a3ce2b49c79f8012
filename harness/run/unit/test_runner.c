/* SPDX-License-Identifier: BSD-3-Clause */
/* test_runner.c — what a case comes to: verdicts, reasons, exit statuses. */
#include "runner_box.h"

#include <string.h>

static void verdicts_and_reasons(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_passes);
	runner_add(f, &toy_warns);
	runner_add(f, &toy_skips);
	runner_add(f, &toy_lacks);
	runner_add(f, &toy_breaks);
	runner_add(f, &toy_cites_undeclared);
	runner_add(f, &toy_checks_nothing);
	runner_add(f, &toy_fails);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_PASS);
	assert_int_equal(f->v[1].verdict, VUS_WARN);
	assert_string_equal(f->v[1].reason,
			    "a word: expected accepted or refused, was closed");
	assert_string_equal(f->v[1].rule->id, TOY_SHOULD);
	assert_int_equal(f->v[2].verdict, VUS_SKIP);
	assert_string_equal(f->v[2].reason, "not offered: 7");
	assert_int_equal(f->v[3].verdict, VUS_SKIP);
	assert_string_equal(f->v[3].reason, "needs " TOY_MUST ": no reply");
	assert_int_equal(f->v[4].verdict, VUS_BROKEN);
	assert_string_equal(f->v[4].reason, "no space");
	assert_int_equal(f->v[5].verdict, VUS_BROKEN);
	assert_has(f->v[5].reason, "undeclared rule: " TOY_MUST);
	assert_int_equal(f->v[6].verdict, VUS_BROKEN);
	assert_has(f->v[6].reason, "without a check");
	assert_int_equal(f->v[7].verdict, VUS_FAIL);
	assert_string_equal(f->v[7].reason, "answered P");
	assert_string_equal(f->v[7].rule->id, TOY_MUST);
	assert_int_equal(f->summary.judged, 2);
	assert_int_equal(f->summary.applying, 2);
}

/* The case's own rule, or what had worked before: no other case judges it. */
static void some_needs_are_failures(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_lacks_its_own);
	runner_add(f, &toy_lacks_what_worked);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(f->v[i].verdict, VUS_FAIL);
		assert_string_equal(f->v[i].rule->id, TOY_MUST);
	}
	assert_string_equal(f->v[0].reason,
			    "a step on the way failed: no reply");
	assert_has(f->v[1].reason, "it had worked in this session: no reply");
}

/* The first of them, by its id, is the failure of the rule. */
static void a_need_that_nothing_explains_is_a_failure(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_passes);
	runner_add(f, &toy_lacks);
	runner_add(f, &toy_lacks);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[1].verdict, VUS_FAIL);
	assert_string_equal(f->v[1].rule->id, TOY_MUST);
	assert_string_equal(f->v[1].reason,
			    "needs " TOY_MUST ": no reply; no other case of "
			    "this run fails by that");
	assert_int_equal(f->v[2].verdict, VUS_SKIP);
}

/* The place is the case's, not the step's that judges. */
static void failures_say_what_is_wanted_and_where(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_fails);
	runner_add(f, &toy_fails_in_step);
	runner_add(f, &toy_ends_without_verdict);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_string_equal(f->v[0].result->expected, "the peer answers Q");
	assert_string_equal(f->v[0].result->check,
			    "toy_cases.fails: the peer answers Q");
	assert_has(f->v[0].result->file, "toy_cases.c");
	assert_string_equal(f->v[1].result->expected, "the peer answers Q");
	assert_string_equal(f->v[1].result->check,
			    "toy_cases.toy_step: the peer answers Q");
	assert_int_equal(f->v[1].result->line, toy_step_line);
	assert_int_equal(f->v[2].verdict, VUS_BROKEN);
	assert_has(f->v[2].reason, "without a verdict");
}

static void exit_statuses(void **state)
{
	struct runner_box *f = *state;
	static const struct {
		const struct vus_case *c[2];
		int level, status;
	} rows[] = {
		{ { &toy_passes }, 0, VUS_EXIT_PASS },
		{ { &toy_passes, &toy_warns }, 0, VUS_EXIT_PASS },
		{ { &toy_passes, &toy_warns }, 1, VUS_EXIT_FAIL },
		{ { &toy_breaks, &toy_passes }, 0, VUS_EXIT_BROKEN },
		{ { &toy_breaks, &toy_fails }, 0, VUS_EXIT_FAIL },
		{ { &toy_skips }, 0, VUS_EXIT_NOTHING },
	};

	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		f->n = 0;
		for (size_t k = 0; k < 2 && rows[i].c[k]; k++)
			runner_add(f, rows[i].c[k]);
		f->opt.level = rows[i].level;
		runner_again(f);
		assert_int_equal(runner_go(f), rows[i].status);
		vus_variants_drop(f->v, f->n);
	}
}

static void dead_and_late_cases_are_broken(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_exits);
	assert_int_equal(runner_go(f), VUS_EXIT_BROKEN);
	assert_int_equal(f->v[0].verdict, VUS_BROKEN);
	assert_has(f->v[0].reason, "exit status 9");
	vus_variants_drop(f->v, f->n);
	f->n = 0;
	runner_add(f, &toy_overruns);
	f->opt.timeout_s = 1;
	runner_again(f);
	assert_int_equal(runner_go(f), VUS_EXIT_BROKEN);
	assert_int_equal(f->v[0].verdict, VUS_BROKEN);
	assert_has(f->v[0].reason, "did not end within 1 s");
}

static void screened_by_the_probe(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_needs_feature);
	runner_add(f, &toy_needs_queues);
	assert_int_equal(runner_go(f), VUS_EXIT_NOTHING);
	assert_string_equal(f->v[0].reason,
			    "the back-end does not offer CONFIGURE_MEM_SLOTS");
	assert_string_equal(f->v[1].reason,
			    "the back-end has 2 queues, 3 are needed");
	assert_null(f->v[0].result);
}

static void fail_fast_names_what_did_not_run(void **state)
{
	struct runner_box *f = *state;

	f->opt.fail_fast = true;
	runner_add(f, &toy_fails);
	runner_add(f, &toy_passes);
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_string_equal(f->v[2].reason, "not run: --fail-fast");
}

static void shared_memory_that_shrinks_fails(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_loses_shared_memory);
	runner_add(f, &toy_loses_own_memory);
	runner_add(f, &toy_finds_no_page);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_FAIL);
	assert_has(f->v[0].reason, "shrank");
	assert_int_equal(f->v[1].verdict, VUS_BROKEN);
	assert_has(f->v[1].reason, "SIGSEGV");
	assert_int_equal(f->v[2].verdict, VUS_SKIP);
	assert_has(f->v[2].reason, "env: no page is left for guest memory; ");
}

static void what_the_host_lacks_is_a_skip_with_a_remedy(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_lacks_room);
	f->v[0].memory = VUS_SHM;
	assert_int_equal(runner_go(f), VUS_EXIT_NOTHING);
	assert_int_equal(f->v[0].verdict, VUS_SKIP);
	assert_has(f->v[0].reason, "env: no space; give /dev/shm more room");
}

static void our_own_failure_is_no_outcome(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_cannot_send);
	runner_add(f, &toy_blames_peer_for_ours);
	assert_int_equal(runner_go(f), VUS_EXIT_BROKEN);
	assert_int_equal(f->v[0].verdict, VUS_BROKEN);
	assert_string_equal(f->v[0].reason, "sending");
	assert_int_equal(f->v[1].verdict, VUS_SKIP);
	assert_has(f->v[1].reason, "env: sending; raise the limit");
}

static void what_the_peer_prevents_is_skipped(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_is_in_the_way);
	assert_int_equal(runner_go(f), VUS_EXIT_NOTHING);
	assert_int_equal(f->v[0].verdict, VUS_SKIP);
	assert_has(f->v[0].reason,
		   "the peer made the set-up impossible: nothing came back");
}

static void later_rules_say_nothing(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_judges_late_rule_too);
	runner_add(f, &toy_judges_late_rule_only);
	f->opt.level = 2;
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_string_equal(f->v[0].rule->id, TOY_LATE);
	assert_int_equal(f->summary.judged, 2);
	vus_variants_drop(f->v, f->n);
	runner_again(f);
	f->opt.spec = "10.2";
	assert_int_equal(runner_go(f), VUS_EXIT_NOTHING);
	assert_int_equal(f->v[0].verdict, VUS_SKIP);
	assert_has(f->v[0].reason, TOY_LATE " came with version 11.0; --spec "
					    "10.2 is judged by");
	assert_int_equal(f->v[1].verdict, VUS_SKIP);
	assert_null(f->v[1].result);
	assert_int_equal(f->summary.judged, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUNNER_TEST(some_needs_are_failures),
		RUNNER_TEST(a_need_that_nothing_explains_is_a_failure),
		RUNNER_TEST(what_the_host_lacks_is_a_skip_with_a_remedy),
		RUNNER_TEST(our_own_failure_is_no_outcome),
		RUNNER_TEST(what_the_peer_prevents_is_skipped),
		RUNNER_TEST(later_rules_say_nothing),
		RUNNER_TEST(verdicts_and_reasons),
		RUNNER_TEST(failures_say_what_is_wanted_and_where),
		RUNNER_TEST(exit_statuses),
		RUNNER_TEST(dead_and_late_cases_are_broken),
		RUNNER_TEST(screened_by_the_probe),
		RUNNER_TEST(fail_fast_names_what_did_not_run),
		RUNNER_TEST(shared_memory_that_shrinks_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
