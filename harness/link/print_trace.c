/* SPDX-License-Identifier: BSD-3-Clause */
/* print_trace.c — messages and events as lines on standard error: --verbose. */
#include "print_trace.h"

#include <stdio.h>

static void show_note(void *ctx, const char *line)
{
	const struct vus_print_trace *s = ctx;

	(void)fprintf(stderr, "%s: %s\n", s->program, line);
}

static void show_frame(void *ctx, const struct vus_frame *frame, bool to_peer)
{
	VUS_AUTO_TEXT line = { 0 };

	vus_format(frame, to_peer, false, &line);
	show_note(ctx, vus_text_str(&line));
}

void vus_print_trace_init(struct vus_print_trace *s, const char *program)
{
	*s = (struct vus_print_trace){
		.program = program,
		.trace = { .ctx = s, .frame = show_frame, .note = show_note },
	};
}
