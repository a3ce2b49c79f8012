/* SPDX-License-Identifier: BSD-3-Clause */
/* split_driver.c — the driver's side of a split ring, over host pointers. */
#include "split_driver.h"

#include "le16.h"

#include <assert.h>
#include <string.h>

void vus_split_driver_init(struct vus_split_driver *r, unsigned num, void *desc,
			   void *avail, void *used, uint16_t base)
{
	assert(num <= VUS_RING_MAX);
	memset(r, 0, sizeof(*r));
	memset(desc, 0, (size_t)vus_split_desc_bytes(num));
	memset(avail, 0, (size_t)vus_split_avail_bytes(num));
	memset(used, 0, (size_t)vus_split_used_bytes(num));
	r->num = num;
	r->desc = desc;
	r->avail = avail;
	r->used = used;
	r->avail_idx = r->used_seen = r->published = r->described = base;
	r->used_event = base;
	vus_store16(&r->avail->idx, base);
	vus_store16(&r->used->idx, base);
	/* With EVENT_IDX: tell us of the first completion. */
	vus_store16(vus_used_event(r->avail, r->num), base);
	for (unsigned i = 0; i < num; i++)
		r->next[i] = (uint16_t)(i + 1);
	r->nfree = num;
}

static bool enough(const struct vus_split_driver *r, unsigned want,
		   struct vus_err *err)
{
	if (want == 0)
		return vus_fail(err, VUS_ERR_USAGE, "a chain of no segment");
	if (want > r->nfree && r->strays > 0)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"%u used entries name no chain in flight: %u "
				"of %u descriptors are free",
				r->strays, r->nfree, r->num);
	if (want > r->nfree)
		return vus_fail(err, VUS_ERR_USAGE,
				"a chain of %u descriptors, %u of %u are free",
				want, r->nfree, r->num);
	return true;
}

static void fill_descriptors(struct vring_desc *d, const struct vus_seg *seg,
			     bool more, uint16_t next)
{
	*d = (struct vring_desc){
		.addr = htole64(seg->gpa),
		.len = htole32(seg->len),
		.flags = htole16(
			(uint16_t)((more ? VRING_DESC_F_NEXT : 0) |
				   (seg->write ? VRING_DESC_F_WRITE : 0))),
		.next = htole16(next),
	};
}

/* Take a free descriptor. */
static uint16_t take_descriptor(struct vus_split_driver *r)
{
	const uint16_t d = r->free_head;

	r->free_head = r->next[d];
	r->nfree--;
	return d;
}

bool vus_split_add(struct vus_split_driver *r, const struct vus_seg *segs,
		   unsigned nsegs, uint16_t *ret_head, struct vus_err *err)
{
	uint16_t head, d;

	if (!enough(r, nsegs, err))
		return false;
	head = d = take_descriptor(r);
	for (unsigned i = 0; i < nsegs; i++) {
		const bool more = i + 1 < nsegs;
		const uint16_t next = more ? take_descriptor(r) : 0;

		fill_descriptors(&r->desc[d], &segs[i], more, next);
		/* The free list's links serve as the chain's own. */
		r->next[d] = next;
		d = next;
	}
	r->chain_len[head] = (uint16_t)nsegs;
	*ret_head = head;
	return true;
}

bool vus_split_add_indirect(struct vus_split_driver *r,
			    const struct vus_seg *segs, unsigned nsegs,
			    struct vring_desc *table, uint64_t table_gpa,
			    uint16_t *ret_head, struct vus_err *err)
{
	uint16_t head;

	if (nsegs == 0)
		return vus_fail(err, VUS_ERR_USAGE, "a chain of no segment");
	if (!enough(r, 1, err))
		return false;
	for (unsigned i = 0; i < nsegs; i++)
		fill_descriptors(&table[i], &segs[i], i + 1 < nsegs,
				 (uint16_t)(i + 1));
	head = take_descriptor(r);
	r->desc[head] = (struct vring_desc){
		.addr = htole64(table_gpa),
		.len = htole32((uint32_t)(nsegs * sizeof(*table))),
		.flags = htole16(VRING_DESC_F_INDIRECT),
	};
	r->chain_len[head] = 1;
	*ret_head = head;
	return true;
}

void vus_split_put(struct vus_split_driver *r, uint16_t head)
{
	r->avail->ring[r->avail_idx % r->num] = htole16(head);
	if (r->watcher)
		r->watcher->put(r, head);
	r->avail_idx++;
}

void vus_split_publish(struct vus_split_driver *r)
{
	if (r->watcher)
		r->watcher->publish(r);
	vus_store16(&r->avail->idx, r->avail_idx);
}

bool vus_split_wants_kick(struct vus_split_driver *r)
{
	const uint16_t old = r->published;

	/* The index must be seen before the device's wish is read. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	r->published = r->avail_idx;
	if (old == r->avail_idx)
		return false;
	if (r->event_idx)
		return vus_need_event(
			vus_load16(vus_avail_event(r->used, r->num)),
			r->avail_idx, old);
	return !(vus_load16(&r->used->flags) & VRING_USED_F_NO_NOTIFY);
}

unsigned vus_split_used_pending(const struct vus_split_driver *r)
{
	return (uint16_t)(vus_load16(&r->used->idx) - r->used_seen);
}

/* Give a chain's descriptors back to the free list. */
static void give_back(struct vus_split_driver *r, uint16_t head)
{
	uint16_t last = head;

	for (unsigned i = 1; i < r->chain_len[head]; i++)
		last = r->next[last];
	r->next[last] = r->free_head;
	r->free_head = head;
	r->nfree += r->chain_len[head];
	r->chain_len[head] = 0;
}

bool vus_split_reap(struct vus_split_driver *r, struct vus_used *ret)
{
	const struct vring_used_elem *e;

	if (vus_split_used_pending(r) == 0)
		return false;
	e = &r->used->ring[r->used_seen % r->num];
	ret->id = le32toh(__atomic_load_n(&e->id, __ATOMIC_RELAXED));
	ret->len = le32toh(__atomic_load_n(&e->len, __ATOMIC_RELAXED));
	if (r->watcher)
		r->watcher->used(r, ret);
	r->used_seen++;
	if (ret->id < r->num && r->chain_len[ret->id] > 0)
		give_back(r, (uint16_t)ret->id);
	else
		r->strays++;
	return true;
}

void vus_split_set_used_event(struct vus_split_driver *r, uint16_t at)
{
	r->used_event = at;
	vus_store16(vus_used_event(r->avail, r->num), at);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void vus_split_no_interrupt(struct vus_split_driver *r, bool no)
{
	r->flags = no ? VRING_AVAIL_F_NO_INTERRUPT : 0;
	vus_store16(&r->avail->flags, r->flags);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
