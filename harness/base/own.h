/* SPDX-License-Identifier: BSD-3-Clause */
/* own.h — locals that own descriptors, mappings and heap blocks.
 *
 * Locals are destroyed in the reverse order of their declarations.  All
 * destructors accept "none" (-1, NULL). */
#ifndef VUS_BASE_OWN_H
#define VUS_BASE_OWN_H

#include <stddef.h>

/* Close *fd unless it is negative, and set it to -1; errno is kept. */
void vus_fd_close(int *fd);

/* Hand *fd over: returns it, and sets *fd to -1. */
int vus_fd_take(int *fd);

struct vus_map {
	void *addr;  /* NULL: no mapping */
	size_t size; /* bytes, as given to mmap */
};

/* Unmap and set to none. */
void vus_map_drop(struct vus_map *map);

/* free(*p) for a pointer of any type; `p` is its address. */
void vus_free_ptr(void *p);

#define VUS_AUTO_FD   __attribute__((cleanup(vus_fd_close))) int
#define VUS_AUTO_MAP  __attribute__((cleanup(vus_map_drop))) struct vus_map
#define VUS_AUTO_FREE __attribute__((cleanup(vus_free_ptr)))

#endif
