/* SPDX-License-Identifier: BSD-3-Clause */
/* paint.h — words in colours, where a terminal shows them. */
#ifndef VUS_REPORT_PAINT_H
#define VUS_REPORT_PAINT_H

#include "base/text.h"
#include "run/verdict.h"

#include <stdio.h>

enum vus_paint {
	VUS_PLAIN,
	VUS_GREEN,
	VUS_RED,
	VUS_YELLOW,
	VUS_DIM,
	VUS_MAGENTA,
	VUS_BOLD,
	VUS_NPAINTS
};

/* Does this file show colours?  A terminal does, never with NO_COLOR. */
bool vus_paint_wanted(FILE *to);
/* The word in its colour, and blanks up to `width` columns. */
void vus_paint_add(struct vus_text *ret, bool colours, enum vus_paint p,
		   const char *word, int width);
enum vus_paint vus_paint_of(enum vus_verdict v);

#endif
