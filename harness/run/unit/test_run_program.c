/* SPDX-License-Identifier: BSD-3-Clause */
/* test_run_program.c — the program under test, started once more by a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/waits.h"

#include "base/clock.h"
#include "base/own.h"
#include "proc/fd_limit.h"
#include "run/case_program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct vus_reach command = { .fd = -1 };

/* Wait for its end; fails the test when it does not come. */
static int status_of(struct vus_case_program *p)
{
	int status = 0;

	assert_true(vus_case_program_ended(p, vus_deadline_ms(UNIT_LONG_MS),
					   &status));
	return status;
}

static void words_lose_what_is_about_the_socket(void **state)
{
	static const char *const given[][8] = {
		{ "prog", "--socket-path", "/s", "-x", NULL },
		{ "prog", "--socket-path=/s", "-x", NULL },
		{ "prog", "-x", "--fd=3", NULL },
		{ "prog", "--fd", "3", "-x", "--socket-path", "/s", NULL },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(given); i++) {
		const struct vus_reach reach = {
			.words = (char *const *)(uintptr_t)given[i]
		};
		const char *words[VUS_CASE_PROGRAM_WORDS];

		assert_int_equal(vus_case_program_words(&reach, words), 2);
		assert_string_equal(words[0], "prog");
		assert_string_equal(words[1], "-x");
		assert_null(words[2]);
	}
}

static void other_words_cannot_be_started_again(void **state)
{
	static const char *const given[][8] = {
		{ "prog", "--socket-path", NULL }, /* its value is missing */
		{ "prog", "--socket-paths=/s", NULL },
		{ "sh", "-c", "prog --socket-path=/s", NULL },
		{ NULL },
	};
	const struct vus_reach none = { .words = NULL };
	const char *words[VUS_CASE_PROGRAM_WORDS];

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(given); i++) {
		const struct vus_reach reach = {
			.words = (char *const *)(uintptr_t)given[i]
		};

		assert_int_equal(vus_case_program_words(&reach, words), 0);
	}
	assert_int_equal(vus_case_program_words(&none, words), 0);
}

static void output_and_status_are_told(void **state)
{
	static const char *const words[] = { "/bin/sh", "-c",
					     "echo out; echo err >&2; exit 3",
					     NULL };
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	VUS_AUTO_FREE char *text = NULL;
	struct vus_err err;
	int status;

	(void)state;
	assert_true(vus_case_program_start(&p, &command, words, -1, &err));
	status = status_of(&p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	text = vus_case_program_output(&p);
	assert_string_equal(text, "out\n");
}

static void a_program_that_is_not_there_fails(void **state)
{
	static const char *const words[] = { "/no/such/program", NULL };
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	struct vus_err err;

	(void)state;
	assert_true(vus_case_program_start(&p, &command, words, -1, &err));
	assert_int_equal(WEXITSTATUS(status_of(&p)), 127);
}

/* Descriptor 3 is the one that is given, and there is no other. */
static int look_at_descriptors(int argc, char **argv)
{
	char byte = 0;

	if (argc != 2 || strcmp(argv[1], "--fd=3") != 0)
		return 1;
	if (read(VUS_CASE_PROGRAM_FD, &byte, 1) != 1 || byte != 'x')
		return 2;
	return fcntl(VUS_CASE_PROGRAM_FD + 1, F_GETFD) < 0 ? 0 : 3;
}

static void an_embedded_one_gets_its_descriptor_alone(void **state)
{
	static const char *const words[] = { "prog", "--fd=3", NULL };
	const struct vus_reach reach = { .fd = -1,
					 .embedded = look_at_descriptors };
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_err err;
	int pair[2];

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	rd = pair[0];
	wr = pair[1];
	assert_int_equal(write(wr, "x", 1), 1);
	assert_true(vus_case_program_start(&p, &reach, words, rd, &err));
	assert_int_equal(WEXITSTATUS(status_of(&p)), 0);
}

static void a_running_one_is_ended_with_all_it_started(void **state)
{
	static const char *const words[] = {
		"/bin/sh", "-c",
		"read x <&3; (trap '' TERM; read y <&3) & wait", NULL
	};
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_err err;
	int pair[2], status;

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	rd = pair[0];
	wr = pair[1];
	{
		VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;

		assert_true(
			vus_case_program_start(&p, &command, words, rd, &err));
		assert_int_equal(write(wr, "\n", 1), 1);
		assert_false(vus_case_program_ended(&p, vus_now(), &status));
	}
	/* Nobody reads any more. */
	vus_fd_close(&rd);
	assert_int_equal(
		vus_poll_one(wr, POLLERR, vus_deadline_ms(UNIT_LONG_MS)), 1);
}

static void again_it_has_another_socket_and_a_crowd(void **state)
{
	static const char *const words[] = { "/bin/sh", "-c",
					     "echo $0; ls /proc/$$/fd | wc -l",
					     "at=/the/s", NULL };
	struct vus_reach reach = { .socket = "/the/s",
				   .folder = "/the",
				   .fd = -1,
				   .words = (char *const *)(uintptr_t)words };
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE,
			      q = VUS_CASE_PROGRAM_NONE;
	VUS_AUTO_FREE char *text = NULL;
	unsigned open = 0;
	struct vus_err err;

	(void)state;
	assert_true(
		vus_case_program_start_crowded(&p, &reach, "/x", 300, &err));
	assert_int_equal(WEXITSTATUS(status_of(&p)), 0);
	text = vus_case_program_output(&p);
	assert_int_equal(sscanf(text, "at=/x/s %u", &open), 1);
	assert_true(open >= 300);
	reach.socket[1] = 'T';
	assert_false(vus_case_program_start_crowded(&q, &reach, "/x", 0, &err));
	assert_int_equal(err.kind, VUS_ERR_USAGE);
}

/* Tells whether it can open a file whenever it is asked. */
static void open_when_asked(int fd)
{
	char byte;

	for (unsigned i = 0; i < 256; i++)
		(void)!fcntl(fd, F_DUPFD, 0);
	byte = 'r';
	while (write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 1)
		byte = open("/dev/null", O_RDONLY) < 0 ? 'n' : 'y';
	_exit(0);
}

static char ask(int fd)
{
	char byte = '?';

	assert_int_equal(write(fd, "?", 1), 1);
	assert_int_equal(read(fd, &byte, 1), 1);
	return byte;
}

static void who_is_short_opens_nothing(void **state)
{
	struct vus_fd_limit s;
	struct vus_err err;
	int pair[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		open_when_asked(pair[1]);
	}
	(void)close(pair[1]);
	/* Too few are open here, and poll() would fail. */
	assert_false(vus_fd_limit_begin(&s, getpid(), &err));
	assert_int_equal(read(pair[0], &byte, 1), 1);
	assert_true(vus_fd_limit_begin(&s, pid, &err));
	assert_int_equal(ask(pair[0]), 'n');
	vus_fd_limit_end(&s);
	assert_int_equal(ask(pair[0]), 'y');
	(void)close(pair[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_lose_what_is_about_the_socket),
		cmocka_unit_test(other_words_cannot_be_started_again),
		cmocka_unit_test(output_and_status_are_told),
		cmocka_unit_test(a_program_that_is_not_there_fails),
		cmocka_unit_test(an_embedded_one_gets_its_descriptor_alone),
		cmocka_unit_test(a_running_one_is_ended_with_all_it_started),
		cmocka_unit_test(again_it_has_another_socket_and_a_crowd),
		cmocka_unit_test(who_is_short_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
