/* SPDX-License-Identifier: BSD-3-Clause */
/* regions.c — the table of guest memory as a back-end maps it. */
#include "regions.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Does [start, start+size) go past 2^64?  Its end may be 2^64 itself. */
static bool wraps(uint64_t start, uint64_t size)
{
	return size > 0 && start > UINT64_MAX - (size - 1);
}

static bool overlap(uint64_t a, uint64_t alen, uint64_t b, uint64_t blen)
{
	return a < b ? b - a < alen : a - b < blen;
}

static bool acceptable(const struct vus_regions *t,
		       const struct vus_p_region *row, int fd,
		       struct vus_err *err)
{
	struct stat st;

	if (t->n == VUS_REGIONS_MAX)
		return vus_fail(err, VUS_ERR_REFUSED,
				"all %u slots hold a region", VUS_REGIONS_MAX);
	if (row->size == 0)
		return vus_fail(err, VUS_ERR_REFUSED, "a region of size 0");
	if (wraps(row->guest_addr, row->size) ||
	    wraps(row->user_addr, row->size) || row->mmap_offset > INT64_MAX ||
	    row->size > INT64_MAX - row->mmap_offset)
		return vus_fail(err, VUS_ERR_REFUSED,
				"size 0x%" PRIx64 " at guest 0x%" PRIx64
				", user 0x%" PRIx64 ", offset 0x%" PRIx64
				" wraps",
				row->size, row->guest_addr, row->user_addr,
				row->mmap_offset);
	for (unsigned i = 0; i < t->n; i++)
		if (overlap(row->guest_addr, row->size, t->r[i].row.guest_addr,
			    t->r[i].row.size))
			return vus_fail(err, VUS_ERR_REFUSED,
					"guest addresses 0x%" PRIx64
					" + 0x%" PRIx64 " overlap region %u",
					row->guest_addr, row->size, i);
	if (fstat(fd, &st) < 0)
		return vus_fail(err, VUS_ERR_REFUSED,
				"its descriptor is no file");
	if (st.st_size < 0 ||
	    (uint64_t)st.st_size < row->mmap_offset + row->size)
		return vus_fail(err, VUS_ERR_REFUSED,
				"offset %" PRIu64 " and size %" PRIu64
				" in a file of %" PRIu64 " bytes",
				row->mmap_offset, row->size,
				(uint64_t)st.st_size);
	return true;
}

bool vus_regions_add(struct vus_regions *t, const struct vus_p_region *row,
		     int fd, struct vus_err *err)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct vus_region r = { .row = *row };
	uint64_t lead;
	struct stat st;

	if (!acceptable(t, row, fd, err))
		return false;
	/* Files of huge pages are mapped from the start of one. */
	lead = row->mmap_offset %
	       (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
				(uint64_t)st.st_blksize > page
			? (uint64_t)st.st_blksize
			: page);
	r.map.size = (size_t)(row->size + lead);
	r.map.addr = mmap(NULL, r.map.size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_NORESERVE, fd,
			  (off_t)(row->mmap_offset - lead));
	if (r.map.addr == MAP_FAILED)
		return vus_fail(err, VUS_ERR_REFUSED,
				"its descriptor cannot be mapped");
	r.host = (uint8_t *)r.map.addr + lead;
	t->r[t->n++] = r;
	return true;
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
