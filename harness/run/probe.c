/* SPDX-License-Identifier: BSD-3-Clause */
/* probe.c — the first session of a run: does the target speak, and what does
 * it offer? */
#include "worker.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN_MS  5000 /* the probe ends by itself before it is ended */
#define END_MS     1000 /* a target may take to be seen to have ended */
#define LAST_WORDS 500  /* bytes of the target's output that are shown */

static void add_words(struct vus_text *text, const struct vus_run *run)
{
	const struct vus_run_options *opt = run->target.opt;

	if (opt->socket)
		vus_text_add(text, "%s", opt->socket);
	else if (!opt->command)
		vus_text_add(text, "embedded %s", opt->party->embedded_name);
	for (size_t i = 0; opt->command && opt->command[i]; i++)
		vus_text_add(text, "%s%s", i ? " " : "", opt->command[i]);
}

/* Its last words, on one line. */
static void add_tail(struct vus_text *text, const struct vus_instance *inst)
{
	char *tail = vus_file_tail(inst->output, 0, LAST_WORDS);
	size_t len = tail ? strlen(tail) : 0;

	while (len > 0 && tail[len - 1] == '\n')
		tail[--len] = '\0';
	if (len > 0) {
		vus_text_add(text, "; its last words: ");
		for (char *p = tail; *p; p++)
			vus_text_add(text, *p == '\n' ? " | " : "%c", *p);
	}
	free(tail);
}

void vus_run_no_target(struct vus_run *run, const struct vus_worker *w,
		       const struct vus_end *end)
{
	double waited = (double)(vus_now() - w->case_began) / 1e9;
	const char *why = w->slot->probe.why;
	VUS_AUTO_TEXT text = { 0 };

	add_words(&text, run);
	if (end->exec_errno)
		vus_text_add(&text, ": cannot be run: %s",
			     strerror(end->exec_errno));
	else if (end->not_found)
		vus_text_add(&text,
			     ": %s, which is a shell's for what cannot be run",
			     end->words);
	else if (end->ended)
		vus_text_add(&text,
			     ": %s after %.2f s, before it answered a message",
			     end->words, waited);
	else
		vus_text_add(&text, ": it never answered: %s (waited %.2f s)",
			     why[0] ? why : "nothing came", waited);
	add_tail(&text, &w->inst);
	if (!end->ended)
		vus_text_add(&text,
			     "; a slow start needs more than "
			     "--start-timeout %u",
			     run->target.opt->start_timeout_s);
	(void)snprintf(run->no_target.text, sizeof(run->no_target.text), "%s",
		       vus_text_str(&text));
}

/* Until the probe's process ends, the deadline or a signal. */
static void wait_for_probe(struct vus_run *run, struct vus_worker *w,
			   uint64_t deadline)
{
	struct pollfd p[] = {
		{ .fd = w->proc.pidfd, .events = POLLIN },
		{ .fd = run->signals, .events = POLLIN },
	};

	(void)vus_poll(p, 2, deadline);
}

/* A target that ended is seen to have ended; one that hangs is not waited
 * for. */
static void look_again(struct vus_run *run, struct vus_worker *w,
		       struct vus_end *ret)
{
	*ret = (struct vus_end){ 0 };
	if (run->target.opt->socket)
		return;
	(void)vus_poll_one(w->inst.child.pidfd, POLLIN,
			   vus_deadline_ms(END_MS));
	vus_instance_check(&w->inst, &run->target, ret);
}

static enum vus_fork fail_no_target(struct vus_run *run,
				    const struct vus_err *err, int *ret_status)
{
	(void)snprintf(run->no_target.text, sizeof(run->no_target.text), "%s",
		       err->text);
	*ret_status = VUS_EXIT_BROKEN;
	return VUS_NO_FORK;
}

enum vus_fork vus_probe_target(struct vus_run *run, int *ret_status)
{
	const struct vus_run_options *opt = run->target.opt;
	struct vus_worker *w = &run->workers[0];
	uint64_t ms = (uint64_t)opt->start_timeout_s * 1000;
	struct vus_err err = { 0 };
	struct vus_end end;
	enum vus_fork who;

	if (opt->refusal)
		return VUS_IN_PARENT;
	if (!opt->socket) {
		who = vus_instance_start(&w->inst, &run->target, w->index, NULL,
					 &err);
		if (who == VUS_IN_CHILD)
			return who;
		if (who == VUS_NO_FORK)
			return fail_no_target(run, &err, ret_status);
	}
	who = vus_case_process_start(run, w, VUS_WORK_PROBE, NULL,
				     vus_deadline_ms(ms), &err);
	if (who == VUS_IN_CHILD)
		return who;
	if (who == VUS_NO_FORK)
		return fail_no_target(run, &err, ret_status);
	wait_for_probe(run, w, vus_deadline_ms(ms + MARGIN_MS));
	(void)vus_child_reap(&w->proc, &run->target.guardian);
	w->inst.served = 1;
	w->inst.server = w->slot->server;
	if (w->slot->probe.spoke) {
		run->probe = w->slot->probe;
		if (run->target.by_fd || opt->listens)
			vus_worker_end_instance(run, w);
		return VUS_IN_PARENT;
	}
	look_again(run, w, &end);
	vus_run_no_target(run, w, &end);
	*ret_status = VUS_EXIT_NO_TARGET;
	return VUS_NO_FORK;
}
