/* SPDX-License-Identifier: BSD-3-Clause */
/* process.h — children of the runner: forked, watched by pidfd, reaped.
 *
 * Each child leads a process group of its own, dies with the runner
 * (PR_SET_PDEATHSIG) and is known to the guardian before it does anything, so
 * that whatever it starts can be ended with it. */
#ifndef VUS_PROC_PROCESS_H
#define VUS_PROC_PROCESS_H

#include "guardian.h"

#include "base/err.h"

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

/* Fork.  VUS_NO_FORK fills err.  In the child signals are as `mask` says, and
 * as a program expects them.  `guardian` may be NULL. */
enum vus_fork vus_child_fork(struct vus_child *ret, const sigset_t *mask,
			     const struct vus_guardian *guardian,
			     struct vus_err *err);

/* Has it ended (and is not reaped yet)? */
bool vus_child_ended(const struct vus_child *child);

/* A signal to its whole group. */
void vus_child_signal(const struct vus_child *child, int signum);

/* It has ended, or must now: kill what is left of its group, wait for it and
 * return its wait status.  Leaves VUS_CHILD_NONE behind. */
int vus_child_reap(struct vus_child *child,
		   const struct vus_guardian *guardian);

/* Descendants that left their group and lost their parent become children of
 * the runner from `adopt` on; `end` kills and reaps all children there are. */
void vus_orphans_adopt(void);
void vus_orphans_end(void);

/* "exit status 1", "signal 11 (SIGSEGV)" */
void vus_exit_text(int status, char buf[96]);

/* Standard input from /dev/null, output and errors to `out`. */
VUS_MUST_CHECK bool vus_child_stdio(int out, struct vus_err *err);

/* The last `max` bytes of a file from `from` on, whole lines where there are
 * any; heap, NULL when there is nothing. */
char *vus_file_tail(int fd, off_t from, size_t max);

#endif
