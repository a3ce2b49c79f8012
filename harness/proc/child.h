/* SPDX-License-Identifier: BSD-3-Clause */
/* child.h — a child process, and where a function that forks returns. */
#ifndef VUS_PROC_CHILD_H
#define VUS_PROC_CHILD_H

#include <sys/types.h>

struct vus_child {
	pid_t pid; /* 0: none */
	int pidfd; /* readable once it has ended; -1: none */
};

#define VUS_CHILD_NONE ((struct vus_child){ .pidfd = -1 })

/* Which process a function that forks returns in. */
enum vus_fork { VUS_IN_PARENT, VUS_IN_CHILD, VUS_NO_FORK };

#endif
