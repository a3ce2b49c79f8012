/* SPDX-License-Identifier: BSD-3-Clause */
/* monitoring.c — the monitors of each connection of a case. */
#include "monitoring.h"
#include "case.h"
#include "host.h"

#include "monitor/monitor.h"
#include "base/text.h"
#include "spec/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A link keeps its trace, and a case its connections, until the process ends:
 * they are freed with it. */
struct vus_host_connection {
	struct vus_trace trace;
	struct vus_host *host;
	bool front_end; /* that is the peer */
	struct vus_monitoring monitors;
	const char *spec;
	struct vus_host_connection *next;
};

static void pass_note(void *ctx, const char *line)
{
	const struct vus_host_connection *c = ctx;

	c->host->trace.note(c->host->trace.ctx, line);
}

static void pass_trouble(void *ctx, const struct vus_err *err)
{
	const struct vus_host_connection *c = ctx;

	c->host->trace.trouble(c->host->trace.ctx, err);
}

static void watch_frame(void *ctx, const struct vus_frame *frame, bool to_peer)
{
	struct vus_host_connection *c = ctx;

	c->host->trace.frame(c->host->trace.ctx, frame, to_peer);
	vus_monitor_frame(&c->monitors, frame, to_peer != c->front_end);
}

/* The first breach of those that weigh most is kept. */
static void note_breach(void *ctx, const struct vus_monitor *monitor,
			const struct vus_frame *frame, const char *text)
{
	struct vus_host_connection *c = ctx;
	struct vus_host_breach *b = &c->host->breach;
	const struct vus_rule *rule = vus_rule_find(monitor->rule);
	char line[sizeof(b->text) + 80];

	(void)frame;
	(void)snprintf(line, sizeof(line), "!! %s: %s", monitor->rule, text);
	pass_note(c, line);
	if (!rule || !vus_rule_is_in(rule, c->spec) ||
	    (b->monitor && (b->fails || !vus_rule_fails(rule))))
		return;
	b->monitor = monitor;
	b->fails = vus_rule_fails(rule);
	(void)snprintf(b->text, sizeof(b->text), "%s", text);
}

static bool is_frontend_case(const struct vus_case *c)
{
	return c->party && strcmp(c->party, "frontend") == 0;
}

static void note_ring(void *ctx, unsigned breach, const char *text)
{
	note_breach(ctx, &vus_ring_monitors[breach], NULL, text);
}

const struct vus_trace *vus_ctx_connection(struct vus_ctx *t,
					   const char *device)
{
	struct vus_host *host = t->host;
	struct vus_host_connection *c;

	/* The probe judges nothing. */
	if (!t->c->run)
		return &host->trace;
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->trace = (struct vus_trace){ .ctx = c,
				       .frame = watch_frame,
				       .note = pass_note,
				       .trouble = pass_trouble,
				       .ring = note_ring };
	c->host = host;
	c->front_end = is_frontend_case(t->c);
	c->spec = t->spec;
	c->monitors.watches[c->front_end] = true;
	c->monitors.queues_are_many = device && strcmp(device, "net") == 0;
	c->monitors.tell = note_breach;
	c->monitors.ctx = c;
	c->next = host->connections;
	host->connections = c;
	return &c->trace;
}

/* What a front-end does wrong behind a message that is wrong may follow from
 * it: say so. */
static void name_breach_before(const struct vus_host_breach *b,
			       struct vus_result *r)
{
	VUS_AUTO_TEXT text = { 0 };

	vus_text_add(&text, "%s; before that, %s: %s", r->reason,
		     b->monitor->rule, b->text);
	(void)snprintf(r->reason, sizeof(r->reason), "%s", vus_text_str(&text));
}

void vus_monitoring_judge(struct vus_ctx *t)
{
	struct vus_host *host = t->host;
	const struct vus_host_breach *b = &host->breach;
	struct vus_result *r = &host->slot->r;
	const bool frontend = is_frontend_case(t->c);

	/* What the tables do not allow may end a connection. */
	for (const struct vus_host_connection *c = host->connections; c;
	     c = c->next)
		r->may_close |= c->monitors.state.misled[!c->front_end];
	if (!b->monitor)
		return;
	/* What the case has found itself stands: one cause, one finding. */
	if (frontend && r->verdict == VUS_FAIL && b->fails &&
	    strcmp(r->rule, b->monitor->rule) != 0)
		name_breach_before(b, r);
	if ((r->verdict == VUS_WARN && !(frontend && b->fails)) ||
	    !vus_host_verdict(host, b->fails ? VUS_FAIL : VUS_WARN,
			      b->monitor->rule, t->c->file, t->c->line))
		return;
	(void)snprintf(r->expected, sizeof(r->expected), "%s",
		       b->monitor->want);
	(void)snprintf(r->reason, sizeof(r->reason), "%s", b->text);
	vus_result_add_judged(r, b->monitor->rule);
}
