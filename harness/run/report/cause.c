/* SPDX-License-Identifier: BSD-3-Clause */
/* cause.c — what did not pass, by its cause, the gravest first. */
#include "cause.h"

#include "facts.h"

#include "run/case.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_NUMBER 4 /* digits of one that differs from run to run */

/* How the catalogue says what is lost without a rule (`because`).  The first
 * that is found counts. */
static const struct {
	const char *word;
	enum vus_harm harm;
} harm_words[] = {
	{ "leak", VUS_HARM_LEAK },
	{ "never answered", VUS_HARM_HANG },
	{ "stranded", VUS_HARM_HANG },
	{ "hang", VUS_HARM_HANG },
	{ "corrupt", VUS_HARM_CORRUPTION },
	{ "overwrite", VUS_HARM_CORRUPTION },
	{ "lost", VUS_HARM_CORRUPTION },
	{ "loses", VUS_HARM_CORRUPTION },
	{ "wrong guest memory", VUS_HARM_CORRUPTION },
	{ "stale memory", VUS_HARM_CORRUPTION },
	{ "not the guest's buffer", VUS_HARM_CORRUPTION },
	{ "somebody else's bytes", VUS_HARM_CORRUPTION },
	{ "never shared", VUS_HARM_CORRUPTION },
	{ "not shared", VUS_HARM_CORRUPTION },
	{ "behind", VUS_HARM_CORRUPTION },
	{ "destroys", VUS_HARM_CORRUPTION },
	{ "nobody made", VUS_HARM_CORRUPTION },
	{ "never made", VUS_HARM_CORRUPTION },
	{ "twice", VUS_HARM_CORRUPTION },
};
/* Rules whose breach is of one kind, by the beginning of their ids. */
static const struct {
	const char *prefix;
	enum vus_harm harm;
} harm_rules[] = {
	{ "blk.in", VUS_HARM_CORRUPTION },
	{ "blk.out", VUS_HARM_CORRUPTION },
	{ "fds.disconnect_releases", VUS_HARM_LEAK },
	{ "mem_table.offset_nonzero", VUS_HARM_CORRUPTION },
	{ "reply_ack.alive_after_refusal", VUS_HARM_HANG },
	{ "socket.backend_reaccepts", VUS_HARM_HANG },
};
static const char *const harm_names[] = {
	[VUS_HARM_CRASH] = "crash", [VUS_HARM_CORRUPTION] = "corruption",
	[VUS_HARM_HANG] = "hang",   [VUS_HARM_LEAK] = "leak",
	[VUS_HARM_MUST] = "MUST",   [VUS_HARM_SHOULD] = "SHOULD",
	[VUS_HARM_OURS] = "vuspec",
};

bool vus_verdict_is_bad(enum vus_verdict v)
{
	return v != VUS_PASS && v != VUS_SKIP;
}

static enum vus_harm harm_of_rule(const struct vus_rule *rule)
{
	for (size_t i = 0; i < VUS_COUNT(harm_rules); i++)
		if (strncmp(rule->id, harm_rules[i].prefix,
			    strlen(harm_rules[i].prefix)) == 0)
			return harm_rules[i].harm;
	for (size_t i = 0; i < VUS_COUNT(harm_words); i++)
		if (strstr(rule->because, harm_words[i].word))
			return harm_words[i].harm;
	return VUS_HARM_MUST;
}

enum vus_harm vus_variant_harm(const struct vus_variant *v)
{
	if (v->crashed)
		return VUS_HARM_CRASH;
	if (v->verdict == VUS_BROKEN)
		return VUS_HARM_OURS;
	if (v->verdict == VUS_WARN || !v->rule)
		return VUS_HARM_SHOULD;
	return v->result && v->result->peer_stuck ? VUS_HARM_HANG
						  : harm_of_rule(v->rule);
}

const char *vus_harm_word(enum vus_harm harm, const struct vus_rule *rule)
{
	if (rule && (harm == VUS_HARM_MUST || harm == VUS_HARM_SHOULD))
		return vus_level_name(rule->level);
	return harm_names[harm];
}

void vus_variant_cause(const struct vus_variant *v, struct vus_text *ret)
{
	char print[17];

	if (v->verdict == VUS_PASS || (v->verdict == VUS_SKIP && !v->rule))
		return;
	if (v->rule)
		vus_text_add(ret, "%s", v->rule->id);
	else if (v->reason)
		vus_reason_squeeze(v->reason, ret);
	if (v->crashed)
		vus_text_add(ret, "/%s", vus_report_fingerprint(v, print));
}

