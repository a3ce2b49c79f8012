/* SPDX-License-Identifier: BSD-3-Clause */
/* shortage.h — a peer that has no descriptors left.
 *
 * Its limit is lowered from outside to what it has open: accept(), and a
 * descriptor that comes with a message, fail in it from then on.
 * It needs some hundred of them for that (vus_program_again()). */
#ifndef VUS_PROC_SHORTAGE_H
#define VUS_PROC_SHORTAGE_H

#include "proc.h"

#include <sys/resource.h>

struct vus_shortage {
	pid_t pid; /* 0: there is none */
	struct rlimit was;
};

/* False, kind SYSTEM: this host or that process does not let us. */
VUS_MUST_CHECK bool vus_shortage_begin(struct vus_shortage *ret, pid_t pid,
				       struct vus_err *err);
void vus_shortage_end(struct vus_shortage *s);
#define VUS_AUTO_SHORTAGE                                                      \
	__attribute__((cleanup(vus_shortage_end))) struct vus_shortage

#endif
