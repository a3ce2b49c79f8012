/* SPDX-License-Identifier: BSD-3-Clause */
/* own.c — locals that own descriptors, mappings and heap blocks. */
#include "own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void vus_fd_close(int *fd)
{
	const int sys = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = sys;
}

int vus_fd_take(int *fd)
{
	const int taken = *fd;

	*fd = -1;
	return taken;
}

void vus_map_drop(struct vus_map *map)
{
	if (map->addr)
		munmap(map->addr, map->size);
	map->addr = NULL;
	map->size = 0;
}

void vus_free_ptr(void *p)
{
	void *block;

	/* A pointer of any type, read without breaking aliasing. */
	memcpy(&block, p, sizeof(block));
	free(block);
	block = NULL;
	memcpy(p, &block, sizeof(block));
}
