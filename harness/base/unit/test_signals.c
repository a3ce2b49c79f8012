/* SPDX-License-Identifier: BSD-3-Clause */
/* test_signals.c — signals as a descriptor, and all as it was afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/signals.h"
#include "unit/process_box.h"

#include <fcntl.h>
#include <unistd.h>

static void signals_only_make_it_readable(void **state)
{
	static const int numbers[] = { SIGTERM, SIGINT };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(numbers); i++) {
		struct vus_signals s;

		assert_true(vus_signals_block(&s, 0, NULL));
		assert_int_equal(vus_poll_one(s.fd, POLLIN, 0), 0);
		assert_int_equal(raise(numbers[i]), 0);
		assert_int_equal(vus_poll_one(s.fd, POLLIN, 0), 1);
		assert_int_equal(vus_signals_next(s.fd), numbers[i]);
		assert_int_equal(vus_signals_next(s.fd), 0);
		assert_int_equal(raise(numbers[i]), 0);
		assert_int_equal(vus_signals_restore(&s), numbers[i]);
		assert_int_equal(s.fd, -1);
	}
}

static void the_first_signal_is_told(void **state)
{
	struct vus_signals s;

	(void)state;
	assert_true(vus_signals_block(&s, 0, NULL));
	assert_int_equal(vus_signals_restore(&s), 0);
	assert_true(vus_signals_block(&s, 0, NULL));
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(vus_signals_restore(&s), SIGTERM);
}

static void ignored_signals_are_seen_too(void **state)
{
	struct sigaction was, now;
	struct vus_signals s;

	(void)state;
	assert_true(signal(SIGTERM, SIG_IGN) != SIG_ERR);
	assert_true(vus_signals_block(&s, 0, NULL));
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(vus_signals_restore(&s), SIGTERM);
	assert_int_equal(sigaction(SIGTERM, NULL, &was), 0);
	assert_true(was.sa_handler == SIG_IGN);
	assert_true(signal(SIGTERM, SIG_DFL) != SIG_ERR);
	assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
	assert_true(now.sa_handler == SIG_DFL);
}

static void one_more_may_be_taken(void **state)
{
	struct vus_signals s;

	(void)state;
	assert_true(vus_signals_block(&s, SIGCONT, NULL));
	assert_int_equal(raise(SIGCONT), 0);
	assert_int_equal(vus_poll_one(s.fd, POLLIN, 0), 1);
	assert_int_equal(vus_signals_restore(&s), SIGCONT);
}

static void a_broken_pipe_is_an_error_and_no_death(void **state)
{
	struct vus_signals s;
	int ends[2];

	(void)state;
	assert_true(vus_signals_block(&s, 0, NULL));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	close(ends[1]);
	assert_int_equal(vus_signals_restore(&s), 0);
}

static void closed_standard_descriptors_are_filled(void **state)
{
	const pid_t pid = box_fork();

	(void)state;
	if (pid == 0) {
		VUS_AUTO_FD fd = -1;

		close(0);
		close(1);
		close(2);
		vus_stdio_fill();
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		_exit(fd > 2 && fcntl(0, F_GETFD) == 0 &&
				      fcntl(1, F_GETFD) == 0 &&
				      fcntl(2, F_GETFD) == 0
			      ? 0
			      : 1);
	}
	assert_int_equal(box_wait(pid), 0);
}

static void nothing_is_opened_where_all_are_there(void **state)
{
	const unsigned fds = box_count_fds();

	(void)state;
	vus_stdio_fill();
	assert_int_equal(box_count_fds(), fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_only_make_it_readable),
		cmocka_unit_test(the_first_signal_is_told),
		cmocka_unit_test(ignored_signals_are_seen_too),
		cmocka_unit_test(one_more_may_be_taken),
		cmocka_unit_test(a_broken_pipe_is_an_error_and_no_death),
		cmocka_unit_test(closed_standard_descriptors_are_filled),
		cmocka_unit_test(nothing_is_opened_where_all_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
