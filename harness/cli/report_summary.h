/* SPDX-License-Identifier: BSD-3-Clause */
/* report_summary.h — the page's tables by cause and by group. */
#ifndef VUS_CLI_REPORT_SUMMARY_H
#define VUS_CLI_REPORT_SUMMARY_H

#include <jansson.h>
#include <stddef.h>

/* Results of each peer by id (vus_results_by_id()); the rows of the table, the
 * gravest cause first. */
json_t *vus_html_causes(json_t *const *indexes, size_t n);
/* Verdicts of each group, a cell a peer. */
json_t *vus_html_groups(json_t *const *indexes, size_t n);

#endif
