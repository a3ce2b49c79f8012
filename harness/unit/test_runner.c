/* SPDX-License-Identifier: BSD-3-Clause */
/* test_runner.c — every way in which a case or a target can end. */
#include "../base/clock.h"
#include "../base/own.h"
#include "../run/runner.h"
#include "toy_party.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- cases ---- */

#define TOY_CASE(cname, ...)                                                   \
	static void cname(struct vus_ctx *t);                                  \
	static const struct vus_case case_##cname = { .name = #cname,          \
						      .file = "cases/toy.c",   \
						      .run = cname,            \
						      __VA_ARGS__ };           \
	static void cname(struct vus_ctx *t)

TOY_CASE(passes, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'p') == 'P', "no answer");
}

TOY_CASE(fails, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'p') == 'Q', "answered %c", 'P');
}

TOY_CASE(warns, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_EXPECT(t, TOY_SHOULD, VUS_CLOSED, VUS_ACCEPTED | VUS_REFUSED);
}

TOY_CASE(skips, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_SKIP(t, "not offered: %d", 7);
}

TOY_CASE(lacks, .rules = { TOY_MUST, TOY_SHOULD })
{
	struct vus_err err = { .kind = VUS_ERR_TIMEOUT, .text = "no reply" };

	VUS_NEED(t, TOY_MUST, false, &err);
}

TOY_CASE(breaks, .rules = { TOY_MUST, TOY_SHOULD })
{
	struct vus_err err = { .kind = VUS_ERR_SYSTEM, .text = "no space" };

	VUS_NEED(t, TOY_MUST, false, &err);
}

TOY_CASE(cites_undeclared, .rules = { TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, true, "x");
}

TOY_CASE(checks_nothing, .rules = { TOY_MUST, TOY_SHOULD })
{
	(void)toy_ask(t, 'p');
}

TOY_CASE(exits, .rules = { TOY_MUST, TOY_SHOULD })
{
	(void)t;
	_exit(9);
}

TOY_CASE(overruns, .rules = { TOY_MUST, TOY_SHOULD })
{
	(void)toy_ask(t, 'p');
	(void)vus_poll(NULL, 0, VUS_NEVER);
}

TOY_CASE(aborts_peer, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_SHOULD, toy_ask(t, 'x') == 0, "it answered");
}

TOY_CASE(aborts_peer_later, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'd') == 'P', "no answer");
}

TOY_CASE(stirs_sanitizer, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 's') == 'P', "no answer");
}

TOY_CASE(ends_peer, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'e') == 0, "it answered");
}

TOY_CASE(wants_first, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'r') == 'P', "was used before");
}

TOY_CASE(needs_feature, .needs = PF(CONFIGURE_MEM_SLOTS))
{
	(void)t;
}

TOY_CASE(needs_queues, .queues = 3)
{
	(void)t;
}

TOY_CASE(loses_shared_memory, .rules = { TOY_MUST, TOY_SHOULD })
{
	int fd = memfd_create("toy", MFD_CLOEXEC);
	volatile char *p;

	assert_int_equal(ftruncate(fd, 4096), 0);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	vus_shared_range(t, (const void *)(uintptr_t)p, 4096);
	assert_int_equal(ftruncate(fd, 0), 0);
	VUS_CHECK(t, TOY_MUST, p[7] == 0, "readable");
}

TOY_CASE(loses_own_memory, .rules = { TOY_MUST, TOY_SHOULD })
{
	volatile char *p =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	VUS_CHECK(t, TOY_MUST, p[7] == 0, "readable");
}

/* ---- running them ---- */

struct fixture {
	char tmp[64];
	struct vus_run_options opt;
	struct vus_variant v[16];
	unsigned reported[16]; /* by variant */
	unsigned begun, ended;
	char no_target[1200];
	bool one_shot;
	struct vus_summary summary;
	size_t n;
	int interrupt; /* signal to send to ourselves at the first result */
	struct vus_output out;
	struct vus_output *outs[2];
};

static void on_begin(struct vus_output *o, const struct vus_report *r)
{
	struct fixture *f = o->state;

	(void)r;
	f->begun++;
}

static void on_result(struct vus_output *o, const struct vus_report *r,
		      const struct vus_variant *v)
{
	struct fixture *f = o->state;

	(void)r;
	f->reported[v - f->v]++;
	if (f->interrupt)
		(void)kill(getpid(), f->interrupt);
	f->interrupt = 0;
}

