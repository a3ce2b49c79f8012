/* SPDX-License-Identifier: BSD-3-Clause */
/* test_report_html.c — the page of reports: what it shows, and that no word of
 * a peer is taken for a tag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/report_html.h"
#include "cli/template.h"

#include <string.h>

static void text_and_attributes_are_escaped(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_html_escape(&t, "<b a=\"x\" c='y'>&amp;\033[2J\xff</b>\n");
	assert_string_equal(vus_text_str(&t),
			    "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;amp;"
			    "\\x1b[2J\\xff&lt;/b&gt;\n");
}

static void sections_follow_the_data(void **state)
{
	json_t *view = json_pack("{s:s s:[{s:s s:b} {s:i}] s:[s s]}", "name",
				 "<o>", "list", "name", "a", "yes", 1, "number",
				 7, "words", "x", "&");
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_template_fill("{{name}}\n{{#list}}\n"
			  "{{name}}{{number}}{{#yes}}!{{/yes}};\n{{/list}}\n"
			  "{{#words}}{{.}} {{/words}}{{#none}}no{{/none}}.",
			  view, &t);
	assert_string_equal(vus_text_str(&t),
			    "&lt;o&gt;\na!;\n&lt;o&gt;7;\nx &amp; .");
	json_decref(view);
}

static json_t *result(const char *id, const char *verdict, const char *word)
{
	return json_pack("{s:s s:s s:s s:s s:s s:s s:[s]}", "id", id, "verdict",
			 verdict, "rule", "header.version", "reason", word,
			 "stderr", word, "rerun", word, "exchange", word);
}

static struct vus_peer peer(json_t *results)
{
	return (struct vus_peer){
		.root = json_pack("{s:s s:s s:i s:{s:i s:i} s:o}", "target",
				  "my <daemon>", "device", "blk", "left_out",
				  80, "summary", "pass", 7, "fail", 1,
				  "results", results),
	};
}

static void assert_says(const struct vus_text *page, const char *text)
{
	if (!strstr(vus_text_str(page), text))
		fail_msg("no \"%s\" in:\n%s", text, vus_text_str(page));
}

static void assert_silent(const struct vus_text *page, const char *text)
{
	if (strstr(vus_text_str(page), text))
		fail_msg("\"%s\" in:\n%s", text, vus_text_str(page));
}

static void cases_stand_against_peers(void **state)
{
	struct vus_peer peers[] = {
		peer(json_pack("[o o]", result("b.two", "fail", "why"),
			       result("a.one", "pass", ""))),
		peer(json_pack("[o]", result("b.two", "skip", "not offered"))),
	};
	VUS_AUTO_TEXT page = { 0 };

	(void)state;
	vus_html(peers, 2, "t", &page);
	assert_says(&page,
		    "<tr class=\"quiet\"><td>a.one</td><td class=\"pass\">pass"
		    "<br><small>header.version</small></td>"
		    "<td class=\"\"></td></tr>\n<tr><td>b.two</td>"
		    "<td class=\"fail\"><a href=\"#p1r1\">fail</a>");
	assert_says(&page, "<td class=\"skip\">skip<br>");
	assert_says(&page, "<h3 id=\"p1r1\">b.two: fail (peer 1)</h3>");
	assert_says(&page, "<dt>reason</dt><dd>why</dd>");
	assert_silent(&page, "(peer 2)");
	assert_says(&page, "<td class=\"wide\">my &lt;daemon&gt;</td>");
	assert_says(&page,
		    "<td class=\"n\">80</td><td class=\"n\">0 of 0</td>");
	assert_says(&page, "<small>not offered</small></td></tr>");
	assert_says(&page,
		    "<tr><th>case</th><th>peer 1</th><th>peer 2</th></tr>");
	assert_says(&page, "<tr><td></td><td class=\"wide\">header.version</td>"
			   "<td class=\"n\">1</td><td class=\"n\"></td></tr>");
	json_decref(peers[0].root);
	json_decref(peers[1].root);
}

/* A verdict becomes a class, and an id an entry of the table. */
static void nothing_of_a_file_is_trusted(void **state)
{
	static const char evil[] = "\"><script>alert(1)</script><b x='";
	struct vus_peer p =
		peer(json_pack("[o o o]", result(evil, "fail", evil),
			       result("a.one", evil, evil), json_integer(7)));
	VUS_AUTO_TEXT page = { 0 };

	(void)state;
	vus_html(&p, 1, evil, &page);
	assert_silent(&page, "<script");
	assert_silent(&page, "<b ");
	assert_says(&page, "&quot;&gt;&lt;script&gt;alert(1)");
	json_decref(p.root);
	p.root = json_pack("{s:[n]}", "results");
	vus_html(&p, 1, "t", &page);
	json_decref(p.root);
}

static void the_worst_repeat_is_shown(void **state)
{
	struct vus_peer p = peer(json_pack(
		"[o o o]", result("a.one", "pass", ""),
		result("a.one", "warn", "once"), result("a.one", "skip", "")));
	VUS_AUTO_TEXT page = { 0 };

	(void)state;
	vus_html(&p, 1, "t", &page);
	assert_says(&page, "<td class=\"warn\">");
	assert_silent(&page, "<td class=\"pass\">");
	json_decref(p.root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_attributes_are_escaped),
		cmocka_unit_test(sections_follow_the_data),
		cmocka_unit_test(cases_stand_against_peers),
		cmocka_unit_test(nothing_of_a_file_is_trusted),
		cmocka_unit_test(the_worst_repeat_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
