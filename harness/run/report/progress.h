/* SPDX-License-Identifier: BSD-3-Clause */
/* progress.h — one line on the terminal that tells how far a run is.
 *
 * On standard error, and only where that is a terminal: what goes through a
 * pipe or into a file stays quiet.  The line has no end, so that it must be
 * cleared before anything else is written to the same terminal. */
#ifndef VUS_REPORT_PROGRESS_H
#define VUS_REPORT_PROGRESS_H

#include "run/result.h"

struct vus_progress {
	bool on;       /* there is a terminal */
	bool shown;    /* a line stands there */
	uint64_t next; /* when it is to be drawn again, ns; VUS_NEVER */
};

/* Where a run is. */
struct vus_progress_state {
	size_t done, all;
	unsigned bad; /* neither passed nor skipped */
	unsigned running;
	double seconds;
	const char *id; /* that began or ended last, or NULL */
};

void vus_progress_open(struct vus_progress *p);
void vus_progress_clear(struct vus_progress *p);
void vus_progress_draw(struct vus_progress *p,
		       const struct vus_progress_state *s);

/* The line itself, of at most `columns` characters. */
void vus_progress_line(const struct vus_progress_state *s, unsigned columns,
		       struct vus_text *ret);

#endif
