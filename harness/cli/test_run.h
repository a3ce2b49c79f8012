/* SPDX-License-Identifier: BSD-3-Clause */
/* test_run.h — test-backend and test-frontend from argv to exit status. */
#ifndef VUS_CLI_TEST_RUN_H
#define VUS_CLI_TEST_RUN_H

#include "test_options.h"
#include "test_side.h"

/* The whole subcommand. */
int vus_test_run(const struct vus_test_side *side, int argc, char **argv);

#endif
