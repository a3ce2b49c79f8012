/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_slots.c — memory regions added and removed one at a time. */
#include "backend.h"

VUS_BE_HANDLER(GET_MAX_MEM_SLOTS)
{
	reply->body.u64.value =
		be->cfg.slots ? be->cfg.slots : VUS_BE_MAX_SLOTS;
	return VUS_OK;
}

VUS_BE_HANDLER(ADD_MEM_REG)
{
	if (!be->decide->add_region(be, &be->mem, &req->body.mem_reg.region,
				    req->fds[0]))
		return VUS_NACK;
	vus_be_remap(be);
	return VUS_OK;
}

/* A descriptor that an old front-end attached is closed with the frame. */
VUS_BE_HANDLER(REM_MEM_REG)
{
	struct vus_err err;

	if (!vus_regions_remove(&be->mem, &req->body.mem_reg.region, &err)) {
		vus_be_note(be, "the removal is refused: %s", err.text);
		return VUS_NACK;
	}
	vus_be_remap(be);
	return VUS_OK;
}
