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
#include "variant.h"

/* Run all; reports go to the outputs, each of which gets `begin` and `end`
 * once.  Returns the exit status.
 *
 * It also returns in each process forked on the way (a case, the embedded
 * peer, the guardian), with VUS_EXIT_CHILD + status: such a process must go
 * straight back to main, touch no output, and return `status` from there. */
int vus_run(const struct vus_run_options *opt, struct vus_variant *variants,
	    size_t n);

#endif
