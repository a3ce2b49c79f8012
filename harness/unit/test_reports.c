/* SPDX-License-Identifier: BSD-3-Clause */
/* test_reports.c — reports of made-up results, read back by parsers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <libxml/xmlreader.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../run/runner.h"

/* Escape sequences, a lone continuation byte, an overlong slash, a cut
 * character, a surrogate, a C1 control, text that turns round, and what
 * means something to XML and JSON. */
#define HOSTILE                                                                \
	"\033[2Jred\a\r\n\x80 \xc0\xaf \xed\xa0\x80 \xc2\x9b"                  \
	"31m "                                                                 \
	"\xe2\x80\xae]]> </failure> \"&amp;\\ \xef\xbf\xbf \xe2\x82"
#define CLEANED                                                                \
	"\\x1b[2Jred\\x07\\x0d\n\\x80 \\xc0\\xaf \\xed\\xa0\\x80 "             \
	"\\xc2\\x9b31m \\xe2\\x80\\xae]]> </failure> \"&amp;\\ "               \
	"\\xef\\xbf\\xbf \\xe2\\x82"

static void run(struct vus_ctx *t)
{
	(void)t;
}

static const struct vus_case case_offset = {
	.name = "offset_is_respected",
	.file = "x/cases/mem.c",
	.title = "a region begins at its mmap offset",
	.rules = { "mem.offset_nonzero" },
	.each_memory = true,
	.run = run,
};
static const struct vus_case case_version = {
	.name = "version_is_one",
	.file = "x/cases/hdr.c",
	.title = "messages have version 1",
	.rules = { "hdr.version" },
	.rows = { "zero", "three" },
	.run = run,
};

enum { PASSED, FAILED, WARNED, SKIPPED, BROKE, CRASHED, NEVER_RAN, NVARIANTS };

struct fixture {
	struct vus_variant v[NVARIANTS];
	struct vus_result failed, passed;
	struct vus_run_options opt;
	struct vus_summary summary;
	struct vus_report report;
	char *out;
	size_t len;
};

static char *const command[] = { (char[]){ "my daemon" },
				 (char[]){ "--path={socket}" }, NULL };

static void fill(struct fixture *f)
{
	static char hostile[] = HOSTILE;
	static char secret[] = "SECRET stack of the crash";
	static char skip[] = "needs hdr.version: no answer";
	static char ours[] = "out of descriptors";

	f->v[PASSED] = (struct vus_variant){ .c = &case_offset,
					     .group = "mem",
					     .id = "mem.offset_is_respected"
						   "[shm]",
					     .verdict = VUS_PASS,
					     .result = &f->passed };
	f->v[FAILED] = (struct vus_variant){
		.c = &case_offset,
		.group = "mem",
		.id = "mem.offset_is_respected[memfd]",
		.memory = VUS_MEMFD,
		.verdict = VUS_FAIL,
		.rule = vus_rule_find("mem.offset_nonzero"),
		.result = &f->failed,
		.reason = hostile,
		.peer_stderr = hostile,
		.peer_end = "exit status 1",
		.seconds = 0.25
	};
	f->v[WARNED] = (struct vus_variant){
		.c = &case_version,
		.group = "hdr",
		.id = "hdr.version_is_one[row=three]",
		.row = 1,
		.verdict = VUS_WARN,
		.rule = vus_rule_find("hdr.version_other"),
	};
	f->v[SKIPPED] =
		(struct vus_variant){ .c = &case_version,
				      .group = "hdr",
				      .id = "hdr.version_is_one[row=zero]",
				      .verdict = VUS_SKIP,
				      .rule = vus_rule_find("hdr.version"),
				      .reason = skip };
	f->v[BROKE] = (struct vus_variant){ .c = &case_version,
					    .group = "hdr",
					    .id = "hdr.version_is_one"
						  "[row=zero]",
					    .repeat = 1,
					    .verdict = VUS_BROKEN,
					    .reason = ours };
	f->v[CRASHED] = (struct vus_variant){
		.c = &case_offset,
		.group = "mem",
		.id = "mem.offset_is_respected[file]",
		.memory = VUS_FILE,
		.verdict = VUS_FAIL,
		.crashed = true,
		.rule = vus_rule_find("sock.second_connection"),
		.result = &f->failed,
		.reason = secret,
		.peer_stderr = secret,
		.peer_end = "signal 11 (SIGSEGV)"
	};
	f->v[NEVER_RAN] = (struct vus_variant){ .c = &case_version,
						.group = "hdr",
						.id = "hdr.version_is_one"
						      "[row=three]",
						.repeat = 1 };
}

