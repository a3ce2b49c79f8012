/* SPDX-License-Identifier: BSD-3-Clause */
/* guest_memory.c — regions received from the front-end, and access to them. */
#include "backend.h"
#include "honest.h"

bool vus_honest_add_region(struct vus_be *be, struct vus_regions *table,
			   const struct vus_p_region *row, int fd)
{
	struct vus_err err;

	if (vus_regions_add(table, row, fd, &err))
		return true;
	vus_be_note(be, "a region is refused: %s", err.text);
	return false;
}

const struct vus_regions *vus_honest_buffer_regions(struct vus_be *be)
{
	return &be->mem;
}

void *vus_honest_find_ring_part(struct vus_be *be, uint64_t user,
				uint64_t bytes, uint64_t *ret_len)
{
	return vus_regions_user(&be->mem, user, bytes, ret_len);
}
