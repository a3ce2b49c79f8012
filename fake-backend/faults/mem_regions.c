/* SPDX-License-Identifier: BSD-3-Clause */
/* mem_regions.c — faults of a region: how its row is read, and how it is
 * mapped. */
#include "regions.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PAGE UINT64_C(4096)
#define MANY ((size_t)256 << 20) /* bytes of a list of very many pages */

/* ---- how a row is read ---- */

static bool ignore_offset(struct vus_be *be, struct vus_regions *table,
			  const struct vus_p_region *row, int fd)
{
	struct vus_p_region r = *row;

	r.mmap_offset = 0;
	return vus_be_honest.add_region(be, table, &r, fd);
}

VUS_BE_FAULT(mem_table, ignores_mmap_offset, .rule = "mem_table.offset_nonzero",
	     .says = "maps every region from the start of its file")
{
	decide->add_region = ignore_offset;
}

static bool round_offset(struct vus_be *be, struct vus_regions *table,
			 const struct vus_p_region *row, int fd)
{
	struct vus_p_region r = *row;

	r.mmap_offset -= r.mmap_offset % PAGE;
	return vus_be_honest.add_region(be, table, &r, fd);
}

VUS_BE_FAULT(mem_table, rounds_offset_down,
	     .rule = "mem_table.offset_unaligned",
	     .says = "begins a region with the page that its offset lies in")
{
	decide->add_region = round_offset;
}

static bool round_size(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd)
{
	struct vus_p_region r = *row;

	if (r.size > PAGE)
		r.size -= r.size % PAGE;
	return vus_be_honest.add_region(be, table, &r, fd);
}

VUS_BE_FAULT(mem_table, rounds_size_down, .rule = "mem_table.size_unaligned",
	     .says = "maps whole pages of a region only")
{
	decide->add_region = round_size;
}

static bool cut_size(struct vus_be *be, struct vus_regions *table,
		     const struct vus_p_region *row, int fd)
{
	struct vus_p_region r = *row;

	r.size &= UINT32_MAX;
	return vus_be_honest.add_region(be, table, &r, fd);
}

VUS_BE_FAULT(mem_table, sizes_have_32_bits, .rule = "mem_table.set",
	     .says = "keeps the low 32 bits of a region's size")
{
	decide->add_region = cut_size;
}

static bool one_byte_less(struct vus_be *be, struct vus_regions *table,
			  const struct vus_p_region *row, int fd)
{
	struct vus_p_region r = *row;

	r.size--;
	return vus_be_honest.add_region(be, table, &r, fd);
}

static enum vus_handled remove_one_byte_less(struct vus_be *be,
					     struct vus_frame *req,
					     struct vus_frame *reply)
{
	if (req->id == VUS_FE_REM_MEM_REG)
		req->body.mem_reg.region.size--;
	return vus_be_honest.handle(be, req, reply);
}

VUS_BE_FAULT(mem_table, stops_before_last_byte,
	     .rule = "address_translation.last_byte",
	     .says = "takes a region's size for one byte less than it is")
{
	decide->add_region = one_byte_less;
	decide->handle = remove_one_byte_less;
}

/* The inode behind the first region. */
static ino_t *first_file(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(ino_t));
}

static bool one_a_file(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd)
{
	struct vus_p_region r = *row;
	struct stat st = { 0 };

	(void)fstat(fd, &st);
	if (table->n == 0)
		*first_file(be) = st.st_ino;
	else if (st.st_ino == *first_file(be))
		r.mmap_offset = table->r[0].row.mmap_offset;
	return vus_be_honest.add_region(be, table, &r, fd);
}

VUS_BE_FAULT(mem_table, one_region_a_file,
	     .rule = "mem_table.same_fd_many_regions",
	     .also = "mem_table.offset_nonzero",
	     .says = "maps all regions of a file like the first")
{
	vus_fault_remembers(decide);
	decide->add_region = one_a_file;
}

/* ---- how a region is mapped ---- */

