/* SPDX-License-Identifier: BSD-3-Clause */
/* test_run.h — what is different about testing either side. */
#ifndef VUS_CLI_TEST_RUN_H
#define VUS_CLI_TEST_RUN_H

#include "spec/fault.h"
#include "test_options.h"

#define VUS_EMBEDDED_ARGS 3

struct vus_test_side {
	const char *command; /* "vuspec test-backend" */
	const char *usage;   /* what --help says in front of the options */
	const struct vus_party *party;
	/* Can the embedded fake have all of these faults?  Kind USAGE. */
	bool (*check_faults)(const char *const *names, size_t n,
			     struct vus_err *err);
	bool (*check_device)(const struct vus_test_options *o,
			     struct vus_err *err);
	/* What the embedded fake is told besides its faults; returns how many
	 * words that is. */
	size_t (*embedded_args)(const struct vus_test_options *o,
				const char *args[VUS_EMBEDDED_ARGS]);
};

static inline bool vus_test_is_frontend(const struct vus_test_side *side)
{
	return side->party->name[0] == 'f';
}

/* The whole subcommand. */
int vus_test_run(const struct vus_test_side *side, int argc, char **argv);

#endif
