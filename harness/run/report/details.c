/* SPDX-License-Identifier: BSD-3-Clause */
/* details.c — what a failure prints, as labelled texts.
 *
 * The terminal and JUnit show the same: the rule and its heading, what was
 * expected and seen, the exchange, the peer's own words, its end, and the
 * command that runs just this variant again. */
#include "output.h"

#include "run/options.h"

#include <stdlib.h>
#include <string.h>

static struct vus_text *label(struct vus_details *d, const char *name)
{
	if (d->n == VUS_COUNT(d->item))
		abort(); /* a label more than the struct has room for */
	d->item[d->n].label = name;
	return &d->item[d->n++].text;
}

static void add_clean(struct vus_details *d, const char *name, const char *text)
{
	if (text && text[0] != '\0')
		vus_report_escape(label(d, name), text, strlen(text));
}

/* The last `max_lines` lines, and how many came before them. */
static void add_lines(struct vus_details *d, const char *name, const char *text,
		      size_t len, bool cut, unsigned max_lines)
{
	unsigned lines = 0, skip;
	struct vus_text *t;

	while (len > 0 && text[len - 1] == '\n')
		len--;
	if (len == 0)
		return;
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	lines++;
	skip = lines > max_lines ? lines - max_lines : 0;
	for (unsigned left = skip; left > 0; left--) {
		size_t line = strcspn(text, "\n") + 1;

		text += line;
		len -= line;
	}
	t = label(d, name);
	d->item[d->n - 1].verbatim = true;
	if (skip > 0 || cut)
		vus_text_add(t, "(%s%u earlier lines left out)\n",
			     cut ? "more than " : "", skip);
	vus_report_escape(t, text, len);
}

static void add_rule_details(struct vus_details *d, const struct vus_rule *rule)
{
	struct vus_text *t = label(d, "rule");

	vus_text_add(t, "%s, %s: ", rule->id, vus_level_name(rule->level));
	vus_report_heading(rule, t);
	vus_text_add(label(d, "says"), "%s", rule->rule);
	if (rule->because[0] != '\0')
		vus_text_add(label(d, "because"), "%s", rule->because);
}

/* An outcome's sentence names what was expected and seen already. */
static void add_unless_said(struct vus_details *d, const char *name,
			    const char text[256], const char *said)
{
	char copy[256];

	(void)snprintf(copy, sizeof(copy), "%.255s", text);
	if (!said || !strstr(said, copy))
		add_clean(d, name, copy);
}

static void add_evidence(struct vus_details *d, const struct vus_variant *v,
			 unsigned max_lines)
{
	const struct vus_result *res = v->result;
	size_t len;

	add_clean(d, "saw", v->reason);
	if (!res) {
		if (v->peer_stderr)
			add_lines(d, "stderr", v->peer_stderr,
				  strlen(v->peer_stderr), false, max_lines);
		return;
	}
	if (!v->reason)
		add_clean(d, "saw", res->reason);
	add_unless_said(d, "expected", res->expected, v->reason);
	add_unless_said(d, "seen", res->seen, v->reason);
	if (res->file[0] != '\0') {
		struct vus_text *t = label(d, "at");

		vus_report_escape(t, res->file,
				  strnlen(res->file, sizeof(res->file)));
		vus_text_add(t, ":%d", res->line);
	}
	len = strnlen(res->exchange, sizeof(res->exchange));
	add_lines(d, "exchange", res->exchange, len, res->exchange_len > len,
		  max_lines);
	if (v->peer_stderr)
		add_lines(d, "stderr", v->peer_stderr, strlen(v->peer_stderr),
			  false, max_lines);
}

void vus_report_details(const struct vus_report *r, const struct vus_variant *v,
			bool hide, unsigned max_lines, struct vus_details *ret)
{
	char print[17];

	*ret = (struct vus_details){ 0 };
	if (v->rule && v->verdict != VUS_SKIP)
		add_rule_details(ret, v->rule);
	if (!hide)
		add_evidence(ret, v, max_lines);
	add_clean(ret, "peer", v->peer_end);
	if (v->crashed)
		vus_text_add(label(ret, "crash"), "fingerprint %s",
			     vus_report_fingerprint(v, print));
	if (hide)
		vus_text_add(label(ret, "private"),
			     "exchange and stderr are shown on a terminal, and "
			     "with --show-crashes; tell the peer's maintainers "
			     "first");
	if (v->verdict != VUS_SKIP) {
		vus_report_rerun(r, v, label(ret, "again"));
		ret->item[ret->n - 1].verbatim = true;
	}
}

void vus_details_free(struct vus_details *d)
{
	for (unsigned i = 0; i < d->n; i++)
		vus_text_free(&d->item[i].text);
	d->n = 0;
}
