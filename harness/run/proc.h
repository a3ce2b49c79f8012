/* SPDX-License-Identifier: BSD-3-Clause */
/* proc.h — looking at a peer's process from outside, through /proc.
 *
 * The only file that knows /proc; what cannot be read is a failure of kind
 * SYSTEM, and the case skips with its words. */
#ifndef VUS_RUN_PROC_H
#define VUS_RUN_PROC_H

#include "../base/err.h"

#include <sys/stat.h>
#include <sys/types.h>

/* The process that serves a connected socket (SO_PEERCRED): the one that
 * called listen(), or made the socket pair. */
VUS_MUST_CHECK bool vus_proc_of_socket(int fd, pid_t *ret, struct vus_err *err);

/* How many descriptors it has open. */
VUS_MUST_CHECK bool vus_proc_fds(pid_t pid, unsigned *ret, struct vus_err *err);

/* How many of its mappings, and how many of its descriptors, are of the file
 * that `st` describes (device and inode). */
VUS_MUST_CHECK bool vus_proc_maps_of(pid_t pid, const struct stat *st,
				     unsigned *ret, struct vus_err *err);
VUS_MUST_CHECK bool vus_proc_fds_of(pid_t pid, const struct stat *st,
				    unsigned *ret, struct vus_err *err);

/* Processor time it has used so far, clock ticks of user and system. */
VUS_MUST_CHECK bool vus_proc_ticks(pid_t pid, unsigned long *ret,
				   struct vus_err *err);

/* What it does: 'R' runs, 'S' sleeps, 'T' was stopped, 'Z' has ended. */
VUS_MUST_CHECK bool vus_proc_state(pid_t pid, char *ret, struct vus_err *err);

#endif
