/* SPDX-License-Identifier: BSD-3-Clause */
/* test_event.c — eventfds and pipes as notifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const enum vus_event_kind kinds[] = { VUS_EVENTFD, VUS_PIPE };

static void both_ends_are_private_and_do_not_block(void **state)
{
	(void)state;
	for (size_t i = 0; i < VUS_COUNT(kinds); i++) {
		VUS_AUTO_EVENT ev = VUS_EVENT_NONE;

		assert_true(vus_event_open(kinds[i], &ev, NULL));
		assert_int_equal(ev.rd == ev.wr, kinds[i] == VUS_EVENTFD);
		assert_true(fcntl(ev.rd, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(ev.wr, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(ev.rd, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(ev.wr, F_GETFL) & O_NONBLOCK);
	}
}

static void closing_closes_each_end_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < VUS_COUNT(kinds); i++) {
		struct vus_event ev = VUS_EVENT_NONE;
		int rd, wr;

		vus_event_close(&ev);
		assert_true(vus_event_open(kinds[i], &ev, NULL));
		rd = ev.rd;
		wr = ev.wr;
		errno = ENOTTY;
		vus_event_close(&ev);
		/* A second close() would have said EBADF, or have closed what
		 * somebody else had opened. */
		assert_int_equal(errno, ENOTTY);
		assert_int_equal(fcntl(rd, F_GETFD), -1);
		assert_int_equal(fcntl(wr, F_GETFD), -1);
		assert_int_equal(ev.rd, -1);
		assert_int_equal(ev.wr, -1);
		vus_event_close(&ev);
	}
}

static void an_eventfd_adds_and_a_pipe_queues(void **state)
{
	(void)state;
	for (size_t i = 0; i < VUS_COUNT(kinds); i++) {
		VUS_AUTO_EVENT ev = VUS_EVENT_NONE;
		uint64_t sum = 100;

		assert_true(vus_event_open(kinds[i], &ev, NULL));
		assert_int_equal(vus_poll_one(ev.rd, POLLIN, 0), 0);
		assert_int_equal(vus_event_drain(ev.rd, &sum), 0);
		assert_int_equal(sum, 100);
		assert_true(vus_event_signal(ev.wr, 1, NULL));
		assert_true(vus_event_signal(ev.wr, 2, NULL));
		assert_true(vus_event_signal(ev.wr, 4, NULL));
		assert_int_equal(vus_poll_one(ev.rd, POLLIN, 0), 1);
		assert_int_equal(vus_event_drain(ev.rd, &sum),
				 kinds[i] == VUS_PIPE ? 3 : 1);
		assert_int_equal(sum, 107);
		assert_int_equal(vus_poll_one(ev.rd, POLLIN, 0), 0);
		assert_int_equal(vus_event_drain(ev.rd, NULL), 0);
	}
}

/* What is full has an event pending: that is all an event says. */
static void a_full_notifier_is_signalled(void **state)
{
	VUS_AUTO_EVENT pipe_ev = VUS_EVENT_NONE;
	VUS_AUTO_EVENT eventfd_ev = VUS_EVENT_NONE;
	const long room = 65536 / 8;
	uint64_t sum = 0;

	(void)state;
	assert_true(vus_event_open(VUS_PIPE, &pipe_ev, NULL));
	assert_int_equal(fcntl(pipe_ev.wr, F_SETPIPE_SZ, 65536), 65536);
	for (long i = 0; i < room + 10; i++)
		assert_true(vus_event_signal(pipe_ev.wr, 1, NULL));
	assert_int_equal(vus_event_drain(pipe_ev.rd, &sum), room);
	assert_int_equal(sum, room);

	assert_true(vus_event_open(VUS_EVENTFD, &eventfd_ev, NULL));
	assert_true(vus_event_signal(eventfd_ev.wr, UINT64_MAX - 1, NULL));
	assert_true(vus_event_signal(eventfd_ev.wr, 1, NULL));
	sum = 0;
	assert_int_equal(vus_event_drain(eventfd_ev.rd, &sum), 1);
	assert_int_equal(sum, UINT64_MAX - 1);
}

