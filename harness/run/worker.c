/* SPDX-License-Identifier: BSD-3-Clause */
/* worker.c — one instance and the case that runs against it. */
#include "worker.h"

#include "base/clock.h"
#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SETTLE_MS 1000 /* an instance may take to die */
#define MARGIN_MS 1000 /* a case that keeps its deadline ends by itself */

bool vus_worker_open(struct vus_run *run, struct vus_worker *w, unsigned index,
		     struct vus_err *err)
{
	char path[PATH_MAX + 32];

	*w = (struct vus_worker){ .index = index,
				  .inst = VUS_INSTANCE_NONE,
				  .proc = VUS_CHILD_NONE,
				  .log = -1 };
	w->slot = mmap(NULL, sizeof(*w->slot), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->slot == MAP_FAILED) {
		w->slot = NULL;
		return vus_fail_sys(err, "mmap");
	}
	(void)snprintf(path, sizeof(path), "%s/%u.log",
		       run->target.guardian.folder, index);
	w->log = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return w->log >= 0 || vus_fail_sys(err, "%s", path);
}

void vus_worker_close(struct vus_run *run, struct vus_worker *w)
{
	(void)vus_child_reap(&w->proc, &run->target.guardian);
	if (vus_instance_running(&w->inst))
		(void)vus_child_reap(&w->inst.child, &run->target.guardian);
	vus_instance_drop(&w->inst);
	vus_fd_close(&w->log);
	free(w->first.reason);
	w->first.reason = NULL;
	if (w->slot)
		(void)munmap(w->slot, sizeof(*w->slot));
	w->slot = NULL;
}

/* The next variant that has to run; those that need not are done at once. */
static struct vus_variant *take_next(struct vus_run *run, struct vus_worker *w)
{
	struct vus_variant *v = w->again;
	const char *why;
	char buf[200];

	w->again = NULL;
	if (v && run->stop) {
		v->not_run = true;
		vus_run_skip(run, v, run->stop);
		v = NULL;
	}
	while (!v && !run->stop && run->next < run->n) {
		v = &run->variants[run->next++];
		why = vus_precondition_skip(run, v, buf);
		if (why) {
			vus_run_skip(run, v, why);
			v = NULL;
		}
	}
	return v;
}

static enum vus_fork give_up_case(struct vus_run *run, struct vus_variant *v,
				  const struct vus_err *err)
{
	v->verdict = VUS_BROKEN;
	vus_variant_reason(v, "%s", err->text);
	vus_run_report(run, v);
	return VUS_IN_PARENT;
}

enum vus_fork vus_worker_next(struct vus_run *run, struct vus_worker *w)
{
	const struct vus_run_options *opt = run->target.opt;
	struct vus_err err = { 0 };
	struct vus_variant *v;
	enum vus_fork who;

	if (w->knock == VUS_REACCEPT_DUE)
		return vus_reaccept_start(run, w);
	v = take_next(run, w);
	if (!v) {
		if (vus_instance_running(&w->inst) || w->pending)
			vus_worker_end_instance(run, w);
		else
			w->state = VUS_W_DONE;
		return VUS_IN_PARENT;
	}
	if (!opt->socket && !vus_instance_running(&w->inst)) {
		who = vus_instance_start(&w->inst, &run->target, w->index, v,
					 &err);
		if (who == VUS_NO_FORK)
			return give_up_case(run, v, &err);
		if (who == VUS_IN_CHILD)
			return who;
	}
	/* What others made it say is not told of this one.  A new instance is
	 * the first case's: so are its words at the start. */
	v->said = w->inst.served ? vus_instance_output_size(&w->inst) : 0;
	who = vus_case_process_start(
		run, w, VUS_WORK_CASE, v,
		vus_deadline_ms((uint64_t)opt->start_timeout_s * 1000), &err);
	if (who == VUS_NO_FORK)
		return give_up_case(run, v, &err);
	w->now = v;
	w->overran = false;
	vus_worker_enter(w, VUS_W_CASE,
			 (uint64_t)opt->timeout_s * 1000 + MARGIN_MS);
	return who;
}

int vus_worker_fd(const struct vus_worker *w)
{
	switch (w->state) {
	case VUS_W_CASE:
	case VUS_W_REACCEPT:
		return w->proc.pidfd;
	case VUS_W_MAY_END:
	case VUS_W_WATCH:
	case VUS_W_LEAVE:
	case VUS_W_TERM:
	case VUS_W_KILL:
		return w->inst.child.pidfd;
	default:
		return -1;
	}
}

