/* SPDX-License-Identifier: BSD-3-Clause */
/* signals.h — signals and descriptors 0 to 2 of the programs.
 *
 * Signals are taken through a descriptor, so that nothing global is left behind
 * for a caller that embeds the program. */
#ifndef VUS_BASE_SIGNALS_H
#define VUS_BASE_SIGNALS_H

#include "err.h"

#include <signal.h>

struct vus_signals {
	sigset_t mask; /* as it was */
	struct sigaction term, intr, pipe;
	int fd; /* owned; readable after SIGTERM or SIGINT */
};

/* From now on SIGTERM, SIGINT and the signal `also` (0: none) only make the
 * descriptor readable, and there is no SIGPIPE. */
VUS_MUST_CHECK bool vus_signals_block(struct vus_signals *s, int also,
				      struct vus_err *err);
/* Take one signal that came; its number, or 0. */
int vus_signals_next(int fd);
/* All as it was; a signal that came meanwhile is not delivered again.  Returns
 * the first one that came, or 0. */
int vus_signals_restore(struct vus_signals *s);

/* Open /dev/null as those of 0 to 2 that are closed, so that no other file
 * gets these numbers. */
void vus_stdio_fill(void);

#endif
