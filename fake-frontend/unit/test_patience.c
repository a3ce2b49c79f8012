/* SPDX-License-Identifier: BSD-3-Clause */
/* test_patience.c — when a back-end is waited for no longer, and when it is.
 *
 * Nothing here depends on how fast the machine is: what must come is waited
 * for, and what must not come has no time at which it would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../harness/base/clock.h"
#include "../../harness/base/own.h"
#include "../fixture/patience.h"

#define REQUEST_MS 500   /* of it a fifth is slept, a tenth burnt, at most */
#define LONGEST_MS 30000 /* for what must come */
#define LOOK_MS    10

/* A server that answers words of one byte; but 'b' is burnt over for ever, and
 * 's' slept over. */
struct box {
	struct vus_session s;
	struct vus_patient patient;
	pid_t server;
};

static void serve(int fd)
{
	char word;

	while (read(fd, &word, 1) == 1) {
		while (word == 'b')
			continue;
		if (word != 's' && write(fd, &word, 1) != 1)
			break;
	}
	_exit(0);
}

static int set_up(void **state)
{
	static struct box b;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	b = (struct box){ .s.request_ms = REQUEST_MS, .s.link.fd = pair[0] };
	b.server = fork();
	if (b.server == 0) {
		(void)close(pair[0]);
		serve(pair[1]);
	}
	(void)close(pair[1]);
	*state = &b;
	return b.server < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	struct box *b = *state;

	vus_fd_close(&b->s.link.fd);
	(void)kill(b->server, SIGKILL);
	return waitpid(b->server, NULL, 0) == b->server ? 0 : -1;
}

static void say(struct box *b, char word)
{
	assert_int_equal(write(b->s.link.fd, &word, 1), 1);
}

static struct vus_wait wait_for(const struct box *b)
{
	return vus_link_wait(&b->s.link, VUS_NEVER);
}

static const struct vus_reach unknown;

/* Two questions and their answers: from the second wait on it is watched. */
static void begin(struct box *b, pid_t watched, bool polls)
{
	const struct vus_reach reach = { .polls = polls };
	char answer;

	vus_patient_open(&b->patient, &b->s, watched, &reach);
	for (int i = 0; i < 2; i++) {
		say(b, 'a');
		(void)wait_for(b);
		assert_int_equal(read(b->s.link.fd, &answer, 1), 1);
	}
}

static struct vus_cpu look(pid_t pid)
{
	struct vus_cpu cpu;
	struct vus_err err;

	assert_true(vus_proc_cpu(pid, &cpu, &err));
	return cpu;
}

static bool is_over(struct vus_wait *w)
{
	(void)vus_poll(NULL, 0, vus_deadline_ms(LOOK_MS));
	(void)vus_link_wait_goes_on(w, NULL, 0);
	return w->over;
}

/* Wait for an answer that will not come. */
static bool gives_up(const struct box *b, uint64_t ms)
{
	const uint64_t deadline = vus_deadline_ms(ms);
	struct vus_wait w = wait_for(b);
	bool over;

	do
		over = is_over(&w);
	while (!over && vus_left_ms(deadline) > 0);
	return over;
}

/* The same while the server burns `ms` of a processor's time. */
static bool gives_up_burning(const struct box *b, uint64_t ms)
{
	const uint64_t first = look(b->server).ran;
	struct vus_wait w = wait_for(b);
	bool over;

	do
		over = is_over(&w);
	while (!over && look(b->server).ran - first < ms * VUS_MS);
	return over;
}

static void who_sleeps_on_will_not_answer(void **state)
{
	struct box *b = *state;

	begin(b, b->server, false);
	say(b, 's');
	assert_true(gives_up(b, LONGEST_MS));
}

/* It may wait for a disk: longer, and the time it uses says nothing. */
static void who_has_a_ring_is_waited_for_longer(void **state)
{
	struct box *b = *state;
	uint64_t began;

	b->s.queues[0].set_up = true;
	begin(b, b->server, false);
	say(b, 's');
	began = vus_now();
	assert_true(gives_up(b, LONGEST_MS));
	assert_true(vus_now() - began >= REQUEST_MS / 3 * VUS_MS);
	say(b, 'b');
	assert_false(gives_up_burning(b, REQUEST_MS / 2));
}

