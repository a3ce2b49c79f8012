/* SPDX-License-Identifier: BSD-3-Clause */
/* split_memory.c — the memory of a request, walked and summed up. */
#include "split_memory.h"

#include <endian.h>
#include <string.h>

#define GUARD VUS_RING_GUARD
/* Of a buffer of twice as many bytes all are compared. */
#define PART (32 << 10)

static bool overlaps(const void *a, size_t alen, const void *b, size_t blen)
{
	const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;

	return x < y + blen && y < x + alen;
}

static bool is_in_ring(const struct vus_split_driver *r, const void *at,
		       size_t len)
{
	return overlaps(at, len, r->desc,
			(size_t)vus_split_desc_bytes(r->num)) ||
	       overlaps(at, len, r->avail,
			(size_t)vus_split_avail_bytes(r->num)) ||
	       overlaps(at, len, r->used, (size_t)vus_split_used_bytes(r->num));
}

/* Where they do not belong to the ring itself. */
static void set_guard(const struct vus_split_driver *r,
		      struct vus_ring_guards *g, unsigned which, const void *at)
{
	g->there[which] = at && !is_in_ring(r, at, GUARD);
	if (g->there[which])
		memcpy(&g->bytes[which], at, GUARD);
}

/* The one that has changed: 0 or 1; 2: none. */
unsigned vus_ring_changed_guard(const struct vus_ring_guards *was,
				const struct vus_ring_guards *is)
{
	unsigned i = 0;

	while (i < 2 && (!was->there[i] || !is->there[i] ||
			 was->bytes[i] == is->bytes[i]))
		i++;
	return i;
}

static const void *in_memory(const struct vus_guest *g, const uint8_t *at)
{
	for (unsigned i = 0; i < g->nregions; i++) {
		const struct vus_guest_region *region = &g->regions[i];

		if (at >= region->host &&
		    at + GUARD <= region->host + region->size)
			return at;
	}
	return NULL;
}

struct vus_ring_guards vus_ring_guards_of_used(const struct vus_split_driver *r,
					       const struct vus_guest *g)
{
	const uint8_t *used = (const uint8_t *)r->used;
	struct vus_ring_guards ret = { 0 };

	set_guard(r, &ret, 0, in_memory(g, used - GUARD));
	set_guard(r, &ret, 1,
		  in_memory(g, used + vus_split_used_bytes(r->num)));
	return ret;
}

/* Not for keys: what it must tell apart was not chosen to deceive it. */
static uint64_t sum(uint64_t h, const uint8_t *at, uint64_t len)
{
	uint64_t word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	for (; len > 0; len--, at++)
		h = (h ^ *at) * UINT64_C(0x9e3779b97f4a7c15);
	return h;
}

/* The sum of a buffer: of its ends, if it is very long. */
static uint64_t sum_of(uint64_t h, const uint8_t *at, uint64_t len)
{
	if (len <= 2 * PART)
		return sum(h, at, len);
	return sum(sum(h, at, PART), at + len - PART, PART);
}

static void extend(struct vus_ring_memory *m, uint64_t gpa, uint64_t len,
		   bool write)
{
	if (m->end == 0 || gpa < m->lowest) {
		m->lowest = gpa;
		m->low_write = write;
	}
	if (gpa + len > m->end) {
		m->end = gpa + len;
		m->end_write = write;
	}
}

/* A buffer; false: no honest driver offers it, or it is not ours to watch. */
static bool add_buffer(const struct vus_ring_walk *w, struct vus_ring_memory *m,
		       const struct vring_desc *d)
{
	const uint64_t gpa = le64toh(d->addr);
	const uint32_t len = le32toh(d->len);
	const bool write = le16toh(d->flags) & VRING_DESC_F_WRITE;
	const uint8_t *host;

	if (!write && m->writable > 0)
		return false;
	host = vus_guest_host(w->guest, gpa, len);
	if (len == 0 || !host || is_in_ring(w->ring, host, len))
		return false;
	extend(m, gpa, len, write);
	if (write)
		m->writable += len;
	else
		m->readable = sum_of(m->readable, host, len);
	return true;
}

static bool add_table(const struct vus_ring_walk *w, struct vus_ring_memory *m,
		      const struct vring_desc *d)
{
	const uint64_t gpa = le64toh(d->addr);
	const uint32_t len = le32toh(d->len), n = len / sizeof(*d);
	const uint8_t *host = vus_guest_host(w->guest, gpa, len);
	struct vring_desc e;

	if (!w->indirect || !host || n == 0 || len % sizeof(*d) != 0 ||
	    (le16toh(d->flags) & VRING_DESC_F_NEXT))
		return false;
	extend(m, gpa, len, false);
	m->table = sum_of(m->table, host, len);
	for (uint32_t i = 0, seen = 0; i < n && seen < n; seen++) {
		memcpy(&e, host + i * sizeof(e), sizeof(e));
		if ((le16toh(e.flags) & VRING_DESC_F_INDIRECT) ||
		    !add_buffer(w, m, &e))
			return false;
		if (!(le16toh(e.flags) & VRING_DESC_F_NEXT))
			return true;
		i = le16toh(e.next);
	}
	return false;
}

bool vus_ring_survey(const struct vus_ring_walk *w, uint16_t head,
		     struct vus_ring_memory *ret)
{
	unsigned i = head, seen = 0;

	*ret = (struct vus_ring_memory){ 0 };
	for (;; seen++) {
		const struct vring_desc *d = &w->desc[i];

		if (seen == w->ring->num)
			return false;
		if (le16toh(d->flags) & VRING_DESC_F_INDIRECT) {
			if (!add_table(w, ret, d))
				return false;
			break;
		}
		if (!add_buffer(w, ret, d))
			return false;
		if (!(le16toh(d->flags) & VRING_DESC_F_NEXT))
			break;
		i = le16toh(d->next);
		if (i >= w->ring->num)
			return false;
	}
	if (ret->low_write && ret->lowest >= GUARD)
		set_guard(w->ring, &ret->guards, 0,
			  vus_guest_host(w->guest, ret->lowest - GUARD, GUARD));
	if (ret->end_write)
		set_guard(w->ring, &ret->guards, 1,
			  vus_guest_host(w->guest, ret->end, GUARD));
	return true;
}
