/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.c — regions as messages bring them, and as faults mistreat them. */
#include "memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PAGE UINT64_C(4096) /* what one fault adds to a region's end */

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
		return VUS_FAULTY(be, mem, accepts_empty_regions);
	if (wraps(row->guest_addr, row->size))
		return VUS_FAULTY(be, mem, accepts_wrapping_guest);
	if (wraps(row->user_addr, row->size))
		return VUS_FAULTY(be, mem, accepts_wrapping_user);
	if (wraps(row->mmap_offset, row->size))
		return VUS_FAULTY(be, mem, accepts_wrapping_offset);
	if (any_overlap(t, row))
		return VUS_FAULTY(be, mem, accepts_overlaps) ||
		       VUS_FAULTY(be, slot, add_takes_duplicates);
	return VUS_FAULTY(be, mem, accepts_unmappable);
}

/* Good regions that a fault refuses. */
static bool denies(const struct vus_be *be, const struct vus_regions *t,
		   const struct vus_p_region *row)
{
	if (VUS_FAULTY(be, mem, refuses_foreign_addresses) &&
	    row->user_addr >> 63)
		return true;
	return VUS_FAULTY(be, mem, refuses_adjacent) && any_neighbour(t, row);
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

	if (VUS_FAULTY(be, mem, ignores_mmap_offset))
		r.mmap_offset = 0;
	if (VUS_FAULTY(be, mem, one_region_a_file) && t->n > 0 &&
	    st.st_ino == be->bad.first_file)
		r.mmap_offset = t->r[0].row.mmap_offset;
	if (VUS_FAULTY(be, xlat, goes_one_past) &&
	    r.mmap_offset + r.size + PAGE <= (uint64_t)st.st_size)
		r.size += PAGE;
	if (VUS_FAULTY(be, mem, stops_before_last_byte))
		r.size--;
	return r;
}

static void make_private(struct vus_region *r, int fd)
{
	uint64_t skip = (uint64_t)(r->host - (uint8_t *)r->map.addr);

	(void)mmap(r->map.addr, r->map.size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_FIXED, fd,
		   (off_t)(r->row.mmap_offset - skip));
}

/* After a region was added as the last of `t`. */
static void mistreat(const struct vus_be *be, struct vus_regions *t, int fd)
{
	struct vus_region *r = &t->r[t->n - 1];

	if (VUS_FAULTY(be, mem, second_region_private) && t->n > 1)
		make_private(r, fd);
	if (VUS_FAULTY(be, fd, keeps_region_descriptors))
		(void)fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (VUS_FAULTY(be, fd, makes_memory_nonblocking))
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (VUS_FAULTY(be, xlat, guest_for_user) && t->n < VUS_REGIONS_MAX) {
		t->r[t->n] = *r;
		t->r[t->n].map = (struct vus_map){ 0 };
		t->r[t->n].row.guest_addr = r->row.user_addr;
		t->n++;
	}
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
		mistreat(be, table, fd);
		return true;
	}
	vus_be_note(be, "a region is refused: %s", err.text);
	return pretends(be, table, row);
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
