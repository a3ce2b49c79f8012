/* SPDX-License-Identifier: BSD-3-Clause */
/* pattern.c — a pattern over guest memory, to see who wrote where.
 *
 * Each aligned word of eight bytes depends on its guest address and the seed
 * alone; a region or part may begin and end within a word. */
#include "guest.h"

#include <assert.h>
#include <string.h>

#define WORD sizeof(uint64_t)

static uint64_t word_at(uint64_t seed, uint64_t gpa)
{
	return (gpa ^ seed) * UINT64_C(0x9e3779b97f4a7c15) + seed;
}

/* The bytes of the pattern from `gpa` to the end of its word, at most `len`,
 * go to `buf`; returns how many. */
static size_t some_bytes(uint64_t seed, uint64_t gpa, uint64_t len,
			 uint8_t buf[WORD])
{
	const uint64_t word = word_at(seed, gpa & ~(uint64_t)(WORD - 1));
	const size_t skip = gpa % WORD;
	const size_t n = VUS_MIN(WORD - skip, len);

	memcpy(buf, (const uint8_t *)&word + skip, n);
	return n;
}

static void paint(uint8_t *host, uint64_t gpa, uint64_t len, uint64_t seed)
{
	uint8_t buf[WORD];
	uint64_t at = 0;

	if (gpa % WORD) {
		at = some_bytes(seed, gpa, len, buf);
		memcpy(host, buf, at);
	}
	for (; len - at >= WORD; at += WORD) {
		const uint64_t word = word_at(seed, gpa + at);

		memcpy(host + at, &word, WORD);
	}
	if (at < len) {
		const size_t n = some_bytes(seed, gpa + at, len - at, buf);

		memcpy(host + at, buf, n);
	}
}

/* The first of these few bytes that differs; UINT64_MAX when none does. */
static uint64_t differing(const uint8_t *host, uint64_t gpa, uint64_t len,
			  uint64_t seed)
{
	uint8_t buf[WORD];
	size_t n;

	for (uint64_t at = 0; at < len; at += n) {
		n = some_bytes(seed, gpa + at, len - at, buf);
		for (size_t i = 0; i < n; i++)
			if (host[at + i] != buf[i])
				return gpa + at + i;
	}
	return UINT64_MAX;
}

static uint64_t unpainted(const uint8_t *host, uint64_t gpa, uint64_t len,
			  uint64_t seed)
{
	const uint64_t lead = VUS_MIN(-gpa % WORD, len);
	const uint64_t bad = differing(host, gpa, lead, seed);
	uint64_t at = lead;

	if (bad != UINT64_MAX)
		return bad;
	for (; len - at >= WORD; at += WORD) {
		const uint64_t want = word_at(seed, gpa + at);
		uint64_t word;

		memcpy(&word, host + at, WORD);
		if (word != want)
			break;
	}
	return differing(host + at, gpa + at, VUS_MIN(WORD, len - at), seed);
}

void vus_guest_paint(struct vus_guest *g, unsigned region, uint64_t seed)
{
	const struct vus_guest_region *r = &g->regions[region];

	paint(r->host, r->gpa, r->size, seed);
}

uint64_t vus_guest_unpainted(const struct vus_guest *g, unsigned region,
			     uint64_t seed)
{
	const struct vus_guest_region *r = &g->regions[region];

	return unpainted(r->host, r->gpa, r->size, seed);
}

void vus_guest_paint_part(struct vus_guest *g, uint64_t gpa, uint64_t len,
			  uint64_t seed)
{
	uint8_t *host = vus_guest_host(g, gpa, len);

	assert(host);
	paint(host, gpa, len, seed);
}

uint64_t vus_guest_unpainted_part(const struct vus_guest *g, uint64_t gpa,
				  uint64_t len, uint64_t seed)
{
	const uint8_t *host = vus_guest_host(g, gpa, len);

	assert(host);
	return unpainted(host, gpa, len, seed);
}
