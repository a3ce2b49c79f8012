/* SPDX-License-Identifier: BSD-3-Clause */
/* progress.c — one line on the terminal that tells how far a run is. */
#include "progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define REDRAW_MS 200 /* the seconds go on while a case runs */
#define COLUMNS   80  /* of a terminal that does not tell */

void vus_progress_open(struct vus_progress *p)
{
	const char *term = getenv("TERM");

	*p = (struct vus_progress){ .next = VUS_NEVER };
	p->on = isatty(STDERR_FILENO) == 1 && term && strcmp(term, "dumb") != 0;
}

void vus_progress_clear(struct vus_progress *p)
{
	if (p->shown) {
		(void)fputs("\r\033[K", stderr);
		(void)fflush(stderr);
	}
	p->shown = false;
}

static unsigned terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS;
	return size.ws_col;
}

void vus_progress_line(const struct vus_progress_state *s, unsigned max,
		       struct vus_text *ret)
{
	char line[256];
	int len;

	len = snprintf(line, sizeof(line), "%zu/%zu", s->done, s->all);
	if (s->bad > 0)
		len += snprintf(line + len, sizeof(line) - (size_t)len,
				"  %u not passed", s->bad);
	len += snprintf(line + len, sizeof(line) - (size_t)len,
			"  %u running  %.1f s  ", s->running, s->seconds);
	(void)snprintf(line + len, sizeof(line) - (size_t)len, "%.*s", 120,
		       s->id ? s->id : "");
	/* In the last column some terminals begin the next line already. */
	vus_text_add(ret, "%.*s", (int)max - 1, line);
}

void vus_progress_draw(struct vus_progress *p,
		       const struct vus_progress_state *s)
{
	VUS_AUTO_TEXT line = { 0 };

	if (!p->on)
		return;
	vus_progress_line(s, terminal_columns(), &line);
	(void)fprintf(stderr, "\r%s\033[K", vus_text_str(&line));
	(void)fflush(stderr);
	p->shown = true;
	p->next = vus_deadline_ms(REDRAW_MS);
}
