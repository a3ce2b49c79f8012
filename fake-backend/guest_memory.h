/* SPDX-License-Identifier: BSD-3-Clause */
/* guest_memory.h — regions as messages bring them, and as faults mistreat them.
 */
#ifndef VUS_FAKE_BACKEND_GUEST_MEMORY_H
#define VUS_FAKE_BACKEND_GUEST_MEMORY_H

#include "backend.h"

#include <signal.h>

/* Map a region of a message into `table`; false: refused, and noted. */
bool vus_be_region_add(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd);

/* Where buffers are looked up by guest address. */
const struct vus_regions *vus_be_gpa_regions(struct vus_be *be);

/* Where a ring part begins, and how much of it is in one piece; NULL: not in
 * memory. */
void *vus_be_ring_part(struct vus_be *be, uint64_t user, uint64_t bytes,
		       uint64_t *ret_len);

/* From now on the memory of `be` may be cut, and nobody dies of it (lost.c);
 * `ret_old` is how SIGBUS was handled before. */
void vus_lost_guard(struct vus_be *be, struct sigaction *ret_old);
void vus_lost_release(const struct sigaction *old);

/* Move all regions from one table to the end of another; `apart`: only those
 * that overlap none there. */
void vus_regions_keep(struct vus_regions *from, struct vus_regions *to,
		      bool apart);

/* Move region `i` to the end of another table. */
void vus_regions_move(struct vus_regions *from, unsigned i,
		      struct vus_regions *to);

#endif
