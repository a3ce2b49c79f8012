/* SPDX-License-Identifier: BSD-3-Clause */
/* world.h — the descriptors a fuzzed front-end can send, and its memory.
 *
 * Made once a process; between inputs guest memory is emptied, so that an
 * input means the same whatever came before it. */
#ifndef VUS_FUZZ_WORLD_H
#define VUS_FUZZ_WORLD_H

#include <stdint.h>

/* Sparse: regions of recorded sessions fit into it. */
#define VUS_WORLD_MEMORY (UINT64_C(8) << 30)

enum vus_world_fd {
	VUS_WORLD_GUEST,    /* memory, VUS_WORLD_MEMORY bytes */
	VUS_WORLD_SHORT,    /* memory of one page */
	VUS_WORLD_READONLY, /* memory that cannot be mapped for writing */
	VUS_WORLD_EVENT,    /* eventfd */
	VUS_WORLD_FULL,     /* eventfd without room */
	VUS_WORLD_PIPE,     /* writing end, its reader is gone */
	VUS_WORLD_SOCKET,   /* connected stream socket */
	VUS_WORLD_FOLDER,   /* a folder */
	VUS_WORLD_NFDS
};

struct vus_world {
	int fds[VUS_WORLD_NFDS];
};

/* The one of this process; a host that cannot make it ends the program. */
const struct vus_world *vus_world(void);

/* All of guest memory reads as zero again, and no event is pending. */
void vus_world_clean(const struct vus_world *w);

/* A copy of one of them, as recvmsg() would deliver it; -1: no room. */
int vus_world_fd(const struct vus_world *w, unsigned which);

#endif
