/* SPDX-License-Identifier: BSD-3-Clause */
/* idle.h — does a process use the processor while it has nothing to do?
 *
 * Time that it waited for a processor does not count as rest: a loaded machine
 * may hide a spinning process, but never makes an idle one look busy. */
#ifndef VUS_PROC_IDLE_H
#define VUS_PROC_IDLE_H

#include "proc.h"

#define VUS_IDLE_WINDOW_MS 30

struct vus_idle {
	pid_t pid;
	uint64_t began, last_at; /* ns */
	struct vus_cpu first, last;
};

enum vus_cpu_use {
	VUS_CPU_IDLE,  /* it did almost nothing in this window */
	VUS_CPU_BUSY,  /* it worked, perhaps to finish something: look again */
	VUS_CPU_SPINS, /* it worked for longer than any clean-up takes */
	VUS_CPU_UNKNOWN, /* it cannot be read, or got too little time to tell */
};

/* Begin to watch; false: it cannot be read. */
bool vus_idle_begin(struct vus_idle *w, pid_t pid);

/* A window later: its state since the begin and since the last call. */
enum vus_cpu_use vus_idle_sample(struct vus_idle *w);

/* Window after window, while it is busy; `end_fd` (a pidfd, or -1) ends a
 * window when it is readable. */
enum vus_cpu_use vus_idle_wait(struct vus_idle *w, int end_fd);

/* Percent of the time it could have had. */
unsigned vus_idle_percent(const struct vus_idle *w);

/* Wait for one window or a few: does it always poll? */
bool vus_idle_is_polling(pid_t pid);

#endif
