/* SPDX-License-Identifier: BSD-3-Clause */
/* github.c — the report as annotations of GitHub's workflows.
 *
 * One annotation a cause, since GitHub shows few of a step; where
 * $GITHUB_STEP_SUMMARY names a file, a table of all causes is added to it.
 * What a peer said must not become a command or markup: it is escaped. */
#include "document.h"
#include "output.h"

#include "cause.h"

#include <stdlib.h>
#include <string.h>

struct github_cause {
	const json_t *first;
	const char *key;
	unsigned rows;
	bool fails; /* the run */
};

/* Of commands, '%', line ends and what ends a property are special. */
static void add_escaped(struct vus_text *ret, const char *text)
{
	for (; *text; text++) {
		if (strchr("%\r\n:,", *text))
			vus_text_add(ret, "%%%02X", (unsigned char)*text);
		else
			vus_text_add_bytes(ret, text, 1);
	}
}

/* A cell of a table in markdown. */
static void add_cell(struct vus_text *ret, const char *text)
{
	vus_text_add(ret, " ");
	for (; *text; text++) {
		if (*text == '\n')
			vus_text_add(ret, " ");
		else if (strchr("|<>&`*_[]\\#", *text))
			vus_text_add(ret, "&#%d;", *text);
		else
			vus_text_add_bytes(ret, text, 1);
	}
	vus_text_add(ret, " |");
}

static bool is_bad(const json_t *record)
{
	return json_is_string(json_object_get(record, "harm")) &&
	       !json_is_string(json_object_get(record, "known"));
}

static const char *words_of(const json_t *record)
{
	const char *reason = vus_json_text(record, "reason");

	return reason[0] ? reason : vus_json_text(record, "peer_end");
}

/* By cause, in the order of results; the caller frees. */
static struct github_cause *group_causes(const json_t *results, size_t *ret_n)
{
	struct github_cause *all =
		calloc(json_array_size(results) + 1, sizeof(*all));
	const json_t *record;
	size_t i, k, n = 0;

	if (!all)
		abort();
	json_array_foreach(results, i, record)
	{
		const char *key = vus_json_text(record, "cause");

		if (!is_bad(record))
			continue;
		for (k = 0; k < n && strcmp(all[k].key, key) != 0;)
			k++;
		if (k == n)
			all[n++] =
				(struct github_cause){ record, key, 0, false };
		all[k].rows++;
		all[k].fails =
			all[k].fails || vus_json_flag(record, "fails_run");
	}
	*ret_n = n;
	return all;
}

static void add_annotation(struct vus_text *ret, const struct github_cause *c)
{
	const char *rule = vus_json_text(c->first, "rule");

	vus_text_add(ret, "::%s file=", c->fails ? "error" : "warning");
	add_escaped(ret, vus_json_text(c->first, "file"));
	vus_text_add(ret, ",line=%" JSON_INTEGER_FORMAT ",title=",
		     vus_json_number(c->first, "line"));
	add_escaped(ret, rule[0] ? rule : vus_json_text(c->first, "id"));
	vus_text_add(ret, "::");
	add_escaped(ret, vus_json_text(c->first, "harm"));
	vus_text_add(ret, " (%u): ", c->rows);
	add_escaped(ret, vus_json_text(c->first, "id"));
	vus_text_add(ret, "%%3A ");
	add_escaped(ret, words_of(c->first));
	vus_text_add(ret, "%%0A");
	add_escaped(ret, vus_json_text(c->first, "says"));
	vus_text_add(ret, "\n");
}

static void add_counts(const json_t *root, struct vus_text *ret)
{
	const json_t *sum = json_object_get(root, "summary");
	const char *none = vus_json_text(root, "no_target");

	vus_text_add(ret, "### vuspec:");
	for (enum vus_verdict v = VUS_PASS; v <= VUS_BROKEN; v++)
		if (vus_json_number(sum, vus_verdict_name(v)) > 0)
			vus_text_add(ret, " %" JSON_INTEGER_FORMAT " %s",
				     vus_json_number(sum, vus_verdict_name(v)),
				     vus_verdict_name(v));
	vus_text_add(ret, "\n\n|");
	add_cell(ret, vus_json_text(root, "target"));
	add_cell(ret, vus_json_text(root, "device"));
	if (none[0])
		add_cell(ret, none);
	vus_text_add(ret, "\n|---|---|%s\n\n", none[0] ? "---|" : "");
}

static void add_table(const struct github_cause *all, size_t n,
		      struct vus_text *ret)
{
	if (n == 0)
		return;
	vus_text_add(ret, "| | harm | rule | rows | case | seen |\n"
			  "|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < n; i++) {
		const json_t *r = all[i].first;

		vus_text_add(ret, "|");
		add_cell(ret, vus_json_text(r, "verdict"));
		add_cell(ret, vus_json_text(r, "harm"));
		add_cell(ret, vus_json_text(r, "rule"));
		vus_text_add(ret, " %u |", all[i].rows);
		add_cell(ret, vus_json_text(r, "id"));
		add_cell(ret, words_of(r));
		vus_text_add(ret, "\n");
	}
	vus_text_add(ret, "\n");
}

/* One that cannot be written fails the report. */
static void append_summary(struct vus_output *o, const struct vus_text *page)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	FILE *to;

	if (!path || path[0] == '\0')
		return;
	to = fopen(path, "ae");
	if (!to || fwrite(page->p, 1, page->len, to) != page->len)
		o->failed = true;
	if (to && fclose(to) != 0)
		o->failed = true;
}

static void github_end(struct vus_output *o, const struct vus_report *r)
{
	const json_t *root = r->document->root;
	const char *none = vus_json_text(root, "no_target");
	VUS_AUTO_TEXT lines = { 0 }, page = { 0 };
	struct github_cause *all;
	size_t n;

	all = group_causes(json_object_get(root, "results"), &n);
	for (int fails = 1; fails >= 0; fails--)
		for (size_t i = 0; i < n; i++)
			if (all[i].fails == fails)
				add_annotation(&lines, &all[i]);
	if (none[0]) {
		vus_text_add(&lines, "::error title=no target::");
		add_escaped(&lines, none);
		vus_text_add(&lines, "\n");
	}
	(void)fputs(vus_text_str(&lines), o->to);
	add_counts(root, &page);
	add_table(all, n, &page);
	append_summary(o, &page);
	free(all);
}

const struct vus_reporter vus_reporter_github = {
	.format = "github",
	.collects = true,
	.end = github_end,
};
