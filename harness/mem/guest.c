/* SPDX-License-Identifier: BSD-3-Clause */
/* guest.c — a guest's memory as its VMM sees it: regions over backings. */
#include "guest.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Announced user addresses: backings lie downwards from here, as mappings of a
 * process do, with gaps between.  Within one backing they follow the offset, so
 * that no constant turns them into guest addresses where a hole splits it. */
#define USER_TOP UINT64_C(0x700000000000)
#define USER_GAP (UINT64_C(1) << 30)

#define FOUR_GIB (UINT64_C(4) << 30)

/* A stack's first page is not allocated from, where there is plenty: drivers
 * leave it alone, and address 0 is a case of its own. */
#define FIRST_ALLOC UINT64_C(4096)
#define PLENTY      (UINT64_C(64) << 10)

/* Behind all that is allocated a few bytes stay unused: whoever changes them
 * has written too far. */
#define GAP 8

void vus_guest_init(struct vus_guest *g)
{
	memset(g, 0, sizeof(*g));
}

/* Back to an earlier number of backings and regions. */
static void shrink(struct vus_guest *g, unsigned nbackings, unsigned nregions)
{
	g->nregions = nregions;
	g->present = g->present_end = NULL;
	while (g->nbackings > nbackings)
		vus_backing_close(&g->backings[--g->nbackings]);
}

void vus_guest_close(struct vus_guest *g)
{
	shrink(g, 0, 0);
	vus_guest_init(g);
}

bool vus_guest_add_backing(struct vus_guest *g,
			   const struct vus_backing_opts *opts, unsigned *ret,
			   struct vus_err *err)
{
	if (g->nbackings == VUS_GUEST_MAX_REGIONS)
		return vus_fail(err, VUS_ERR_USAGE,
				"memory backend %u of at most %u",
				g->nbackings + 1, VUS_GUEST_MAX_REGIONS);
	if (!vus_backing_open(opts, &g->backings[g->nbackings], err))
		return false;
	*ret = g->nbackings++;
	return true;
}

static bool guest_overlap(uint64_t a, uint64_t alen, uint64_t b, uint64_t blen)
{
	return a < b ? b - a < alen : a - b < blen;
}

static bool fits(const struct vus_guest *g, const struct vus_backing *b,
		 uint64_t gpa, uint64_t size, uint64_t offset,
		 struct vus_err *err)
{
	if (g->nregions == VUS_GUEST_MAX_REGIONS)
		return vus_fail(err, VUS_ERR_USAGE, "region %u of at most %u",
				g->nregions + 1, VUS_GUEST_MAX_REGIONS);
	if (size == 0 || gpa > UINT64_MAX - (size - 1))
		return vus_fail(err, VUS_ERR_USAGE,
				"region of size %" PRIu64
				" at guest address 0x%" PRIx64,
				size, gpa);
	if (offset > b->size || size > b->size - offset)
		return vus_fail(err, VUS_ERR_USAGE,
				"offset %" PRIu64 " and size %" PRIu64
				" in memory of %" PRIu64 " bytes",
				offset, size, b->size);
	for (unsigned i = 0; i < g->nregions; i++)
		if (guest_overlap(gpa, size, g->regions[i].gpa,
				  g->regions[i].size))
			return vus_fail(err, VUS_ERR_USAGE,
					"guest 0x%" PRIx64 " + 0x%" PRIx64
					" overlaps the region at 0x%" PRIx64
					" + 0x%" PRIx64,
					gpa, size, g->regions[i].gpa,
					g->regions[i].size);
	return true;
}

/* Where the VMM would have mapped this byte of a backing. */
static uint64_t user_address(const struct vus_guest *g, unsigned backing,
			     uint64_t offset)
{
	uint64_t base = USER_TOP;

	for (unsigned i = 0; i <= backing; i++)
		base -= (g->backings[i].size + 2 * USER_GAP - 1) & -USER_GAP;
	return base + offset;
}

bool vus_guest_add_region(struct vus_guest *g, unsigned backing, uint64_t gpa,
			  uint64_t size, uint64_t offset, struct vus_err *err)
{
	const struct vus_backing *b = &g->backings[backing];

	if (!fits(g, b, gpa, size, offset, err))
		return false;
	g->regions[g->nregions++] = (struct vus_guest_region){
		.gpa = gpa,
		.size = size,
		.user = user_address(g, backing, offset),
		.offset = b->offset + offset,
		.backing = backing,
		.host = (uint8_t *)b->addr + offset,
	};
	return true;
}

/* One backing at *gpa, which moves on behind it. */
static bool stack_one(struct vus_guest *g, const struct vus_backing_opts *opts,
		      uint64_t hole_gpa, uint64_t *gpa, struct vus_err *err)
{
	uint64_t low = opts->size;
	unsigned b;

	if (!vus_guest_add_backing(g, opts, &b, err))
		return false;
	if (hole_gpa && *gpa < hole_gpa)
		low = VUS_MIN(low, hole_gpa - *gpa);
	if (!vus_guest_add_region(g, b, *gpa, low, 0, err))
		return false;
	*gpa += low;
	if (hole_gpa && *gpa == hole_gpa)
		*gpa = FOUR_GIB;
	if (low == opts->size)
		return true;
	if (!vus_guest_add_region(g, b, *gpa, opts->size - low, low, err))
		return false;
	*gpa += opts->size - low;
	return true;
}