/* Its file mapped from the start, as far as the region. */
static bool map_from_start(struct vus_be *be, struct vus_regions *table,
			   const struct vus_p_region *row, int fd)
{
	struct vus_map whole = {
		.size = (size_t)(row->mmap_offset + row->size),
	};
	struct vus_region *r;

	if (!vus_be_honest.add_region(be, table, row, fd))
		return false;
	r = &table->r[table->n - 1];
	whole.addr = mmap(NULL, whole.size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (whole.addr == MAP_FAILED)
		return true;
	vus_map_drop(&r->map);
	r->map = whole;
	r->host = (uint8_t *)whole.addr + row->mmap_offset;
	return true;
}

VUS_BE_FAULT(mem_table, maps_from_file_start,
	     .rule = "mem_table.one_file_many_mappings",
	     .says = "maps a file from its start, whatever the offset")
{
	decide->add_region = map_from_start;
}

static bool map_second_privately(struct vus_be *be, struct vus_regions *table,
				 const struct vus_p_region *row, int fd)
{
	struct vus_region *r;
	uint64_t skip;

	if (!vus_be_honest.add_region(be, table, row, fd))
		return false;
	r = &table->r[table->n - 1];
	skip = (uint64_t)(r->host - (uint8_t *)r->map.addr);
	if (table->n > 1)
		(void)mmap(r->map.addr, r->map.size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_FIXED, fd,
			   (off_t)(row->mmap_offset - skip));
	return true;
}

VUS_BE_FAULT(mem_table, second_region_private,
	     .rule = "mem_table.alias_regions",
	     .also = "mem_table.same_fd_many_regions mem_table.region_order",
	     .says = "maps all regions but the first as a private copy")
{
	decide->add_region = map_second_privately;
}

static bool shares_users(const struct vus_p_region *a,
			 const struct vus_p_region *b)
{
	return a->user_addr - b->user_addr < b->size ||
	       b->user_addr - a->user_addr < a->size;
}

static bool hide_sharers(struct vus_be *be, struct vus_regions *table,
			 const struct vus_p_region *row, int fd)
{
	unsigned i = 0;

	if (!vus_be_honest.add_region(be, table, row, fd))
		return false;
	while (i + 1 < table->n) {
		if (!shares_users(&table->r[i].row, row)) {
			i++;
			continue;
		}
		vus_map_drop(&table->r[i].map);
		memmove(&table->r[i], &table->r[i + 1],
			(table->n - i - 1) * sizeof(table->r[0]));
		table->n--;
	}
	return true;
}

VUS_BE_FAULT(
	mem_table, shared_users_hide, .rule = "mem_table.overlap_user",
	.says = "forgets the older of two regions that share user addresses")
{
	decide->add_region = hide_sharers;
}

/* A list that is filled at once, kept until the connection ends. */
static uint8_t **pages(const struct vus_be *be)
{
	static const char key;

	return vus_fault_state(be, &key, sizeof(uint8_t *));
}

static bool set_pages_aside(struct vus_be *be, struct vus_regions *table,
			    const struct vus_p_region *row, int fd)
{
	uint8_t **list = pages(be);

	if (!vus_be_honest.add_region(be, table, row, fd))
		return false;
	if (row->size / PAGE < MANY)
		return true;
	if (!*list)
		*list = malloc(MANY);
	if (*list)
		memset(*list, 1, MANY);
	return true;
}

static void free_pages(struct vus_be *be)
{
	free(*pages(be));
	vus_fault_state_close(be);
}

VUS_BE_FAULT(mem_table, lists_all_pages, .rule = "mem_table.huge_size",
	     .says = "fills a list with an entry for each page of a region")
{
	vus_fault_remembers(decide);
	decide->disconnected = free_pages;
	decide->add_region = set_pages_aside;
}

/* ---- good regions that are refused ---- */

static bool refuse_adjacent(struct vus_be *be, struct vus_regions *table,
			    const struct vus_p_region *row, int fd)
{
	for (unsigned i = 0; i < table->n; i++) {
		const struct vus_p_region *r = &table->r[i].row;

		if (r->guest_addr + r->size == row->guest_addr ||
		    row->guest_addr + row->size == r->guest_addr)
			return false;
	}
	return vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(mem_table, refuses_adjacent, .rule = "mem_table.adjacent_ok",
	     .also = "mem_table.any_order",
	     .says = "refuses a region that begins where another ends")
{
	decide->add_region = refuse_adjacent;
}

static bool refuse_low(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd)
{
	return row->user_addr - 1 >= 0xffff &&
	       vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(mem_table, refuses_low_user_addresses,
	     .rule = "mem_table.user_addr_foreign",
	     .says = "refuses a region whose user address is below 64 KiB, and "
		     "not 0")
{
	decide->add_region = refuse_low;
}

static bool refuse_foreign(struct vus_be *be, struct vus_regions *table,
			   const struct vus_p_region *row, int fd)
{
	return !(row->user_addr >> 63) &&
	       vus_be_honest.add_region(be, table, row, fd);
}

VUS_BE_FAULT(mem_table, refuses_foreign_addresses,
	     .rule = "mem_table.user_addr_foreign",
	     .says = "refuses user addresses in the upper half")
{
	decide->add_region = refuse_foreign;
}

static bool cannot_replace(uintptr_t page, size_t size)
{
	(void)page;
	(void)size;
	return false;
}

VUS_BE_FAULT(mem_table, crashes_on_truncated_files,
	     .rule = "mem_table.file_cut_later",
	     .says = "dies of SIGBUS when a file was cut")
{
	decide->replace_lost_page = cannot_replace;
}

static bool map_as_told(struct vus_be *be, struct vus_regions *table,
			const struct vus_p_region *row, int fd)
{
	struct vus_err err;

	if (vus_regions_add_beyond(table, row, fd, &err))
		return true;
	vus_be_note(be, "a region is refused: %s", err.text);
	return false;
}

/* The access is tried again when the signal handler returns. */
static bool leave_page(uintptr_t page, size_t size)
{
	(void)page;
	(void)size;
	return true;
}

VUS_BE_FAULT(mem_table, trusts_the_size_of_a_file,
	     .rule = "mem_table.file_too_short",
	     .also = "mem_table.file_cut_later",
	     .says = "maps a region without a look at the size of its file, "
		     "and tries an access beyond its end for ever")
{
	decide->add_region = map_as_told;
	decide->replace_lost_page = leave_page;
}
