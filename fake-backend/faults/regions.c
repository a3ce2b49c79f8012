/* SPDX-License-Identifier: BSD-3-Clause */
/* regions.c — regions as faults of memory keep, move and compare them. */
#include "regions.h"

static bool overlap(const struct vus_p_region *a, const struct vus_p_region *b)
{
	return a->guest_addr - b->guest_addr < b->size ||
	       b->guest_addr - a->guest_addr < a->size;
}

bool vus_fault_any_overlap(const struct vus_regions *t,
			   const struct vus_p_region *row)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (overlap(&t->r[i].row, row))
			return true;
	}
	return false;
}

struct vus_regions *vus_fault_old_regions(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(struct vus_regions));
}

static void unmap_old(struct vus_be *be)
{
	vus_regions_clear(vus_fault_old_regions(be));
	vus_fault_state_close(be);
}

void vus_fault_keeps_regions(struct vus_be_decisions *decide)
{
	vus_fault_remembers(decide);
	decide->disconnected = unmap_old;
}

void vus_fault_move_region(struct vus_regions *from, unsigned i,
			   struct vus_regions *to)
{
	if (to->n == VUS_REGIONS_MAX)
		vus_map_drop(&from->r[i].map);
	else
		to->r[to->n++] = from->r[i];
	for (unsigned k = i + 1; k < from->n; k++)
		from->r[k - 1] = from->r[k];
	from->n--;
}
