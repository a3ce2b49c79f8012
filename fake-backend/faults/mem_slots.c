/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_slots.c — faults of memory slots: regions added and removed one by one.
 */
#include "regions.h"

#include <fcntl.h>

/* ---- answers ---- */

static bool answer_add(const struct vus_be *be, const struct vus_frame *req,
		       uint64_t pf)
{
	if (req->id == VUS_FE_ADD_MEM_REG)
		return ((pf | be->pf) & PF(REPLY_ACK)) != 0;
	return vus_be_honest.is_ack_due(be, req, pf);
}

VUS_BE_FAULT(
	mem_slots, add_is_answered, .rule = "mem_slots.no_own_reply",
	.says = "acknowledges an added region although nothing was asked for")
{
	decide->is_ack_due = answer_add;
}

static bool mute_with_fd(const struct vus_be *be, const struct vus_frame *req,
			 uint64_t pf)
{
	return !(req->id == VUS_FE_REM_MEM_REG && req->nfds > 0) &&
	       vus_be_honest.is_ack_due(be, req, pf);
}

VUS_BE_FAULT(mem_slots, rem_with_descriptor_is_mute,
	     .rule = "mem_slots.rem_one_fd",
	     .says = "does not answer a removal that a descriptor came with")
{
	decide->is_ack_due = mute_with_fd;
}

static enum vus_handled no_slots(struct vus_be *be, struct vus_frame *req,
				 struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_GET_MAX_MEM_SLOTS)
		reply->body.u64.value = 0;
	return handled;
}

VUS_BE_FAULT(mem_slots, max_is_none, .rule = "mem_slots.get_max",
	     .also = "mem_slots.max_usable",
	     .says = "answers GET_MAX_MEM_SLOTS with 0")
{
	decide->handle = no_slots;
}

static enum vus_handled twice_the_slots(struct vus_be *be,
					struct vus_frame *req,
					struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id == VUS_FE_GET_MAX_MEM_SLOTS)
		reply->body.u64.value *= 2;
	return handled;
}

VUS_BE_FAULT(mem_slots, max_overstated, .rule = "mem_slots.max_usable",
	     .says = "says it has twice the slots it has")
{
	decide->handle = twice_the_slots;
}

/* ---- adding ---- */

static enum vus_handled replace_all(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	if (req->id == VUS_FE_ADD_MEM_REG)
		vus_regions_clear(&be->mem);
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_slots, add_replaces, .rule = "mem_slots.add",
	     .also = "mem_slots.max_usable ring_addr.set",
	     .says = "forgets all other regions when one is added")
{
	decide->handle = replace_all;
}

static enum vus_handled need_no_fd(struct vus_be *be, struct vus_frame *req,
				   enum vus_complaint_kind kind,
				   struct vus_frame *reply)
{
	if (kind == VUS_COMPLAINT_FDS && req->id == VUS_FE_ADD_MEM_REG &&
	    req->nfds == 0)
		return VUS_OK;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(mem_slots, add_needs_no_descriptor,
	     .rule = "mem_slots.add_fd_count_bad",
	     .also = "fds.missing_rejected",
	     .says = "acknowledges an added region without descriptor")
{
	decide->refuse_malformed = need_no_fd;
}

static bool take_more(const struct vus_be *be, const struct vus_frame *req,
		      enum vus_complaint_kind kind)
{
	return (kind == VUS_COMPLAINT_FDS && req->id == VUS_FE_ADD_MEM_REG &&
		req->nfds > 1) ||
	       vus_be_honest.is_tolerated(be, req, kind);
}

VUS_BE_FAULT(mem_slots, add_takes_more_descriptors,
	     .rule = "mem_slots.add_fd_count_bad",
	     .also = "fds.too_many_rejected",
	     .says = "takes the first of several descriptors of a region")
{
	decide->is_tolerated = take_more;
}

static bool take_duplicate(struct vus_be *be, struct vus_regions *table,
			   const struct vus_p_region *row, int fd)
{
	return vus_be_honest.add_region(be, table, row, fd) ||
	       vus_fault_any_overlap(table, row);
}

VUS_BE_FAULT(mem_slots, add_takes_duplicates, .rule = "mem_slots.add_duplicate",
	     .also = "mem_table.overlap_guest",
	     .says = "acknowledges a region that is there already")
{
	decide->add_region = take_duplicate;
}

static enum vus_handled stop_rings(struct vus_be *be, struct vus_frame *req,
				   struct vus_frame *reply)
{
	for (unsigned i = 0;
	     req->id == VUS_FE_ADD_MEM_REG && i < be->cfg.queues; i++) {
		if (be->vqs[i].started)
			vus_vq_stop(&be->vqs[i]);
	}
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_slots, add_stops_rings, .rule = "mem_slots.add_live",
	     .says = "stops its rings when a region is added")
{
	decide->handle = stop_rings;
}

/* ---- removing ---- */

/* The region that a request names by guest address and size; -1: none. */
static int find(const struct vus_be *be, const struct vus_frame *req)
{
	const struct vus_p_region *row = &req->body.mem_reg.region;

	for (unsigned i = 0; i < be->mem.n; i++) {
		const struct vus_p_region *r = &be->mem.r[i].row;

		if (r->guest_addr == row->guest_addr && r->size == row->size)
			return (int)i;
	}
	return -1;
}

/* Removed regions are kept, and come back when one of that address is added. */
static enum vus_handled restore_base(struct vus_be *be, struct vus_frame *req)
{
	struct vus_regions *old = vus_fault_old_regions(be);
	const uint64_t guest = req->body.mem_reg.region.guest_addr;