/* Nobody listens there any more. */
static bool socket_is_gone(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	VUS_AUTO_FD fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	return fd >= 0 &&
	       connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 &&
	       (errno == ECONNREFUSED || errno == ENOENT);
}

/* The target died, and may not be started again.  True: `v` never had it. */
static bool lose_target(struct vus_run *run, struct vus_worker *w,
			struct vus_variant *v, const struct vus_end *end,
			bool unheard)
{
	struct vus_variant *last = w->pending;

	run->gone = run->met = true;
	if (!unheard)
		return false;
	if (last && end->crashed) {
		vus_variant_peer_failed(last, end,
					"at the end of its connection");
	} else if (last && run->target.opt->socket && last->result &&
		   last->result->peer_closed && last->verdict != VUS_FAIL) {
		vus_variant_peer_failed(last, end, "or ended");
		vus_variant_reason(last, "the target closed the connection, "
					 "and nobody listens there any more");
	}
	vus_worker_report(run, w);
	vus_run_skip(run, v, "the target is gone");
	return true;
}

/* The instance died, or no longer answers, before this case had a word with
 * it: the case that was before is to blame, and this one runs again. */
static void blame_last(struct vus_run *run, struct vus_worker *w,
		       struct vus_variant *v, const struct vus_end *end)
{
	if (end->clean)
		run->report.one_shot = true;
	/* The case knocked itself then, and was patient. */
	if (w->slot->deaf)
		w->knock = VUS_REACCEPT_NO;
	if (!end->ended)
		vus_instance_end_unreachable(run, w);
	if (w->pending && end->crashed)
		vus_variant_peer_failed(w->pending, end,
					"at the end of its connection");
	else if (w->pending && end->ended)
		(void)snprintf(w->pending->peer_end,
			       sizeof(w->pending->peer_end), "%s", end->words);
	vus_worker_report(run, w);
	vus_variant_clear(v);
	w->again = v;
	w->retried = true;
	w->inst.spoiled = true;
	vus_worker_end_instance(run, w);
}

/* It failed on a target that others had used: keep that, and run it again. */
static void keep_first(struct vus_run *run, struct vus_worker *w,
		       struct vus_variant *v, const struct vus_end *end)
{
	w->first.given = true;
	w->first.served = w->inst.served - 1;
	w->first.reason = v->reason ? strdup(v->reason) : NULL;
	w->first.end = *end;
	vus_variant_clear(v);
	w->again = v;
	vus_worker_end_instance(run, w);
}

/* The fresh target's verdict counts; but a crash that was seen was one. */
static void merge_first(struct vus_worker *w, struct vus_variant *v)
{
	struct vus_reused_result *first = &w->first;
	const char *was = first->reason ? first->reason : "it failed";
	VUS_AUTO_TEXT fresh = { 0 };

	vus_text_add(&fresh, "%s%s%s", vus_verdict_name(v->verdict),
		     v->reason ? ": " : "", v->reason ? v->reason : "");
	if (v->verdict != VUS_FAIL && first->end.crashed) {
		vus_variant_peer_failed(v, &first->end, "");
		vus_variant_reason(v,
				   "on a target that had served %u cases: %s; "
				   "on a fresh one: %s",
				   first->served, was, vus_text_str(&fresh));
	} else if (v->verdict != VUS_FAIL) {
		vus_variant_reason(v,
				   "%s (on a target that had served %u cases "
				   "it failed: %s)",
				   vus_text_str(&fresh), first->served, was);
	} else if (!v->reason || strcmp(v->reason, was) != 0) {
		vus_variant_reason(v,
				   "%s (on a target that had served %u cases: "
				   "%s)",
				   v->reason ? v->reason : "it failed",
				   first->served, was);
	}
	free(first->reason);
	*first = (struct vus_reused_result){ 0 };
}

static bool wants_fresh(const struct vus_run *run, const struct vus_worker *w,
			const struct vus_variant *v)
{
	const struct vus_run_options *opt = run->target.opt;

	if (run->target.by_fd || opt->listens)
		return true;
	if (opt->restart == VUS_RESTART_NEVER)
		return false;
	return opt->restart == VUS_RESTART_CASE || run->report.one_shot ||
	       run->reluctant || w->inst.spoiled || v->verdict == VUS_FAIL ||
	       v->verdict == VUS_BROKEN || (v->result && v->result->peer_stuck);
}

/* What became of the instance, by the end of its case. */
static void note_end(struct vus_run *run, struct vus_worker *w,
		     struct vus_variant *v, const struct vus_end *end)
{
	if (end->crashed) {
		vus_variant_peer_failed(v, end,
					end->ended ? "while it was tested"
						   : "but serves on");
		w->inst.spoiled = true;
	} else if (end->ended) {
		(void)snprintf(v->peer_end, sizeof(v->peer_end), "%s",
			       end->words);
	}
	if (end->ended && end->clean && v->verdict == VUS_PASS &&
	    !run->target.by_fd)
		run->report.one_shot = true;
}

