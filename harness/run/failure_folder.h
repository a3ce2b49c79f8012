/* SPDX-License-Identifier: BSD-3-Clause */
/* failure_folder.h — a folder for each variant that did not pass: what is known
 * about its verdict, the exchange, and all that the target printed.
 *
 * Crashes are shown in full here, so other users must not see it: mode 0700. */
#ifndef VUS_RUN_FAILURE_FOLDER_H
#define VUS_RUN_FAILURE_FOLDER_H

#include "run/report/output.h"

/* Make the folder; one that is there already is used.  Kind USAGE. */
VUS_MUST_CHECK bool vus_failure_folder_open(const char *folder,
					    struct vus_err *err);

/* Keep one; `target` is the file that holds the target's output, or -1. */
VUS_MUST_CHECK bool vus_failure_folder_add(const char *folder,
					   const struct vus_report *r,
					   const struct vus_variant *v,
					   int target, struct vus_err *err);

#endif
