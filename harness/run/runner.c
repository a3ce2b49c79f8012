/* SPDX-License-Identifier: BSD-3-Clause */
/* runner.c — the event loop: workers, deadlines, interrupts, reports. */
#include "worker.h"

#include "base/clock.h"
#include "base/own.h"

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
	bool again = run->summary.interrupted;

	if (read(run->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (!again)
		run->summary.interrupt_signal = (int)info.ssi_signo;
	run->summary.interrupted = true;
	run->stop = "not run: interrupted";
	for (unsigned i = 0; i < run->nworkers; i++)
		vus_worker_stop(&run->workers[i], again);
}

/* The first case runs alone, and behind the probe: whether the target serves
 * one connection after the other is known when the others begin. */
static bool must_wait(const struct vus_run *run, unsigned worker)
{
	return worker > 0 && !run->met && run->workers[0].state != VUS_W_DONE;
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
			*ret_who = vus_worker_next(run, w);
			if (*ret_who == VUS_IN_CHILD)
				return false;
		}
		all_done = all_done && w->state == VUS_W_DONE;
	}
	return all_done;
}

static void wait_and_handle(struct vus_run *run, struct pollfd *p)
{
	uint64_t deadline = VUS_NEVER;
	unsigned n = run->nworkers;

	for (unsigned i = 0; i < n; i++) {
		p[i].fd = vus_worker_fd(&run->workers[i]);
		p[i].events = POLLIN;
		p[i].revents = 0;
		if (p[i].fd >= 0 && run->workers[i].deadline < deadline)
			deadline = run->workers[i].deadline;
	}
	p[n] = (struct pollfd){ .fd = run->signals, .events = POLLIN };
	(void)vus_poll(p, n + 1, VUS_MIN(deadline, run->progress.next));
	if (vus_now() >= run->progress.next)
		vus_run_progress(run);
	if (p[n].revents)
		take_signal(run);
	for (unsigned i = 0; i < n; i++)
		if (p[i].revents ||
		    (p[i].fd >= 0 && vus_now() >= run->workers[i].deadline))
			vus_worker_event(run, &run->workers[i]);
}

static enum vus_fork loop(struct vus_run *run)
{
	struct pollfd *p = calloc(run->nworkers + 1, sizeof(*p));
	enum vus_fork who = VUS_NO_FORK;

	while (p && !feed(run, &who) && who != VUS_IN_CHILD)
		wait_and_handle(run, p);
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

/* Before the first fork: in a child nothing else leads to the outputs. */
static bool keep_outputs(struct vus_run *run, struct vus_err *err)
{
	const struct vus_run_options *opt = run->target.opt;
	size_t n = 0;

	while (opt->outputs && opt->outputs[n])
		n++;
	run->outputs = calloc(n + 1, sizeof(struct vus_output *));
	if (!run->outputs)
		return vus_fail_sys(err, "memory");
	for (size_t i = 0; i < n; i++)
		run->outputs[i] = opt->outputs[i];
	return true;
}

static bool prepare(struct vus_run *run, struct vus_err *err)
{
	const struct vus_run_options *opt = run->target.opt;
	unsigned workers = opt->workers ? opt->workers : 1;

	if (opt->socket)
		workers = 1;
	if (workers > run->n)
		workers = run->n ? (unsigned)run->n : 1;
	run->judged = calloc(vus_nrules + 1, sizeof(bool));
	run->applying = calloc(vus_nrules + 1, sizeof(bool));
	run->workers = calloc(workers, sizeof(struct vus_worker));
	if (!run->judged || !run->applying || !run->workers)
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

	if (opt->socket)
		vus_text_add(target, "%s", opt->socket);
	else if (!opt->command)
		vus_text_add(target, "embedded %s", opt->party->embedded_name);
	for (size_t i = 0; opt->command && opt->command[i]; i++)
		vus_text_add(target, "%s%s", i ? " " : "", opt->command[i]);
	run->report.opt = opt;
	run->report.target = vus_text_str(target);
	run->report.device = opt->device ? opt->device : "generic";
	run->report.variants = run->variants;
	run->report.n = run->n;
	run->report.summary = &run->summary;
}

static void each_output(struct vus_run *run, bool end)
{
	vus_progress_clear(&run->progress);
	(end ? vus_outputs_end : vus_outputs_begin)(run->outputs, &run->report);
}

/* Instances that keep a processor busy each would starve one another. */
static void limit_polling_workers(struct vus_run *run)
{
	const unsigned stay = run->target.opt->polling;

	for (unsigned i = stay; stay > 0 && i < run->nworkers; i++)
		run->workers[i].state = VUS_W_DONE;
}

/* From the first session to the last report; the exit status, or a child's. */
static int go(struct vus_run *run)
{
	int status = VUS_EXIT_PASS;
	enum vus_fork who;

	vus_progress_open(&run->progress);
	each_output(run, false);
	who = vus_probe_target(run, &status);
	if (run->probe.polls)
		limit_polling_workers(run);
	if (who == VUS_IN_PARENT)
		who = loop(run);
	if (who == VUS_IN_CHILD)
		return IN_CHILD(run->target.child_status);
	if (who == VUS_NO_FORK && vus_poll_one(run->signals, POLLIN, 0) == 1) {
		/* The probe was not given its time. */
		take_signal(run);
		run->no_target.text[0] = '\0';
	}
	if (run->no_target.text[0]) {
		if (status == VUS_EXIT_PASS)
			status = VUS_EXIT_NO_TARGET;
		run->report.no_target = &run->no_target;
	} else {
		finish(run);
	}
	vus_run_count_rules(run);
	if (!run->report.no_target)
		status = vus_run_status(run);
	run->summary.seconds = (double)(vus_now() - run->began) / 1e9;
	each_output(run, true);
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
	free(run->outputs);
	free(run->judged);
	free(run->applying);
	free(run);
}

static int run_all(struct vus_run *run, struct vus_err *err)
{
	VUS_AUTO_TEXT target = { 0 };
	enum vus_fork who;
	int status;

	if (!keep_outputs(run, err) || !open_signals(run, err))
		return VUS_EXIT_BROKEN;
	who = vus_guardian_start(&run->target.guardian, err);
	if (who == VUS_IN_CHILD)
		return IN_CHILD(0);
	describe(run, &target);
	if (who == VUS_NO_FORK || !prepare(run, err)) {
		(void)snprintf(run->no_target.text, sizeof(run->no_target.text),
			       "%s", err->text);
		run->report.no_target = &run->no_target;
		each_output(run, false);
		each_output(run, true);
		return VUS_EXIT_BROKEN;
	}
	status = go(run);
	return status;
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
		.began = vus_now(),
	};
	status = run_all(run, &err);
	if (status < VUS_EXIT_CHILD) {
		tear_down(run);
		kept = NULL;
	}
	return status;
}