static int set_up(void **state)
{
	static const char exchange[] = "-> GET_FEATURES\n<- " HOSTILE "\n"
				       "-> SECOND\n";
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->failed = (struct vus_result){ .finished = true,
					 .verdict = VUS_FAIL,
					 .rule = "mem.offset_nonzero",
					 .expected = "got == want",
					 .file = "fake-frontend/cases/mem.c",
					 .line = 41,
					 .judged = { "mem.offset_nonzero",
						     "hdr.version" },
					 .njudged = 2 };
	memcpy(f->failed.exchange, exchange, sizeof(exchange));
	f->failed.exchange_len = sizeof(exchange) - 1;
	f->passed = f->failed;
	f->passed.verdict = VUS_PASS;
	f->passed.expected[0] = f->passed.rule[0] = '\0';
	fill(f);
	f->opt = (struct vus_run_options){ .command = command,
					   .memory_size = 16 << 20,
					   .seed = UINT64_MAX,
					   .rerun = "vuspec test-backend "
						    "--device blk" };
	f->summary = (struct vus_summary){ .counts = { 1, 2, 1, 1, 1 },
					   .judged = 2,
					   .applying = 3,
					   .seconds = 1.5 };
	f->report = (struct vus_report){ .opt = &f->opt,
					 .target = "my daemon " HOSTILE,
					 .device = "blk",
					 .variants = f->v,
					 .n = NVARIANTS,
					 .summary = &f->summary };
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	free(f->out);
	free(f);
	return 0;
}

/* Play the run; f->out is what the reporter wrote. */
static void play(struct fixture *f, const char *format)
{
	struct vus_output *o;
	FILE *to;

	free(f->out);
	to = open_memstream(&f->out, &f->len);
	assert_non_null(to);
	o = vus_output_new(format, to);
	assert_non_null(o);
	o->begin(o, &f->report);
	for (size_t i = 0; !f->report.no_target && i < NEVER_RAN; i++)
		o->result(o, &f->report, &f->v[i]);
	o->end(o, &f->report);
	assert_false(o->failed);
	free(o);
}

static void assert_says(const struct fixture *f, const char *text)
{
	if (!strstr(f->out, text))
		fail_msg("no \"%s\" in:\n%s", text, f->out);
}

static void assert_silent(const struct fixture *f, const char *text)
{
	if (strstr(f->out, text))
		fail_msg("\"%s\" in:\n%s", text, f->out);
}

static const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "(none)";
}

static json_t *parse(const struct fixture *f)
{
	json_error_t err;
	json_t *root = json_loadb(f->out, f->len, JSON_REJECT_DUPLICATES, &err);

	if (!root)
		fail_msg("%s in:\n%s", err.text, f->out);
	return root;
}

