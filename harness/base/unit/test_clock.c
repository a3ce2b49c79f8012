/* SPDX-License-Identifier: BSD-3-Clause */
/* test_clock.c — deadlines, and waits that keep them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/event.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

static void now_is_monotonic_time(void **state)
{
	struct timespec ts;
	uint64_t a, b, ours;

	(void)state;
	a = vus_now();
	clock_gettime(CLOCK_MONOTONIC, &ts);
	b = vus_now();
	ours = (uint64_t)ts.tv_sec * 1000 * VUS_MS + (uint64_t)ts.tv_nsec;
	assert_true(a <= ours && ours <= b);
}

static void deadlines_count_from_now(void **state)
{
	const uint64_t before = vus_now();
	const uint64_t d = vus_deadline_ms(1500);
	const uint64_t after = vus_now();

	(void)state;
	assert_true(d >= before + 1500 * VUS_MS);
	assert_true(d <= after + 1500 * VUS_MS);
}

static void too_far_is_never(void **state)
{
	(void)state;
	assert_int_equal(vus_deadline_ms(UINT64_MAX), VUS_NEVER);
	assert_int_equal(vus_deadline_ms(UINT64_MAX / VUS_MS), VUS_NEVER);
	assert_true(vus_remaining_ms(VUS_NEVER) > UINT64_C(1) << 40);
}

static void what_is_left_is_rounded_up(void **state)
{
	const uint64_t day = 24 * 3600 * 1000;

	(void)state;
	assert_int_equal(vus_remaining_ms(0), 0);
	assert_int_equal(vus_remaining_ms(vus_now()), 0);
	/* Less than a millisecond is one, as long as it is not over. */
	for (unsigned i = 0; i < 100; i++) {
		const uint64_t deadline = vus_now() + VUS_MS / 2;
		const uint64_t left = vus_remaining_ms(deadline);

		assert_int_equal(left,
				 left == 0 && vus_now() >= deadline ? 0 : 1);
	}
	assert_true(vus_remaining_ms(vus_now() + day * VUS_MS) > day - 60000);
	assert_true(vus_remaining_ms(vus_now() + day * VUS_MS) <= day);
}

static void a_wait_lasts_until_its_deadline(void **state)
{
	VUS_AUTO_EVENT ev = VUS_EVENT_NONE;
	uint64_t deadline;

	(void)state;
	assert_true(vus_event_open(VUS_EVENTFD, &ev, NULL));
	deadline = vus_deadline_ms(20);
	assert_int_equal(vus_poll_one(ev.rd, POLLIN, deadline), 0);
	assert_true(vus_now() >= deadline);
}

static void a_passed_deadline_still_looks(void **state)
{
	VUS_AUTO_EVENT ev = VUS_EVENT_NONE;

	(void)state;
	assert_true(vus_event_open(VUS_EVENTFD, &ev, NULL));
	assert_int_equal(vus_poll_one(ev.rd, POLLIN, 0), 0);
	assert_true(vus_event_signal(ev.wr, 1, NULL));
	assert_int_equal(vus_poll_one(ev.rd, POLLIN, 0), 1);
	assert_int_equal(vus_poll_one(ev.rd, POLLIN, VUS_NEVER), 1);
}

static void the_ready_are_counted(void **state)
{
	VUS_AUTO_EVENT ev = VUS_EVENT_NONE;
	struct pollfd fds[3] = {
		{ .fd = -1, .events = POLLIN },
		{ .events = POLLIN },
		{ .events = POLLOUT },
	};

	(void)state;
	assert_true(vus_event_open(VUS_EVENTFD, &ev, NULL));
	fds[1].fd = fds[2].fd = ev.rd;
	assert_int_equal(vus_poll(fds, 3, VUS_NEVER), 1);
	assert_int_equal(fds[2].revents, POLLOUT);
	assert_true(vus_event_signal(ev.wr, 1, NULL));
	assert_int_equal(vus_poll(fds, 3, VUS_NEVER), 2);
	assert_int_equal(fds[1].revents, POLLIN);
	assert_int_equal(fds[0].revents, 0);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* SA_RESTART does not begin poll() again. */
static void signals_do_not_shorten_a_wait(void **state)
{
	const struct sigaction act = { .sa_handler = count_alarm };
	const struct itimerval every = { { 0, 3000 }, { 0, 3000 } };
	const struct itimerval off = { 0 };
	struct sigaction before;
	uint64_t deadline;
	int ready;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &act, &before), 0);
	/* However late it goes on from here: they come before the end. */
	setitimer(ITIMER_REAL, &every, NULL);
	deadline = vus_deadline_ms(60);
	ready = vus_poll(NULL, 0, deadline);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &before, NULL);
	assert_int_equal(ready, 0);
	assert_true(vus_now() >= deadline);
	assert_true(alarms > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(now_is_monotonic_time),
		cmocka_unit_test(deadlines_count_from_now),
		cmocka_unit_test(too_far_is_never),
		cmocka_unit_test(what_is_left_is_rounded_up),
		cmocka_unit_test(a_wait_lasts_until_its_deadline),
		cmocka_unit_test(a_passed_deadline_still_looks),
		cmocka_unit_test(the_ready_are_counted),
		cmocka_unit_test(signals_do_not_shorten_a_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
