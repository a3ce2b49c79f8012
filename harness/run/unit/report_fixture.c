/* SPDX-License-Identifier: BSD-3-Clause */
/* report_fixture.c — a made-up run, played to a reporter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report_fixture.h"

static void run(struct vus_ctx *t)
{
	(void)t;
}

static const struct vus_case case_offset = {
	.name = "offset_is_respected",
	.file = "x/cases/mem.c",
	.title = "a region begins at its mmap offset",
	.rules = { "mem_table.offset_nonzero" },
	.each_memory = true,
	.run = run,
};
static const struct vus_case case_version = {
	.name = "version_is_one",
	.file = "x/cases/hdr.c",
	.title = "messages have version 1",
	.rules = { "header.version" },
	.rows = { "zero", "three" },
	.run = run,
};

static char *const command[] = { (char[]){ "my daemon" },
				 (char[]){ "--path={socket}" }, NULL };

static void fill(struct fixture *f)
{
	static char hostile[] = HOSTILE;
	static char secret[] = "SECRET stack of the crash";
	static char skip[] = "needs header.version: no answer";
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
		.rule = vus_rule_find("mem_table.offset_nonzero"),
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
		.rule = vus_rule_find("header.version_other"),
	};
	f->v[SKIPPED] =
		(struct vus_variant){ .c = &case_version,
				      .group = "hdr",
				      .id = "hdr.version_is_one[row=zero]",
				      .verdict = VUS_SKIP,
				      .rule = vus_rule_find("header.version"),
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
		.rule = vus_rule_find("socket.second_connection"),
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

int vus_fixture_set_up(void **state)
{
	static const char exchange[] = "-> GET_FEATURES\n<- " HOSTILE "\n"
				       "-> SECOND\n";
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->failed = (struct vus_result){ .finished = true,
					 .verdict = VUS_FAIL,
					 .rule = "mem_table.offset_nonzero",
					 .check = "mem.holds: it does",
					 .expected = "got == want",
					 .file = "fake-frontend/cases/mem.c",
					 .line = 41,
					 .judged = { "mem_table.offset_nonzero",
						     "header.version" },
					 .njudged = 2 };
	memcpy(f->failed.exchange, exchange, sizeof(exchange));
	f->failed.exchange_len = sizeof(exchange) - 1;
	f->passed = f->failed;
	f->passed.verdict = VUS_PASS;
	f->passed.expected[0] = f->passed.rule[0] = '\0';
	f->passed.check[0] = '\0';
	fill(f);
	f->opt = (struct vus_run_options){ .command = command,
					   .memory_size = 16 << 20,
					   .left_out = 80,
					   .seed = UINT64_MAX,
					   .rerun = "vuspec test-backend "
						    "--device blk" };
	f->summary = (struct vus_summary){ .counts = { [VUS_PASS] = 1,
						       [VUS_FAIL] = 2,
						       [VUS_WARN] = 1,
						       [VUS_SKIP] = 1,
						       [VUS_BROKEN] = 1 },
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

int vus_fixture_tear_down(void **state)
{
	struct fixture *f = *state;

	free(f->out);
	free(f);
	return 0;
}

void vus_fixture_play(struct fixture *f, const char *format)
{
	struct vus_output *o[2] = { NULL };
	FILE *to;

	free(f->out);
	to = open_memstream(&f->out, &f->len);
	assert_non_null(to);
	o[0] = vus_output_new(format, to);
	assert_non_null(o[0]);
	vus_outputs_begin(o, &f->report);
	for (size_t i = 0; !f->report.no_target && i < NEVER_RAN; i++)
		vus_outputs_result(o, &f->report, &f->v[i]);
	vus_outputs_end(o, &f->report);
	assert_false(o[0]->failed);
	vus_output_free(o[0]);
}

void vus_assert_says(const struct fixture *f, const char *text)
{
	if (!strstr(f->out, text))
		fail_msg("no \"%s\" in:\n%s", text, f->out);
}

void vus_assert_silent(const struct fixture *f, const char *text)
{
	if (strstr(f->out, text))
		fail_msg("\"%s\" in:\n%s", text, f->out);
}
