/* SPDX-License-Identifier: BSD-3-Clause */
/* suggest.h — what a mistyped word may have been meant to be. */
#ifndef VUS_CLI_SUGGEST_H
#define VUS_CLI_SUGGEST_H

#include "base/text.h"

/* Suggestions for a mistyped `word`: the candidates nearest to it. */
struct vus_suggestions {
	const char *word;
	const char *found[5]; /* nearest first, kept by reference */
	unsigned distance[5];
	unsigned n;
};
void vus_suggestions_add(struct vus_suggestions *near, const char *candidate);
/* "; did you mean: a, b", or nothing. */
void vus_suggestions_text(const struct vus_suggestions *near,
			  struct vus_text *ret);

#endif
