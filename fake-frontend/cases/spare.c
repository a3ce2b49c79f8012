/* SPDX-License-Identifier: BSD-3-Clause */
/* spare.c — a guest with spare regions that come and go by slot messages. */
#include "spare.h"

static const struct vus_plot plots[VUS_NSPARE] = {
	[VUS_HOME] = { .gpa = 0, .size = VUS_MIB },
	[VUS_A] = { .gpa = VUS_A_ADDR, .size = VUS_SPARE_SIZE, .file = 1 },
	[VUS_B] = { .gpa = VUS_B_ADDR, .size = VUS_SPARE_SIZE, .file = 2 },
	[VUS_C] = { .gpa = VUS_C_ADDR, .size = VUS_SPARE_SIZE, .file = 3 },
};

bool vus_spare_announce(struct vus_ctx *t, unsigned n)
{
	if (!vus_layout(t, plots, VUS_NSPARE))
		return false;
	for (unsigned i = n; i < VUS_NSPARE; i++)
		vus_fe(t)->guest.regions[i].hidden = true;
	return vus_step_memory(t);
}

bool vus_spare_start(struct vus_ctx *t, unsigned n)
{
	return vus_spare_announce(t, n) && vus_step_ring(t, 0, 0, 0);
}

bool vus_spare_change(struct vus_session *s, uint32_t id, unsigned region,
		      struct vus_err *err)
{
	const struct vus_frame f = vus_fe_mem_reg(s, id, region);

	if (!vus_fe_send(s, &f, err) || !vus_fe_barrier(s, err))
		return false;
	s->guest.regions[region].hidden = id == VUS_FE_REM_MEM_REG;
	return true;
}

struct vus_frame vus_spare_frame(const struct vus_session *s, uint32_t id,
				 unsigned region)
{
	struct vus_frame f = vus_fe_mem_reg(s, id, region);

	f.flags |= VUS_FLAG_NEED_REPLY;
	return f;
}
