/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h — what a run is asked to do: the target, the limits, what fails
 * it, and where its reports go; and the exit statuses. */
#ifndef VUS_RUN_OPTIONS_H
#define VUS_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vus_baseline;
struct vus_output;
struct vus_party;

enum vus_restart { VUS_RESTART_FAILURE, VUS_RESTART_CASE, VUS_RESTART_NEVER };

struct vus_run_options {
	const struct vus_party *party;
	/* The target: one of three. */
	char *const *command; /* argv with {socket} {fd} {dir} {worker}, or */
	const char *socket;   /* --socket PATH, or neither: embedded with */
	const char *const
		*embedded_args; /* these (NULL-terminated), e.g. --fault X; in
				 * both {socket} {fd} {dir} {ctl} {memory}
				 * {worker} are replaced */

	const char *device, *device_options;
	size_t left_out;         /* variants of cases for other devices */
	uint64_t memory_size;    /* -m, bytes */
	const char *memory_path; /* --memory file=DIR */
	enum vus_restart restart;
	const char *control; /* PROGRAM that steers a front-end, or NULL */
	const char
		*refusal; /* --expect-refusal: what a front-end that must not
			   * start must print; it is not probed then; or NULL */
	bool listens;     /* vuspec listens, and the target connects */
	unsigned workers; /* -j */
	unsigned polling; /* of them with a target that polls, 0: all */
	unsigned timeout_s, start_timeout_s;
	unsigned quiet_ms, rounds;
	uint32_t net_echo; /* IPv4; 0: not given */
	bool fail_fast, allow_writes, trace, show_crashes;
	bool no_polling; /* a target that polls by nature breaks its rule */
	bool details;    /* the report for people has every variant in full */
	uint64_t seed;
	bool shuffled;       /* by `seed` */
	int level;           /* 0 must, 1 should, 2 may: what fails the run */
	unsigned min_judged; /* fewer rules judged fail the run; 0: any */
	struct vus_baseline *baseline; /* known deviations, or NULL */
	const char *keep; /* a folder for what did not pass, or NULL */
	bool accept;      /* deviations become known, and do not fail the run */
	const char *accept_into; /* the baseline that is written, or NULL */
	const char *spec;    /* version of the text judged by, NULL: latest */
	const char *version; /* of vuspec, for reports, or NULL */
	const char *rerun;   /* words in front of --filter ID in reports */

	struct vus_output *const *outputs; /* NULL-terminated */
};

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

#endif