/* A start that must be refused has no probe before it: whether there is a
 * target at all is known only now. */
static bool forget_attempt(const struct vus_run *run, const struct vus_end *end,
			   bool heard)
{
	return run->target.opt->refusal && !heard &&
	       (end->exec_errno || end->not_found);
}

/* The case has ended; `heard` it at least once got an answer, or had no need
 * to. */
static void conclude(struct vus_run *run, struct vus_worker *w, bool heard)
{
	const struct vus_run_options *opt = run->target.opt;
	struct vus_variant *v = w->now;
	bool restarts = opt->restart != VUS_RESTART_NEVER && !opt->socket;
	bool reused = w->inst.served > 1;
	struct vus_end end = { 0 };

	if (heard && reused)
		run->reaccepts = true;
	w->now = NULL;
	vus_worker_enter(w, VUS_W_IDLE, 0);
	if (!opt->socket)
		vus_instance_check(&w->inst, &run->target, &end);
	else if (!heard && !opt->listens)
		end.ended = socket_is_gone(opt->socket);
	if (forget_attempt(run, &end, heard)) {
		vus_run_no_target(run, w, &end);
		vus_variant_clear(v);
		run->stop = "there is no target";
		vus_worker_end_instance(run, w);
		return;
	}
	if (end.ended && !restarts && !run->target.by_fd &&
	    lose_target(run, w, v, &end, !heard))
		return;
	if (!heard && restarts && reused && !w->retried) {
		blame_last(run, w, v, &end);
		return;
	}
	vus_worker_report(run, w);
	note_end(run, w, v, &end);
	if (v->verdict == VUS_FAIL && reused && restarts && !w->first.given &&
	    !run->stop) {
		keep_first(run, w, v, &end);
		return;
	}
	if (w->first.given)
		merge_first(w, v);
	w->retried = false;
	run->met = true;
	w->pending = v;
	vus_worker_tail(w, v);
	if (!opt->socket && (end.ended || wants_fresh(run, w, v)))
		vus_worker_end_instance(run, w);
}

static void case_ended(struct vus_run *run, struct vus_worker *w)
{
	const struct vus_run_options *opt = run->target.opt;
	struct vus_variant *v = w->now;
	bool heard;
	int status = vus_child_reap(&w->proc, &run->target.guardian);

	vus_case_result_collect(v, w, status, opt);
	w->inst.served++;
	if (w->slot->server > 0)
		w->inst.server = w->slot->server;
	w->inst.stuck = w->slot->r.peer_stuck;
	if (w->overran)
		w->inst.spoiled = true;
	if (run->summary.interrupted && v->verdict == VUS_BROKEN) {
		w->now = NULL;
		vus_worker_report(run, w);
		v->not_run = true;
		vus_run_skip(run, v, run->stop);
		vus_worker_enter(w, VUS_W_IDLE, 0);
		return;
	}
	heard = w->slot->frames_in > 0 || v->verdict == VUS_PASS;
	if (!heard && w->inst.served > 1 && !w->retried && !opt->socket &&
	    !w->slot->deaf && !vus_child_ended(&w->inst.child))
		vus_worker_enter(w, VUS_W_MAY_END, SETTLE_MS);
	else
		conclude(run, w, heard);
}

void vus_worker_event(struct vus_run *run, struct vus_worker *w)
{
	bool late = vus_now() >= w->deadline;

	switch (w->state) {
	case VUS_W_CASE:
		if (!vus_child_ended(&w->proc)) {
			w->overran = late;
			if (!late)
				return;
		}
		case_ended(run, w);
		return;
	case VUS_W_MAY_END:
		if (vus_child_ended(&w->inst.child) ||
		    !vus_reaccept_plan(run, w))
			conclude(run, w, false);
		return;
	case VUS_W_REACCEPT:
		if (!vus_reaccept_ended(run, w, late))
			return;
		if (w->now)
			conclude(run, w, false);
		else
			vus_instance_end_reaccept_done(run, w);
		return;
	case VUS_W_IDLE:
	case VUS_W_DONE:
		return;
	default:
		vus_instance_end_event(run, w, late);
		return;
	}
}

void vus_worker_stop(struct vus_worker *w, bool now)
{
	vus_child_signal(&w->proc, SIGKILL);
	if (now && vus_instance_running(&w->inst))
		vus_instance_kill(&w->inst);
}
