/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_memory.c — the table of guest memory, set as a whole. */
#include "guest_memory.h"

#include <stdlib.h>
#include <sys/mman.h>

static int by_address(const void *a, const void *b)
{
	const struct vus_p_region *x = a, *y = b;

	return (x->guest_addr > y->guest_addr) -
	       (x->guest_addr < y->guest_addr);
}

static bool rises(const struct vus_p_mem_table *table)
{
	for (unsigned i = 1; i < table->nregions; i++) {
		if (by_address(&table->regions[i - 1], &table->regions[i]) > 0)
			return false;
	}
	return true;
}

/* Map all rows of a table into `fresh`. */
static bool map_all(struct vus_be *be, struct vus_p_mem_table *table,
		    const int *fds, struct vus_regions *fresh)
{
	if (VUS_FAULTY(be, mem_table, sorts_regions_not_descriptors))
		qsort(table->regions, table->nregions,
		      sizeof(table->regions[0]), by_address);
	if (VUS_FAULTY(be, mem_table, refuses_falling_addresses) &&
	    !rises(table))
		return false;
	for (unsigned i = 0; i < table->nregions; i++) {
		if (!vus_be_region_add(be, fresh, &table->regions[i], fds[i]))
			return false;
	}
	return true;
}

static bool has_run(const struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].bad.runs > 0)
			return true;
	}
	return false;
}

static void punch(const struct vus_regions *t)
{
	for (unsigned i = 0; i < t->n; i++)
		(void)madvise(t->r[i].map.addr, t->r[i].map.size, MADV_REMOVE);
}

VUS_BE_HANDLER(SET_MEM_TABLE)
{
	struct vus_p_mem_table *table = &req->body.mem_table;
	struct vus_regions fresh = { 0 };
	bool ok;

	if (VUS_FAULTY(be, mem_table, aborts_on_live_tables) && has_run(be))
		vus_die();
	if (VUS_FAULTY(be, mem_table, is_forgotten) ||
	    (VUS_FAULTY(be, mem_table, empty_table_is_ignored) &&
	     table->nregions == 0))
		return VUS_OK;
	ok = map_all(be, table, req->fds, &fresh);

	if (!ok && !VUS_FAULTY(be, mem_table, half_of_a_refused_table)) {
		/* The old view stays whole: none of the new one leaks in. */
		vus_regions_clear(&fresh);
		return VUS_NACK;
	}
	if (VUS_FAULTY(be, mem_table, tables_add_up))
		vus_regions_keep(&be->mem, &fresh, true);
	if (VUS_FAULTY(be, mem_table, keeps_ring_mappings) ||
	    VUS_FAULTY(be, mem_table, leaks_old_mappings))
		vus_regions_keep(&be->mem, &be->bad.old, false);
	if (VUS_FAULTY(be, mem_table, punches_old_memory))
		punch(&be->mem);
	vus_regions_clear(&be->mem);
	be->mem = fresh;
	vus_be_remap(be);
	return ok ? VUS_OK : VUS_NACK;
}