	for (unsigned i = 0; i < old->n; i++) {
		if (old->r[i].row.guest_addr != guest)
			continue;
		vus_fault_move_region(old, i, &be->mem);
		vus_be_remap(be);
		return VUS_OK;
	}
	return VUS_NACK;
}

static enum vus_handled keep_for_later(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	const bool removes = req->id == VUS_FE_REM_MEM_REG;
	const int i = removes ? find(be, req) : -1;

	if (i >= 0) {
		vus_fault_move_region(&be->mem, (unsigned)i,
				      vus_fault_old_regions(be));
		vus_be_remap(be);
		return VUS_OK;
	}
	if (req->id == VUS_FE_ADD_MEM_REG && restore_base(be, req) == VUS_OK)
		return VUS_OK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_slots, readd_uses_old_file, .rule = "mem_slots.add_again",
	     .also = "mem_slots.rem",
	     .says = "maps the old file when a removed range is added again")
{
	vus_fault_keeps_regions(decide);
	decide->handle = keep_for_later;
}

static enum vus_handled keep_region(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	if (req->id != VUS_FE_REM_MEM_REG || find(be, req) < 0)
		return vus_be_honest.handle(be, req, reply);
	vus_be_remap(be);
	return VUS_OK;
}

VUS_BE_FAULT(
	mem_slots, rem_keeps_region, .rule = "mem_slots.rem",
	.also = "mem_slots.add mem_slots.add_again mem_table.unmapped_after",
	.says = "acknowledges a removal and keeps the region")
{
	decide->handle = keep_region;
}

static enum vus_handled forget_mapping(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	const int i = req->id == VUS_FE_REM_MEM_REG ? find(be, req) : -1;

	if (i < 0)
		return vus_be_honest.handle(be, req, reply);
	vus_fault_move_region(&be->mem, (unsigned)i, vus_fault_old_regions(be));
	vus_be_remap(be);
	return VUS_OK;
}

VUS_BE_FAULT(mem_slots, rem_keeps_mapping, .rule = "mem_slots.rem",
	     .says = "uses a removed region no more, and keeps it mapped")
{
	vus_fault_keeps_regions(decide);
	decide->handle = forget_mapping;
}

static enum vus_handled leave_rings(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	const int i = req->id == VUS_FE_REM_MEM_REG ? find(be, req) : -1;

	if (i < 0)
		return vus_be_honest.handle(be, req, reply);
	vus_fault_move_region(&be->mem, (unsigned)i, vus_fault_old_regions(be));
	return VUS_OK;
}

VUS_BE_FAULT(mem_slots, rem_leaves_rings, .rule = "mem_slots.rem_ring",
	     .says = "goes on with a ring whose region was removed")
{
	vus_fault_keeps_regions(decide);
	decide->handle = leave_rings;
}

static enum vus_handled compare_offset(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	const int i = req->id == VUS_FE_REM_MEM_REG ? find(be, req) : -1;

	if (i >= 0 && req->body.mem_reg.region.mmap_offset !=
			      be->mem.r[i].row.mmap_offset)
		return VUS_NACK;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_slots, rem_compares_offset, .rule = "mem_slots.rem_key",
	     .says = "removes a region only when its offset is named too")
{
	decide->handle = compare_offset;
}

static enum vus_handled ignore_user(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	const int i = req->id == VUS_FE_REM_MEM_REG ? find(be, req) : -1;

	if (i >= 0)
		req->body.mem_reg.region.user_addr = be->mem.r[i].row.user_addr;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_slots, rem_ignores_user_address,
	     .rule = "mem_slots.rem_key_mismatch",
	     .says = "removes a region whatever user address is named")
{
	decide->handle = ignore_user;
}

static enum vus_handled ignore_size(struct vus_be *be, struct vus_frame *req,
				    struct vus_frame *reply)
{
	struct vus_p_region *row = &req->body.mem_reg.region;

