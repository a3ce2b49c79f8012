/* SPDX-License-Identifier: BSD-3-Clause */
/* case_result.c — from a case's process, and its peer, to a verdict. */
#include "case_result.h"
#include "case.h"
#include "postconditions.h"
#include "variant.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define LOG_TAIL 400 /* bytes of what a case's process printed */

#define END_STRING(field) ((field)[sizeof(field) - 1] = '\0')

/* A copy on the heap that ends where its exchange ends.  The process that
 * wrote it may have died in the middle, so all of it is checked. */
static struct vus_result *copy_result(const struct vus_result *from)
{
	size_t fixed = offsetof(struct vus_result, exchange);
	size_t len = strnlen(from->exchange, sizeof(from->exchange) - 1);
	struct vus_result *r = calloc(1, fixed + len + 1);

	if (!r)
		abort();
	memcpy(r, from, fixed + len);
	END_STRING(r->rule);
	END_STRING(r->end_rule);
	END_STRING(r->reason);
	END_STRING(r->expected);
	END_STRING(r->seen);
	END_STRING(r->check);
	END_STRING(r->file);
	if ((unsigned)r->verdict > VUS_BROKEN)
		r->verdict = VUS_BROKEN;
	if (r->njudged > VUS_RESULT_RULES)
		r->njudged = VUS_RESULT_RULES;
	for (unsigned i = 0; i < r->njudged; i++)
		END_STRING(r->judged[i]);
	return r;
}

/* The suite's own failure, with what the process printed last. */
static void break_variant(struct vus_variant *v, const struct vus_worker *w,
			  const char *what)
{
	char *log = vus_file_tail(w->log, 0, LOG_TAIL);

	v->verdict = VUS_BROKEN;
	v->rule = NULL;
	vus_variant_reason(v, "%s%s%s", what, log ? ": " : "", log ? log : "");
	free(log);
}

void vus_case_result_collect(struct vus_variant *v, const struct vus_worker *w,
			     int status, const struct vus_run_options *opt)
{
	struct vus_result *r = copy_result(&w->slot->r);
	char end[96], what[200];

	vus_variant_clear(v);
	v->result = r;
	v->seconds = (double)(vus_now() - w->case_began) / 1e9;
	v->verdict = r->verdict;
	v->rule = r->rule[0] ? vus_rule_find(r->rule) : NULL;
	if (!v->rule && v->verdict == VUS_FAIL)
		v->rule = vus_rule_find(v->c->rules[0]);
	if (r->reason[0])
		vus_variant_reason(v, "%s", r->reason);
	if (v->verdict == VUS_FAIL)
		return; /* what was found stands, however the process ended */
	vus_exit_text(status, end);
	if (w->overran) {
		(void)snprintf(what, sizeof(what), "did not end within %u s",
			       opt->timeout_s);
		break_variant(v, w, what);
	} else if (!r->finished || (status != 0 && v->verdict != VUS_BROKEN)) {
		(void)snprintf(what, sizeof(what), "the case's process: %s",
			       end);
		break_variant(v, w, what);
	} else if (v->verdict == VUS_PASS && r->njudged == 0) {
		break_variant(v, w, "the case ended without a check");
	} else if (r->peer_stuck) {
		vus_postcondition_breach(
			v, VUS_POSTCONDITION_ALIVE,
			"the session neither answers nor was it closed "
			"when the case was over");
	}
}

/* Robustness is what the rule is about. */
static bool is_about_surviving(const struct vus_rule *rule)
{
	return rule->level == VUS_HARDEN ||
	       strcmp(rule->section, "derived/robustness") == 0;
}

/* The first of the case's rules that is; NULL: none. */
static const struct vus_rule *rule_of_surviving(const struct vus_case *c)
{
	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++) {
		const struct vus_rule *rule = vus_rule_find(c->rules[i]);

		if (rule && is_about_surviving(rule))
			return rule;
	}
	return NULL;
}

/* The rule whose check failed says most; then the one that the case is about,
 * if that is surviving; then that every session must be answered or closed, by
 * a process that lives.  A crash proves no other rule broken. */
static const struct vus_rule *crash_rule(const struct vus_variant *v,
					 const struct vus_end *end)
{
	const struct vus_rule *survives = rule_of_surviving(v->c);

	/* Wherever our side closes a connection. */
	if (end->signum == SIGPIPE && v->c->party &&
	    strcmp(v->c->party, "frontend") == 0)
		return vus_rule_find("socket.frontend_sigpipe");
	if (v->verdict == VUS_WARN && v->rule)
		return v->rule;
	return survives ? survives : vus_rule_find(VUS_POSTCONDITION_ALIVE);
}

/* Something was sent on which the connection may be closed. */
static bool may_have_refused(const struct vus_variant *v)
{
	const struct vus_result *r = v->result;

	return rule_of_surviving(v->c) ||
	       (r && (r->peer_closed || r->may_close));
}

bool vus_case_crashed_peer(const struct vus_run *run,
			   const struct vus_variant *v,
			   const struct vus_end *end)
{
	return end->crashed &&
	       !(end->by_status && vus_run_policy(run)->one_shot &&
		 may_have_refused(v));
}

bool vus_case_lost_session(const struct vus_run *run,
			   const struct vus_variant *v,
			   const struct vus_end *end)
{
	const struct vus_result *r = v->result;

	return end->clean && vus_run_policy(run)->one_shot &&
	       !run->target.opt->listens && v->verdict == VUS_PASS && r &&
	       r->peer_closed && !r->may_close && !rule_of_surviving(v->c);
}

void vus_variant_session_lost(struct vus_variant *v)
{
	vus_postcondition_breach(
		v, VUS_POSTCONDITION_ALIVE,
		"the peer ended by itself, exit status 0, in the middle of a "
		"session in which nothing was to be refused");
}

void vus_variant_peer_failed(struct vus_variant *v, const struct vus_end *end,
			     const char *when)
{
	const char *glue = end->words[0] && end->cry.line[0] ? ", " : "";
	const struct vus_rule *own;

	v->crashed = true;
	vus_outcry_cause(end->cry.line, v->cause);
	(void)snprintf(v->peer_end, sizeof(v->peer_end), "%s", end->words);
	if (v->verdict == VUS_FAIL)
		return; /* the check's own rule says more */
	own = v->result ? vus_rule_find(v->result->end_rule) : NULL;
	v->rule = own ? own : crash_rule(v, end);
	v->verdict = own && !vus_rule_fails(own) ? VUS_WARN : VUS_FAIL;
	vus_variant_reason(v, "the peer crashed %s: %s%s%s", when, end->words,
			   glue, end->cry.line);
}
