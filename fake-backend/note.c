/* SPDX-License-Identifier: BSD-3-Clause */
/* note.c — notes of the back-end for the trace. */
#include "backend.h"

#include <stdarg.h>
#include <stdio.h>

void vus_be_note(struct vus_be *be, const char *fmt, ...)
{
	const struct vus_trace *trace = be->link.trace;
	char line[320];
	va_list ap;

	if (!trace || !trace->note)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	trace->note(trace->ctx, line);
}
