/* SPDX-License-Identifier: BSD-3-Clause */
/* test_run_program.c — the program under test, started once more by a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../base/clock.h"
#include "../base/own.h"
#include "../run/program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG_MS 20000

static const struct vus_reach command = { .fd = -1 };

/* Wait for its end; fails the test when it does not come. */
static int status_of(struct vus_program *p)
{
	int status = 0;

	assert_true(vus_program_ended(p, vus_deadline_ms(LONG_MS), &status));
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
		const char *words[VUS_PROGRAM_WORDS];

		assert_int_equal(vus_program_words(&reach, words), 2);
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
	const char *words[VUS_PROGRAM_WORDS];

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(given); i++) {
		const struct vus_reach reach = {
			.words = (char *const *)(uintptr_t)given[i]
		};

		assert_int_equal(vus_program_words(&reach, words), 0);
	}
	assert_int_equal(vus_program_words(&none, words), 0);
}

static void output_and_status_are_told(void **state)
{
	static const char *const words[] = { "/bin/sh", "-c",
					     "echo out; echo err >&2; exit 3",
					     NULL };
	VUS_AUTO_PROGRAM p = VUS_PROGRAM_NONE;
	VUS_AUTO_FREE char *text = NULL;
	struct vus_err err;
	int status;

	(void)state;
	assert_true(vus_program_start(&p, &command, words, -1, &err));
	status = status_of(&p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	text = vus_program_output(&p);
	assert_string_equal(text, "out\n");
}

static void a_program_that_is_not_there_fails(void **state)
{
	static const char *const words[] = { "/no/such/program", NULL };
	VUS_AUTO_PROGRAM p = VUS_PROGRAM_NONE;
	struct vus_err err;

	(void)state;
	assert_true(vus_program_start(&p, &command, words, -1, &err));
	assert_int_equal(WEXITSTATUS(status_of(&p)), 127);
}

/* Descriptor 3 is the one that is given, and there is no other. */
static int look_at_descriptors(int argc, char **argv)
{
	char byte = 0;

	if (argc != 2 || strcmp(argv[1], "--fd=3") != 0)
		return 1;
	if (read(VUS_PROGRAM_FD, &byte, 1) != 1 || byte != 'x')
		return 2;
	return fcntl(VUS_PROGRAM_FD + 1, F_GETFD) < 0 ? 0 : 3;
}

static void an_embedded_one_gets_its_descriptor_alone(void **state)
{
	static const char *const words[] = { "prog", "--fd=3", NULL };
	const struct vus_reach reach = { .fd = -1,
					 .embedded = look_at_descriptors };
	VUS_AUTO_PROGRAM p = VUS_PROGRAM_NONE;
	VUS_AUTO_FD rd = -1, wr = -1;
	struct vus_err err;
	int pair[2];

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	rd = pair[0];
	wr = pair[1];
	assert_int_equal(write(wr, "x", 1), 1);
	assert_true(vus_program_start(&p, &reach, words, rd, &err));
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
		VUS_AUTO_PROGRAM p = VUS_PROGRAM_NONE;

		assert_true(vus_program_start(&p, &command, words, rd, &err));
		assert_int_equal(write(wr, "\n", 1), 1);
		assert_false(vus_program_ended(&p, vus_now(), &status));
	}
	/* Nobody reads any more. */
	vus_fd_close(&rd);
	assert_int_equal(vus_poll_one(wr, POLLERR, vus_deadline_ms(LONG_MS)),
			 1);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
