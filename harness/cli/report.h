/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h — results of one or many peers, read back and shown together. */
#ifndef VUS_CLI_REPORT_H
#define VUS_CLI_REPORT_H

#include "base/err.h"
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

/* For text and attributes alike; control characters become \xNN. */
void vus_html_escape(struct vus_text *ret, const char *text);

#endif