bool vus_guest_stack(struct vus_guest *g,
		     const struct vus_backing_opts *const opts[], unsigned n,
		     uint64_t hole_gpa, struct vus_err *err)
{
	const unsigned nbackings = g->nbackings, nregions = g->nregions;
	uint64_t gpa = 0;

	for (unsigned i = 0; i < n; i++) {
		if (stack_one(g, opts[i], hole_gpa, &gpa, err))
			continue;
		shrink(g, nbackings, nregions);
		return false;
	}
	if (g->cursor == 0 && n > 0 && opts[0]->size >= PLENTY)
		g->cursor = FIRST_ALLOC;
	return true;
}

bool vus_guest_plain(struct vus_guest *g, enum vus_backing_kind kind,
		     const char *path, uint64_t size, uint64_t hole_gpa,
		     struct vus_err *err)
{
	const struct vus_backing_opts opts = {
		.kind = kind,
		.size = size,
		.path = path,
		.share = VUS_ON,
	};
	const struct vus_backing_opts *one = &opts;

	return vus_guest_stack(g, &one, 1, hole_gpa, err);
}

static const struct vus_guest_region *find_region(const struct vus_guest *g,
						  uint64_t gpa)
{
	for (unsigned i = 0; i < g->nregions; i++)
		if (gpa >= g->regions[i].gpa &&
		    gpa - g->regions[i].gpa < g->regions[i].size)
			return &g->regions[i];
	return NULL;
}

void *vus_guest_host(const struct vus_guest *g, uint64_t gpa, uint64_t len)
{
	const struct vus_guest_region *r = find_region(g, gpa);

	if (!r || len > r->size - (gpa - r->gpa))
		return NULL;
	return r->host + (gpa - r->gpa);
}

uint64_t vus_guest_user(const struct vus_guest *g, uint64_t gpa)
{
	const struct vus_guest_region *r = find_region(g, gpa);

	return r ? r->user + (gpa - r->gpa) : 0;
}

/* The first fitting address in `r` at or after the cursor. */
static bool place_region(const struct vus_guest_region *r, uint64_t cursor,
			 uint64_t len, uint64_t align, uint64_t *ret)
{
	const uint64_t from = VUS_MAX(cursor, r->gpa);
	const uint64_t at = (from + align - 1) & ~(align - 1);

	if (at < from || at - r->gpa >= r->size ||
	    len > r->size - (at - r->gpa))
		return false;
	*ret = at;
	return true;
}

/* Have the pages under [p, p+len) given to us. */
static bool touch(struct vus_guest *g, uint8_t *p, uint64_t len,
		  struct vus_err *err)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uint8_t *from = p - (uintptr_t)p % page;
	uint8_t *const to = p + len + (-(uintptr_t)(p + len)) % page;

	/* Small things lie behind each other in one page. */
	if (from >= g->present && to <= g->present_end)
		return true;
	/* EINVAL: older than Linux 5.14; the first write does it then. */
	if (madvise(from, (size_t)(to - from), MADV_POPULATE_WRITE) < 0 &&
	    errno != EINVAL)
		return vus_fail_host(err, VUS_HOST_MEMORY,
				     "no page for guest memory (is its file "
				     "system full?), %" PRIu64 " bytes wanted",
				     len);
	g->present = from;
	g->present_end = to;
	return true;
}

bool vus_guest_alloc(struct vus_guest *g, uint64_t len, uint64_t align,
		     uint64_t *ret_gpa, struct vus_err *err)
{
	uint64_t best = UINT64_MAX, at;
	uint8_t *host;

	for (unsigned i = 0; i < g->nregions; i++)
		if (!g->regions[i].hidden &&
		    place_region(&g->regions[i], g->cursor, len, align, &at) &&
		    at < best)
			best = at;
	if (best == UINT64_MAX)
		return vus_fail(err, VUS_ERR_SYSTEM,
				"guest memory is full: %" PRIu64
				" bytes more do not fit (a larger -m may)",
				len);
	host = vus_guest_host(g, best, len);
	if (!touch(g, host, len, err))
		return false;
	memset(host, 0, (size_t)len);
	g->cursor = best + len + GAP;
	*ret_gpa = best;
	return true;
}

void vus_guest_describe(const struct vus_guest *g, unsigned i,
			struct vus_p_region *ret)
{
	const struct vus_guest_region *r = &g->regions[i];

	*ret = (struct vus_p_region){
		.guest_addr = r->gpa,
		.size = r->size,
		.user_addr = r->user,
		.mmap_offset = r->offset,
	};
}
