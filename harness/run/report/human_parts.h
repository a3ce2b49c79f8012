/* SPDX-License-Identifier: BSD-3-Clause */
/* human_parts.h — what the report for people is put together from. */
#ifndef VUS_REPORT_HUMAN_PARTS_H
#define VUS_REPORT_HUMAN_PARTS_H

#include "cause.h"
#include "report.h"

#define VUS_HUMAN_WIDTH 80 /* columns */

struct vus_human {
	bool colours;
	bool terminal; /* details of crashes may be shown */
	const struct vus_report *r;
};

/* How much of a variant is shown. */
struct vus_human_extent {
	unsigned max_lines; /* of exchange and stderr; 0: neither */
	bool rule;          /* what its rule says, too */
	bool all;           /* else only what was seen */
};

/* The labelled texts of a variant, "    saw       ...". */
void vus_human_details(const struct vus_human *h, const struct vus_variant *v,
		       struct vus_human_extent extent, struct vus_text *ret);
void vus_human_detail(const struct vus_human *h, const char *name,
		      const char *text, bool verbatim, struct vus_text *ret);
/* A variant in full, below its verdict and id. */
void vus_human_block(const struct vus_human *h, const struct vus_variant *v,
		     struct vus_text *ret);

/* A line a cause, in a table that fits a terminal. */
void vus_human_screen(const struct vus_human *h, const struct vus_causes *all,
		      struct vus_text *ret);
/* Each cause with what shows it; the rows of a case that show the same are
 * shown once. */
void vus_human_causes(const struct vus_human *h, const struct vus_causes *all,
		      struct vus_text *ret);

#endif
