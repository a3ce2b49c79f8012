/* SPDX-License-Identifier: BSD-3-Clause */
/* test_options.h — the options of test-backend and test-frontend. */
#ifndef VUS_CLI_TEST_OPTIONS_H
#define VUS_CLI_TEST_OPTIONS_H

#include "run/report/baseline.h"
#include "run/runner.h"
#include "option.h"

#include <jansson.h>

#define VUS_MAX_OUTPUTS  8
#define VUS_TEST_OPTIONS 64 /* rows of the table, at most */

/* Everything the command line says; strings point into argv. */
struct vus_test_options {
	struct vus_run_options run; /* party, outputs not filled in */
	struct vus_selection sel;
	struct vus_word_list filters;
	struct vus_word_list faults;
	struct vus_word_list outputs; /* FORMAT[=FILE] */
	char device[64];              /* "": not given */
	int effort, spec;
	const char *baseline, *write_baseline; /* paths, or NULL */
	struct vus_baseline known;
	struct vus_text rerun;
	bool help, list_faults;
	json_t *again; /* --rerun: what `filters` points into, or NULL */
};

struct vus_test_side;

/* Kind USAGE says which argument is wrong, and why. */
VUS_MUST_CHECK bool vus_test_options(const struct vus_test_side *side, int argc,
				     char **argv, struct vus_test_options *ret,
				     struct vus_err *err);
void vus_test_options_free(struct vus_test_options *o);

/* The rows that this side has, ended by one without a name. */
const struct vus_option *
vus_test_options_rows(bool frontend, struct vus_option ret[VUS_TEST_OPTIONS]);

/* The text of --help. */
void vus_test_options_help(const struct vus_test_side *side,
			   struct vus_text *ret);

/* Parsers of single values (option_values.c); `into` is a struct
 * vus_test_options. */
VUS_MUST_CHECK bool vus_parse_memory(void *into, const char *text,
				     struct vus_err *err);
VUS_MUST_CHECK bool vus_parse_device(void *into, const char *text,
				     struct vus_err *err);
VUS_MUST_CHECK bool vus_parse_net_echo(void *into, const char *text,
				       struct vus_err *err);
VUS_MUST_CHECK bool vus_parse_shuffle(void *into, const char *text,
				      struct vus_err *err);
VUS_MUST_CHECK bool vus_parse_size(void *into, const char *text,
				   struct vus_err *err);
VUS_MUST_CHECK bool vus_parse_control(void *into, const char *text,
				      struct vus_err *err);
VUS_MUST_CHECK bool vus_parse_refusal(void *into, const char *text,
				      struct vus_err *err);
VUS_MUST_CHECK bool vus_parse_rerun(void *into, const char *text,
				    struct vus_err *err);
VUS_MUST_CHECK bool vus_parse_socket(void *into, const char *text,
				     struct vus_err *err);

#endif
