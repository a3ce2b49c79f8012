/* SPDX-License-Identifier: BSD-3-Clause */
/* paint.c — words in colours, where a terminal shows them. */
#include "paint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const codes[VUS_NPAINTS] = {
	[VUS_PLAIN] = "",         [VUS_GREEN] = "\033[32m",
	[VUS_RED] = "\033[1;31m", [VUS_YELLOW] = "\033[33m",
	[VUS_DIM] = "\033[2m",    [VUS_MAGENTA] = "\033[1;35m",
	[VUS_BOLD] = "\033[1m",
};
static const enum vus_paint verdict_paint[] = {
	[VUS_PASS] = VUS_GREEN,     [VUS_FAIL] = VUS_RED,
	[VUS_WARN] = VUS_YELLOW,    [VUS_SKIP] = VUS_DIM,
	[VUS_BROKEN] = VUS_MAGENTA,
};

bool vus_paint_wanted(FILE *to)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(to)) == 1 && (!no || no[0] == '\0') && term &&
	       strcmp(term, "dumb") != 0;
}

void vus_paint_add(struct vus_text *ret, bool colours, enum vus_paint p,
		   const char *word, int width)
{
	const bool on = colours && p != VUS_PLAIN;

	vus_text_add(ret, "%s%s%s%*s", on ? codes[p] : "", word,
		     on ? "\033[0m" : "", VUS_MAX(width - (int)strlen(word), 0),
		     "");
}

enum vus_paint vus_paint_of(enum vus_verdict v)
{
	return (size_t)v < VUS_COUNT(verdict_paint) ? verdict_paint[v]
						    : VUS_PLAIN;
}