static void on_end(struct vus_output *o, const struct vus_report *r)
{
	struct fixture *f = o->state;

	f->ended++;
	f->one_shot = r->one_shot;
	f->summary = *r->summary;
	if (r->no_target)
		(void)snprintf(f->no_target, sizeof(f->no_target), "%s",
			       r->no_target->text);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)snprintf(f->tmp, sizeof(f->tmp), "/tmp/vus-unit-XXXXXX");
	assert_non_null(mkdtemp(f->tmp));
	(void)setenv("TMPDIR", f->tmp, 1);
	f->out = (struct vus_output){ .format = "test",
				      .state = f,
				      .begin = on_begin,
				      .result = on_result,
				      .end = on_end };
	f->outs[0] = &f->out;
	f->opt = (struct vus_run_options){
		.party = &toy_party,
		.memory_size = 1 << 20,
		.workers = 1,
		.timeout_s = 5,
		.start_timeout_s = 2,
		.outputs = f->outs,
	};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	/* Not even an empty folder of a run is left. */
	assert_int_equal(rmdir(f->tmp), 0);
	vus_variants_drop(f->v, f->n);
	free(f);
	return 0;
}

static void add(struct fixture *f, const struct vus_case *c)
{
	f->v[f->n++] = (struct vus_variant){ .c = c, .memory = VUS_MEMFD };
}

/* A child of the run must not go on with cmocka's work. */
static int go(struct fixture *f)
{
	int status = vus_run(&f->opt, f->v, f->n);

	if (status >= VUS_EXIT_CHILD)
		_exit(status - VUS_EXIT_CHILD);
	assert_int_equal(f->begun, 1);
	assert_int_equal(f->ended, 1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	if (!f->no_target[0])
		for (size_t i = 0; i < f->n; i++)
			assert_int_equal(f->reported[i], 1);
	return status;
}

#define ADD(f, cname) add((f), &case_##cname)

static void assert_has(const char *text, const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("'%s' does not say '%s'", text ? text : "(null)",
			 part);
}

static void verdicts_and_reasons(void **state)
{
	struct fixture *f = *state;

	ADD(f, passes);
	ADD(f, warns);
	ADD(f, skips);
	ADD(f, lacks);
	ADD(f, breaks);
	ADD(f, cites_undeclared);
	ADD(f, checks_nothing);
	ADD(f, fails);
	assert_int_equal(go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_PASS);
	assert_int_equal(f->v[1].verdict, VUS_WARN);
	assert_string_equal(f->v[1].reason,
			    "expected accepted or refused, was closed: "
			    "VUS_CLOSED");
	assert_string_equal(f->v[1].rule->id, TOY_SHOULD);
	assert_int_equal(f->v[2].verdict, VUS_SKIP);
	assert_string_equal(f->v[2].reason, "not offered: 7");
	assert_int_equal(f->v[3].verdict, VUS_SKIP);
	assert_string_equal(f->v[3].reason, "needs " TOY_MUST ": no reply");
	assert_int_equal(f->v[4].verdict, VUS_BROKEN);
	assert_string_equal(f->v[4].reason, "no space");
	assert_int_equal(f->v[5].verdict, VUS_BROKEN);
	assert_has(f->v[5].reason, "undeclared rule: " TOY_MUST);
	assert_int_equal(f->v[6].verdict, VUS_BROKEN);
	assert_has(f->v[6].reason, "without a check");
	assert_int_equal(f->v[7].verdict, VUS_FAIL);
	assert_string_equal(f->v[7].reason, "answered P");
	assert_string_equal(f->v[7].rule->id, TOY_MUST);
	assert_int_equal(f->summary.judged, 2);
	assert_int_equal(f->summary.applying, 2);
}

static void exit_statuses(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const struct vus_case *c[2];
		int level, status;
	} rows[] = {
		{ { &case_passes }, 0, VUS_EXIT_PASS },
		{ { &case_passes, &case_warns }, 0, VUS_EXIT_PASS },
		{ { &case_passes, &case_warns }, 1, VUS_EXIT_FAIL },
		{ { &case_breaks, &case_passes }, 0, VUS_EXIT_BROKEN },
		{ { &case_breaks, &case_fails }, 0, VUS_EXIT_FAIL },
		{ { &case_skips }, 0, VUS_EXIT_NOTHING },
	};

	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		f->n = 0;
		for (size_t k = 0; k < 2 && rows[i].c[k]; k++)
			add(f, rows[i].c[k]);
		f->opt.level = rows[i].level;
		f->begun = f->ended = 0;
		memset(f->reported, 0, sizeof(f->reported));
		assert_int_equal(go(f), rows[i].status);
		vus_variants_drop(f->v, f->n);
	}
}

