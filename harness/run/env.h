/* SPDX-License-Identifier: BSD-3-Clause */
/* env.h — what a host may lack, and what to do about it.
 *
 * A case that cannot run here is skipped with words that begin with "env:" and
 * end with the remedy; vuspec doctor tells the same before anything runs. */
#ifndef VUS_RUN_ENV_H
#define VUS_RUN_ENV_H

#include "base/err.h"
#include "mem/backing.h"

#define VUS_REMEDY_SHM                                                         \
	"mount a tmpfs at /dev/shm that this user may write to, or leave "     \
	"shm out (--memory memfd)"
#define VUS_REMEDY_SHM_ROOM                                                    \
	"give /dev/shm more room (mount -o remount,size=1G /dev/shm; docker "  \
	"run --shm-size=1g), or ask for less memory (-m)"
#define VUS_REMEDY_MEMFD                                                       \
	"allow memfd_create (a seccomp filter may forbid it), or leave memfd " \
	"out (--memory shm)"
#define VUS_REMEDY_FILE_ROOM                                                   \
	"point --memory file=DIR, or TMPDIR, to a folder with room that this " \
	"user may write to"
#define VUS_REMEDY_HUGE                                                        \
	"reserve huge pages (echo 64 > /proc/sys/vm/nr_hugepages)"
#define VUS_REMEDY_MEMORY                                                      \
	"ask for less memory (-m), or allow more (ulimit -v, the container's " \
	"limit)"
#define VUS_REMEDY_FILES "raise the limit of open files (ulimit -n 4096)"
#define VUS_REMEDY_PROC                                                        \
	"run vuspec as the target's user or as root, outside of hidepid= and " \
	"other process namespaces"

#define VUS_REMEDY_PIDFD                                                       \
	"run on Linux 5.4 or later, and allow pidfd_open (a seccomp filter "   \
	"may forbid it)"
#define VUS_REMEDY_USERFAULTFD                                                 \
	"echo 1 > /proc/sys/vm/unprivileged_userfaultfd, or run as root; a "   \
	"seccomp filter may forbid it"
#define VUS_REMEDY_NAMESPACE                                                   \
	"run as root, or allow user namespaces "                               \
	"(/proc/sys/user/max_user_namespaces)"
#define VUS_REMEDY_CORES                                                       \
	"sysctl kernel.core_pattern=core while testing: a crash is not over "  \
	"before that program has read it"
#define VUS_REMEDY_TMP                                                         \
	"set TMPDIR to a folder with a short path that this user may write to"

/* The remedy when this failure of ours is the host's doing, on memory of this
 * kind; NULL: it is our own, or says nothing about the host. */
const char *vus_env_remedy(const struct vus_err *err,
			   enum vus_backing_kind memory);

#endif
