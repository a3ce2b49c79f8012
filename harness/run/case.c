/* SPDX-License-Identifier: BSD-3-Clause */
/* case.c — what a case calls: checks, prerequisites, skips, notes.  All of them
 * write into memory shared with the runner, so that it is kept however the
 * process of the case ends. */
#include "case.h"
#include "env.h"
#include "host.h"
#include "memory_fault.h"

#include "proc/proc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct vus_host *host_of(const struct vus_ctx *t)
{
	return t->host;
}

static struct vus_result *result_of(const struct vus_ctx *t)
{
	return &host_of(t)->slot->r;
}

/* A later finding replaces pass and skip (the end of the session may still find
 * a dead peer), and nothing replaces fail and broken. */
static bool may_replace(enum vus_verdict old, enum vus_verdict new)
{
	switch (old) {
	case VUS_PASS:
		return true;
	case VUS_SKIP:
		return new == VUS_WARN || new == VUS_FAIL || new == VUS_BROKEN;
	case VUS_WARN:
		return new == VUS_FAIL || new == VUS_BROKEN;
	default:
		return false;
	}
}

bool vus_host_verdict(struct vus_host *host, enum vus_verdict verdict,
		      const char *rule, const char *file, int line)
{
	struct vus_result *r = &host->slot->r;
	const char *name;

	if (host->in_trouble || !may_replace(r->verdict, verdict))
		return false;
	r->verdict = verdict;
	r->expected[0] = r->seen[0] = r->reason[0] = r->check[0] = '\0';
	(void)snprintf(r->rule, sizeof(r->rule), "%s", rule ? rule : "");
	/* From "fake-": the build path is irrelevant. */
	name = file ? strstr(file, "fake-") : NULL;
	(void)snprintf(r->file, sizeof(r->file), "%s",
		       name ? name : (file ? file : ""));
	r->line = line;
	return true;
}

struct vus_ctx *vus_at(struct vus_ctx *t, const char *file, int line)
{
	t->file = file;
	t->line = line;
	return t;
}

/* Before the case has given a place, its own first line stands for it. */
static bool set_verdict(struct vus_ctx *t, enum vus_verdict verdict,
			const char *rule)
{
	return vus_host_verdict(host_of(t), verdict, rule,
				t->file ? t->file : t->c->file,
				t->file ? t->line : t->c->line);
}

static void break_case(struct vus_ctx *t, const char *fmt, ...)
	VUS_PRINTF(2, 3);
static void break_case(struct vus_ctx *t, const char *fmt, ...)
{
	struct vus_result *r = result_of(t);
	va_list ap;

	if (!set_verdict(t, VUS_BROKEN, NULL))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
}

/* Skip where the host lacks something; false: it does not. */
static bool skip_for_host(struct vus_ctx *t, const struct vus_err *err)
{
	const char *remedy = err ? vus_env_remedy(err, t->memory) : NULL;

	if (remedy)
		vus_skip(t, "env: %s; %s", err->text, remedy);
	return remedy != NULL;
}

void vus_unobservable(struct vus_ctx *t, const struct vus_err *err)
{
	if (!skip_for_host(t, err))
		vus_skip(t, "%s", err->text);
}

void vus_result_add_judged(struct vus_result *r, const char *rule)
{
	for (unsigned i = 0; i < r->njudged; i++)
		if (strcmp(r->judged[i], rule) == 0)
			return;
	if (r->njudged < VUS_RESULT_RULES)
		(void)snprintf(r->judged[r->njudged++], sizeof(r->judged[0]),
			       "%s", rule);
}

bool vus_case_cites(const struct vus_case *c, const char *rule)
{
	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++)
		if (strcmp(c->rules[i], rule) == 0)
			return true;
	return false;
}

/* The rule that a check cites; NULL, and the case broken, when the catalogue
 * or the case's own declaration does not have it. */
static const struct vus_rule *cited(struct vus_ctx *t, const char *id)
{
	const struct vus_rule *rule = vus_rule_find(id);

	if (!rule) {
		break_case(t, "cites the unknown rule %s", id);
		return NULL;
	}
	if (vus_case_cites(t->c, id))
		return rule;
	break_case(t, "cites an undeclared rule: %s", id);
	return NULL;
}

/* A rule that came with a later version than the one that is judged by: a check
 * of it says nothing, and if it does not hold the case cannot go on. */
static bool is_later(struct vus_ctx *t, const struct vus_rule *rule, bool holds)
{
	if (vus_rule_is_in(rule, t->spec))
		return false;
	if (!holds)
		vus_skip(t, "%s came with version %s; --spec %s is judged by",
			 rule->id, rule->since, t->spec);
	return true;
}

static enum vus_verdict breach(const struct vus_rule *rule)
{
	return vus_rule_fails(rule) ? VUS_FAIL : VUS_WARN;
}

/* The outcome of a hostile message is not a crash, hang or corruption.  Unless
 * the rule says what is lost by it, it only warns. */