static void json_tells_everything(void **state)
{
	struct fixture *f = *state;
	json_t *root, *results, *r;

	play(f, "json");
	root = parse(f);
	assert_int_equal(json_integer_value(json_object_get(root, "schema")),
			 1);
	assert_string_equal(str(root, "target"), "my daemon " CLEANED);
	assert_string_equal(str(json_object_get(root, "options"), "seed"),
			    "18446744073709551615");
	results = json_object_get(root, "results");
	assert_int_equal(json_array_size(results), NEVER_RAN);
	r = json_array_get(results, FAILED);
	assert_string_equal(str(r, "id"), "mem.offset_is_respected[memfd]");
	assert_string_equal(str(r, "group"), "mem");
	assert_string_equal(str(r, "name"), "offset_is_respected");
	assert_string_equal(str(r, "memory"), "memfd");
	assert_string_equal(str(r, "verdict"), "fail");
	assert_string_equal(str(r, "rule"), "mem.offset_nonzero");
	assert_string_equal(str(r, "level"), "MUST");
	assert_string_equal(str(r, "reason"), CLEANED);
	assert_string_equal(str(r, "stderr"), CLEANED);
	assert_string_equal(str(r, "expected"), "got == want");
	assert_true(json_is_null(json_object_get(r, "seen")));
	assert_int_equal(json_integer_value(json_object_get(r, "line")), 41);
	assert_int_equal(json_array_size(json_object_get(r, "judged")), 2);
	r = json_object_get(r, "exchange");
	assert_int_equal(json_array_size(r), 4);
	assert_string_equal(json_string_value(json_array_get(r, 0)),
			    "-> GET_FEATURES");
	assert_string_equal(json_string_value(json_array_get(r, 3)),
			    "-> SECOND");
	r = json_array_get(results, PASSED);
	assert_null(json_object_get(r, "exchange"));
	r = json_array_get(results, WARNED);
	assert_string_equal(str(r, "row"), "three");
	assert_false(json_boolean_value(json_object_get(r, "fails_run")));
	r = json_array_get(results, SKIPPED);
	assert_string_equal(str(r, "reason"), "needs hdr.version: no answer");
	json_decref(root);
}

static void json_traces_passes_when_asked(void **state)
{
	struct fixture *f = *state;
	json_t *root, *r;

	f->opt.trace = true;
	play(f, "json");
	root = parse(f);
	r = json_array_get(json_object_get(root, "results"), PASSED);
	assert_int_equal(json_array_size(json_object_get(r, "exchange")), 4);
	json_decref(root);
}

static void json_of_no_target(void **state)
{
	static const struct vus_no_target none = { .text = "x " HOSTILE };
	struct fixture *f = *state;
	json_t *root;

	f->report.no_target = &none;
	play(f, "json");
	root = parse(f);
	assert_string_equal(str(root, "no_target"), "x " CLEANED);
	assert_int_equal(json_array_size(json_object_get(root, "results")), 0);
	json_decref(root);
}

static void crashes_stay_private(void **state)
{
	static const char *const formats[] = { "json", "junit", "human" };
	struct fixture *f = *state;
	char print[17];

	/* No other variant may show the words instead. */
	f->v[FAILED].result = NULL;
	for (size_t i = 0; i < VUS_COUNT(formats); i++) {
		f->opt.show_crashes = false;
		play(f, formats[i]);
		assert_silent(f, "SECRET");
		assert_silent(f, "GET_FEATURES");
		assert_silent(f, "got == want");
		assert_says(f, "signal 11 (SIGSEGV)");
		assert_says(f, vus_report_fingerprint(&f->v[CRASHED], print));
		assert_says(f, "sock.second_connection");
		f->opt.show_crashes = true;
		play(f, formats[i]);
		assert_says(f, "SECRET");
		assert_says(f, "GET_FEATURES");
	}
}

static void fingerprints_know_the_crash_not_the_run(void **state)
{
	struct fixture *f = *state;
	struct vus_variant *v = &f->v[CRASHED];
	char first[17], again[17];
	char one[] = "==17==ERROR at 0x1234\nSUMMARY: overflow a.c:3 in f\n";
	char same[] = "==99==ERROR at 0x5678\nSUMMARY: overflow a.c:3 in f\n";
	char other[] = "==99==ERROR at 0x5678\nSUMMARY: overflow a.c:9 in g\n";

	v->peer_stderr = one;
	(void)vus_report_fingerprint(v, first);
	v->peer_stderr = same;
	assert_string_equal(vus_report_fingerprint(v, again), first);
	v->peer_stderr = other;
	assert_string_not_equal(vus_report_fingerprint(v, again), first);
	v->peer_stderr = same;
	v->c = &case_version;
	assert_string_not_equal(vus_report_fingerprint(v, again), first);
}

/* Counts of elements, and the text and names met on the way. */
struct seen {
	unsigned suites, cases, failures, errors, skipped, system_out;
	bool hostile_text, hostile_message, names_case, repeats;
};