static size_t number_length(const char *at)
{
	const bool hex = at[0] == '0' && at[1] == 'x';
	size_t len = hex ? 2 : 0;

	while (hex ? isxdigit((unsigned char)at[len])
		   : isdigit((unsigned char)at[len]))
		len++;
	return hex || len >= LONG_NUMBER ? len : 0;
}

void vus_reason_squeeze(const char *reason, struct vus_text *ret)
{
	for (char before = ' '; *reason;) {
		const bool begins = !isalnum((unsigned char)before);
		size_t len = begins ? number_length(reason) : 0;

		if (begins && before != '/' && *reason == '/')
			len = strcspn(reason, " ,;:'\")\n");
		if (len > 1)
			vus_text_add(ret, "%s", *reason == '/' ? "PATH" : "N");
		else
			vus_text_add_bytes(ret, reason, len = 1);
		before = reason[len - 1];
		reason += len;
	}
}

static struct vus_cause *find_cause(struct vus_causes *all,
				    const struct vus_rule *rule,
				    const char *print, const char *reason)
{
	for (size_t i = 0; i < all->n; i++) {
		struct vus_cause *c = &all->p[i];

		if (c->rule == rule && strcmp(c->print, print) == 0 &&
		    strcmp(c->reason, reason) == 0)
			return c;
	}
	return NULL;
}

static struct vus_cause *new_cause(struct vus_causes *all,
				   const struct vus_variant *v,
				   const char *print, const char *reason)
{
	struct vus_cause *c = reallocarray(all->p, all->n + 1, sizeof(*c));

	if (!c)
		abort();
	all->p = c;
	c += all->n++;
	*c = (struct vus_cause){ .harm = VUS_HARM_OURS,
				 .verdict = v->verdict,
				 .rule = v->rule,
				 .reason = strdup(reason) };
	(void)snprintf(c->print, sizeof(c->print), "%s", print);
	if (!c->reason)
		abort();
	return c;
}

static bool has_case(const struct vus_cause *c, const struct vus_case *which)
{
	for (unsigned i = c->rows; i > 0; i--)
		if (c->v[i - 1]->c == which)
			return true;
	return false;
}

void vus_causes_add(struct vus_causes *all, const struct vus_variant *v)
{
	const enum vus_harm harm = vus_variant_harm(v);
	VUS_AUTO_TEXT reason = { 0 };
	const struct vus_variant **more;
	struct vus_cause *c;
	char print[17] = "";

	if (v->crashed)
		(void)vus_report_fingerprint(v, print);
	if (!v->rule && v->reason)
		vus_reason_squeeze(v->reason, &reason);
	c = find_cause(all, v->rule, print, vus_text_str(&reason));
	if (!c)
		c = new_cause(all, v, print, vus_text_str(&reason));
	c->cases += !has_case(c, v->c);
	more = reallocarray(c->v, c->rows + 1, sizeof(const void *));
	if (!more)
		abort();
	c->v = more;
	c->v[c->rows++] = v;
	c->known += v->known != NULL;
	if (harm < c->harm) {
		c->harm = harm;
		c->verdict = v->verdict;
	}
}

static int compare_causes(const void *left, const void *right)
{
	const struct vus_cause *a = left, *b = right;
	const bool a_known = a->known == a->rows, b_known = b->known == b->rows;

	if (a_known != b_known)
		return a_known ? 1 : -1;
	if (a->harm != b->harm)
		return a->harm < b->harm ? -1 : 1;
	if (a->rows + a->needed != b->rows + b->needed)
		return a->rows + a->needed > b->rows + b->needed ? -1 : 1;
	if (a->rule != b->rule && a->rule && b->rule)
		return strcmp(a->rule->id, b->rule->id);
	return strcmp(a->reason, b->reason);
}

void vus_causes_sort(struct vus_causes *all,
		     const struct vus_variant *const *skipped, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; skipped[i]->rule && k < all->n; k++) {
			if (all->p[k].rule != skipped[i]->rule)
				continue;
			all->p[k].needed++;
			break;
		}
	if (all->n > 0)
		qsort(all->p, all->n, sizeof(all->p[0]), compare_causes);
}

void vus_causes_free(struct vus_causes *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->p[i].reason);
		free(all->p[i].v);
	}
	free(all->p);
	*all = (struct vus_causes){ 0 };
}
