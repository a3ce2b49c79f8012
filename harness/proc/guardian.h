/* SPDX-License-Identifier: BSD-3-Clause */
/* guardian.h — the process that cleans up after a runner that was killed.
 *
 *	runner ==socket==> guardian      "group 123 is mine", "123 has ended"
 *	runner dies:  the guardian kills the groups, removes the folder, ends
 *
 * It makes the folder itself, so that there is no instant in which one exists
 * that it does not know. */
#ifndef VUS_PROC_GUARDIAN_H
#define VUS_PROC_GUARDIAN_H

#include "child.h"

#include "base/err.h"

#include <limits.h>

struct vus_guardian {
	int fd; /* our end of the socket */
	struct vus_child child;
	char folder[PATH_MAX]; /* of this run, mode 0700 */
};

/* Fork it and wait for the folder's name.  VUS_IN_CHILD: the guardian's work
 * is done, and the caller returns up to main with status 0. */
enum vus_fork vus_guardian_start(struct vus_guardian *ret, struct vus_err *err);

/* A process group to end, and one that has ended.  NULL and a guardian that
 * was killed are fine. */
void vus_guardian_add(const struct vus_guardian *g, pid_t group);
void vus_guardian_drop(const struct vus_guardian *g, pid_t group);

/* In a child: let go of the socket. */
void vus_guardian_leave(struct vus_guardian *g);

/* End of the run: groups are gone; the folder goes too. */
void vus_guardian_stop(struct vus_guardian *g);

/* Remove a folder and all below it, without following links. */
void vus_tree_remove(const char *path);

#endif
