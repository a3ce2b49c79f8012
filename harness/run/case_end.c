/* SPDX-License-Identifier: BSD-3-Clause */
/* case_end.c — the verdict of a case that has ended. */
#include "case_end.h"
#include "case_result.h"
#include "ends_alone.h"
#include "needs.h"
#include "no_target.h"
#include "pending.h"
#include "reaccept.h"
#include "case.h"
#include "variant.h"

#include "base/own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* There can be another instance. */
static bool restarts(const struct vus_run *run)
{
	const struct vus_run_options *opt = run->target.opt;

	return opt->restart != VUS_RESTART_NEVER && !opt->socket;
}

static struct vus_variant *take_now(struct vus_worker *w)
{
	struct vus_variant *v = w->now;

	w->now = NULL;
	return v;
}

enum vus_worker_event vus_case_collect(struct vus_run *run,
				       struct vus_worker *w)
{
	const int status = vus_child_reap(&w->proc, &run->target.guardian);
	const struct vus_variant *v = w->now;
	struct vus_case_facts *facts = &w->facts;

	run->out.running--;
	vus_case_result_collect(w->now, w, status, run->target.opt);
	w->now->said = VUS_MAX(w->now->said, w->slot->said);
	w->inst.served++;
	if (w->slot->server > 0)
		w->inst.server = w->slot->server;
	w->inst.stuck = w->slot->r.peer_stuck;
	if (w->overran)
		w->inst.spoiled = true;
	*facts = (struct vus_case_facts){
		.heard = w->slot->frames_in > 0 || v->verdict == VUS_PASS,
		.reused = w->inst.served > 1,
		.runs_again = w->attempt != VUS_ATTEMPT_FIRST,
		.restarts = restarts(run),
	};
	if (run->out.summary.interrupted && v->verdict == VUS_BROKEN)
		return VUS_WE_INTERRUPTED;
	if (!facts->heard && facts->reused && !facts->runs_again &&
	    !run->target.opt->socket && !w->slot->unreachable &&
	    !vus_child_ended(&w->inst.child))
		return VUS_WE_UNHEARD;
	return VUS_WE_CASE_OVER;
}

enum vus_worker_event vus_case_end(struct vus_run *run, struct vus_worker *w)
{
	w->overran = true;
	return vus_case_collect(run, w);
}

enum vus_worker_event vus_case_skip(struct vus_run *run, struct vus_worker *w)
{
	struct vus_variant *v = take_now(w);

	vus_pending_report(run, w);
	v->not_run = true;
	vus_run_skip(run, v, run->stop);
	return VUS_WE_NONE;
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

enum vus_worker_event vus_case_look_at_target(struct vus_run *run,
					      struct vus_worker *w)
{
	const struct vus_run_options *opt = run->target.opt;
	struct vus_case_facts *facts = &w->facts;
	struct vus_end *end = &w->end;

	if (facts->heard && facts->reused)
		(void)vus_run_peer_event(run, VUS_PEER_SECOND_SERVED);
	*end = (struct vus_end){ 0 };
	if (!opt->socket)
		vus_instance_check(&w->inst, &run->target, end);
	else if (!facts->heard && !opt->listens)
		end->ended = socket_is_gone(opt->socket);
	facts->lost = end->ended && !facts->restarts && !run->target.by_fd;
	/* A start that must be refused has no probe before it: whether there
	 * is a target at all is known only now. */
	facts->never_ran = vus_target_ends_alone(run, w, end) ||
			   w->slot->no_control[0] ||
			   (opt->refusal && !facts->heard &&
			    (end->exec_errno || end->not_found));
	return vus_worker_case_event(facts);
}

enum vus_worker_event vus_case_look_at_target_unheard(struct vus_run *run,
						      struct vus_worker *w)
{
	w->facts.heard = false;
	return vus_case_look_at_target(run, w);
}

enum vus_worker_event vus_case_stop_run(struct vus_run *run,
					struct vus_worker *w)
{
	if (!run->ends_alone)
		vus_no_target_explain(run, w, &w->end);
	run->cannot_steer = w->slot->no_control[0];
	vus_variant_clear(take_now(w));
	run->stop = "there is no target";
	return VUS_WE_REPLACE;
}

enum vus_worker_event vus_case_lose_target(struct vus_run *run,
					   struct vus_worker *w)
{
	struct vus_variant *last = w->pending;

	if (w->end.clean)
		vus_reaccept_judge_end(run, last);
	(void)vus_run_peer_event(run, VUS_PEER_LOST);
	if (last && vus_case_crashed_peer(run, last, &w->end)) {
		vus_variant_peer_failed(last, &w->end,
					"at the end of its connection");
	} else if (last && run->target.opt->socket && last->result &&
		   last->result->peer_closed && last->verdict != VUS_FAIL) {
		vus_variant_peer_failed(last, &w->end, "or ended");
		vus_variant_reason(
			last, "the target closed the connection, "
			      "and the socket no longer accepts connections");
	}
	vus_pending_report(run, w);
	vus_run_skip(run, take_now(w), "the target is gone");
	return VUS_WE_KEEP;
}

enum vus_worker_event vus_case_blame_last(struct vus_run *run,
					  struct vus_worker *w)
{
	const struct vus_end *end = &w->end;

