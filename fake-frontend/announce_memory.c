/* SPDX-License-Identifier: BSD-3-Clause */
/* announce_memory.c — announcing guest memory: a table, or a region at a time.
 */
#include "session.h"

#include "honest.h"

/* ---- what is decided ---- */

bool vus_fe_honest_uses_slots(const struct vus_session *s)
{
	return s->pf & PF(CONFIGURE_MEM_SLOTS);
}

void vus_fe_honest_describe_region(const struct vus_session *s, uint32_t id,
				   unsigned region, struct vus_p_region *ret)
{
	(void)id;
	vus_guest_describe(&s->guest, region, ret);
}

void vus_fe_honest_attach_table(struct vus_frame *table)
{
	(void)table;
}

void vus_fe_honest_attach_region(const struct vus_session *s, uint32_t id,
				 unsigned region, struct vus_frame *f)
{
	const struct vus_guest *g = &s->guest;

	if (id == VUS_FE_ADD_MEM_REG)
		f->fds[f->nfds++] = g->backings[g->regions[region].backing].fd;
}

/* ---- messages ---- */

struct vus_frame vus_fe_mem_table_frame(const struct vus_session *s)
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_MEM_TABLE);
	const struct vus_guest *g = &s->guest;

	for (unsigned i = 0; i < g->nregions && f.nfds < VUS_MAX_REGIONS; i++) {
		if (g->regions[i].hidden)
			continue;
		s->decide->describe_region(s, f.id, i,
					   &f.body.mem_table.regions[f.nfds]);
		f.fds[f.nfds++] = g->backings[g->regions[i].backing].fd;
	}
	f.body.mem_table.nregions = f.nfds;
	return f;
}

struct vus_frame vus_fe_mem_reg_frame(const struct vus_session *s, uint32_t id,
				      unsigned region)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	s->decide->describe_region(s, id, region, &f.body.mem_reg.region);
	s->decide->attach_region(s, id, region, &f);
	return f;
}

static bool announce_table(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame f = vus_fe_mem_table_frame(s);

	s->decide->attach_table(&f);
	return vus_fe_send_acked(s, &f, err);
}

static bool announce_regions(struct vus_session *s, struct vus_err *err)
{
	for (unsigned i = 0; i < s->guest.nregions; i++) {
		const struct vus_frame f =
			vus_fe_mem_reg_frame(s, VUS_FE_ADD_MEM_REG, i);

		if (!s->guest.regions[i].hidden &&
		    !vus_fe_send_acked(s, &f, err))
			return false;
	}
	return true;
}

bool vus_fe_announce_memory(struct vus_session *s, struct vus_err *err)
{
	if (s->decide->uses_slots(s) ? !announce_regions(s, err)
				     : !announce_table(s, err))
		return false;
	s->memory_announced = true;
	return true;
}
