/* SPDX-License-Identifier: BSD-3-Clause */
/* announce_memory.c — announcing guest memory: a table, or a region at a time.
 */
#include "session.h"

struct vus_frame vus_fe_mem_table_frame(const struct vus_session *s)
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_MEM_TABLE);
	const struct vus_guest *g = &s->guest;

	for (unsigned i = 0; i < g->nregions && f.nfds < VUS_MAX_REGIONS; i++) {
		if (g->regions[i].hidden)
			continue;
		vus_guest_describe(g, i, &f.body.mem_table.regions[f.nfds]);
		if (VUS_FE_FAULTY(s, memory_fds, file_too_small))
			f.body.mem_table.regions[f.nfds].size += 4096;
		f.fds[f.nfds++] = g->backings[g->regions[i].backing].fd;
	}
	f.body.mem_table.nregions = f.nfds;
	return f;
}

struct vus_frame vus_fe_mem_reg_frame(const struct vus_session *s, uint32_t id,
				      unsigned region)
{
	const struct vus_guest *g = &s->guest;
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	vus_guest_describe(g, region, &f.body.mem_reg.region);
	if (VUS_FE_FAULTY(s, memory_fds, slots_without_offset))
		f.body.mem_reg.region.mmap_offset = 0;
	if (VUS_FE_FAULTY(s, memory_fds, file_too_small))
		f.body.mem_reg.region.size += 4096;
	if (id == VUS_FE_ADD_MEM_REG ||
	    VUS_FE_FAULTY(s, mem_slots, removes_with_descriptor)) {
		f.fds[0] = g->backings[g->regions[region].backing].fd;
		f.fds[1] = f.fds[0];
		f.nfds = VUS_FE_FAULTY(s, mem_slots, two_descriptors) ? 2 : 1;
	}
	return f;
}

bool vus_fe_announce_memory(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame f;

	if (!(s->pf & PF(CONFIGURE_MEM_SLOTS)) ||
	    VUS_FE_FAULTY(s, mem_slots, table_despite_slots)) {
		f = vus_fe_mem_table_frame(s);
		if (VUS_FE_FAULTY(s, mem_table, two_descriptors) &&
		    f.nfds > 0) {
			f.fds[f.nfds] = f.fds[f.nfds - 1];
			f.nfds++;
		}
		if (VUS_FE_FAULTY(s, memory_fds, one_descriptor))
			f.nfds = 1;
		if (!vus_fe_send_acked(s, &f, err))
			return false;
	} else {
		for (unsigned i = 0; i < s->guest.nregions; i++) {
			if (s->guest.regions[i].hidden)
				continue;
			f = vus_fe_mem_reg_frame(s, VUS_FE_ADD_MEM_REG, i);
			if (!vus_fe_send_acked(s, &f, err))
				return false;
		}
	}
	s->memory_announced = true;
	return true;
}
