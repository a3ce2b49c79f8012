/* SPDX-License-Identifier: BSD-3-Clause */
/* test_worker.c — the states of a worker, without a process. */
#include "run/worker.h"

#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* One event, what is done about it, and the state after it. */
struct row {
	enum vus_worker_event event;
	enum vus_worker_action action;
	enum vus_worker_state next;
};

#define ROW(e, a, n)                                                           \
	{                                                                      \
		VUS_WE_##e, VUS_WA_##a, VUS_W_##n                              \
	}

static void follow(enum vus_worker_state state, const struct row *rows,
		   size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct vus_worker_step step =
			vus_worker_step(state, rows[i].event);

		assert_true(step.known);
		assert_int_equal(step.action, rows[i].action);
		assert_int_equal(step.next, rows[i].next);
		state = step.next;
	}
}

#define FOLLOW(...)                                                            \
	do {                                                                   \
		static const struct row rows[] = { __VA_ARGS__ };              \
                                                                               \
		follow(VUS_W_IDLE, rows, VUS_COUNT(rows));                     \
	} while (0)

#define BEGUN ROW(CASE_DUE, BEGIN_CASE, CASE)
#define ENDED                                                                  \
	ROW(PROCESS_ENDED, COLLECT, JUDGING),                                  \
		ROW(CASE_OVER, LOOK_AT_TARGET, JUDGING)

static void a_case_passes_and_the_instance_serves_on(void **state)
{
	(void)state;
	FOLLOW(BEGUN, ENDED, ROW(JUDGE, JUDGE, JUDGING), ROW(KEEP, NONE, IDLE),
	       ROW(NOTHING_LEFT, NONE, DONE));
}

static void the_last_instance_is_checked_and_watched(void **state)
{
	(void)state;
	FOLLOW(ROW(NO_CASE, CHOOSE_END, ENDING),
	       ROW(TO_CHECK, BEGIN_CHECK, CHECK),
	       ROW(PROCESS_ENDED, READ_CHECK, CHECK),
	       ROW(CHECKED, JUDGE_CHECK, ENDING), ROW(TO_WATCH, NONE, WATCH),
	       ROW(TIMEOUT, SEE_REST, ENDING), ROW(TO_WATCH, NONE, WATCH),
	       ROW(TIMEOUT, SEE_REST, ENDING), ROW(TO_TERM, TERMINATE, TERM),
	       ROW(INSTANCE_ENDED, REAP, IDLE));
}

static void what_does_not_end_is_killed(void **state)
{
	(void)state;
	FOLLOW(ROW(NO_CASE, CHOOSE_END, ENDING), ROW(TO_LEAVE, NONE, LEAVE),
	       ROW(TIMEOUT, NOTE_STAY, ENDING), ROW(TO_TERM, TERMINATE, TERM),
	       ROW(TIMEOUT, KILL, KILL), ROW(TIMEOUT, NONE, KILL),
	       ROW(INSTANCE_ENDED, REAP, IDLE));
}

static void a_case_that_overruns_is_ended(void **state)
{
	(void)state;
	FOLLOW(BEGUN, ROW(TIMEOUT, END_CASE, JUDGING),
	       ROW(INTERRUPTED, SKIP_CASE, IDLE));
}

/* An instance that lives is asked before the case before is blamed. */
static void an_unheard_case_runs_again(void **state)
{
	(void)state;
	FOLLOW(BEGUN, ROW(PROCESS_ENDED, COLLECT, JUDGING),
	       ROW(UNHEARD, NONE, MAY_END), ROW(TIMEOUT, BEGIN_CHECK, ASK),
	       ROW(PROCESS_ENDED, READ_CHECK, ASK),
	       ROW(CHECKED, LOOK_AT_TARGET_UNHEARD, JUDGING),
	       ROW(BLAME_LAST, BLAME_LAST, JUDGING),
	       ROW(REPLACE, CHOOSE_END, ENDING), ROW(TO_DROP, DROP, IDLE),
	       BEGUN);
}

