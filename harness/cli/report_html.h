/* SPDX-License-Identifier: BSD-3-Clause */
/* report_html.h — reports of one or many peers as one page. */
#ifndef VUS_CLI_REPORT_HTML_H
#define VUS_CLI_REPORT_HTML_H

#include "base/text.h"

#include <jansson.h>

/* What one run of test-backend or test-frontend wrote as JSON. */
struct vus_peer {
	const char *file;
	json_t *root; /* owned */
};

/* The reports as one page: an overview, a table of cases and peers, and what
 * was found.  Plain HTML, without a script; every string is escaped. */
void vus_html(const struct vus_peer *peers, size_t n, const char *title,
	      struct vus_text *ret);

#endif
