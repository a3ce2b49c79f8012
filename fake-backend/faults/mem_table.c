/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_table.c — faults of SET_MEM_TABLE: what is done with a whole table. */
#include "regions.h"
#include "ring.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static bool is_table(const struct vus_frame *req)
{
	return req->id == VUS_FE_SET_MEM_TABLE;
}

static enum vus_handled forget_table(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply)
{
	return is_table(req) ? VUS_OK : vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_table, is_forgotten, .rule = "mem_table.set",
	     .says = "acknowledges a table and keeps nothing of it")
{
	decide->handle = forget_table;
}

static bool answer_table(const struct vus_be *be, const struct vus_frame *req,
			 uint64_t pf)
{
	if (is_table(req))
		return ((pf | be->pf) & PF(REPLY_ACK)) != 0;
	return vus_be_honest.is_ack_due(be, req, pf);
}

VUS_BE_FAULT(mem_table, is_answered, .rule = "mem_table.no_reply",
	     .says = "acknowledges tables although nothing was asked for")
{
	decide->is_ack_due = answer_table;
}

/* ---- the order of its rows ---- */

static int by_address(const void *a, const void *b)
{
	const struct vus_p_region *x = a, *y = b;

	return (x->guest_addr > y->guest_addr) -
	       (x->guest_addr < y->guest_addr);
}

static bool sort_regions(struct vus_be *be, struct vus_p_mem_table *table,
			 const int *fds, struct vus_regions *fresh)
{
	qsort(table->regions, table->nregions, sizeof(table->regions[0]),
	      by_address);
	return vus_be_honest.map_table(be, table, fds, fresh);
}

VUS_BE_FAULT(mem_table, sorts_regions_not_descriptors,
	     .rule = "mem_table.region_order",
	     .says = "sorts the regions of a table by address, and not their "
		     "descriptors")
{
	decide->map_table = sort_regions;
}

static bool rising_only(struct vus_be *be, struct vus_p_mem_table *table,
			const int *fds, struct vus_regions *fresh)
{
	for (unsigned i = 1; i < table->nregions; i++) {
		if (by_address(&table->regions[i - 1], &table->regions[i]) > 0)
			return false;
	}
	return vus_be_honest.map_table(be, table, fds, fresh);
}

VUS_BE_FAULT(mem_table, refuses_falling_addresses,
	     .rule = "mem_table.any_order",
	     .says = "refuses a table whose guest addresses do not rise")
{
	decide->map_table = rising_only;
}

/* ---- the old table ---- */

static void add_up(struct vus_be *be, struct vus_regions *fresh)
{
	unsigned i = 0;

	while (i < be->mem.n) {
		if (vus_fault_any_overlap(fresh, &be->mem.r[i].row))
			i++;
		else
			vus_fault_move_region(&be->mem, i, fresh);
	}
	vus_be_honest.replace_memory(be, fresh);
}

VUS_BE_FAULT(
	mem_table, tables_add_up, .rule = "mem_table.replace",
	.also = "mem_table.unmapped_after",
	.says = "keeps regions of the old table where the new one has none")
{
	decide->replace_memory = add_up;
}

/* Is a ring that runs in this region? */
static bool has_live_ring(const struct vus_be *be,
			  const struct vus_p_region *row)
{
	for (unsigned i = 0; i < be->cfg.queues; i++)
		if (be->vqs[i].live &&
		    be->vqs[i].addr.used - row->user_addr < row->size)
			return true;
	return false;
}

static void keep_rings(struct vus_be *be, struct vus_regions *fresh)
{
	unsigned i = 0;

	while (i < be->mem.n) {
		if (!has_live_ring(be, &be->mem.r[i].row) ||
		    vus_fault_any_overlap(fresh, &be->mem.r[i].row))
			i++;
		else
			vus_fault_move_region(&be->mem, i, fresh);
	}
	vus_be_honest.replace_memory(be, fresh);
}