	if (end->clean)
		vus_reaccept_judge_end(run, w->pending);
	/* The case waited for a connection itself: that was the check. */
	if (w->slot->unreachable)
		w->reaccept = VUS_REACCEPT_NO;
	if (!end->ended)
		vus_reaccept_judge(run, w);
	if (w->pending && vus_case_crashed_peer(run, w->pending, end))
		vus_variant_peer_failed(w->pending, end,
					"at the end of its connection");
	else if (w->pending && end->ended)
		(void)snprintf(w->pending->peer_end,
			       sizeof(w->pending->peer_end), "%s", end->words);
	vus_pending_report(run, w);
	w->again = take_now(w);
	vus_variant_clear(w->again);
	w->attempt = VUS_ATTEMPT_UNHEARD;
	w->inst.spoiled = true;
	return VUS_WE_REPLACE;
}

/* What became of the instance, by the end of its case. */
static void note_end(struct vus_run *run, struct vus_worker *w)
{
	const struct vus_end *end = &w->end;
	struct vus_variant *v = w->now;

	if (vus_case_crashed_peer(run, v, end)) {
		vus_variant_peer_failed(
			v, end,
			end->ended ? "while it was tested"
				   : "but it still serves connections");
		w->inst.spoiled = true;
	} else if (end->ended) {
		(void)snprintf(v->peer_end, sizeof(v->peer_end), "%s",
			       end->words);
	}
	if (end->ended && end->clean && v->verdict == VUS_PASS)
		vus_reaccept_judge_end(run, v);
	if (vus_case_lost_session(run, v, end))
		vus_variant_session_lost(v);
	if (w->facts.lost)
		(void)vus_run_peer_event(run, VUS_PEER_LOST);
}

/* A crash that was seen was one; any other failure that a fresh instance does
 * not show makes the case unstable.  Where we had no fresh instance nothing is
 * known. */
static void merge_used(struct vus_worker *w)
{
	struct vus_used_result *used = &w->used;
	const char *was = used->reason ? used->reason : "it failed";
	struct vus_variant *v = w->now;
	VUS_AUTO_TEXT fresh = { 0 };

	vus_text_add(&fresh, "%s%s%s", vus_verdict_name(v->verdict),
		     v->reason ? ": " : "", v->reason ? v->reason : "");
	if (v->verdict != VUS_FAIL && used->end.crashed) {
		vus_variant_peer_failed(v, &used->end, "");
		vus_variant_reason(v,
				   "on a target that had served %u cases: %s; "
				   "on a fresh one: %s",
				   used->served, was, vus_text_str(&fresh));
	} else if (v->verdict == VUS_SKIP && used->skipped) {
		; /* the same need, in its own words */
	} else if (v->verdict != VUS_FAIL && v->verdict != VUS_BROKEN) {
		vus_used_result_give(used, v);
	} else if (!v->reason || strcmp(v->reason, was) != 0) {
		vus_variant_reason(v,
				   "%s (on a target that had served %u cases: "
				   "%s)",
				   v->reason ? v->reason : "it failed",
				   used->served, was);
	}
	vus_used_result_drop(used);
}

static bool is_hostile(const struct vus_case *c)
{
	const struct vus_rule *rule =
		c->rules[0] ? vus_rule_find(c->rules[0]) : NULL;

	return rule && rule->level == VUS_HARDEN;
}

static void remember(struct vus_served_cases *before,
		     const struct vus_variant *v)
{
	(void)snprintf(before->last, sizeof(before->last), "%s", v->id);
	if (is_hostile(v->c))
		memcpy(before->hostile, before->last, sizeof(before->hostile));
}

static bool wants_fresh(const struct vus_run *run, const struct vus_worker *w,
			const struct vus_variant *v)
{
	const struct vus_run_options *opt = run->target.opt;

	if (run->target.by_fd || opt->listens)
		return true;
	if (opt->restart == VUS_RESTART_NEVER)
		return false;
	return opt->restart == VUS_RESTART_CASE || vus_run_policy(run)->fresh ||
	       w->inst.spoiled || v->verdict == VUS_FAIL ||
	       v->verdict == VUS_BROKEN || (v->result && v->result->peer_stuck);
}

/* A failure, or a need that would become one, may be the instance's. */
static bool is_worth_another(const struct vus_run *run,
			     const struct vus_variant *v)
{
	return v->verdict == VUS_FAIL ||
	       (vus_needs_rule(v) &&
		!vus_needs_is_explained(run->variants, run->n,
					run->target.opt->baseline, v->rule));
}

enum vus_worker_event vus_case_judge(struct vus_run *run, struct vus_worker *w)
{
	const struct vus_case_facts *facts = &w->facts;
	struct vus_variant *v = w->now;

	vus_pending_report(run, w);
	note_end(run, w);
	if (is_worth_another(run, v) && facts->reused && facts->restarts &&
	    w->attempt == VUS_ATTEMPT_FIRST && !run->stop)
		return VUS_WE_RUN_AGAIN;
	if (w->attempt == VUS_ATTEMPT_FRESH)
		merge_used(w);
	w->attempt = VUS_ATTEMPT_FIRST;
	(void)vus_run_peer_event(run, VUS_PEER_FIRST_JUDGED);
	w->pending = take_now(w);
	vus_pending_add_output(w, v);
	remember(&w->inst.before, v);
	return !run->target.opt->socket &&
			       (w->end.ended || wants_fresh(run, w, v))
		       ? VUS_WE_REPLACE
		       : VUS_WE_KEEP;
}

enum vus_worker_event vus_case_keep_result(struct vus_run *run,
					   struct vus_worker *w)
{
	struct vus_variant *v = take_now(w);

	(void)run;
	vus_pending_add_output(w, v);
	vus_used_result_take(&w->used, &w->inst, &w->end, v);
	vus_variant_clear(v);
	w->again = v;
	w->attempt = VUS_ATTEMPT_FRESH;
	return VUS_WE_REPLACE;
}
