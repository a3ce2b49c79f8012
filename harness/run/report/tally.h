/* SPDX-License-Identifier: BSD-3-Clause */
/* tally.h — what did not pass, counted by rule, and skips by reason. */
#ifndef VUS_REPORT_TALLY_H
#define VUS_REPORT_TALLY_H

#include "run/result.h"

/* Failures of one rule, or skips of one reason. */
struct vus_tally {
	enum vus_verdict verdict;
	const struct vus_rule *rule;
	char *reason; /* owned, clean; skips and what has no rule */
	unsigned n, known;
};

struct vus_tallies {
	struct vus_tally *p; /* owned */
	size_t n;
};

void vus_tally_add(struct vus_tallies *all, const struct vus_variant *v);
/* Failures before skips, the most frequent first. */
void vus_tally_sort(struct vus_tallies *all);
void vus_tally_free(struct vus_tallies *all);

#endif
