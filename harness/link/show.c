/* SPDX-License-Identifier: BSD-3-Clause */
/* show.c — messages and events as lines on standard error: --verbose. */
#include "show.h"

#include <stdio.h>

static void show_note(void *ctx, const char *line)
{
	const struct vus_show *s = ctx;

	(void)fprintf(stderr, "%s: %s\n", s->program, line);
}

static void show_frame(void *ctx, const struct vus_frame *frame, bool to_peer)
{
	VUS_AUTO_TEXT line = { 0 };

	vus_format(frame, to_peer, false, &line);
	show_note(ctx, vus_text_str(&line));
}

void vus_show_init(struct vus_show *s, const char *program)
{
	*s = (struct vus_show){
		.program = program,
		.trace = { .ctx = s, .frame = show_frame, .note = show_note },
	};
}
