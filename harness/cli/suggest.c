/* SPDX-License-Identifier: BSD-3-Clause */
/* suggest.c — what a mistyped word may have been meant to be. */
#include "suggest.h"

#include <string.h>

#define LONGEST 96 /* characters of a word that may be mistyped */
#define TOO_FAR 3  /* more mistyped letters than this: no suggestion */

/* Letters to add, drop or change between two words (Levenshtein). */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[LONGEST + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > LONGEST || nb > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned above = row[j];
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);

			row[j] =
				VUS_MIN(VUS_MIN(above, row[j - 1]) + 1, change);
			diagonal = above;
		}
	}
	return row[nb];
}

void vus_suggestions_add(struct vus_suggestions *near, const char *candidate)
{
	unsigned far = distance(near->word, candidate);
	unsigned at = near->n;

	/* Part of a name counts as one mistyped letter. */
	if (strlen(near->word) >= 3 && strstr(candidate, near->word))
		far = VUS_MIN(far, 1u);
	if (far > TOO_FAR || far >= strlen(near->word))
		return;
	while (at > 0 && near->distance[at - 1] > far)
		at--;
	if (at == VUS_COUNT(near->found))
		return;
	if (near->n < VUS_COUNT(near->found))
		near->n++;
	for (unsigned i = near->n - 1; i > at; i--) {
		near->found[i] = near->found[i - 1];
		near->distance[i] = near->distance[i - 1];
	}
	near->found[at] = candidate;
	near->distance[at] = far;
}

void vus_suggestions_text(const struct vus_suggestions *near,
			  struct vus_text *ret)
{
	for (unsigned i = 0; i < near->n; i++)
		vus_text_add(ret, "%s%s", i == 0 ? "; did you mean: " : ", ",
			     near->found[i]);
}