static void without_a_check_it_is_judged_at_once(void **state)
{
	(void)state;
	FOLLOW(BEGUN, ROW(PROCESS_ENDED, COLLECT, JUDGING),
	       ROW(UNHEARD, NONE, MAY_END), ROW(TIMEOUT, BEGIN_CHECK, ASK),
	       ROW(NOT_BEGUN, LOOK_AT_TARGET_UNHEARD, JUDGING));
	FOLLOW(BEGUN, ROW(PROCESS_ENDED, COLLECT, JUDGING),
	       ROW(UNHEARD, NONE, MAY_END),
	       ROW(INSTANCE_ENDED, LOOK_AT_TARGET_UNHEARD, JUDGING));
}

static bool is_at_once(enum vus_worker_state s)
{
	return s == VUS_W_JUDGING || s == VUS_W_ENDING;
}

/* A wait that ends in no step would be for ever. */
static void every_wait_has_two_ends(void **state)
{
	(void)state;
	for (unsigned s = 0; s < VUS_W_NSTATES; s++) {
		const enum vus_worker_wait wait = vus_worker_waits(s);
		const bool waits = wait != VUS_WAITS_NOT;

		assert_int_equal(waits,
				 s != VUS_W_IDLE && s != VUS_W_DONE &&
					 !is_at_once((enum vus_worker_state)s));
		assert_int_equal(vus_worker_step(s, VUS_WE_TIMEOUT).known,
				 waits);
		assert_int_equal(vus_worker_step(s, VUS_WE_PROCESS_ENDED).known,
				 wait == VUS_WAITS_FOR_PROCESS);
		if (wait == VUS_WAITS_FOR_INSTANCE)
			assert_true(vus_worker_step(s, VUS_WE_INSTANCE_ENDED)
					    .known);
	}
}

static void every_state_and_action_is_used(void **state)
{
	uint64_t states = 1u << VUS_W_IDLE, actions = 0;

	(void)state;
	for (unsigned round = 0; round < VUS_W_NSTATES; round++) {
		for (unsigned s = 0; s < VUS_W_NSTATES; s++) {
			for (unsigned e = 0; e < VUS_WE_NEVENTS; e++) {
				const struct vus_worker_step step =
					vus_worker_step(s, e);

				if (!step.known || !(states >> s & 1))
					continue;
				states |= UINT64_C(1) << step.next;
				actions |= UINT64_C(1) << step.action;
			}
		}
	}
	assert_int_equal(states, (UINT64_C(1) << VUS_W_NSTATES) - 1);
	assert_int_equal(actions, (UINT64_C(1) << VUS_WA_NACTIONS) - 1);
}

static void what_does_not_belong_changes_nothing(void **state)
{
	const struct vus_worker_step step =
		vus_worker_step(VUS_W_DONE, VUS_WE_CASE_DUE);

	(void)state;
	assert_false(step.known);
	assert_int_equal(step.next, VUS_W_DONE);
	assert_int_equal(step.action, VUS_WA_NONE);
}

static void the_end_of_a_case(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		const struct vus_case_facts f = {
			.heard = bits & 1,
			.reused = bits & 2,
			.runs_again = bits & 4,
			.restarts = bits & 8,
			.lost = bits & 16,
			.never_ran = bits & 32,
		};
		const enum vus_worker_event got = vus_worker_case_event(&f);

		assert_int_equal(got == VUS_WE_NO_TARGET, f.never_ran);
		assert_int_equal(got == VUS_WE_TARGET_LOST,
				 !f.never_ran && f.lost && !f.heard);
		/* Only where another instance can show whose doing it was, and
		 * once. */
		assert_int_equal(got == VUS_WE_BLAME_LAST,
				 !f.never_ran && !f.lost && !f.heard &&
					 f.reused && f.restarts &&
					 !f.runs_again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_passes_and_the_instance_serves_on),
		cmocka_unit_test(the_last_instance_is_checked_and_watched),
		cmocka_unit_test(what_does_not_end_is_killed),
		cmocka_unit_test(a_case_that_overruns_is_ended),
		cmocka_unit_test(an_unheard_case_runs_again),
		cmocka_unit_test(without_a_check_it_is_judged_at_once),
		cmocka_unit_test(every_wait_has_two_ends),
		cmocka_unit_test(every_state_and_action_is_used),
		cmocka_unit_test(what_does_not_belong_changes_nothing),
		cmocka_unit_test(the_end_of_a_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
