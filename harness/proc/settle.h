/* SPDX-License-Identifier: BSD-3-Clause */
/* settle.h — the settle window: watching for what a process must not do.
 *
 * The time of such a watch is made for a process that gets a processor when it
 * wants one.  Where it still has something to do when the time is over, the
 * watch goes on: so a loaded machine does not accuse it of being late, nor hide
 * what it does late. */
#ifndef VUS_PROC_SETTLE_H
#define VUS_PROC_SETTLE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct vus_settle {
	uint64_t until; /* ns */
	pid_t pid;      /* 0: it is not to be seen */
	bool unseen;    /* whether one that is not seen counts as at rest */
	bool over;
	unsigned looks; /* at one that did not rest, since then */
	unsigned pause; /* before the next look, ms */
};

/* Watch `pid` for `ms`. */
struct vus_settle vus_settle_begin(pid_t pid, unsigned ms, bool unseen);

/* Wait for a little while, or until one of `fds` is ready; then what is watched
 * for is to be looked at (again).  False, at once: the window is over. */
bool vus_settle_again(struct vus_settle *v, struct pollfd *fds, nfds_t n);

#endif
