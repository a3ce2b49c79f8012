/* SPDX-License-Identifier: BSD-3-Clause */
/* result_file.h — a file that --output json=FILE wrote. */
#ifndef VUS_CLI_RESULT_FILE_H
#define VUS_CLI_RESULT_FILE_H

#include "base/err.h"
#include "run/verdict.h"

#include <jansson.h>

/* From what is shown least to what is shown most. */
enum { VUS_RESULT_NVERDICTS = VUS_BROKEN + 1 };
extern const enum vus_verdict vus_result_order[VUS_RESULT_NVERDICTS];

/* Read it; *ret_root has an array "results", of whatever.  Kind USAGE says why
 * it is none. */
VUS_MUST_CHECK bool vus_result_file_read(const char *file, json_t **ret_root,
					 struct vus_err *err);

/* The results by id; of a case's repeats the worst.  Keeps references. */
json_t *vus_results_by_id(const json_t *root);
/* The larger, the more is to be shown of it; -1 for what is no verdict. */
int vus_result_weight(const json_t *result);
/* Neither passed nor skipped. */
bool vus_result_is_bad(const json_t *result);

#endif