/* Peers send blocking descriptors too; alarm() ends a test that hangs. */
static void blocking_descriptors_do_not_block(void **state)
{
	VUS_AUTO_FD ev = eventfd(0, EFD_CLOEXEC);
	VUS_AUTO_FD many = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	uint64_t sum = 0;
	int ends[2];

	(void)state;
	assert_int_equal(vus_event_drain(ev, NULL), 0);
	assert_true(vus_event_signal(ev, UINT64_MAX - 1, NULL));
	assert_true(vus_event_signal(ev, 1, NULL));
	assert_int_equal(vus_event_drain(ev, NULL), 1);
	assert_true(vus_event_signal(many, 5, NULL));
	assert_int_equal(vus_event_drain(many, &sum), 5);
	assert_int_equal(sum, 5);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (long i = 0; i < 65536 / 8 + 10; i++)
		assert_true(vus_event_signal(ends[1], 1, NULL));
	assert_in_range(vus_event_drain(ends[0], NULL), 1, 65536 / 8);
	vus_fd_close(&ends[0]);
	vus_fd_close(&ends[1]);
}

static void a_pipe_without_reader_is_an_end(void **state)
{
	VUS_AUTO_EVENT ev = VUS_EVENT_NONE;
	struct vus_err err = { 0 };
	sigset_t pending;

	(void)state;
	assert_true(vus_event_open(VUS_PIPE, &ev, NULL));
	vus_fd_close(&ev.rd);
	/* SIGPIPE has its default action here, and would end the program. */
	assert_false(vus_event_signal(ev.wr, 1, &err));
	assert_int_equal(err.kind, VUS_ERR_EOF);
	assert_int_equal(sigpending(&pending), 0);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &pending), 0);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
}

static void a_pipe_without_writer_is_drained(void **state)
{
	VUS_AUTO_EVENT ev = VUS_EVENT_NONE;
	uint64_t sum = 0;

	(void)state;
	assert_true(vus_event_open(VUS_PIPE, &ev, NULL));
	assert_true(vus_event_signal(ev.wr, 3, NULL));
	vus_fd_close(&ev.wr);
	assert_int_equal(vus_event_drain(ev.rd, &sum), 1);
	assert_int_equal(sum, 3);
	assert_int_equal(vus_event_drain(ev.rd, &sum), 0);
}

static void strange_descriptors_are_survived(void **state)
{
	VUS_AUTO_FD endless = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	VUS_AUTO_EVENT ev = VUS_EVENT_NONE;
	struct vus_err err = { 0 };

	(void)state;
	assert_int_equal(vus_event_drain(-1, NULL), 0);
	assert_int_equal(vus_event_drain(1000000, NULL), 0);
	/* Not for ever. */
	assert_true(vus_event_drain(endless, NULL) > 0);
	assert_false(vus_event_signal(-1, 1, &err));
	assert_int_equal(err.kind, VUS_ERR_SYSTEM);
	assert_int_equal(err.sys, EBADF);
	assert_false(vus_event_signal(1000000, 1, &err));
	assert_int_equal(err.sys, EBADF);
	assert_false(vus_event_signal(endless, 1, &err));
	assert_int_equal(err.sys, EBADF);
	/* Half an event is none. */
	assert_true(vus_event_open(VUS_PIPE, &ev, NULL));
	assert_int_equal(write(ev.wr, "abc", 3), 3);
	assert_int_equal(vus_event_drain(ev.rd, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_are_private_and_do_not_block),
		cmocka_unit_test(closing_closes_each_end_once),
		cmocka_unit_test(an_eventfd_adds_and_a_pipe_queues),
		cmocka_unit_test(a_full_notifier_is_signalled),
		cmocka_unit_test(blocking_descriptors_do_not_block),
		cmocka_unit_test(a_pipe_without_reader_is_an_end),
		cmocka_unit_test(a_pipe_without_writer_is_drained),
		cmocka_unit_test(strange_descriptors_are_survived),
	};

	alarm(200);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