static bool attr_is(xmlTextReader *r, const char *name, const char *want)
{
	xmlChar *got = xmlTextReaderGetAttribute(r, (const xmlChar *)name);
	bool same = got && strcmp((const char *)got, want) == 0;

	xmlFree(got);
	return same;
}

static void visit(xmlTextReader *r, struct seen *seen)
{
	const char *name = (const char *)xmlTextReaderConstName(r);
	int type = xmlTextReaderNodeType(r);

	if (type == XML_READER_TYPE_TEXT) {
		const char *text = (const char *)xmlTextReaderConstValue(r);

		if (strstr(text, "</failure> \"&amp;\\ \\xef\\xbf\\xbf"))
			seen->hostile_text = true;
	}
	if (type != XML_READER_TYPE_ELEMENT)
		return;
	seen->suites += strcmp(name, "testsuite") == 0;
	seen->cases += strcmp(name, "testcase") == 0;
	seen->failures += strcmp(name, "failure") == 0;
	seen->errors += strcmp(name, "error") == 0;
	seen->skipped += strcmp(name, "skipped") == 0;
	seen->system_out += strcmp(name, "system-out") == 0;
	if (attr_is(r, "message", "mem.offset_nonzero: " CLEANED))
		seen->hostile_message = true;
	if (attr_is(r, "classname", "mem") &&
	    attr_is(r, "name", "offset_is_respected[memfd]"))
		seen->names_case = true;
	if (attr_is(r, "name", "version_is_one[row=zero] (repeat 2)"))
		seen->repeats = true;
}

static struct seen read_xml(const struct fixture *f)
{
	xmlTextReader *r = xmlReaderForMemory(f->out, (int)f->len, NULL, NULL,
					      XML_PARSE_NONET);
	struct seen seen = { 0 };
	int more;

	assert_non_null(r);
	while ((more = xmlTextReaderRead(r)) == 1)
		visit(r, &seen);
	if (more != 0)
		fail_msg("not well-formed:\n%s", f->out);
	xmlFreeTextReader(r);
	return seen;
}

static void junit_is_well_formed_and_counts(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	play(f, "junit");
	seen = read_xml(f);
	assert_int_equal(seen.suites, 2);
	assert_int_equal(seen.cases, 6);
	assert_int_equal(seen.failures, 2);
	assert_int_equal(seen.errors, 1);
	assert_int_equal(seen.skipped, 1);
	assert_int_equal(seen.system_out, 1);
	assert_true(seen.hostile_text);
	assert_true(seen.hostile_message);
	assert_true(seen.names_case);
	assert_true(seen.repeats);
	assert_says(f, "tests=\"6\" failures=\"2\" errors=\"1\" skipped=\"1\"");
	assert_says(f, "<property name=\"level\" value=\"MUST\"/>");
}

static void levels_decide_what_fails_the_run(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->v[WARNED].rule->level, VUS_SHOULD);
	assert_false(vus_report_fails_run(&f->opt, &f->v[WARNED]));
	assert_true(vus_report_fails_run(&f->opt, &f->v[FAILED]));
	assert_false(vus_report_fails_run(&f->opt, &f->v[SKIPPED]));
	assert_false(vus_report_fails_run(&f->opt, &f->v[BROKE]));
	f->opt.level = 1;
	assert_true(vus_report_fails_run(&f->opt, &f->v[WARNED]));
	play(f, "junit");
	assert_int_equal(read_xml(f).failures, 3);
	f->v[WARNED].rule = vus_rule_find("hdr.size12"); /* DEF */
	assert_false(vus_report_fails_run(&f->opt, &f->v[WARNED]));
	f->opt.level = 2;
	assert_true(vus_report_fails_run(&f->opt, &f->v[WARNED]));
}

static void junit_of_no_target_and_interrupt_is_not_green(void **state)
{
	static const struct vus_no_target none = { .text = "x " HOSTILE };
	struct fixture *f = *state;

	f->summary.interrupted = true;
	f->summary.interrupt_signal = SIGINT;
	play(f, "junit");
	assert_int_equal(read_xml(f).errors, 2);
	f->summary.interrupted = false;
	f->report.no_target = &none;
	play(f, "junit");
	assert_int_equal(read_xml(f).errors, 1);
}

