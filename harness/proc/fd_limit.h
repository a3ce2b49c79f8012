/* SPDX-License-Identifier: BSD-3-Clause */
/* fd_limit.h — a peer that has no descriptors left.
 *
 * Its limit is lowered from outside to what it has open: accept(), and a
 * descriptor that comes with a message, fail in it from then on.
 * It needs some hundred of them for that (vus_case_program_start_crowded()). */
#ifndef VUS_PROC_FD_LIMIT_H
#define VUS_PROC_FD_LIMIT_H

#include "proc.h"

#include <sys/resource.h>

struct vus_fd_limit {
	pid_t pid; /* 0: there is none */
	struct rlimit was;
};

/* False, kind SYSTEM: this host or that process does not let us. */
VUS_MUST_CHECK bool vus_fd_limit_begin(struct vus_fd_limit *ret, pid_t pid,
				       struct vus_err *err);
void vus_fd_limit_end(struct vus_fd_limit *s);
#define VUS_AUTO_FD_LIMIT                                                      \
	__attribute__((cleanup(vus_fd_limit_end))) struct vus_fd_limit

#endif
