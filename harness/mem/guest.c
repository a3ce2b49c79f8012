/* SPDX-License-Identifier: BSD-3-Clause */
/* guest.c — a guest's memory as its VMM sees it: regions over backings. */
#include "guest.h"

#include "../base/rand.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* Announced user addresses: guest addresses plus this, so that they are unlike
 * both guest addresses and anything mapped here. */
#define USER_BASE UINT64_C(0x700000000000)

#define FOUR_GIB (UINT64_C(4) << 30)

void vus_guest_init(struct vus_guest *g)
{
	memset(g, 0, sizeof(*g));
}

void vus_guest_close(struct vus_guest *g)
{
	for (unsigned i = 0; i < g->nbackings; i++)
		vus_backing_close(&g->backings[i]);
	vus_guest_init(g);
}

bool vus_guest_add_backing(struct vus_guest *g,
			   const struct vus_backing_opts *opts, unsigned *ret,
			   struct vus_err *err)
{
	if (g->nbackings == VUS_GUEST_MAX_REGIONS)
		return vus_fail(err, VUS_ERR_USAGE,
				"more than %u memory backends",
				VUS_GUEST_MAX_REGIONS);
	if (!vus_backing_open(opts, &g->backings[g->nbackings], err))
		return false;
	*ret = g->nbackings++;
	return true;
}

bool vus_guest_add_region(struct vus_guest *g, unsigned backing, uint64_t gpa,
			  uint64_t size, uint64_t offset, struct vus_err *err)
{
	const struct vus_backing *b = &g->backings[backing];

	if (g->nregions == VUS_GUEST_MAX_REGIONS)
		return vus_fail(err, VUS_ERR_USAGE, "more than %u regions",
				VUS_GUEST_MAX_REGIONS);
	if (offset > b->size || size > b->size - offset)
		return vus_fail(err, VUS_ERR_USAGE,
				"offset %" PRIu64 " and size %" PRIu64
				" in memory of %" PRIu64 " bytes",
				offset, size, b->size);
	g->regions[g->nregions++] = (struct vus_guest_region){
		.gpa = gpa,
		.size = size,
		.user = USER_BASE + gpa,
		.offset = b->offset + offset,
		.backing = backing,
		.host = (uint8_t *)b->addr + offset,
	};
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
	const uint64_t low = hole_gpa ? VUS_MIN(size, hole_gpa) : size;
	unsigned b;

	return vus_guest_add_backing(g, &opts, &b, err) &&
	       vus_guest_add_region(g, b, 0, low, 0, err) &&
	       (low == size ||
		vus_guest_add_region(g, b, FOUR_GIB, size - low, low, err));
}

static const struct vus_guest_region *find(const struct vus_guest *g,
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
	const struct vus_guest_region *r = find(g, gpa);

	if (!r || len > r->size - (gpa - r->gpa))
		return NULL;
	return r->host + (gpa - r->gpa);
}

uint64_t vus_guest_user(const struct vus_guest *g, uint64_t gpa)
{
	const struct vus_guest_region *r = find(g, gpa);

	return r ? r->user + (gpa - r->gpa) : 0;
}

/* The first fitting address in `r` at or after the cursor. */
static bool place(const struct vus_guest_region *r, uint64_t cursor,
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

bool vus_guest_alloc(struct vus_guest *g, uint64_t len, uint64_t align,
		     uint64_t *ret_gpa, struct vus_err *err)
{
	uint64_t best = UINT64_MAX, at;

	for (unsigned i = 0; i < g->nregions; i++)
		if (place(&g->regions[i], g->cursor, len, align, &at) &&
		    at < best)
			best = at;
	if (best == UINT64_MAX)
		return vus_fail(err, VUS_ERR_SYSTEM,
				"guest memory is full: %" PRIu64
				" bytes more do not fit (a larger -m may)",
				len);
	memset(vus_guest_host(g, best, len), 0, (size_t)len);
	g->cursor = best + len;
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

/* The pattern's word at an address: cheap, and unlike its neighbours. */
static uint64_t pattern(uint64_t seed, uint64_t gpa)
{
	return (gpa ^ seed) * UINT64_C(0x9e3779b97f4a7c15) + seed;
}

void vus_guest_paint(struct vus_guest *g, unsigned region, uint64_t seed)
{
	const struct vus_guest_region *r = &g->regions[region];

	for (uint64_t at = 0; at + 8 <= r->size; at += 8) {
		const uint64_t word = pattern(seed, r->gpa + at);

		memcpy(r->host + at, &word, sizeof(word));
	}
}

uint64_t vus_guest_unpainted(const struct vus_guest *g, unsigned region,
			     uint64_t seed)
{
	const struct vus_guest_region *r = &g->regions[region];

	for (uint64_t at = 0; at + 8 <= r->size; at += 8) {
		const uint64_t want = pattern(seed, r->gpa + at);
		uint64_t word;

		memcpy(&word, r->host + at, sizeof(word));
		if (word != want)
			return r->gpa + at;
	}
	return UINT64_MAX;
}
