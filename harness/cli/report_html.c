/* SPDX-License-Identifier: BSD-3-Clause */
/* report_html.c — reports of one or many peers as one page.
 *
 * Here the reports become what the page's template (report.html) shows: rows of
 * cases, each with a cell a peer, and its findings.  What a peer said, and what
 * stands in a file that somebody sent, is hostile: the template escapes all of
 * it, and a verdict, which becomes a class, is one of ours or empty. */
#include "report_html.h"

#include "report_summary.h"
#include "result_file.h"
#include "template.h"

#include "run/report/document.h"

#include <stdlib.h>
#include <string.h>

/* Made of report.html. */
extern const char vus_report_template[];

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) != 0)
		abort(); /* out of memory */
}

static void append(json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value) != 0)
		abort();
}

static const char *html_verdict(const json_t *result)
{
	int i = vus_result_weight(result);

	return i < 0 ? "" : vus_verdict_name(vus_result_order[i]);
}

static int by_name(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Every id that any peer ran, sorted; the strings are those of `*ret_all`. */
static const char **all_ids(json_t *const *indexes, size_t n, json_t *all,
			    size_t *ret_n)
{
	const char **ids, *id;
	json_t *value;
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (json_object_update(all, indexes[i]) != 0)
			abort();
	ids = calloc(json_object_size(all) + 1, sizeof(*ids));
	if (!ids)
		abort();
	json_object_foreach(all, id, value) ids[k++] = id;
	qsort(ids, k, sizeof(*ids), by_name);
	*ret_n = k;
	return ids;
}

/* What its columns are headed: its file's name without the ending. */
static void set_peer_name(json_t *o, const struct vus_peer *p, size_t number)
{
	const char *slash = p->file ? strrchr(p->file, '/') : NULL;
	const char *name = slash ? slash + 1 : p->file;

	set(o, "number", json_integer((json_int_t)number));
	if (name && name[0])
		set(o, "name", vus_json_clean(name, strcspn(name, ".")));
	else
		set(o, "name", json_sprintf("peer %zu", number));
}

static json_t *peer_view(const struct vus_peer *p, size_t number)
{
	static const char *const texts[] = { "target",  "no_target", "device",
					     "version", "timestamp", "system" };
	static const char *const rules[] = { "judged", "applying" };
	const json_t *sum = json_object_get(p->root, "summary");
	json_t *o = json_object();

	set_peer_name(o, p, number);
	set(o, "words",
	    json_string(vus_json_text(json_object_get(p->root, "options"),
				      "words")));
	set(o, "left_out", json_integer(vus_json_number(p->root, "left_out")));
	for (size_t i = 0; i < VUS_COUNT(texts); i++)
		set(o, texts[i], json_string(vus_json_text(p->root, texts[i])));
	for (size_t i = 0; i < VUS_COUNT(rules); i++)
		set(o, rules[i], json_integer(vus_json_number(sum, rules[i])));
	for (size_t i = 0; i < VUS_RESULT_NVERDICTS; i++) {
		const char *name = vus_verdict_name(vus_result_order[i]);

		set(o, name, json_integer(vus_json_number(sum, name)));
	}
	return o;
}

/* Verdict and rule; what was found is linked.  NULL: not run by this peer. */
static json_t *cell_view(const json_t *result, const char *link)
{
	json_t *o = json_object();

	if (!result)
		return o;
	set(o, "verdict", json_string(html_verdict(result)));
	set(o, "rule", json_string(vus_json_text(result, "rule")));
	set(o, "known",
	    json_boolean(json_is_string(json_object_get(result, "known"))));
	if (vus_result_weight(result) == 0)
		set(o, "why", json_string(vus_json_text(result, "reason")));
	if (link)
		set(o, "link", json_string(link));
	return o;
}

static json_t *fields_view(const json_t *result)
{
	static const char *const names[] = {
		"title",   "rule",     "level",       "heading",  "says",
		"harm",    "known",    "reason",      "expected", "seen",
		"because", "peer_end", "fingerprint", "stderr",   "rerun"
	};
	json_t *fields = json_array();

	for (size_t i = 0; i < VUS_COUNT(names); i++) {
		const char *text = vus_json_text(result, names[i]);
		json_t *field;

		if (text[0] == '\0')
			continue;
		field = json_object();
		set(field, "name", json_string(names[i]));
		set(field, "text", json_string(text));
		append(fields, field);
	}
	return fields;
}

static json_t *finding_view(json_t *result, const char *link,
			    const json_t *peer)
{
	json_t *exchange = json_object_get(result, "exchange");
	json_t *o = json_object(), *evidence;

	set(o, "link", json_string(link));
	set(o, "verdict", json_string(html_verdict(result)));
	set(o, "peer", json_string(vus_json_text(peer, "name")));
	set(o, "fields", fields_view(result));
	set(o, "private", json_boolean(vus_json_flag(result, "private")));
	if (json_array_size(exchange) == 0)
		return o;
	evidence = json_object();
	set(evidence, "exchange", json_incref(exchange));
	set(o, "evidence", evidence);
	return o;
}

static json_t *row_view(json_t *const *indexes, const json_t *peers,
			const char *id, size_t row)
{
	json_t *o = json_object(), *cells = json_array();
	json_t *findings = json_array();
	bool any = false;

	for (size_t i = 0; i < json_array_size(peers); i++) {
		json_t *r = json_object_get(indexes[i], id);
		VUS_AUTO_TEXT link = { 0 };
		const bool found = vus_result_is_bad(r);

		any = any || found;
		vus_text_add(&link, "p%zur%zu", i + 1, row);
		append(cells, cell_view(r, found ? vus_text_str(&link) : NULL));
		if (found)
			append(findings,
			       finding_view(r, vus_text_str(&link),
					    json_array_get(peers, i)));
	}
	set(o, "id", json_string(id));
	set(o, "quiet", json_boolean(!any));
	set(o, "cells", cells);
	set(o, "findings", findings);
	return o;
}

static json_t *rows_view(json_t *const *indexes, const json_t *peers)
{
	json_t *rows = json_array(), *all = json_object();
	size_t nids;
	const char **ids = all_ids(indexes, json_array_size(peers), all, &nids);

	for (size_t i = 0; i < nids; i++)
		append(rows, row_view(indexes, peers, ids[i], i));
	free(ids);
	json_decref(all);
	return rows;
}

void vus_html(const struct vus_peer *peers, size_t n, const char *title,
	      struct vus_text *ret)
{
	json_t **indexes = calloc(n + 1, sizeof(json_t *));
	json_t *view = json_object(), *list = json_array();

	if (!indexes)
		abort();
	for (size_t i = 0; i < n; i++) {
		indexes[i] = vus_results_by_id(peers[i].root);
		append(list, peer_view(&peers[i], i + 1));
	}
	set(view, "peers", list);
	set(view, "causes", vus_html_causes(indexes, n));
	set(view, "groups", vus_html_groups(indexes, n));
	set(view, "rows", rows_view(indexes, list));
	for (size_t i = 0; i < n; i++)
		json_decref(indexes[i]);
	free(indexes);
	/* The command line's words may be no UTF-8, which JSON cannot hold. */
	set(view, "title", vus_json_clean(title, strlen(title)));
	vus_template_fill(vus_report_template, view, ret);
	json_decref(view);
}
