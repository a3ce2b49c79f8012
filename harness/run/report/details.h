/* SPDX-License-Identifier: BSD-3-Clause */
/* details.h — a record of the document as labelled texts, for people. */
#ifndef VUS_REPORT_DETAILS_H
#define VUS_REPORT_DETAILS_H

#include "base/text.h"
#include "run/result.h"

#include <jansson.h>

struct vus_report;

/* Everything known about a variant's verdict. */
struct vus_details {
	struct {
		const char *label;    /* "rule", "says", "saw", ... */
		struct vus_text text; /* clean; may have several lines */
		bool verbatim;        /* lines are not to be wrapped */
	} item[14];
	unsigned n;
};

/* Of exchange and stderr the last `max_lines` lines. */
void vus_record_details(const json_t *record, unsigned max_lines,
			struct vus_details *ret);
/* Of a variant without a record; `hide` leaves out what must stay private. */
void vus_report_details(const struct vus_report *r, const struct vus_variant *v,
			bool hide, unsigned max_lines, struct vus_details *ret);
void vus_details_free(struct vus_details *d);
#define VUS_AUTO_DETAILS                                                       \
	__attribute__((cleanup(vus_details_free))) struct vus_details

#endif
