/* SPDX-License-Identifier: BSD-3-Clause */
/* incomplete.h — a run that judged too little to be called a pass. */
#ifndef VUS_RUN_INCOMPLETE_H
#define VUS_RUN_INCOMPLETE_H

#include "run/report/report.h"

/* Why, in a sentence: most variants had no driver, most cases saw the target
 * end, or more rules were left unjudged for the sake of another one than were
 * judged; "" if nothing of it is so.  `judged` has an entry a rule, and
 * `njudged` of them are true. */
void vus_incomplete_explain(const struct vus_report *r, const bool *judged,
			    unsigned njudged, char *ret, size_t size);

#endif