static void dead_and_late_cases_are_broken(void **state)
{
	struct fixture *f = *state;

	ADD(f, exits);
	ADD(f, overruns);
	f->opt.timeout_s = 1;
	assert_int_equal(go(f), VUS_EXIT_BROKEN);
	assert_int_equal(f->v[0].verdict, VUS_BROKEN);
	assert_has(f->v[0].reason, "exit status 9");
	assert_int_equal(f->v[1].verdict, VUS_BROKEN);
	assert_has(f->v[1].reason, "did not end within 1 s");
}

static void screened_by_the_probe(void **state)
{
	struct fixture *f = *state;

	ADD(f, needs_feature);
	ADD(f, needs_queues);
	assert_int_equal(go(f), VUS_EXIT_NOTHING);
	assert_string_equal(f->v[0].reason,
			    "the back-end does not offer CONFIGURE_MEM_SLOTS");
	assert_string_equal(f->v[1].reason,
			    "the back-end has 2 queues, 3 are needed");
	assert_null(f->v[0].result);
}

static void a_crash_is_a_failure(void **state)
{
	struct fixture *f = *state;

	ADD(f, aborts_peer);
	ADD(f, passes);
	assert_int_equal(go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_FAIL);
	assert_true(f->v[0].crashed);
	assert_string_equal(f->v[0].peer_end, "signal 6 (SIGABRT)");
	/* It is about robustness, which names a crash better than the rule of
	 * all cases does. */
	assert_string_equal(f->v[0].rule->id, TOY_SHOULD);
	assert_int_equal(f->v[1].verdict, VUS_PASS);
}

static void a_crash_at_disconnect_belongs_to_the_case_before(void **state)
{
	struct fixture *f = *state;

	ADD(f, passes);
	ADD(f, aborts_peer_later);
	ADD(f, passes);
	ADD(f, aborts_peer_later);
	assert_int_equal(go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_PASS);
	assert_int_equal(f->v[1].verdict, VUS_FAIL);
	assert_true(f->v[1].crashed);
	assert_int_equal(f->v[2].verdict, VUS_PASS);
	assert_int_equal(f->v[3].verdict, VUS_FAIL);
}

static void a_sanitizer_report_is_a_failure(void **state)
{
	struct fixture *f = *state;

	ADD(f, stirs_sanitizer);
	assert_int_equal(go(f), VUS_EXIT_FAIL);
	assert_true(f->v[0].crashed);
	assert_has(f->v[0].peer_stderr, "AddressSanitizer: toy");
}

static void an_exit_is_the_case_s_to_judge(void **state)
{
	struct fixture *f = *state;

	ADD(f, ends_peer);
	ADD(f, passes);
	assert_int_equal(go(f), VUS_EXIT_PASS);
	assert_string_equal(f->v[0].peer_end, "exit status 7");
	assert_false(f->v[0].crashed);
}

static void a_failure_is_tried_on_a_fresh_instance(void **state)
{
	struct fixture *f = *state;

	ADD(f, passes);
	ADD(f, wants_first);
	ADD(f, fails);
	assert_int_equal(go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[1].verdict, VUS_PASS);
	assert_has(f->v[1].reason, "was used before");
	assert_int_equal(f->v[2].verdict, VUS_FAIL);
}

static void one_shot_targets_are_found(void **state)
{
	struct fixture *f = *state;
	static const char *const args[] = { "--once", NULL };

	f->opt.embedded_args = args;
	f->opt.workers = 2;
	for (int i = 0; i < 6; i++)
		ADD(f, passes);
	assert_int_equal(go(f), VUS_EXIT_PASS);
	assert_int_equal(f->summary.counts[VUS_PASS], 6);
	assert_true(f->one_shot);
}

static void a_deaf_peer_is_killed(void **state)
{
	struct fixture *f = *state;
	static const char *const args[] = { "--deaf", NULL };

	f->opt.embedded_args = args;
	ADD(f, passes);
	assert_int_equal(go(f), VUS_EXIT_PASS);
	assert_has(f->v[0].peer_end, "SIGKILL");
}

static void never_restarted(void **state)
{
	struct fixture *f = *state;

	f->opt.restart = VUS_RESTART_NEVER;
	ADD(f, passes);
	ADD(f, aborts_peer);
	ADD(f, passes);
	assert_int_equal(go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[1].verdict, VUS_FAIL);
	assert_int_equal(f->v[2].verdict, VUS_SKIP);
	assert_string_equal(f->v[2].reason, "the target is gone");
}

static void a_fresh_instance_a_case(void **state)
{
	struct fixture *f = *state;

	f->opt.restart = VUS_RESTART_CASE;
	f->opt.workers = 4;
	for (int i = 0; i < 8; i++)
		ADD(f, passes);
	assert_int_equal(go(f), VUS_EXIT_PASS);
	assert_int_equal(f->summary.counts[VUS_PASS], 8);
}