VUS_BE_FAULT(mem_table, keeps_memory_of_rings,
	     .rule = "mem_table.replace_drops_ring",
	     .says = "keeps the region of a ring that the new table leaves out")
{
	decide->replace_memory = keep_rings;
}

static enum vus_handled die_of_live_table(struct vus_be *be,
					  struct vus_frame *req,
					  struct vus_frame *reply)
{
	if (is_table(req) && vus_be_any_live(be))
		vus_die();
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_table, aborts_on_live_tables,
	     .rule = "mem_table.replace_inflight",
	     .says = "aborts at a new table once a ring has run")
{
	decide->handle = die_of_live_table;
}

static enum vus_handled ignore_empty(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply)
{
	if (is_table(req) && req->body.mem_table.nregions == 0)
		return VUS_OK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_table, empty_table_is_ignored,
	     .rule = "mem_table.zero_regions",
	     .also = "mem_table.replace_drops_ring",
	     .says = "acknowledges a table of no region and goes on with the "
		     "old one")
{
	decide->handle = ignore_empty;
}

static void punch(struct vus_be *be, struct vus_regions *fresh)
{
	for (unsigned i = 0; i < be->mem.n; i++)
		(void)madvise(be->mem.r[i].map.addr, be->mem.r[i].map.size,
			      MADV_REMOVE);
	vus_be_honest.replace_memory(be, fresh);
}

VUS_BE_FAULT(mem_table, punches_old_memory, .rule = "mem_table.no_resize",
	     .says = "punches holes into the files of a table that is replaced")
{
	decide->replace_memory = punch;
}

static void leak(struct vus_be *be, struct vus_regions *fresh)
{
	while (be->mem.n > 0)
		vus_fault_move_region(&be->mem, 0, vus_fault_old_regions(be));
	vus_be_honest.replace_memory(be, fresh);
}

VUS_BE_FAULT(mem_table, leaks_old_mappings, .rule = "mem_table.unmapped_after",
	     .says = "never unmaps the old table")
{
	vus_fault_keeps_regions(decide);
	decide->replace_memory = leak;
}

/* ---- tables that are refused ---- */

static bool keep_half(struct vus_be *be, struct vus_p_mem_table *table,
		      const int *fds, struct vus_regions *fresh)
{
	if (vus_be_honest.map_table(be, table, fds, fresh))
		return true;
	be->decide->replace_memory(be, fresh);
	return false;
}

VUS_BE_FAULT(mem_table, half_of_a_refused_table,
	     .rule = "mem_table.replace_failed",
	     .also = "mem_table.map_failure",
	     .says = "keeps the regions in front of the one it refused")
{
	decide->map_table = keep_half;
}

static enum vus_handled match_no_count(struct vus_be *be, struct vus_frame *req,
				       enum vus_complaint_kind kind,
				       struct vus_frame *reply)
{
	if (is_table(req) && kind == VUS_COMPLAINT_FDS)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(mem_table, matches_no_descriptor_count,
	     .rule = "mem_table.fd_count_mismatch",
	     .also = "fds.missing_rejected fds.too_many_rejected",
	     .says = "acknowledges a table with another number of descriptors")
{
	decide->refuse_malformed = match_no_count;
}

static enum vus_handled keep_surplus(struct vus_be *be, struct vus_frame *req,
				     enum vus_complaint_kind kind,
				     struct vus_frame *reply)
{
	if (is_table(req) && kind == VUS_COMPLAINT_FDS &&
	    req->nfds > req->body.mem_table.nregions)
		req->nfds = 0;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(
	mem_table, keeps_surplus_descriptors,
	.rule = "mem_table.fd_count_mismatch",
	.says = "never closes the descriptors of a table that has too many")
{
	decide->refuse_malformed = keep_surplus;
}

/* The count of a table of the wrong size; 0: it is none. */
static uint32_t count_of(const struct vus_frame *req,
			 enum vus_complaint_kind kind)
{
	uint32_t count = 0;

