/* SPDX-License-Identifier: BSD-3-Clause */
/* report_html.c — reports of one or many peers as one page.
 *
 * What a peer said, and what stands in a file that somebody sent, is hostile:
 * no string reaches the page but through vus_html_escape(). */
#include "report.h"

#include "base/own.h"
#include "run/runner.h"

#include <stdlib.h>
#include <string.h>

static const char style[] =
	"body{font:15px/1.4 sans-serif;margin:2em;max-width:90em}\n"
	"table{border-collapse:collapse;margin:1em 0}\n"
	"th,td{border:1px solid #bbb;padding:.2em .5em;text-align:left;"
	"vertical-align:top}\n"
	"th{background:#eee}\n"
	"td.pass{background:#dfd}td.fail{background:#fbb}"
	"td.warn{background:#ffd}td.skip{color:#777}"
	"td.broken{background:#ecf}\n"
	"pre{background:#f6f6f6;padding:.5em;overflow:auto}\n"
	"small{color:#555}\n";

void vus_html_escape(struct vus_text *ret, const char *text)
{
	VUS_AUTO_TEXT clean = { 0 };

	vus_report_escape(&clean, text, strlen(text));
	for (const char *p = vus_text_str(&clean); *p; p++) {
		switch (*p) {
		case '&':
			vus_text_add(ret, "&amp;");
			break;
		case '<':
			vus_text_add(ret, "&lt;");
			break;
		case '>':
			vus_text_add(ret, "&gt;");
			break;
		case '"':
			vus_text_add(ret, "&quot;");
			break;
		case '\'':
			vus_text_add(ret, "&#39;");
			break;
		default:
			vus_text_add_bytes(ret, p, 1);
		}
	}
}

/* "" for what is no string. */
static const char *json_str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static json_int_t json_num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const json_t *results_of(const struct vus_peer *p)
{
	return json_object_get(p->root, "results");
}

/* ---- what is shown of which case ---- */

/* A verdict of the file, or "" for any other word: it becomes a class. */
static const char *html_verdict(const json_t *result)
{
	const char *said = json_str(result, "verdict");

	for (enum vus_verdict v = VUS_PASS; v <= VUS_BROKEN; v++)
		if (strcmp(vus_verdict_name(v), said) == 0)
			return vus_verdict_name(v);
	return "";
}

/* The larger, the more is to be shown of it. */
static int weight(const json_t *result)
{
	static const char *const order[] = { "skip", "pass", "warn", "broken",
					     "fail" };

	for (int i = 0; i < (int)VUS_COUNT(order); i++)
		if (strcmp(order[i], html_verdict(result)) == 0)
			return i;
	return -1;
}

/* The worst of a case's repeats; NULL: this peer did not run it. */
static const json_t *find_result(const struct vus_peer *p, const char *id)
{
	const json_t *all = results_of(p), *worst = NULL;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *r = json_array_get(all, i);

		if (strcmp(json_str(r, "id"), id) == 0 &&
		    (!worst || weight(r) > weight(worst)))
			worst = r;
	}
	return worst;
}

struct ids {
	const char **p; /* owned array; the strings are the reports' */
	size_t n;
};

