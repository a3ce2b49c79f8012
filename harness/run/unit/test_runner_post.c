/* SPDX-License-Identifier: BSD-3-Clause */
/* test_runner_post.c — what the runner sees when a case is over. */
#include "runner_box.h"

#include "run/postconditions.h"

static void an_unreachable_instance_is_the_case_before_s_doing(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_passes);
	runner_add(f, &toy_makes_peer_deaf);
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_PASS);
	assert_int_equal(f->v[0].verdict, VUS_PASS);
	assert_int_equal(f->v[1].verdict, VUS_WARN);
	assert_string_equal(f->v[1].rule->id, VUS_POSTCONDITION_REACCEPTS);
	assert_has(f->v[1].reason, "serves no new connection");
	assert_int_equal(f->v[2].verdict, VUS_PASS);
}

/* The next case has waited for a connection: no check is needed. */
static void one_that_listens_no_more_is_not_checked(void **state)
{
	struct runner_box *f = *state;
	struct vus_party no_reaccept_checks = *f->opt.party;

	no_reaccept_checks.check_reaccepts = NULL;
	f->opt.party = &no_reaccept_checks;
	f->opt.start_timeout_s = 5;
	runner_add(f, &toy_passes);
	runner_add(f, &toy_makes_peer_go_away);
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_PASS);
	assert_int_equal(f->v[1].verdict, VUS_WARN);
	assert_string_equal(f->v[1].rule->id, VUS_POSTCONDITION_REACCEPTS);
	assert_has(f->v[1].reason, "serves no new connection");
	assert_int_equal(f->v[2].verdict, VUS_PASS);
}

static void the_last_case_is_looked_at_too(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_passes);
	runner_add(f, &toy_makes_peer_deaf);
	assert_int_equal(runner_go(f), VUS_EXIT_PASS);
	assert_int_equal(f->v[1].verdict, VUS_WARN);
	assert_string_equal(f->v[1].rule->id, VUS_POSTCONDITION_REACCEPTS);
}

/* It never served one connection after another, whatever came in between. */
static void one_that_never_reaccepts_is_no_case_s_doing(void **state)
{
	struct runner_box *f = *state;
	static const char *const args[] = { "--first-only", NULL };

	f->opt.embedded_args = args;
	for (int i = 0; i < 3; i++)
		runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_PASS);
	assert_int_equal(f->summary.counts[VUS_PASS], 3);
}

static void a_peer_that_spins_fails(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_passes);
	runner_add(f, &toy_makes_peer_busy);
	assert_int_equal(runner_go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_PASS);
	assert_int_equal(f->v[1].verdict, VUS_FAIL);
	assert_string_equal(f->v[1].rule->id, VUS_POSTCONDITION_IDLE);
	assert_has(f->v[1].reason, "of which this was the last");
	assert_false(f->v[1].crashed);
}

static void a_peer_that_polls_by_nature_does_not(void **state)
{
	struct runner_box *f = *state;
	static const char *const args[] = { "--polls", NULL };

	f->opt.embedded_args = args;
	runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_PASS);
	assert_int_equal(f->v[0].verdict, VUS_PASS);
}

static void one_worker_does_the_work_of_all_where_it_polls(void **state)
{
	struct runner_box *f = *state;
	static const char *const args[] = { "--polls", NULL };

	f->opt.embedded_args = args;
	f->opt.workers = 3;
	f->opt.polling = 1;
	for (int i = 0; i < 4; i++)
		runner_add(f, &toy_passes);
	assert_int_equal(runner_go(f), VUS_EXIT_PASS);
	assert_int_equal(f->summary.counts[VUS_PASS], 4);
}

static void what_a_case_found_stands(void **state)
{
	struct runner_box *f = *state;

	runner_add(f, &toy_warns_and_makes_peer_busy);
	assert_int_equal(runner_go(f), VUS_EXIT_NOTHING);
	assert_int_equal(f->v[0].verdict, VUS_WARN);
	assert_string_equal(f->v[0].rule->id, TOY_SHOULD);
}

static void they_are_four_rules_of_the_catalogue(void **state)
{
	(void)state;
	for (size_t i = 0; vus_postcondition_rules[i]; i++)
		assert_non_null(vus_rule_find(vus_postcondition_rules[i]));
	assert_true(vus_postcondition_judges(VUS_POSTCONDITION_IDLE));
	assert_false(vus_postcondition_judges(TOY_MUST));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUNNER_TEST(an_unreachable_instance_is_the_case_before_s_doing),
		RUNNER_TEST(the_last_case_is_looked_at_too),
		RUNNER_TEST(one_that_listens_no_more_is_not_checked),
		RUNNER_TEST(one_that_never_reaccepts_is_no_case_s_doing),
		RUNNER_TEST(a_peer_that_spins_fails),
		RUNNER_TEST(a_peer_that_polls_by_nature_does_not),
		RUNNER_TEST(one_worker_does_the_work_of_all_where_it_polls),
		RUNNER_TEST(what_a_case_found_stands),
		cmocka_unit_test(they_are_four_rules_of_the_catalogue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