static void fail_fast_names_what_did_not_run(void **state)
{
	struct fixture *f = *state;

	f->opt.fail_fast = true;
	ADD(f, fails);
	ADD(f, passes);
	ADD(f, passes);
	assert_int_equal(go(f), VUS_EXIT_FAIL);
	assert_string_equal(f->v[2].reason, "not run: --fail-fast");
}

static void shared_memory_that_shrinks_fails(void **state)
{
	struct fixture *f = *state;

	ADD(f, loses_shared_memory);
	ADD(f, loses_own_memory);
	assert_int_equal(go(f), VUS_EXIT_FAIL);
	assert_int_equal(f->v[0].verdict, VUS_FAIL);
	assert_has(f->v[0].reason, "shrank");
	assert_int_equal(f->v[1].verdict, VUS_BROKEN);
	assert_has(f->v[1].reason, "SIGSEGV");
}

static void targets_that_never_speak(void **state)
{
	struct fixture *f = *state;
	static const char *const refuse[] = { "--refuse", NULL };
	static const char *const mute[] = { "--mute", NULL };
	char *missing[] = { (char[]){ "/no/such/program" },
			    (char[]){ "{socket}" }, NULL };
	char *script[] = { (char[]){ "/bin/false" }, NULL };
	const struct {
		const char *const *args;
		char *const *command;
		const char *says[2];
	} rows[] = {
		{ refuse, NULL, { "exit status 3", "cannot open the disk" } },
		{ mute, NULL, { "nobody listens", "--start-timeout 1" } },
		{ NULL, missing, { "/no/such/program", "No such file" } },
		{ NULL, script, { "/bin/false", "exit status 1" } },
	};

	f->opt.start_timeout_s = 1;
	ADD(f, passes);
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		f->opt.embedded_args = rows[i].args;
		f->opt.command = rows[i].command;
		f->begun = f->ended = 0;
		assert_int_equal(go(f), VUS_EXIT_NO_TARGET);
		assert_has(f->no_target, rows[i].says[0]);
		assert_has(f->no_target, rows[i].says[1]);
	}
}

static void interrupts_complete_the_report(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int signum, status;
	} rows[] = { { SIGINT, VUS_EXIT_SIGINT },
		     { SIGTERM, VUS_EXIT_SIGTERM } };

	ADD(f, needs_feature);
	for (int i = 0; i < 9; i++)
		ADD(f, overruns);
	f->opt.workers = 2;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		uint64_t began = vus_now();

		f->begun = f->ended = 0;
		memset(f->reported, 0, sizeof(f->reported));
		for (size_t k = 0; k < f->n; k++)
			f->v[k].done = false;
		f->interrupt = rows[i].signum;
		assert_int_equal(go(f), rows[i].status);
		assert_true(f->summary.interrupted);
		assert_string_equal(f->v[9].reason, "not run: interrupted");
		assert_true(vus_now() - began < 3000 * VUS_MS);
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
	struct fixture *f = *state;
	uint64_t deadline;
	int held[2];
	pid_t pid;
	char byte;

	ADD(f, overruns);
	ADD(f, overruns);
	f->opt.workers = 2;
	assert_int_equal(pipe(held), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(held[0]);
		_exit(vus_run(&f->opt, f->v, f->n) & 0xff);
	}
	deadline = vus_deadline_ms(5000);
	while (entries(f->tmp) == 0 && vus_now() < deadline)
		(void)vus_poll(NULL, 0, vus_deadline_ms(2));
	(void)vus_poll(NULL, 0, vus_deadline_ms(100));
	(void)close(held[1]);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(vus_poll_one(held[0], POLLHUP, vus_deadline_ms(2000)),
			 1);
	assert_int_equal(read(held[0], &byte, 1), 0);
	(void)close(held[0]);
	assert_int_equal(entries(f->tmp), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verdicts_and_reasons),
		TEST(exit_statuses),
		TEST(dead_and_late_cases_are_broken),
		TEST(screened_by_the_probe),
		TEST(a_crash_is_a_failure),
		TEST(a_crash_at_disconnect_belongs_to_the_case_before),
		TEST(a_sanitizer_report_is_a_failure),
		TEST(an_exit_is_the_case_s_to_judge),
		TEST(a_failure_is_tried_on_a_fresh_instance),
		TEST(one_shot_targets_are_found),
		TEST(a_deaf_peer_is_killed),
		TEST(never_restarted),
		TEST(a_fresh_instance_a_case),
		TEST(fail_fast_names_what_did_not_run),
		TEST(shared_memory_that_shrinks_fails),
		TEST(targets_that_never_speak),
		TEST(interrupts_complete_the_report),
		TEST(a_killed_runner_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