static void human_shows_failures_in_full(void **state)
{
	struct fixture *f = *state;

	play(f, "human");
	assert_silent(f, "\033");
	assert_silent(f, "\r");
	assert_says(f, "\nfail    mem     1 passed, 2 failed\n");
	assert_says(f, "  fail  mem.offset_is_respected[memfd]\n");
	assert_says(f, "mem.offset_nonzero, MUST: vhost-user, \"");
	assert_says(f, "got == want");
	assert_says(f, "fake-frontend/cases/mem.c:41\n");
	assert_says(f, "    exchange  -> GET_FEATURES\n");
	assert_says(f, "              -> SECOND\n");
	assert_says(f, "    stderr    \\x1b[2Jred\\x07\\x0d\n");
	assert_says(f, "    peer      exit status 1\n");
	assert_says(f, "    again     vuspec test-backend --device blk "
		       "--filter 'mem.offset_is_respected[memfd]' -- "
		       "'my daemon' --path={socket}\n");
	assert_says(f, "version_is_one[row=zero] (repeat 2)\n");
	assert_says(f, "Skipped, by reason\n  skip       1  needs "
		       "hdr.version, which did not work\n");
	assert_says(
		f,
		"\nbroken  hdr     1 warned, 1 skipped, 1 broken, 1 not run\n");
	assert_says(f, "Judged 2 of 3 rules that apply");
	assert_says(f, "\nfail: 1 passed, 2 failed, 1 warned, 1 skipped, "
		       "1 broken\n");
}

static void human_of_an_interrupted_run(void **state)
{
	struct fixture *f = *state;

	f->summary.interrupted = true;
	f->summary.interrupt_signal = SIGTERM;
	play(f, "human");
	assert_says(f, "interrupted by SIGTERM: 6 of 7 variants ran\n");
}

static void human_of_no_target(void **state)
{
	static const struct vus_no_target none = { .text = "x " HOSTILE };
	struct fixture *f = *state;

	f->report.no_target = &none;
	play(f, "human");
	assert_says(f, "no target: x " CLEANED "\n");
	assert_silent(f, "Judged");
}

static void words_are_wrapped_by_columns(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_report_wrap(&t, "one two three\xc3\xa9 four\nfive", 2, 11);
	assert_string_equal(vus_text_str(&t),
			    "one two\n  three\xc3\xa9\n  four\n  five");
	vus_text_free(&t);
	vus_report_wrap(&t, "averylongwordthatfitsnowhere x", 4, 10);
	assert_string_equal(vus_text_str(&t),
			    "averylongwordthatfitsnowhere\n    x");
}

static void words_are_quoted_for_a_shell(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_report_quote(&t, "it's");
	vus_report_quote(&t, "");
	vus_report_quote(&t, "{socket}");
	vus_report_quote(&t, "{a,b}");
	vus_report_quote(&t, "a,b=1");
	assert_string_equal(vus_text_str(&t),
			    "'it'\\''s'''{socket}'{a,b}'a,b=1");
}

static void formats_are_named(void **state)
{
	VUS_AUTO_TEXT t = { 0 };

	(void)state;
	vus_output_formats(&t);
	assert_string_equal(vus_text_str(&t), "human, json, junit");
	assert_null(vus_output_new("yaml", NULL));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(json_tells_everything),
		WITH(json_traces_passes_when_asked),
		WITH(json_of_no_target),
		WITH(crashes_stay_private),
		WITH(fingerprints_know_the_crash_not_the_run),
		WITH(junit_is_well_formed_and_counts),
		WITH(levels_decide_what_fails_the_run),
		WITH(junit_of_no_target_and_interrupt_is_not_green),
		WITH(human_shows_failures_in_full),
		WITH(human_of_an_interrupted_run),
		WITH(human_of_no_target),
		cmocka_unit_test(words_are_wrapped_by_columns),
		cmocka_unit_test(words_are_quoted_for_a_shell),
		cmocka_unit_test(formats_are_named),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	xmlCleanupParser();
	return failed;
}
