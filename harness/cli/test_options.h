/* SPDX-License-Identifier: BSD-3-Clause */
/* test_options.h — the options of test-backend, as words become settings. */
#ifndef VUS_CLI_TEST_OPTIONS_H
#define VUS_CLI_TEST_OPTIONS_H

#include "../run/runner.h"

#define VUS_MAX_OUTPUTS 8

struct vus_words {
	const char **p; /* owned array of words that are not */
	size_t n;
};

/* Everything the command line says; strings stand in argv, or in `owned`. */
struct vus_test_options {
	struct vus_run_options run; /* party, outputs not filled in */
	struct vus_selection sel;
	struct vus_words filters;
	struct vus_words faults;
	struct vus_words outputs; /* FORMAT[=FILE] */
	char device[64];
	struct vus_text rerun;
	bool help;
	bool hardening_set, quiet_set, device_set;
};

extern const char vus_test_backend_usage[];

/* Kind USAGE says which word cannot be followed, and why. */
VUS_MUST_CHECK bool vus_test_options(int argc, char **argv,
				     struct vus_test_options *ret,
				     struct vus_err *err);
void vus_test_options_free(struct vus_test_options *o);

#endif