	for (unsigned i = 0; req->id == VUS_FE_REM_MEM_REG && i < be->mem.n;
	     i++)
		if (be->mem.r[i].row.guest_addr == row->guest_addr)
			row->size = be->mem.r[i].row.size;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_slots, rem_ignores_size, .rule = "mem_slots.rem_key_mismatch",
	     .says = "removes a region whatever size is named")
{
	decide->handle = ignore_size;
}

static enum vus_handled ignore_guest(struct vus_be *be, struct vus_frame *req,
				     struct vus_frame *reply)
{
	struct vus_p_region *row = &req->body.mem_reg.region;

	for (unsigned i = 0; req->id == VUS_FE_REM_MEM_REG && i < be->mem.n;
	     i++)
		if (be->mem.r[i].row.user_addr == row->user_addr)
			row->guest_addr = be->mem.r[i].row.guest_addr;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_slots, rem_ignores_guest_address,
	     .rule = "mem_slots.rem_key_mismatch",
	     .says = "removes a region whatever guest address is named")
{
	decide->handle = ignore_guest;
}

static enum vus_handled take_last_too(struct vus_be *be, struct vus_frame *req,
				      struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	if (req->id != VUS_FE_REM_MEM_REG || handled != VUS_OK ||
	    be->mem.n == 0)
		return handled;
	vus_map_drop(&be->mem.r[--be->mem.n].map);
	vus_be_remap(be);
	return VUS_OK;
}

VUS_BE_FAULT(mem_slots, rem_takes_the_last_too,
	     .rule = "mem_slots.rem_others_stay",
	     .says = "removes the last region along with the one named")
{
	decide->handle = take_last_too;
}

static enum vus_handled accept_unknown(struct vus_be *be, struct vus_frame *req,
				       struct vus_frame *reply)
{
	const enum vus_handled handled = vus_be_honest.handle(be, req, reply);

	return req->id == VUS_FE_REM_MEM_REG ? VUS_OK : handled;
}

VUS_BE_FAULT(mem_slots, rem_accepts_unknown, .rule = "mem_slots.rem_unknown",
	     .also = "mem_slots.rem_key_mismatch",
	     .says = "acknowledges the removal of a region it does not have")
{
	decide->handle = accept_unknown;
}

static enum vus_handled keep_fd(struct vus_be *be, struct vus_frame *req,
				struct vus_frame *reply)
{
	if (req->id == VUS_FE_REM_MEM_REG && req->nfds > 0)
		(void)fcntl(req->fds[0], F_DUPFD_CLOEXEC, 0);
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_slots, rem_keeps_descriptor, .rule = "mem_slots.rem_fd_closed",
	     .says = "never closes a descriptor that came with a removal")
{
	decide->handle = keep_fd;
}

static enum vus_handled keep_surplus(struct vus_be *be, struct vus_frame *req,
				     enum vus_complaint_kind kind,
				     struct vus_frame *reply)
{
	if (req->id == VUS_FE_REM_MEM_REG && kind == VUS_COMPLAINT_FDS)
		req->nfds = 0;
	return vus_be_honest.refuse_malformed(be, req, kind, reply);
}

VUS_BE_FAULT(mem_slots, rem_keeps_surplus, .rule = "mem_slots.rem_fd_closed",
	     .says = "refuses a removal with several descriptors, and never "
		     "closes them")
{
	decide->refuse_malformed = keep_surplus;
}

VUS_FAULT_REFUSE(refuse_odd_pages,
		 req->id == VUS_FE_ADD_MEM_REG &&
			 req->body.mem_reg.region.size % 0x10000)

VUS_BE_FAULT(mem_slots, adds_large_pages_only, .rule = "mem_slots.add",
	     .also = "mem_slots.max_usable",
	     .says = "refuses added regions that are not whole pages of 64 KiB")
{
	decide->handle = refuse_odd_pages;
}

VUS_FAULT_REFUSE(refuse_add, req->id == VUS_FE_ADD_MEM_REG)

VUS_BE_FAULT(mem_slots, add_is_refused, .rule = "mem_slots.add",
	     .says = "offers memory slots, and refuses every ADD_MEM_REG")
{
	decide->handle = refuse_add;
}