static int by_name(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Every id that any peer ran, sorted. */
static struct ids all_ids(const struct vus_peer *peers, size_t n)
{
	struct ids ids = { 0 };
	size_t max = 0, out = 0;

	for (size_t i = 0; i < n; i++)
		max += json_array_size(results_of(&peers[i]));
	ids.p = calloc(max + 1, sizeof(*ids.p));
	if (!ids.p)
		abort();
	for (size_t i = 0; i < n; i++) {
		const json_t *all = results_of(&peers[i]);

		for (size_t k = 0; k < json_array_size(all); k++)
			ids.p[ids.n++] = json_str(json_array_get(all, k), "id");
	}
	qsort(ids.p, ids.n, sizeof(*ids.p), by_name);
	for (size_t i = 0; i < ids.n; i++)
		if (out == 0 || strcmp(ids.p[out - 1], ids.p[i]) != 0)
			ids.p[out++] = ids.p[i];
	ids.n = out;
	return ids;
}

/* ---- the page ---- */

static void add_element(struct vus_text *ret, const char *name,
			const char *text)
{
	vus_text_add(ret, "<%s>", name);
	vus_html_escape(ret, text);
	vus_text_add(ret, "</%s>", name);
}

static void add_overview(const struct vus_peer *peers, size_t n,
			 struct vus_text *ret)
{
	vus_text_add(ret, "<table>\n<tr><th>peer</th><th>target</th>"
			  "<th>device</th><th>pass</th><th>fail</th>"
			  "<th>warn</th><th>skip</th><th>broken</th>"
			  "<th>for other devices</th>"
			  "<th>rules judged</th></tr>\n");
	for (size_t i = 0; i < n; i++) {
		const json_t *root = peers[i].root;
		const json_t *sum = json_object_get(root, "summary");

		vus_text_add(ret, "<tr><td>%zu</td><td>", i + 1);
		vus_html_escape(ret, json_str(root, "target"));
		if (json_str(root, "no_target")[0]) {
			vus_text_add(ret, "<br>");
			add_element(ret, "small", json_str(root, "no_target"));
		}
		vus_text_add(ret, "</td>");
		add_element(ret, "td", json_str(root, "device"));
		for (enum vus_verdict v = VUS_PASS; v <= VUS_BROKEN; v++)
			vus_text_add(ret, "<td>%" JSON_INTEGER_FORMAT "</td>",
				     json_num(sum, vus_verdict_name(v)));
		vus_text_add(ret,
			     "<td>%" JSON_INTEGER_FORMAT
			     "</td><td>%" JSON_INTEGER_FORMAT
			     " of %" JSON_INTEGER_FORMAT "</td></tr>\n",
			     json_num(root, "left_out"),
			     json_num(sum, "judged"),
			     json_num(sum, "applying"));
	}
	vus_text_add(ret, "</table>\n");
}

/* Verdict and rule; what was found is linked. */
static void add_html_cell(const json_t *result, size_t peer, size_t row,
			  struct vus_text *ret)
{
	const char *verdict = result ? html_verdict(result) : "";

	vus_text_add(ret, "<td class=\"%s\">", verdict);
	if (result && weight(result) > 1)
		vus_text_add(ret, "<a href=\"#p%zur%zu\">%s</a>", peer, row,
			     verdict);
	else
		vus_text_add(ret, "%s", verdict);
	if (result && json_is_string(json_object_get(result, "known")))
		vus_text_add(ret, " (known)");
	if (result && json_str(result, "rule")[0]) {
		vus_text_add(ret, "<br>");
		add_element(ret, "small", json_str(result, "rule"));
	}
	vus_text_add(ret, "</td>");
}

static void add_matrix(const struct vus_peer *peers, size_t n,
		       const struct ids *ids, struct vus_text *ret)
{
	vus_text_add(ret, "<table>\n<tr><th>case</th>");
	for (size_t i = 0; i < n; i++)
		vus_text_add(ret, "<th>%zu</th>", i + 1);
	vus_text_add(ret, "</tr>\n");
	for (size_t row = 0; row < ids->n; row++) {
		vus_text_add(ret, "<tr>");
		add_element(ret, "td", ids->p[row]);
		for (size_t i = 0; i < n; i++)
			add_html_cell(find_result(&peers[i], ids->p[row]),
				      i + 1, row, ret);
		vus_text_add(ret, "</tr>\n");
	}
	vus_text_add(ret, "</table>\n");
}

static void add_exchange(const json_t *lines, struct vus_text *ret)
{
	if (json_array_size(lines) == 0)
		return;
	vus_text_add(ret, "<details><summary>exchange</summary><pre>");
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const char *line = json_string_value(json_array_get(lines, i));

		vus_html_escape(ret, line ? line : "");
		vus_text_add(ret, "\n");
	}
	vus_text_add(ret, "</pre></details>\n");
}

static void add_finding(const json_t *r, size_t peer, size_t row,
			struct vus_text *ret)
{
	static const char *const fields[] = { "title",    "rule",  "level",
					      "section",  "known", "reason",
					      "expected", "seen",  "peer_end",
					      "stderr",   "rerun" };

	vus_text_add(ret, "<h3 id=\"p%zur%zu\">", peer, row);
	vus_html_escape(ret, json_str(r, "id"));
	vus_text_add(ret, ": %s (peer %zu)</h3>\n<dl>\n", html_verdict(r),
		     peer);
	for (size_t i = 0; i < VUS_COUNT(fields); i++) {
		if (!json_str(r, fields[i])[0])
			continue;
		vus_text_add(ret, "<dt>%s</dt><dd>", fields[i]);
		vus_html_escape(ret, json_str(r, fields[i]));
		vus_text_add(ret, "</dd>\n");
	}
	vus_text_add(ret, "</dl>\n");
	if (json_is_true(json_object_get(r, "private")))
		vus_text_add(ret, "<p>A crash: tell the peer's maintainers "
				  "first.</p>\n");
	add_exchange(json_object_get(r, "exchange"), ret);
}

static void add_findings(const struct vus_peer *peers, size_t n,
			 const struct ids *ids, struct vus_text *ret)
{
	for (size_t row = 0; row < ids->n; row++)
		for (size_t i = 0; i < n; i++) {
			const json_t *r = find_result(&peers[i], ids->p[row]);

			if (r && weight(r) > 1)
				add_finding(r, i + 1, row, ret);
		}
}

void vus_html(const struct vus_peer *peers, size_t n, const char *title,
	      struct vus_text *ret)
{
	struct ids ids = all_ids(peers, n);

	vus_text_add(ret, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
			  "<meta charset=\"utf-8\">\n");
	add_element(ret, "title", title);
	vus_text_add(ret, "\n<style>\n%s</style>\n</head>\n<body>\n", style);
	add_element(ret, "h1", title);
	add_overview(peers, n, ret);
	vus_text_add(ret, "<h2>Cases</h2>\n");
	add_matrix(peers, n, &ids, ret);
	vus_text_add(ret, "<h2>What was found</h2>\n");
	add_findings(peers, n, &ids, ret);
	vus_text_add(ret, "</body>\n</html>\n");
	free(ids.p);
}
