/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h — what is reported of a run. */
#ifndef VUS_REPORT_REPORT_H
#define VUS_REPORT_REPORT_H

#include "run/result.h"

struct vus_document;
struct vus_run_options;

struct vus_report {
	const struct vus_run_options *opt;
	const char *target; /* "embedded fake-backend", the command, the path */
	const char *device;
	const struct vus_variant *variants;
	size_t n;
	const struct vus_summary *summary;     /* at end */
	const struct vus_no_target *no_target; /* at end, or NULL */
	bool one_shot; /* the target ends at disconnect */
	/* When it uses a processor with nothing to do: "always", "while a ring
	 * runs", or NULL. */
	const char *polls;
	/* Of vus_outputs_begin() until vus_outputs_end(). */
	struct vus_document *document;
};

#endif
