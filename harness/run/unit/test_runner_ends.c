/* SPDX-License-Identifier: BSD-3-Clause */
/* test_runner_ends.c — a run that is interrupted or killed. */
#include "runner_box.h"
#include "unit/waits.h"

#include "base/clock.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOR_EVER_S 600 /* what a case may take that never ends */

static void interrupts_complete_the_report(void **state)
{
	struct runner_box *f = *state;
	static const struct {
		int signum, status;
	} rows[] = { { SIGINT, VUS_EXIT_SIGINT },
		     { SIGTERM, VUS_EXIT_SIGTERM } };

	runner_add(f, &toy_needs_feature);
	for (int i = 0; i < 9; i++)
		runner_add(f, &toy_overruns);
	f->opt.workers = 2;
	f->opt.timeout_s = FOR_EVER_S;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		uint64_t began = vus_now();

		runner_again(f);
		for (size_t k = 0; k < f->n; k++)
			f->v[k].done = false;
		f->interrupt = rows[i].signum;
		assert_int_equal(runner_go(f), rows[i].status);
		assert_true(f->summary.interrupted);
		assert_string_equal(f->v[9].reason, "not run: interrupted");
		assert_true(vus_now() - began < UNIT_LONG_MS * VUS_MS);
	}
}

static unsigned entries(const char *path)
{
	unsigned n = 0;
	DIR *dir = opendir(path);
	const struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		n += e->d_name[0] != '.';
	(void)closedir(dir);
	return n;
}

/* The runner gets SIGKILL: all that it started holds this pipe, so it is at
 * end of file when the last of them is gone. */
static void a_killed_runner_leaves_nothing(void **state)
{
	struct runner_box *f = *state;
	uint64_t deadline;
	int held[2];
	pid_t pid;
	char byte;

	runner_add(f, &toy_overruns);
	runner_add(f, &toy_overruns);
	f->opt.workers = 2;
	f->opt.timeout_s = FOR_EVER_S;
	assert_int_equal(pipe(held), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(held[0]);
		_exit(vus_run(&f->opt, f->v, f->n) & 0xff);
	}
	deadline = vus_deadline_ms(UNIT_LONG_MS);
	while (entries(f->tmp) == 0 && vus_now() < deadline)
		vus_pause(vus_deadline_ms(2));
	vus_pause(vus_deadline_ms(100));
	(void)close(held[1]);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(
		vus_poll_one(held[0], POLLHUP, vus_deadline_ms(UNIT_LONG_MS)),
		1);
	assert_int_equal(read(held[0], &byte, 1), 0);
	(void)close(held[0]);
	assert_int_equal(entries(f->tmp), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUNNER_TEST(interrupts_complete_the_report),
		RUNNER_TEST(a_killed_runner_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
