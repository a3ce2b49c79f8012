/* SPDX-License-Identifier: BSD-3-Clause */
/* runner.h — run variants against a target, a process a case.
 *
 *	runner (one process, an event loop over pidfds and deadlines)
 *	  => guardian            kills and removes what a dead runner leaves
 *	  => instance, one a worker: CMD, or the embedded peer
 *	  => case process, one a variant: open, run, close, exit 0
 */
#ifndef VUS_RUN_RUNNER_H
#define VUS_RUN_RUNNER_H

#include "options.h"
#include "party.h"
#include "run/report/output.h"
#include "select.h"

/* Exit statuses of vuspec (docs/verdicts.md). */
enum vus_exit {
	VUS_EXIT_PASS = 0,
	VUS_EXIT_FAIL = 1,
	VUS_EXIT_USAGE = 2,
	VUS_EXIT_NO_TARGET = 3,
	VUS_EXIT_BROKEN = 4,
	VUS_EXIT_NOTHING = 5,
	VUS_EXIT_SIGINT = 130,
	VUS_EXIT_SIGTERM = 143,
	/* From here on: see vus_run(). */
	VUS_EXIT_CHILD = 256,
};

/* Run all; reports go to the outputs, each of which gets `begin` and `end`
 * once.  Returns the exit status.
 *
 * It also returns in each process forked on the way (a case, the embedded
 * peer, the guardian), with VUS_EXIT_CHILD + status: such a process must go
 * straight back to main, touch no output, and return `status` from there. */
int vus_run(const struct vus_run_options *opt, struct vus_variant *variants,
	    size_t n);

/* Free what vus_run() has put into the variants (not the array). */
void vus_variants_drop(struct vus_variant *variants, size_t n);

#endif
