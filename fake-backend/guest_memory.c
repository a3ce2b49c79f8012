/* SPDX-License-Identifier: BSD-3-Clause */
/* guest_memory.c — regions as messages bring them, and as faults mistreat them.
 */
#include "guest_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PAGE UINT64_C(4096)      /* what faults add to a region, or round to */
#define MANY ((size_t)256 << 20) /* bytes of a list of very many pages */

static bool wraps(uint64_t start, uint64_t size)
{
	return size > 0 && start > UINT64_MAX - (size - 1);
}

static bool overlap(const struct vus_p_region *a, const struct vus_p_region *b)
{
	return a->guest_addr - b->guest_addr < b->size ||
	       b->guest_addr - a->guest_addr < a->size;
}

static bool any_overlap(const struct vus_regions *t,
			const struct vus_p_region *row)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (overlap(&t->r[i].row, row))
			return true;
	}
	return false;
}

static bool any_neighbour(const struct vus_regions *t,
			  const struct vus_p_region *row)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct vus_p_region *r = &t->r[i].row;

		if (r->guest_addr + r->size == row->guest_addr ||
		    row->guest_addr + row->size == r->guest_addr)
			return true;
	}
	return false;
}

/* Regions that must be refused, and that a fault only pretends to take. */
static bool pretends(const struct vus_be *be, const struct vus_regions *t,
		     const struct vus_p_region *row)
{
	if (row->size == 0)
		return VUS_FAULTY(be, mem_table, accepts_empty_regions);
	if (wraps(row->mmap_offset, row->size))
		return VUS_FAULTY(be, mem_table, accepts_wrapping_offset);
	if (any_overlap(t, row))
		return VUS_FAULTY(be, mem_table, accepts_overlaps) ||
		       VUS_FAULTY(be, mem_slots, add_takes_duplicates);
	return VUS_FAULTY(be, mem_table, accepts_unmappable);
}

/* Good regions that a fault refuses. */
static bool denies(const struct vus_be *be, const struct vus_regions *t,
		   const struct vus_p_region *row)
{
	if (VUS_FAULTY(be, mem_table, refuses_foreign_addresses) &&
	    row->user_addr >> 63)
		return true;
	if ((be->pf & PF(GPA_ADDRESSES)) &&
	    ((row->user_addr == row->guest_addr &&
	      VUS_FAULTY(be, address_translation, refuses_gpa_mode)) ||
	     (row->user_addr == 0 &&
	      VUS_FAULTY(be, address_translation, refuses_user_address_zero))))
		return true;
	return VUS_FAULTY(be, mem_table, refuses_adjacent) &&
	       any_neighbour(t, row);
}

/* Both ends of a region, as faults misplace them. */
static void misplace(const struct vus_be *be, uint64_t file_size,
		     struct vus_p_region *r)
{
	if (VUS_FAULTY(be, address_translation, first_byte_is_outside)) {
		r->guest_addr++;
		r->user_addr++;
		r->mmap_offset++;
		r->size--;
	}
	if (VUS_FAULTY(be, address_translation, begins_early) &&
	    r->mmap_offset >= PAGE && r->guest_addr >= PAGE &&
	    r->user_addr >= PAGE) {
		r->guest_addr -= PAGE;
		r->user_addr -= PAGE;
		r->mmap_offset -= PAGE;
		r->size += PAGE;
	}
	if ((VUS_FAULTY(be, address_translation, goes_one_past) ||
	     VUS_FAULTY(be, address_translation, checks_start_only) ||
	     VUS_FAULTY(be, address_translation, rings_overrun)) &&
	    r->mmap_offset + r->size + PAGE <= file_size)
		r->size += PAGE;
	if (VUS_FAULTY(be, mem_table, stops_before_last_byte))
		r->size--;
}

/* The region as a fault misreads it. */
static struct vus_p_region misread(struct vus_be *be,
				   const struct vus_regions *t,
				   const struct vus_p_region *row, int fd)
{
	struct vus_p_region r = *row;
	struct stat st = { 0 };

	(void)fstat(fd, &st);
	if (t->n == 0)
		be->bad.first_file = st.st_ino;

	if (VUS_FAULTY(be, mem_table, ignores_mmap_offset))
		r.mmap_offset = 0;
	if (VUS_FAULTY(be, mem_table, one_region_a_file) && t->n > 0 &&
	    st.st_ino == be->bad.first_file)
		r.mmap_offset = t->r[0].row.mmap_offset;
	if (VUS_FAULTY(be, mem_table, rounds_offset_down))
		r.mmap_offset -= r.mmap_offset % PAGE;
	if (VUS_FAULTY(be, mem_table, rounds_size_down) && r.size > PAGE)
		r.size -= r.size % PAGE;
	if (VUS_FAULTY(be, mem_table, sizes_have_32_bits))
		r.size &= UINT32_MAX;
	misplace(be, (uint64_t)st.st_size, &r);
	return r;
}

static void make_private(struct vus_region *r, int fd)
{
	uint64_t skip = (uint64_t)(r->host - (uint8_t *)r->map.addr);

	(void)mmap(r->map.addr, r->map.size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_FIXED, fd,
		   (off_t)(r->row.mmap_offset - skip));
}

