/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_slots.c — memory regions added and removed one at a time. */
#include "guest_memory.h"

#include <fcntl.h>

VUS_BE_HANDLER(GET_MAX_MEM_SLOTS)
{
	uint64_t n = be->cfg.slots ? be->cfg.slots : VUS_BE_MAX_SLOTS;

	if (VUS_FAULTY(be, mem_slots, max_is_none))
		n = 0;
	if (VUS_FAULTY(be, mem_slots, max_overstated))
		n *= 2;
	reply->body.u64.value = n;
	return VUS_OK;
}

/* Take a removed region of the same address out of the drawer. */
static bool take_old(struct vus_be *be, const struct vus_p_region *row)
{
	for (unsigned i = 0; i < be->bad.old.n; i++) {
		if (be->bad.old.r[i].row.guest_addr != row->guest_addr)
			continue;
		vus_regions_move(&be->bad.old, i, &be->mem);
		return true;
	}
	return false;
}

static void stop_rings(struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].started)
			vus_vq_stop(&be->vqs[i]);
	}
}

VUS_BE_HANDLER(ADD_MEM_REG)
{
	const struct vus_p_region *row = &req->body.mem_reg.region;

	if (VUS_FAULTY(be, mem_slots, add_replaces))
		vus_regions_clear(&be->mem);
	if (VUS_FAULTY(be, mem_slots, add_stops_rings))
		stop_rings(be);
	if (!(VUS_FAULTY(be, mem_slots, readd_uses_old_file) &&
	      take_old(be, row)) &&
	    !vus_be_region_add(be, &be->mem, row, req->fds[0]))
		return VUS_NACK;
	vus_be_remap(be);
	return VUS_OK;
}

static int find_slot(const struct vus_be *be, const struct vus_p_region *row)
{
	for (unsigned i = 0; i < be->mem.n; i++) {
		const struct vus_p_region *r = &be->mem.r[i].row;

		if (r->guest_addr == row->guest_addr && r->size == row->size)
			return (int)i;
	}
	return -1;
}

/* What faults make of the region that is named; false: refused. */
static bool misread(struct vus_be *be, struct vus_p_region *row)
{
	int i;

	/* These faults have changed the size in the table, too. */
	if (VUS_FAULTY(be, mem_table, stops_before_last_byte))
		row->size--;
	i = find_slot(be, row);
	if (i < 0)
		return true;
	if (VUS_FAULTY(be, mem_slots, rem_ignores_user_address))
		row->user_addr = be->mem.r[i].row.user_addr;
	if (VUS_FAULTY(be, mem_slots, readd_uses_old_file))
		vus_regions_move(&be->mem, (unsigned)i, &be->bad.old);
	return !VUS_FAULTY(be, mem_slots, rem_compares_offset) ||
	       row->mmap_offset == be->mem.r[i].row.mmap_offset;
}

static bool remove_region(struct vus_be *be, struct vus_p_region *row)
{
	struct vus_err err;

	if (VUS_FAULTY(be, mem_slots, rem_keeps_region) &&
	    find_slot(be, row) >= 0)
		return true;
	if (VUS_FAULTY(be, mem_slots, rem_leaves_rings) &&
	    find_slot(be, row) >= 0) {
		vus_regions_move(&be->mem, (unsigned)find_slot(be, row),
				 &be->bad.old);
		return true;
	}
	if (!misread(be, row))
		return false;
	if (!vus_regions_remove(&be->mem, row, &err)) {
		vus_be_note(be, "the removal is refused: %s", err.text);
		return VUS_FAULTY(be, mem_slots, rem_accepts_unknown) ||
		       VUS_FAULTY(be, mem_slots, readd_uses_old_file);
	}
	if (VUS_FAULTY(be, mem_slots, rem_takes_the_last_too) && be->mem.n > 0)
		vus_map_drop(&be->mem.r[--be->mem.n].map);
	return true;
}

/* A descriptor that an old front-end attached is closed with the frame. */
VUS_BE_HANDLER(REM_MEM_REG)
{
	if (req->nfds > 0 && VUS_FAULTY(be, mem_slots, rem_keeps_descriptor))
		(void)fcntl(req->fds[0], F_DUPFD_CLOEXEC, 0);
	if (!remove_region(be, &req->body.mem_reg.region))
		return VUS_NACK;
	if (!VUS_FAULTY(be, mem_slots, rem_leaves_rings))
		vus_be_remap(be);
	return VUS_OK;
}
