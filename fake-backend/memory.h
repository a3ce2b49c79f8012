/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.h — regions as messages bring them, and as faults mistreat them. */
#ifndef VUS_FAKE_BACKEND_MEMORY_H
#define VUS_FAKE_BACKEND_MEMORY_H

#include "backend.h"

/* Map a region of a message into `table`; false: refused, and noted. */
bool vus_be_region_add(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd);

/* Move all regions from one table to the end of another; `apart`: only those
 * that overlap none there. */
void vus_regions_keep(struct vus_regions *from, struct vus_regions *to,
		      bool apart);

/* Move region `i` to the end of another table. */
void vus_regions_move(struct vus_regions *from, unsigned i,
		      struct vus_regions *to);

#endif