/* Its file mapped from the start, as far as the region. */
static void map_from_start(struct vus_region *r, int fd)
{
	struct vus_map whole = {
		.size = (size_t)(r->row.mmap_offset + r->row.size),
	};

	whole.addr = mmap(NULL, whole.size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (whole.addr == MAP_FAILED)
		return;
	vus_map_drop(&r->map);
	r->map = whole;
	r->host = (uint8_t *)whole.addr + r->row.mmap_offset;
}

static void drop_sharers(struct vus_regions *t, const struct vus_p_region *row)
{
	unsigned i = 0;

	while (i + 1 < t->n) {
		const struct vus_p_region *r = &t->r[i].row;

		if (r->user_addr - row->user_addr >= row->size &&
		    row->user_addr - r->user_addr >= r->size) {
			i++;
			continue;
		}
		vus_map_drop(&t->r[i].map);
		memmove(&t->r[i], &t->r[i + 1],
			(t->n - i - 1) * sizeof(t->r[0]));
		t->n--;
	}
}

/* A list that is filled at once, kept until the connection ends. */
static void set_aside(struct vus_be *be)
{
	if (!be->bad.pages)
		be->bad.pages = malloc(MANY);
	if (be->bad.pages)
		memset(be->bad.pages, 1, MANY);
}

/* After a region was added as the last of `t`; `size` is what it was said to
 * have. */
static void mistreat(struct vus_be *be, struct vus_regions *t, uint64_t size,
		     int fd)
{
	struct vus_region *r = &t->r[t->n - 1];

	if (VUS_FAULTY(be, address_translation, checks_start_only) ||
	    VUS_FAULTY(be, address_translation, rings_overrun))
		r->row.size = size;
	if (VUS_FAULTY(be, mem_table, maps_from_file_start))
		map_from_start(r, fd);
	if (VUS_FAULTY(be, mem_table, lists_all_pages) && size / PAGE >= MANY)
		set_aside(be);

	if (VUS_FAULTY(be, mem_table, second_region_private) && t->n > 1)
		make_private(r, fd);
	if (VUS_FAULTY(be, fds, keeps_region_descriptors))
		(void)fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (VUS_FAULTY(be, fds, makes_memory_nonblocking))
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (VUS_FAULTY(be, mem_table, shared_users_hide))
		drop_sharers(t, &r->row);
}

/* A region that passes the end of addresses, as faults take it: in two parts,
 * the second at address 0. */
static bool add_wrapped(const struct vus_be *be, struct vus_regions *table,
			const struct vus_p_region *row, int fd)
{
	struct vus_p_region high = *row, low = *row;
	struct vus_err err;

	if (wraps(row->guest_addr, row->size) &&
	    VUS_FAULTY(be, mem_table, accepts_wrapping_guest))
		high.size = -row->guest_addr;
	else if (wraps(row->user_addr, row->size) &&
		 VUS_FAULTY(be, mem_table, accepts_wrapping_user))
		high.size = -row->user_addr;
	else
		return false;
	low.guest_addr += high.size;
	low.user_addr += high.size;
	low.mmap_offset += high.size;
	low.size -= high.size;
	return vus_regions_add(table, &high, fd, &err) &&
	       vus_regions_add(table, &low, fd, &err);
}

bool vus_be_region_add(struct vus_be *be, struct vus_regions *table,
		       const struct vus_p_region *row, int fd)
{
	struct vus_p_region r = misread(be, table, row, fd);
	struct vus_err err;

	if (denies(be, table, row)) {
		vus_be_note(be, "a region is refused by a fault");
		return false;
	}
	if (vus_regions_add(table, &r, fd, &err)) {
		mistreat(be, table, row->size, fd);
		return true;
	}
	vus_be_note(be, "a region is refused: %s", err.text);
	return add_wrapped(be, table, row, fd) || pretends(be, table, row);
}

/* All regions, at their user addresses. */
static void add_by_user(struct vus_regions *view, const struct vus_regions *mem)
{
	for (unsigned i = 0; i < mem->n && view->n < VUS_REGIONS_MAX; i++) {
		struct vus_region *r = &view->r[view->n++];

		*r = mem->r[i];
		r->row.guest_addr = r->row.user_addr;
	}
}

const struct vus_regions *vus_be_gpa_regions(struct vus_be *be)
{
	struct vus_regions *view = &be->bad.view;

	if (!VUS_FAULTY(be, address_translation, user_before_guest) &&
	    !VUS_FAULTY(be, address_translation, guest_for_user))
		return &be->mem;
	view->n = 0;
	if (VUS_FAULTY(be, address_translation, user_before_guest))
		add_by_user(view, &be->mem);
	for (unsigned i = 0; i < be->mem.n && view->n < VUS_REGIONS_MAX; i++)
		view->r[view->n++] = be->mem.r[i];
	if (VUS_FAULTY(be, address_translation, guest_for_user))
		add_by_user(view, &be->mem);
	return view;
}

void *vus_be_ring_part(struct vus_be *be, uint64_t user, uint64_t bytes,
		       uint64_t *ret_len)
{
	void *p = NULL;

	if (VUS_FAULTY(be, address_translation, guest_before_user))
		p = vus_regions_gpa(&be->mem, user, bytes, ret_len);
	if (!p)
		p = vus_regions_user(&be->mem, user, bytes, ret_len);
	if (!p && VUS_FAULTY(be, address_translation, user_for_guest))
		p = vus_regions_gpa(&be->mem, user, bytes, ret_len);
	if (p && VUS_FAULTY(be, address_translation, rings_overrun))
		*ret_len = bytes;
	return p;
}

void vus_regions_move(struct vus_regions *from, unsigned i,
		      struct vus_regions *to)
{
	if (to->n == VUS_REGIONS_MAX) {
		vus_map_drop(&from->r[i].map);
	} else {
		to->r[to->n++] = from->r[i];
	}
	for (unsigned k = i + 1; k < from->n; k++)
		from->r[k - 1] = from->r[k];
	from->n--;
}

void vus_regions_keep(struct vus_regions *from, struct vus_regions *to,
		      bool apart)
{
	unsigned i = 0;

	while (i < from->n) {
		if (apart && any_overlap(to, &from->r[i].row))
			i++;
		else
			vus_regions_move(from, i, to);
	}
}
