/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_refused.c — faults of regions that must be refused. */
#include "regions.h"

static bool wraps(uint64_t start, uint64_t size)
{
	return size > 0 && start > UINT64_MAX - (size - 1);
}

static bool take_overlap(struct vus_be *be, struct vus_regions *table,
			 const struct vus_p_region *row, int fd)
{
	return vus_be_honest.add_region(be, table, row, fd) ||
	       (row->size > 0 && vus_fault_any_overlap(table, row));
}

VUS_BE_FAULT(mem_table, accepts_overlaps, .rule = "mem_table.overlap_guest",
	     .also = "mem_slots.add_duplicate",
	     .says = "acknowledges regions that overlap")
{
	decide->add_region = take_overlap;
}

static bool take_empty(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd)
{
	return row->size == 0 || vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(mem_table, accepts_empty_regions, .rule = "mem_table.size_zero",
	     .says = "acknowledges a region of size 0")
{
	decide->add_region = take_empty;
}

static bool take_wrapping_offset(struct vus_be *be, struct vus_regions *table,
				 const struct vus_p_region *row, int fd)
{
	return wraps(row->mmap_offset, row->size) ||
	       vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(
	mem_table, accepts_wrapping_offset, .rule = "mem_table.wrap_offset",
	.says = "acknowledges a region that passes the end of file offsets")
{
	decide->add_region = take_wrapping_offset;
}

static bool take_unmappable(struct vus_be *be, struct vus_regions *table,
			    const struct vus_p_region *row, int fd)
{
	return vus_be_honest.add_region(be, table, row, fd) ||
	       (row->size > 0 && !wraps(row->mmap_offset, row->size) &&
		!vus_fault_any_overlap(table, row));
}

VUS_BE_FAULT(mem_table, accepts_unmappable, .rule = "mem_table.map_failure",
	     .also = "reply_ack.nonzero_on_failure fds.wrong_type "
		     "mem_table.file_too_short",
	     .says = "acknowledges a region it could not map")
{
	decide->add_region = take_unmappable;
}

/* In two parts, the second of which begins `high` bytes behind the first. */
static bool add_in_two(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd, uint64_t high)
{
	struct vus_p_region first = *row, second = *row;

	first.size = high;
	second.guest_addr += high;
	second.user_addr += high;
	second.mmap_offset += high;
	second.size -= high;
	return vus_be_honest.add_region(be, table, &first, fd) &&
	       vus_be_honest.add_region(be, table, &second, fd);
}

static bool wrap_guest(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd)
{
	if (wraps(row->guest_addr, row->size))
		return add_in_two(be, table, row, fd, -row->guest_addr);
	return vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(
	mem_table, accepts_wrapping_guest, .rule = "mem_table.wrap_guest",
	.says = "goes on at 0 with a region that passes the last guest address")
{
	decide->add_region = wrap_guest;
}

static bool wrap_user(struct vus_be *be, struct vus_regions *table,
		      const struct vus_p_region *row, int fd)
{
	if (wraps(row->user_addr, row->size))
		return add_in_two(be, table, row, fd, -row->user_addr);
	return vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(
	mem_table, accepts_wrapping_user, .rule = "mem_table.wrap_user",
	.says = "goes on at 0 with a region that passes the last user address")
{
	decide->add_region = wrap_user;
}
