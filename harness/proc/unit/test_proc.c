/* SPDX-License-Identifier: BSD-3-Clause */
/* test_proc.c — a process seen from outside: files of ours that it holds, and
 * how it spends its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/own.h"
#include "proc/idle.h"
#include "proc/settle.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that obeys one-byte words and answers each. */
struct child {
	pid_t pid;
	int fd;
};

static void obey(int fd, int held, void *map, size_t size)
{
	char word;

	while (read(fd, &word, 1) == 1) {
		if (word == 'c')
			(void)close(held);
		if (word == 'u')
			(void)munmap(map, size);
		if (write(fd, &word, 1) != 1)
			break;
		while (word == 'b')
			continue;
	}
	_exit(0);
}

/* It inherits `held`, and a mapping. */
static struct child start(int held, void *map, size_t size)
{
	struct child c;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	c.pid = fork();
	if (c.pid == 0) {
		(void)close(pair[0]);
		obey(pair[1], held, map, size);
	}
	(void)close(pair[1]);
	c.fd = pair[0];
	return c;
}

static void tell(const struct child *c, char word)
{
	char answer;

	assert_int_equal(write(c->fd, &word, 1), 1);
	assert_int_equal(read(c->fd, &answer, 1), 1);
}

static void end(struct child *c)
{
	(void)close(c->fd);
	(void)kill(c->pid, SIGKILL);
	assert_int_equal(waitpid(c->pid, NULL, 0), c->pid);
}

static void assert_holds(pid_t pid, const struct vus_file_id *id, unsigned fds,
			 unsigned maps)
{
	struct vus_held_files held = { 9, 9 };
	struct vus_err err;

	assert_true(vus_proc_holds(pid, id, 1, &held, &err));
	assert_int_equal(held.fds, fds);
	assert_int_equal(held.maps, maps);
}

static void memory_is_held_as_descriptor_and_as_mapping(void **state)
{
	VUS_AUTO_FD fd = memfd_create("held", MFD_CLOEXEC);
	VUS_AUTO_FD other = memfd_create("other", MFD_CLOEXEC);
	struct vus_file_id id, unlike;
	struct child c;
	void *map;

	(void)state;
	assert_int_equal(ftruncate(fd, 4096), 0);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	assert_true(vus_proc_identify(fd, &id));
	c = start(fd, map, 4096);
	assert_holds(c.pid, &id, 1, 1);
	tell(&c, 'c');
	assert_holds(c.pid, &id, 0, 1);
	tell(&c, 'u');
	assert_holds(c.pid, &id, 0, 0);
	assert_true(vus_proc_identify(other, &unlike));
	assert_true(unlike.ino != id.ino);
	end(&c);
	(void)munmap(map, 4096);
}

/* All eventfds share one inode, and are told apart all the same. */
static void notifiers_are_told_apart(void **state)
{
	static const enum vus_event_kind kinds[] = { VUS_EVENTFD, VUS_PIPE };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(kinds); i++) {
		VUS_AUTO_EVENT ours = VUS_EVENT_NONE, late = VUS_EVENT_NONE;
		struct vus_file_id id, unlike;
		struct vus_err err;
		struct child c;

		assert_true(vus_event_open(kinds[i], &ours, &err));
		assert_true(vus_proc_identify(ours.wr, &id));
		c = start(ours.wr, NULL, 0);
		assert_true(vus_event_open(kinds[i], &late, &err));
		assert_true(vus_proc_identify(late.wr, &unlike));
		assert_holds(c.pid, &unlike, 0, 0);
		/* A pipe's other end is the same file. */
		assert_holds(c.pid, &id, kinds[i] == VUS_PIPE ? 2 : 1, 0);
		tell(&c, 'c');
		assert_holds(c.pid, &id, kinds[i] == VUS_PIPE ? 1 : 0, 0);
		end(&c);
	}
}

static void what_cannot_be_told_apart_is_no_file(void **state)
{
	VUS_AUTO_FD epoll = -1;
	struct vus_file_id id;
	struct vus_held_files held;
	struct vus_err err;

	(void)state;
	assert_false(vus_proc_identify(-1, &id));
	assert_false(vus_proc_identify(epoll, &id));
	epoll = memfd_create("x", MFD_CLOEXEC);
	assert_true(vus_proc_identify(epoll, &id));
	/* No process has this number. */
	assert_false(vus_proc_holds(0x7fffffff, &id, 1, &held, &err));
	assert_int_equal(err.kind, VUS_ERR_SYSTEM);
}

static enum vus_cpu_use watch(pid_t pid)
{
	uint64_t deadline = vus_deadline_ms(20000);
	enum vus_cpu_use rest = VUS_CPU_BUSY;
	struct vus_idle w;