static void who_burns_a_processor_will_not_answer(void **state)
{
	struct box *b = *state;

	begin(b, b->server, false);
	say(b, 'b');
	assert_true(gives_up(b, LONGEST_MS));
}

/* What is waited for need not be an answer. */
static void any_descriptor_is_waited_for(void **state)
{
	struct box *b = *state;
	int pair[2];
	struct pollfd p = { .events = POLLIN };

	assert_int_equal(pipe(pair), 0);
	p.fd = pair[0];
	begin(b, b->server, false);
	say(b, 's');
	assert_int_equal(vus_link_poll(&b->s.link, &p, 1, VUS_NEVER), 0);
	assert_int_equal(write(pair[1], "", 1), 1);
	assert_int_equal(vus_link_poll(&b->s.link, &p, 1, VUS_NEVER), 1);
	vus_fd_close(&pair[0]);
	vus_fd_close(&pair[1]);
}

/* One endless loop costs one wait, not one for every question after it. */
static void who_was_given_up_is_not_waited_for_anew(void **state)
{
	struct box *b = *state;
	struct vus_wait w;
	uint64_t ran;

	begin(b, b->server, false);
	say(b, 'b');
	assert_true(gives_up(b, LONGEST_MS));
	w = wait_for(b);
	assert_true(is_over(&w));
	/* That it spoke after all begins a new account. */
	b->patient.asked.heard(&b->patient);
	ran = look(b->server).ran;
	assert_true(gives_up(b, LONGEST_MS));
	assert_true(look(b->server).ran - ran >= REQUEST_MS / 10 * VUS_MS);
}

static void who_polls_by_nature_may_burn(void **state)
{
	struct box *b = *state;

	begin(b, b->server, true);
	say(b, 'b');
	assert_false(gives_up_burning(b, REQUEST_MS / 2));
}

static void wait_until_at_rest(pid_t pid)
{
	struct vus_cpu was, is = look(pid);

	do {
		was = is;
		(void)vus_poll(NULL, 0, vus_deadline_ms(LOOK_MS));
		is = look(pid);
	} while (!is.asleep || is.ran != was.ran);
}

/* A parent that only accepts sleeps for ever. */
static void who_does_not_serve_says_nothing(void **state)
{
	const pid_t parent = fork();
	struct box *b = *state;
	bool gave_up;

	if (parent == 0) {
		(void)pause();
		_exit(0);
	}
	wait_until_at_rest(parent);
	begin(b, parent, false);
	say(b, 's');
	gave_up = gives_up(b, REQUEST_MS / 2);
	(void)kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_false(gave_up);
}

/* Its first answers may be somebody else's. */
static void before_the_second_wait_nothing_is_known(void **state)
{
	struct box *b = *state;

	vus_patient_open(&b->patient, &b->s, b->server, &unknown);
	say(b, 's');
	assert_false(gives_up(b, REQUEST_MS / 2));
}

/* It is the one that was spoken to before, and burns what it gets. */
static void who_has_served_and_burns_will_not_answer(void **state)
{
	static const struct vus_reach known = { .has_served = true };
	struct box *b = *state;

	vus_patient_open(&b->patient, &b->s, b->server, &known);
	say(b, 's');
	assert_false(gives_up(b, REQUEST_MS / 2));
	say(b, 'b');
	assert_true(gives_up(b, LONGEST_MS));
}

static void whom_we_cannot_see_is_not_watched(void **state)
{
	struct box *b = *state;

	vus_patient_open(&b->patient, &b->s, 0, &unknown);
	assert_null(b->s.link.patience);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(who_sleeps_on_will_not_answer),
		WITH(who_has_a_ring_is_waited_for_longer),
		WITH(who_burns_a_processor_will_not_answer),
		WITH(any_descriptor_is_waited_for),
		WITH(who_was_given_up_is_not_waited_for_anew),
		WITH(who_polls_by_nature_may_burn),
		WITH(who_does_not_serve_says_nothing),
		WITH(before_the_second_wait_nothing_is_known),
		WITH(who_has_served_and_burns_will_not_answer),
		WITH(whom_we_cannot_see_is_not_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
