/* SPDX-License-Identifier: BSD-3-Clause */
/* runner.c — the event loop: workers, deadlines, interrupts, reports. */
#include "runner.h"
#include "failure_folder.h"
#include "no_target.h"
#include "probe.h"
#include "worker_loop.h"

#include "base/clock.h"
#include "base/own.h"
#include "link/link.h"
#include "wire/wire.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* A child goes back to main with its status in this range. */
#define IN_CHILD(status) (VUS_EXIT_CHILD + ((status)&0xff))

static bool names_fd(char *const *command)
{
	for (size_t i = 0; command && command[i]; i++)
		if (strstr(command[i], "{fd}"))
			return true;
	return false;
}

static bool open_signals(struct vus_run *run, struct vus_err *err)
{
	sigset_t set;

	/* An ignored one would be inherited, and take waitpid()'s results. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, &run->target.mask);
	run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signals >= 0 || vus_fail_sys(err, "signalfd");
}

static void take_signal(struct vus_run *run)
{
	struct signalfd_siginfo info;
	bool again = run->out.summary.interrupted;

	if (read(run->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (!again)
		run->out.summary.interrupt_signal = (int)info.ssi_signo;
	run->out.summary.interrupted = true;
	run->stop = "not run: interrupted";
	for (unsigned i = 0; i < run->nworkers; i++)
		vus_worker_stop(&run->workers[i], again);
}

/* The first case runs alone, and behind the probe: whether the target serves
 * one connection after the other is known when the others begin. */
static bool must_wait(const struct vus_run *run, unsigned worker)
{
	return worker > 0 && vus_run_policy(run)->first_alone &&
	       run->workers[0].state != VUS_W_DONE;
}

/* Every worker that has nothing to wait for begins something.  Returns
 * whether all are done, or in a child VUS_IN_CHILD through *ret_who. */
static bool feed(struct vus_run *run, enum vus_fork *ret_who)
{
	bool all_done = true;

	*ret_who = VUS_IN_PARENT;
	for (unsigned i = 0; i < run->nworkers; i++) {
		struct vus_worker *w = &run->workers[i];

		while (w->state == VUS_W_IDLE && !must_wait(run, i)) {
			*ret_who = vus_worker_feed(run, w);
			if (*ret_who == VUS_IN_CHILD)
				return false;
		}
		all_done = all_done && w->state == VUS_W_DONE;
	}
	return all_done;
}

/* Until something happens, or a deadline passes. */
static void wait_for_events(const struct vus_run *run, struct pollfd *p)
{
	uint64_t deadline = run->out.progress.next;
	const unsigned n = run->nworkers;

	for (unsigned i = 0; i < n; i++) {
		p[i] = (struct pollfd){ .fd = vus_worker_fd(&run->workers[i]),
					.events = POLLIN };
		if (p[i].fd >= 0)
			deadline = VUS_MIN(deadline, run->workers[i].deadline);
	}
	p[n] = (struct pollfd){ .fd = run->signals, .events = POLLIN };
	(void)vus_poll(p, n + 1, deadline);
}

static enum vus_fork handle_events(struct vus_run *run, const struct pollfd *p)
{
	const unsigned n = run->nworkers;

	if (vus_now() >= run->out.progress.next)
		vus_reporting_progress(&run->out);
	if (p[n].revents)
		take_signal(run);
	for (unsigned i = 0; i < n; i++) {
		struct vus_worker *w = &run->workers[i];

		if ((p[i].revents ||
		     (p[i].fd >= 0 && vus_now() >= w->deadline)) &&
		    vus_worker_wake(run, w) == VUS_IN_CHILD)
			return VUS_IN_CHILD;
	}
	return VUS_IN_PARENT;
}

static enum vus_fork loop(struct vus_run *run)
{
	struct pollfd *p = calloc(run->nworkers + 1, sizeof(*p));
	enum vus_fork who = p ? VUS_IN_PARENT : VUS_NO_FORK;

	while (who == VUS_IN_PARENT && !feed(run, &who) &&
	       who == VUS_IN_PARENT) {
		wait_for_events(run, p);
		who = handle_events(run, p);
	}
	free(p);
	return who;
}

/* Nothing runs any more: what was not begun is said to be so. */
static void finish(struct vus_run *run)
{
	const char *why = run->stop ? run->stop : "not run";

	for (size_t i = 0; i < run->n; i++) {
		if (run->variants[i].done)
			continue;
		run->variants[i].not_run = true;
		vus_run_skip(run, &run->variants[i], why);
	}
}

/* All have their verdicts: what was needed and is not explained is a failure.
 */
static void settle(struct vus_run *run)
{
	const char *folder = run->target.opt->keep;
	struct vus_err err;

	vus_reporting_settle(&run->out, run->variants, run->stop == NULL);
	for (size_t i = 0; folder && i < run->n; i++) {
		const struct vus_variant *v = &run->variants[i];

		if (v->settled && v->verdict != VUS_SKIP &&
		    !vus_failure_folder_add(folder, &run->out.report, v, -1,
					    &err)) {
			vus_progress_clear(&run->out.progress);
			(void)fprintf(stderr, "vuspec: --keep: %s\n", err.text);
		}
	}
}

static bool prepare(struct vus_run *run, struct vus_err *err)
{
	const struct vus_run_options *opt = run->target.opt;
	unsigned workers = opt->workers ? opt->workers : 1;

	if (opt->socket)
		workers = 1;
	if (workers > run->n)
		workers = run->n ? (unsigned)run->n : 1;
	run->workers = calloc(workers, sizeof(struct vus_worker));
	if (!run->workers)
		return vus_fail_sys(err, "memory");
	if (opt->socket && opt->listens &&
	    !vus_link_listen(opt->socket, &run->target.listen_fd, err))
		return false;
	for (unsigned i = 0; i < workers; i++) {
		if (!vus_worker_open(run, &run->workers[i], i, err))
			return false;
		run->nworkers = i + 1;
	}
	return true;
}

static void describe(struct vus_run *run, struct vus_text *target)
{
	const struct vus_run_options *opt = run->target.opt;
	struct vus_report *report = &run->out.report;

	vus_target_describe(opt, target);
	report->opt = opt;
	report->target = vus_text_str(target);
	report->device = opt->device ? opt->device : "generic";
	vus_features_name_device(report->device);
	report->variants = run->variants;
	report->n = run->n;
	report->summary = &run->out.summary;
}

/* Instances that keep a processor busy each would starve one another. */
static void limit_polling_workers(struct vus_run *run)
{
	const unsigned stay = run->target.opt->polling;

	for (unsigned i = stay; stay > 0 && i < run->nworkers; i++)
		run->workers[i].state = VUS_W_DONE;
}

/* The first session, then all cases. */
static enum vus_fork probe_and_loop(struct vus_run *run, int *ret_status)
{
	enum vus_fork who = vus_probe_target(run, ret_status);

	if (run->probe.polls)
		limit_polling_workers(run);
	if (run->probe.polls)
		run->out.report.polls = "always";
	else if (run->probe.polls_rings)
		run->out.report.polls = "while a ring runs";
	if (who == VUS_IN_PARENT)
		who = loop(run);
	if (who == VUS_NO_FORK && vus_poll_one(run->signals, POLLIN, 0) == 1) {
		/* The probe was interrupted. */
		take_signal(run);
		run->no_target.text[0] = '\0';
	}
	return who;
}

/* From the first session to the last report; the exit status, or a child's. */
static int go(struct vus_run *run)
{
	int status = VUS_EXIT_PASS;

	vus_progress_open(&run->out.progress);
	vus_reporting_begin(&run->out);
	if (probe_and_loop(run, &status) == VUS_IN_CHILD)
		return IN_CHILD(run->target.child_status);
	if (run->no_target.text[0]) {
		if (status == VUS_EXIT_PASS)
			status = run->cannot_steer ? VUS_EXIT_USAGE
						   : VUS_EXIT_NO_TARGET;
		run->out.report.no_target = &run->no_target;
	} else {
		finish(run);
		settle(run);
	}
	vus_reporting_count_rules(&run->out);
	if (!run->out.report.no_target)
		status = vus_reporting_status(&run->out);
	run->out.summary.seconds = (double)(vus_now() - run->out.began) / 1e9;
	vus_reporting_end(&run->out);
	return status;
}

static void tear_down(struct vus_run *run)
{
	for (unsigned i = 0; i < run->nworkers; i++)
		vus_worker_close(run, &run->workers[i]);
	vus_guardian_stop(&run->target.guardian);
	vus_orphans_end();
	if (run->target.listen_fd >= 0)
		(void)unlink(run->target.opt->socket);
	vus_fd_close(&run->target.listen_fd);
	vus_fd_close(&run->signals);
	(void)sigprocmask(SIG_SETMASK, &run->target.mask, NULL);
	free(run->workers);
	vus_reporting_close(&run->out);
	free(run);
}

static int run_all(struct vus_run *run, struct vus_err *err)
{
	VUS_AUTO_TEXT target = { 0 };
	enum vus_fork who;

	if (!vus_reporting_open(&run->out, run->target.opt, err) ||
	    !open_signals(run, err))
		return VUS_EXIT_BROKEN;
	who = vus_guardian_start(&run->target.guardian, err);
	if (who == VUS_IN_CHILD)
		return IN_CHILD(0);
	describe(run, &target);
	if (who == VUS_NO_FORK || !prepare(run, err)) {
		(void)snprintf(run->no_target.text, sizeof(run->no_target.text),
			       "%s", err->text);
		run->out.report.no_target = &run->no_target;
		vus_reporting_begin(&run->out);
		vus_reporting_end(&run->out);
		return VUS_EXIT_BROKEN;
	}
	return go(run);
}

/* In a child all of this stays reachable until main has returned, so that a
 * leak checker sees only what the child itself has lost. */
static struct vus_run *volatile kept;

int vus_run(const struct vus_run_options *opt, struct vus_variant *variants,
	    size_t n)
{
	struct vus_run *run = calloc(1, sizeof(*run));
	struct vus_err err = { 0 };
	int status;

	if (!run)
		return VUS_EXIT_BROKEN;
	kept = run;
	vus_orphans_adopt();
	*run = (struct vus_run){
		.target = { .opt = opt,
			    .by_fd = names_fd(opt->command),
			    .listen_fd = -1,
			    .guardian = { .fd = -1, .child = VUS_CHILD_NONE } },
		.variants = variants,
		.n = n,
		.signals = -1,
	};
	if (run->target.by_fd)
		run->peer = VUS_PEER_SINGLE;
	status = run_all(run, &err);
	if (status < VUS_EXIT_CHILD) {
		tear_down(run);
		kept = NULL;
	}
	return status;
}
