/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_memory.c — the table of guest memory, set as a whole. */
#include "backend.h"
#include "honest.h"

bool vus_honest_map_table(struct vus_be *be, struct vus_p_mem_table *table,
			  const int *fds, struct vus_regions *fresh)
{
	for (unsigned i = 0; i < table->nregions; i++) {
		if (!be->decide->add_region(be, fresh, &table->regions[i],
					    fds[i]))
			return false;
	}
	return true;
}

void vus_honest_replace_memory(struct vus_be *be, struct vus_regions *fresh)
{
	vus_regions_clear(&be->mem);
	be->mem = *fresh;
	*fresh = (struct vus_regions){ 0 };
	vus_be_remap(be);
}

/* A table that is refused changes nothing: the old one stays whole. */
VUS_BE_HANDLER(SET_MEM_TABLE)
{
	struct vus_regions fresh = { 0 };

	if (!be->decide->map_table(be, &req->body.mem_table, req->fds,
				   &fresh)) {
		vus_regions_clear(&fresh);
		return VUS_NACK;
	}
	be->decide->replace_memory(be, &fresh);
	return VUS_OK;
}
