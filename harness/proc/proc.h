/* SPDX-License-Identifier: BSD-3-Clause */
/* proc.h — looking at a peer's process from outside, through /proc.
 *
 * The only file that knows /proc; what cannot be read is a failure of kind
 * SYSTEM, and the case is skipped with its text. */
#ifndef VUS_PROC_PROC_H
#define VUS_PROC_PROC_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The process that serves a connected socket (SO_PEERCRED): the one that
 * called listen(), or made the socket pair. */
VUS_MUST_CHECK bool vus_proc_of_socket(int fd, pid_t *ret, struct vus_err *err);

/* How many descriptors it has open. */
VUS_MUST_CHECK bool vus_proc_fds(pid_t pid, unsigned *ret, struct vus_err *err);

/* The lowest number that none of them has. */
VUS_MUST_CHECK bool vus_proc_free_fd(pid_t pid, unsigned *ret,
				     struct vus_err *err);

/* The files of its descriptors 0, 1 and 2; all zero for one that is closed. */
struct vus_stdio_files {
	struct {
		dev_t dev;
		ino_t ino;
	} file[3];
};
VUS_MUST_CHECK bool vus_proc_stdio_files(pid_t pid, struct vus_stdio_files *ret,
					 struct vus_err *err);

/* How many of its mappings are of the file that `st` describes (device and
 * inode). */
VUS_MUST_CHECK bool vus_proc_maps_of(pid_t pid, const struct stat *st,
				     unsigned *ret, struct vus_err *err);

/* The same, and how many of them are shared: what is written to the others is
 * not visible to other processes. */
VUS_MUST_CHECK bool vus_proc_shares(pid_t pid, const struct stat *st,
				    unsigned *ret_maps, unsigned *ret_shared,
				    struct vus_err *err);

/* How much of that file it has mapped, bytes. */
VUS_MUST_CHECK bool vus_proc_mapped(pid_t pid, const struct stat *st,
				    uint64_t *ret, struct vus_err *err);

/* A file behind one of our own descriptors, as it is known in the whole system
 * while ours stays open.  An eventfd has no inode of its own but a number. */
struct vus_file_id {
	dev_t dev;
	ino_t ino;
	long eventfd; /* -1: not an eventfd */
};
#define VUS_HOLDS_MAX 128

/* False: it cannot be distinguished from others. */
bool vus_proc_identify(int fd, struct vus_file_id *ret);

/* How many descriptors and mappings a process has of any of `n` files. */
struct vus_held_files {
	unsigned fds, maps;
};
VUS_MUST_CHECK bool vus_proc_holds(pid_t pid, const struct vus_file_id *ids,
				   size_t n, struct vus_held_files *ret,
				   struct vus_err *err);
/* Has it any?  Mappings are looked at only when no descriptor is found. */
VUS_MUST_CHECK bool vus_proc_holds_any(pid_t pid, const struct vus_file_id *ids,
				       size_t n, bool *ret,
				       struct vus_err *err);

/* Memory that it has locked, bytes: what it maps is filled at once then. */
VUS_MUST_CHECK bool vus_proc_locked(pid_t pid, uint64_t *ret,
				    struct vus_err *err);

/* Memory that is in use, without files and shared memory, bytes. */
VUS_MUST_CHECK bool vus_proc_resident(pid_t pid, uint64_t *ret,
				      struct vus_err *err);

/* What it does: 'R' runs, 'S' sleeps, 'T' was stopped, 'Z' has ended. */
VUS_MUST_CHECK bool vus_proc_state(pid_t pid, char *ret, struct vus_err *err);

/* How a process ended that nobody has waited for yet: as waitpid() says it. */
VUS_MUST_CHECK bool vus_proc_end(pid_t pid, int *ret_status,
				 struct vus_err *err);

/* Processor time it has used so far, in nanoseconds, and how long its threads
 * waited for a processor. */
struct vus_cpu {
	uint64_t ran, waited;
	bool runnable; /* a thread runs or waits at this moment */
	bool asleep;   /* all threads wait for something to happen */
};
VUS_MUST_CHECK bool vus_proc_cpu(pid_t pid, struct vus_cpu *ret,
				 struct vus_err *err);
/* vus_cpu.ran alone, which is known at once. */
VUS_MUST_CHECK bool vus_proc_ran(pid_t pid, uint64_t *ret, struct vus_err *err);

/* All its threads wait for something to happen at this moment, or it has ended:
 * it has handled what it was sent before.  `unseen` where that cannot be
 * read. */
bool vus_proc_is_idle(pid_t pid, bool unseen);

#endif