	if (is_table(req) && kind == VUS_COMPLAINT_SIZE)
		memcpy(&count, req->payload,
		       VUS_MIN(req->payload_len, sizeof(count)));
	return count;
}

static enum vus_handled nine_is_eight(struct vus_be *be, struct vus_frame *req,
				      enum vus_complaint_kind kind,
				      struct vus_frame *reply)
{
	if (count_of(req, kind) > VUS_MAX_REGIONS)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(mem_table, nine_is_eight, .rule = "mem_table.too_many_regions",
	     .says = "acknowledges a table of more regions than fit into one")
{
	decide->refuse_malformed = nine_is_eight;
}

static enum vus_handled count_unsent(struct vus_be *be, struct vus_frame *req,
				     enum vus_complaint_kind kind,
				     struct vus_frame *reply)
{
	if (is_table(req) && kind == VUS_COMPLAINT_SIZE &&
	    count_of(req, kind) <= VUS_MAX_REGIONS)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(mem_table, counts_unsent_regions,
	     .rule = "mem_table.count_beyond_payload",
	     .says = "acknowledges a table that ends before its last region")
{
	decide->refuse_malformed = count_unsent;
}

/* ---- the rings in it ---- */

static void keep_memory(struct vus_be *be, struct vus_regions *fresh)
{
	while (be->mem.n > 0)
		vus_fault_move_region(&be->mem, 0, vus_fault_old_regions(be));
	vus_be_honest.replace_memory(be, fresh);
}

static void remap_unless_live(struct vus_vq *vq)
{
	if (!vq->live)
		vus_be_honest.ring_remap(vq);
}

VUS_BE_FAULT(mem_table, keeps_ring_mappings,
	     .rule = "mem_table.replace_rings_retranslated",
	     .also = "mem_table.unmapped_after mem_table.replace_live",
	     .says = "runs its rings in the old mapping after a new table")
{
	vus_fault_keeps_regions(decide);
	decide->replace_memory = keep_memory;
	decide->ring_remap = remap_unless_live;
}

static bool *is_lost(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(bool));
}

static void remap_or_lose(struct vus_vq *vq)
{
	vus_be_honest.ring_remap(vq);
	*is_lost(vq) |= vq->live && !vq->mapped;
}

static bool may_run_unless_lost(const struct vus_vq *vq)
{
	return vus_be_honest.ring_may_run(vq) && !*is_lost(vq);
}

VUS_BE_FAULT(mem_table, lost_rings_stay_lost,
	     .rule = "mem_table.replace_drops_ring",
	     .says = "serves no ring again that a table left out")
{
	vus_fault_remembers(decide);
	decide->ring_remap = remap_or_lose;
	decide->ring_may_run = may_run_unless_lost;
}

static void stop_and_remap(struct vus_vq *vq)
{
	if (vq->started)
		vus_vq_stop(vq);
	vus_be_honest.ring_remap(vq);
}

VUS_BE_FAULT(mem_table, stops_rings, .rule = "mem_table.replace_live",
	     .says = "stops its rings at a new table")
{
	decide->ring_remap = stop_and_remap;
}

static bool refuse_high_rows(struct vus_be *be, struct vus_p_mem_table *table,
			     const int *fds, struct vus_regions *fresh)
{
	for (unsigned i = 0; i < table->nregions; i++)
		if (table->regions[i].guest_addr >> 40)
			return false;
	return vus_be_honest.map_table(be, table, fds, fresh);
}

VUS_BE_FAULT(mem_table, refuses_high_rows, .rule = "mem_table.set",
	     .says = "refuses tables with guest addresses of more than 40 bits")
{
	decide->map_table = refuse_high_rows;
}

VUS_FAULT_REFUSE(refuse_table, is_table(req))

VUS_BE_FAULT(mem_table, is_refused, .rule = "mem_table.set",
	     .says = "refuses every SET_MEM_TABLE")
{
	decide->handle = refuse_table;
}
