/* SPDX-License-Identifier: BSD-3-Clause */
/* regions.c — the table of guest memory as a back-end maps it. */
#include "regions.h"

#include "backing.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Does [start, start+size) go past 2^64?  Its end may be 2^64 itself. */
static bool region_wraps(uint64_t start, uint64_t size)
{
	return size > 0 && start > UINT64_MAX - (size - 1);
}

static bool regions_overlap(uint64_t a, uint64_t alen, uint64_t b,
			    uint64_t blen)
{
	return a < b ? b - a < alen : a - b < blen;
}

static bool adds_up(const struct vus_p_region *row, struct vus_err *err)
{
	if (row->size == 0)
		return vus_fail(err, VUS_ERR_REFUSED,
				"a region of size 0 at guest 0x%" PRIx64,
				row->guest_addr);
	if (region_wraps(row->guest_addr, row->size) ||
	    region_wraps(row->user_addr, row->size) ||
	    row->mmap_offset > INT64_MAX ||
	    row->size > INT64_MAX - row->mmap_offset)
		return vus_fail(err, VUS_ERR_REFUSED,
				"size 0x%" PRIx64 " at guest 0x%" PRIx64
				", user 0x%" PRIx64 ", offset 0x%" PRIx64
				" wraps",
				row->size, row->guest_addr, row->user_addr,
				row->mmap_offset);
	return true;
}

static bool has_room(const struct vus_regions *t,
		     const struct vus_p_region *row, struct vus_err *err)
{
	if (t->n == VUS_REGIONS_MAX)
		return vus_fail(err, VUS_ERR_REFUSED, "region %u of at most %u",
				t->n + 1, VUS_REGIONS_MAX);
	for (unsigned i = 0; i < t->n; i++) {
		const struct vus_p_region *other = &t->r[i].row;

		if (regions_overlap(row->guest_addr, row->size,
				    other->guest_addr, other->size))
			return vus_fail(err, VUS_ERR_REFUSED,
					"guest 0x%" PRIx64 " + 0x%" PRIx64
					" overlaps the region at 0x%" PRIx64
					" + 0x%" PRIx64,
					row->guest_addr, row->size,
					other->guest_addr, other->size);
	}
	return true;
}

static bool file_holds(int fd, const struct vus_p_region *row,
		       struct vus_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return vus_fail(err, VUS_ERR_REFUSED,
				"fstat of descriptor %d: %s", fd,
				strerror(errno));
	if (st.st_size < 0 ||
	    (uint64_t)st.st_size < row->mmap_offset + row->size)
		return vus_fail(err, VUS_ERR_REFUSED,
				"offset %" PRIu64 " and size %" PRIu64
				" in a file of %" PRIu64 " bytes",
				row->mmap_offset, row->size,
				(uint64_t)st.st_size);
	return true;
}

/* The mapping starts and ends with a page of the file, which may be a huge one;
 * region and offset need not (spec: "Memory region description"). */
static bool map_around(struct vus_region *r, int fd, struct vus_err *err)
{
	const uint64_t page = vus_backing_page(fd);
	const uint64_t lead = r->row.mmap_offset % page;
	const uint64_t size = (lead + r->row.size + page - 1) / page * page;
	void *addr = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_NORESERVE, fd,
			  (off_t)(r->row.mmap_offset - lead));

	if (addr == MAP_FAILED)
		return vus_fail(err, VUS_ERR_REFUSED,
				"size %" PRIu64 " at offset %" PRIu64
				" cannot be mapped: %s",
				r->row.size, r->row.mmap_offset,
				strerror(errno));
	r->map = (struct vus_map){ .addr = addr, .size = (size_t)size };
	r->host = (uint8_t *)addr + lead;
	return true;
}

bool vus_regions_add_beyond(struct vus_regions *t,
			    const struct vus_p_region *row, int fd,
			    struct vus_err *err)
{
	struct vus_region r = { .row = *row };

	if (!adds_up(row, err) || !has_room(t, row, err) ||
	    !map_around(&r, fd, err))
		return false;
	t->r[t->n++] = r;
	return true;
}

bool vus_regions_add(struct vus_regions *t, const struct vus_p_region *row,
		     int fd, struct vus_err *err)
{
	return adds_up(row, err) && file_holds(fd, row, err) &&
	       vus_regions_add_beyond(t, row, fd, err);
}

bool vus_regions_remove(struct vus_regions *t, const struct vus_p_region *row,
			struct vus_err *err)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct vus_p_region *r = &t->r[i].row;

		if (r->guest_addr != row->guest_addr ||
		    r->user_addr != row->user_addr || r->size != row->size)
			continue;
		vus_map_drop(&t->r[i].map);
		t->r[i] = t->r[--t->n];
		return true;
	}
	return vus_fail(err, VUS_ERR_REFUSED,
			"no region at guest 0x%" PRIx64 ", user 0x%" PRIx64
			" of size 0x%" PRIx64,
			row->guest_addr, row->user_addr, row->size);
}

void vus_regions_clear(struct vus_regions *t)
{
	for (unsigned i = 0; i < t->n; i++)
		vus_map_drop(&t->r[i].map);
	t->n = 0;
}

void *vus_regions_gpa(const struct vus_regions *t, uint64_t gpa, uint64_t len,
		      uint64_t *ret_len)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct vus_region *r = &t->r[i];
		const uint64_t at = gpa - r->row.guest_addr;

		if (gpa < r->row.guest_addr || at >= r->row.size)
			continue;
		*ret_len = VUS_MIN(len, r->row.size - at);
		return r->host + at;
	}
	return NULL;
}

void *vus_regions_user(const struct vus_regions *t, uint64_t user, uint64_t len,
		       uint64_t *ret_len)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct vus_region *r = &t->r[i];
		const uint64_t at = user - r->row.user_addr;

		if (user < r->row.user_addr || at >= r->row.size)
			continue;
		*ret_len = VUS_MIN(len, r->row.size - at);
		return r->host + at;
	}
	return NULL;
}
