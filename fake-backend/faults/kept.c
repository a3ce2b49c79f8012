/* SPDX-License-Identifier: BSD-3-Clause */
/* kept.c — descriptors and mappings that a fault keeps until the connection
 * ends. */
#include "kept.h"

#include <sys/mman.h>

#define KEPT_MAX 64

struct kept {
	int fds[KEPT_MAX];
	struct vus_map maps[KEPT_MAX];
	unsigned nfds, nmaps;
};

static struct kept *kept(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(struct kept));
}

static void release(struct vus_be *be)
{
	struct kept *k = kept(be);

	while (k->nfds > 0)
		vus_fd_close(&k->fds[--k->nfds]);
	while (k->nmaps > 0)
		vus_map_drop(&k->maps[--k->nmaps]);
	vus_fault_state_close(be);
}

void vus_fault_keeps(struct vus_be_decisions *decide)
{
	vus_fault_remembers(decide);
	decide->disconnected = release;
}

void vus_fault_keep_fd(struct vus_be *be, int fd)
{
	struct kept *k = kept(be);

	if (k->nfds == KEPT_MAX)
		vus_fd_close(&fd);
	else
		k->fds[k->nfds++] = fd;
}

bool vus_fault_keep_map(struct vus_be *be, int fd, uint64_t size)
{
	struct kept *k = kept(be);
	void *addr;

	if (k->nmaps == KEPT_MAX)
		return true;
	addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (addr == MAP_FAILED)
		return false;
	k->maps[k->nmaps++] = (struct vus_map){ .addr = addr, .size = size };
	return true;
}