static enum vus_verdict breach_by(const struct vus_rule *rule,
				  enum vus_outcome outcome)
{
	const unsigned lives =
		VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED | VUS_SILENT;

	if (rule->level == VUS_HARDEN && rule->because[0] == '\0' &&
	    ((unsigned)outcome & lives) != 0)
		return VUS_WARN;
	return breach(rule);
}

bool vus_check_at(struct vus_ctx *t, const struct vus_check_site *site,
		  const char *rule_id, bool holds, const char *want,
		  const char *fmt, ...)
{
	const struct vus_rule *rule = cited(t, rule_id);
	struct vus_result *r = result_of(t);
	va_list ap;

	if (!rule)
		return false;
	if (is_later(t, rule, holds))
		return holds;
	vus_result_add_judged(r, rule_id);
	if (holds)
		return true;
	if (set_verdict(t, breach(rule), rule_id)) {
		vus_check_name(site, r->check);
		(void)snprintf(r->expected, sizeof(r->expected), "%s", want);
		va_start(ap, fmt);
		(void)vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
		va_end(ap);
	}
	return false;
}

bool vus_expect_at(struct vus_ctx *t, const struct vus_check_site *site,
		   const char *rule_id, enum vus_outcome outcome,
		   unsigned allowed, const char *what)
{
	const struct vus_rule *rule = cited(t, rule_id);
	const bool allows = ((unsigned)outcome & allowed) != 0;
	struct vus_result *r = result_of(t);
	char want[80], got[80];

	if (!rule)
		return false;
	if (is_later(t, rule, allows))
		return allows;
	if (outcome == VUS_UNKNOWN) {
		break_case(t, "%s: not known what became of it", what);
		return false;
	}
	vus_result_add_judged(r, rule_id);
	r->may_close = r->may_close || (allowed & VUS_CLOSED);
	if (allows)
		return true;
	if (set_verdict(t, breach_by(rule, outcome), rule_id)) {
		vus_check_name(site, r->check);
		(void)vus_outcome_names(allowed, want);
		(void)vus_outcome_names(outcome, got);
		(void)snprintf(r->expected, sizeof(r->expected), "%s", want);
		(void)snprintf(r->seen, sizeof(r->seen), "%s", got);
		(void)snprintf(r->reason, sizeof(r->reason),
			       "%s: expected %s, was %s", what, want, got);
	}
	return false;
}

void vus_end_breaks(struct vus_ctx *t, const char *rule_id)
{
	const struct vus_rule *rule = cited(t, rule_id);
	struct vus_result *r = result_of(t);

	if (rule)
		(void)snprintf(r->end_rule, sizeof(r->end_rule), "%s",
			       rule->id);
}

void vus_may_close(struct vus_ctx *t)
{
	result_of(t)->may_close = true;
}

void vus_step_ended(struct vus_ctx *t)
{
	if (result_of(t)->verdict == VUS_PASS)
		break_case(t, "a step ended the case without a verdict");
}

/* Somebody else judges it, or nobody: what the case is about, and what had
 * worked before, it judges itself. */
static bool judges_prereq(const struct vus_ctx *t, const struct vus_rule *rule,
			  const struct vus_err *err)
{
	if (!vus_rule_is_in(rule, t->spec))
		return false;
	return vus_case_cites(t->c, rule->id) || (err && err->lapsed);
}

void vus_prereq_failed(struct vus_ctx *t, const char *id,
		       const struct vus_err *err)
{
	const char *text = err && err->text[0] ? err->text : "it failed";
	const struct vus_rule *rule = vus_rule_find(id);
	struct vus_result *r = result_of(t);
	enum vus_verdict verdict;

	if (!rule) {
		break_case(t, "needs the unknown rule %s", id);
		return;
	}
	if (err && err->kind == VUS_ERR_SYSTEM) {
		vus_setup_failed(t, err);
		return;
	}
	verdict = judges_prereq(t, rule, err) ? breach(rule) : VUS_SKIP;
	if (verdict != VUS_SKIP)
		vus_result_add_judged(r, id);
	if (!set_verdict(t, verdict, id))
		return;
	(void)snprintf(r->reason, sizeof(r->reason), "%s%s%s: %s",
		       verdict == VUS_SKIP ? "needs " : "",
		       verdict == VUS_SKIP ? id : "a step on the way failed",
		       err && err->lapsed
			       ? ", although it had worked in this session"
			       : "",
		       text);
}

void vus_setup_failed(struct vus_ctx *t, const struct vus_err *err)
{
	if (skip_for_host(t, err))
		return;
	if (err && err->kind == VUS_ERR_PROTOCOL) {
		vus_skip(t, "the peer made the set-up impossible: %s",
			 err->text);
		return;
	}
	break_case(t, "%s",
		   err && err->text[0] ? err->text : "a set-up step failed");
}

void vus_skip(struct vus_ctx *t, const char *fmt, ...)
{
	struct vus_result *r = result_of(t);
	va_list ap;

	if (!vus_host_verdict(host_of(t), VUS_SKIP, NULL, NULL, 0))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
}

