/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_memory.c — the table of guest memory, set as a whole. */
#include "backend.h"

VUS_BE_HANDLER(SET_MEM_TABLE)
{
	const struct vus_p_mem_table *table = &req->body.mem_table;
	struct vus_regions fresh = { 0 };
	struct vus_err err;

	for (unsigned i = 0; i < table->nregions; i++) {
		if (vus_regions_add(&fresh, &table->regions[i], req->fds[i],
				    &err))
			continue;
		/* The old view stays whole: none of the new one leaks in. */
		vus_be_note(be, "region %u is refused: %s", i, err.text);
		vus_regions_clear(&fresh);
		return VUS_NACK;
	}
	vus_regions_clear(&be->mem);
	be->mem = fresh;
	vus_be_remap(be);
	return VUS_OK;
}