	assert_true(vus_idle_begin(&w, pid));
	while (rest == VUS_CPU_BUSY && vus_now() < deadline) {
		vus_pause(vus_deadline_ms(VUS_IDLE_WINDOW_MS));
		rest = vus_idle_sample(&w);
	}
	if (rest == VUS_CPU_SPINS)
		/* Of all the time, at least: what it waited for a processor is
		 * taken off. */
		assert_in_range(vus_idle_percent(&w),
				(w.last.ran - w.first.ran) * 100 /
					(w.last_at - w.began),
				100);
	return rest;
}

/* A status is there from the end of a process until it is waited for. */
static void ends_are_seen_before_they_are_waited_for(void **state)
{
	struct child c = start(-1, NULL, 0);
	struct vus_err err;
	siginfo_t info;
	int status;

	(void)state;
	assert_false(vus_proc_end(c.pid, &status, &err));
	assert_int_equal(kill(c.pid, SIGUSR1), 0);
	assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WEXITED | WNOWAIT),
			 0);
	assert_true(vus_proc_end(c.pid, &status, &err));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGUSR1);
	end(&c);
	assert_false(vus_proc_end(c.pid, &status, &err));
	c.pid = fork();
	if (c.pid == 0)
		_exit(3);
	assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WEXITED | WNOWAIT),
			 0);
	assert_true(vus_proc_end(c.pid, &status, &err));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_int_equal(waitpid(c.pid, NULL, 0), c.pid);
}

static void rest_and_haste_differ(void **state)
{
	struct child c = start(-1, NULL, 0);

	(void)state;
	tell(&c, 'x');
	assert_int_equal(watch(c.pid), VUS_CPU_IDLE);
	assert_false(vus_idle_is_polling(c.pid));
	tell(&c, 'b');
	/* On a machine that gives it next to nothing nobody can tell. */
	assert_int_not_equal(watch(c.pid), VUS_CPU_IDLE);
	assert_true(vus_idle_is_polling(c.pid));
	end(&c);
}

/* How often is looked after the time was over? */
static unsigned late_looks(pid_t pid, bool unseen)
{
	struct vus_settle v = vus_settle_begin(pid, 10, unseen);
	const uint64_t until = v.until;
	unsigned n = 0;

	while (vus_settle_again(&v, NULL, 0))
		n += vus_now() >= until;
	assert_true(vus_now() >= until);
	assert_false(vus_settle_again(&v, NULL, 0));
	return n;
}

static void a_vigil_goes_on_while_there_is_something_to_do(void **state)
{
	struct child c = start(-1, NULL, 0);
	unsigned few, many;

	(void)state;
	assert_in_range(late_looks(0, true), 1, 2);
	assert_true(late_looks(0, false) > 2);
	tell(&c, 'x');
	while (!vus_proc_is_idle(c.pid, false))
		continue;
	few = late_looks(c.pid, false);
	tell(&c, 'b');
	assert_false(vus_proc_is_idle(c.pid, true));
	many = late_looks(c.pid, true);
	assert_true(many > few);
	assert_int_equal(kill(c.pid, SIGKILL), 0);
	/* One that has ended has nothing to do. */
	while (!vus_proc_is_idle(c.pid, false))
		continue;
	end(&c);
	assert_false(vus_proc_is_idle(c.pid, false));
	assert_true(vus_proc_is_idle(c.pid, true));
}

static void what_is_ready_ends_a_look(void **state)
{
	VUS_AUTO_EVENT ev = VUS_EVENT_NONE;
	struct vus_settle v = vus_settle_begin(0, 60000, true);
	struct pollfd p = { .events = POLLIN };

	(void)state;
	assert_true(vus_event_open(VUS_EVENTFD, &ev, NULL));
	assert_true(vus_event_signal(ev.wr, 1, NULL));
	p.fd = ev.rd;
	for (unsigned i = 0; i < 1000; i++)
		assert_true(vus_settle_again(&v, &p, 1));
	assert_true(vus_now() < v.until);
}

static void one_that_is_gone_is_not_watched(void **state)
{
	struct child c = start(-1, NULL, 0);
	struct vus_idle w;

	(void)state;
	assert_true(vus_idle_begin(&w, c.pid));
	end(&c);
	assert_int_equal(vus_idle_sample(&w), VUS_CPU_UNKNOWN);
	assert_false(vus_idle_begin(&w, c.pid));
	assert_false(vus_idle_is_polling(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_held_as_descriptor_and_as_mapping),
		cmocka_unit_test(notifiers_are_told_apart),
		cmocka_unit_test(what_cannot_be_told_apart_is_no_file),
		cmocka_unit_test(ends_are_seen_before_they_are_waited_for),
		cmocka_unit_test(rest_and_haste_differ),
		cmocka_unit_test(
			a_vigil_goes_on_while_there_is_something_to_do),
		cmocka_unit_test(what_is_ready_ends_a_look),
		cmocka_unit_test(one_that_is_gone_is_not_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