/* Append a line; without room the oldest lines are dropped, half of the buffer
 * at a time.  Always NUL-terminated. */
static void exchange_line(struct vus_result *r, const char *line)
{
	size_t cap = sizeof(r->exchange) - 1;
	size_t used = strnlen(r->exchange, cap);
	size_t len = VUS_MIN(strlen(line), cap / 4);
	size_t keep;
	char *from;

	r->exchange_len += strlen(line) + 1;
	if (used + len + 1 > cap) {
		keep = cap / 2;
		from = memchr(r->exchange + used - keep, '\n', keep);
		from = from ? from + 1 : r->exchange + used;
		used -= (size_t)(from - r->exchange);
		memmove(r->exchange, from, used);
	}
	memcpy(r->exchange + used, line, len);
	r->exchange[used + len] = '\n';
	r->exchange[used + len + 1] = '\0';
}

void vus_note(struct vus_ctx *t, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	exchange_line(result_of(t), line);
}

/* The peer is done with the session before, and with what it had to say of it:
 * it has answered in this one. */
static void note_output(struct vus_host *host)
{
	struct stat st;

	if (host->output >= 0 && fstat(host->output, &st) == 0)
		host->slot->said = st.st_size;
}

static void trace_frame(void *ctx, const struct vus_frame *frame, bool to_peer)
{
	struct vus_host *host = ctx;
	VUS_AUTO_TEXT line = { 0 };

	if (!to_peer && host->slot->frames_in++ == 0)
		note_output(host);
	vus_format(frame, to_peer, false, &line);
	exchange_line(&host->slot->r, vus_text_str(&line));
}

static void trace_note(void *ctx, const char *line)
{
	struct vus_host *host = ctx;

	exchange_line(&host->slot->r, line);
}

/* What our own side could not do says nothing about the peer, whatever the case
 * makes of it. */
static void trace_trouble(void *ctx, const struct vus_err *err)
{
	struct vus_host *host = ctx;
	struct vus_result *r = &host->slot->r;
	const char *remedy = vus_env_remedy(err, host->memory);

	if (!vus_host_verdict(host, remedy ? VUS_SKIP : VUS_BROKEN, NULL, NULL,
			      0))
		return;
	(void)snprintf(r->reason, sizeof(r->reason), "%s%s%s%s",
		       remedy ? "env: " : "", err->text, remedy ? "; " : "",
		       remedy ? remedy : "");
	host->in_trouble = true;
}

const struct vus_trace *vus_ctx_trace(struct vus_ctx *t)
{
	return &host_of(t)->trace;
}

int vus_peer_pid(const struct vus_ctx *t)
{
	return host_of(t)->peer_pid;
}

int vus_peer_pidfd(const struct vus_ctx *t)
{
	return host_of(t)->peer_pidfd;
}

int vus_peer_server(struct vus_ctx *t, int fd)
{
	struct vus_host *host = host_of(t);
	struct vus_err err;
	pid_t pid;

	if (host->peer_pid == 0 || !vus_proc_of_socket(fd, &pid, &err))
		return 0;
	/* The runner made a socket pair; the instance serves it. */
	if (pid == getppid())
		pid = host->peer_pid;
	host->slot->server = pid;
	return pid;
}

void vus_peer_note_end(struct vus_ctx *t, bool closed, bool stuck)
{
	struct vus_result *r = result_of(t);

	r->peer_closed = closed;
	r->peer_stuck = stuck;
}

void vus_peer_note_unreachable(struct vus_ctx *t)
{
	host_of(t)->slot->unreachable = true;
}

void vus_note_no_control(struct vus_ctx *t, const struct vus_err *err)
{
	struct vus_case_shared *slot = host_of(t)->slot;

	(void)snprintf(slot->no_control, sizeof(slot->no_control), "%s",
		       err->text);
	break_case(t, "%s", err->text);
}

void vus_shared_range(struct vus_ctx *t, const void *addr, size_t len, int fd)
{
	struct vus_host *host = host_of(t);
	/* When full, the oldest is replaced. */
	struct vus_host_range *r =
		&host->ranges[host->nranges++ % VUS_HOST_RANGES];

	*r = (struct vus_host_range){ .start = (uintptr_t)addr,
				      .len = len,
				      .fd = fd };
	if (fstat(fd, &r->was) < 0)
		r->fd = -1;
}

bool vus_host_enter(struct vus_host *host, struct vus_case_shared *slot,
		    int peer_pid, int peer_pidfd, struct vus_ctx *t,
		    struct vus_err *err)
{
	*host = (struct vus_host){
		.slot = slot,
		.trace = { .ctx = host,
			   .frame = trace_frame,
			   .note = trace_note,
			   .trouble = trace_trouble },
		.peer_pid = peer_pid,
		.peer_pidfd = peer_pidfd,
		.memory = t->memory,
		.output = -1,
	};
	t->host = host;
	return vus_memory_fault_watch(host, err);
}

void vus_host_leave(struct vus_host *host)
{
	host->slot->r.finished = true;
}
