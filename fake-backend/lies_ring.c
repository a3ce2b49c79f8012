/* SPDX-License-Identifier: BSD-3-Clause */
/* lies_ring.c — faults between the ring and the device: when a request is
 * taken, given back and told of.
 *
 * What comes too early by right comes some milliseconds too early here, so
 * that a driver on the same machine sees the gap. */
#include "backend.h"

#include "base/clock.h"
#include "notify.h"

#include <endian.h>
#include <string.h>

/* How wide a gap is, ms. */
#define GAP_MS 5
/* How long kicks_come_first waits for another, ms. */
#define KICKS_MS 100

static void gap(void)
{
	vus_pause(vus_deadline_ms(GAP_MS));
}

bool vus_lie_about_the_socket(const struct vus_be *be)
{
	return VUS_FAULTY(be, split_ring, kicks_come_first) &&
	       vus_now() < be->bad.kicked + KICKS_MS * VUS_MS;
}

static void move_idx(const struct vus_vq *vq)
{
	__atomic_store_n(&vq->ring.used->idx,
			 htole16((uint16_t)(vq->ring.used_idx + 1)),
			 __ATOMIC_RELEASE);
}

void vus_lie_about_nothing(struct vus_vq *vq)
{
	if (vq->bad.served &&
	    VUS_FAULTY(vq->be, split_ring, empty_kick_repeats))
		vq->ring.last_avail--;
}

void vus_lie_before_arming(const struct vus_vq *vq)
{
	if (VUS_FAULTY(vq->be, split_ring, never_looks_again))
		gap();
}

void vus_lie_at_pop(struct vus_vq *vq, const struct vus_chain *c)
{
	vq->bad.served = true;
	if (VUS_FAULTY(vq->be, split_ring, calls_early) && vq->call >= 0) {
		vus_notify(vq->call);
		gap();
	}
	if (VUS_FAULTY(vq->be, split_ring, idx_before_data)) {
		vus_split_push(&vq->ring, c->head, (uint32_t)c->writable);
		gap();
	}
}

/* ---- requests as they stand in the ring ---- */

struct raw {
	unsigned empty; /* buffers */
	unsigned there; /* requests */
	uint64_t sum;   /* of all that it is made of */
	bool table;     /* the head is one */
	bool odd_flags, table_with_next, over_ring, repeated;
};

static bool within(const void *at, const void *part, uint64_t bytes)
{
	return (uintptr_t)at - (uintptr_t)part < bytes;
}

static bool over_ring(const struct vus_vq *vq, const struct vring_desc *d)
{
	const struct vus_split_device *r = &vq->ring;
	uint64_t there;
	const void *at = vus_regions_gpa(&vq->be->mem, le64toh(d->addr),
					 le32toh(d->len), &there);

	return at && (within(at, r->desc, vus_split_desc_bytes(r->num)) ||
		      within(at, r->avail, vus_split_avail_bytes(r->num)) ||
		      within(at, r->used, vus_split_used_bytes(r->num)));
}

static uint16_t slot_of(const struct vus_split_device *r, uint16_t idx)
{
	return le16toh(r->avail->ring[idx % r->num]);
}

/* The next request, descriptor by descriptor, as far as there are any. */
static struct raw look(const struct vus_vq *vq)
{
	const struct vus_split_device *r = &vq->ring;
	const unsigned there =
		(uint16_t)(le16toh(r->avail->idx) - r->last_avail);
	uint16_t d = slot_of(r, r->last_avail);
	struct raw raw = { .there = there, .sum = d };

	raw.table = there > 0 && d < r->num &&
		    (le16toh(r->desc[d].flags) & VRING_DESC_F_INDIRECT);
	raw.repeated = there > 1 && d == slot_of(r, r->last_avail + 1);
	for (unsigned i = 0; there > 0 && i < r->num && d < r->num; i++) {
		const uint16_t flags = le16toh(r->desc[d].flags);
		const uint16_t both = VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT;

		raw.sum += le64toh(r->desc[d].addr) + le32toh(r->desc[d].len) +
			   flags;
		raw.empty += r->desc[d].len == 0;
		raw.odd_flags |= flags > (both | VRING_DESC_F_WRITE);
		raw.table_with_next |= (flags & both) == both;
		raw.over_ring |= over_ring(vq, &r->desc[d]);
		if (!(flags & VRING_DESC_F_NEXT))
			break;
		d = le16toh(r->desc[d].next);
	}
	return raw;
}

/* It is not what it was a moment ago. */
static bool changes(const struct vus_vq *vq, const struct raw *before)
{
	if (!VUS_FAULTY(vq->be, split_ring, aborts_on_changed_requests) ||
	    before->there == 0)
		return false;
	gap();
	return look(vq).sum != before->sum;
}

void vus_lie_before_pop(struct vus_vq *vq)
{
	const struct vus_faults *set = &vq->be->cfg.faults;
	const struct raw raw = look(vq);
	const struct {
		enum vus_fault_id fault;
		bool holds;
	} deadly[] = {
		{ VUS_FAULT_split_ring_aborts_on_empty_buffers, raw.empty > 0 },
		{ VUS_FAULT_split_ring_aborts_on_many_empty_buffers,
		  raw.empty > 1 },
		{ VUS_FAULT_split_ring_aborts_on_unknown_flags, raw.odd_flags },
		{ VUS_FAULT_split_ring_aborts_on_tables_with_next,
		  raw.table_with_next },
		{ VUS_FAULT_split_ring_aborts_on_self_reference,
		  raw.over_ring },
		{ VUS_FAULT_split_ring_aborts_on_repeated_heads, raw.repeated },
		{ VUS_FAULT_split_ring_aborts_on_changed_requests,
		  changes(vq, &raw) },
		{ VUS_FAULT_split_ring_aborts_on_foreign_used_idx,
		  le16toh(vq->ring.used->idx) != vq->ring.used_idx },
	};

	for (size_t i = 0; i < VUS_COUNT(deadly); i++) {
		if (deadly[i].holds && vus_faults_has(set, deadly[i].fault))
			vus_die();
	}
	if (raw.table && 3 * raw.there > vq->ring.num &&
	    VUS_FAULTY(vq->be, split_ring, tables_fill_the_ring))
		vus_vq_mark_broken(vq, "no room for so many tables");
}

void vus_lie_about_bad(const struct vus_vq *vq, const char *why)
{
	static const struct {
		enum vus_fault_id fault;
		const char *begins;
	} deadly[] = {
		{ VUS_FAULT_split_ring_aborts_on_heads, "head " },
		{ VUS_FAULT_split_ring_aborts_on_nexts, "next" },
		{ VUS_FAULT_split_ring_aborts_on_jumps, "the available index" },
		{ VUS_FAULT_split_ring_aborts_on_long_tables,
		  "a chain of more than" },
		{ VUS_FAULT_split_ring_aborts_on_large_sums,
		  "buffers of more than" },
		{ VUS_FAULT_split_ring_aborts_on_table_lengths,
		  "an indirect table of" },
		{ VUS_FAULT_split_ring_aborts_on_nested_tables,
		  "an indirect table in" },
	};

	for (size_t i = 0; i < VUS_COUNT(deadly); i++) {
		if (vus_faults_has(&vq->be->cfg.faults, deadly[i].fault) &&
		    strncmp(why, deadly[i].begins, strlen(deadly[i].begins)) ==
			    0)
			vus_die();
	}
}

bool vus_lie_at_push(const struct vus_vq *vq)
{
	if (VUS_FAULTY(vq->be, split_ring, idx_before_entry)) {
		move_idx(vq);
		gap();
	}
	return VUS_FAULTY(vq->be, split_ring, idx_before_data);
}

void vus_lie_after_push(const struct vus_vq *vq)
{
	const uint64_t behind =
		vq->addr.used + vus_split_used_bytes(vq->ring.num);
	uint64_t there = 0;
	uint8_t *p;

	if (!VUS_FAULTY(vq->be, split_ring, writes_behind_used))
		return;
	p = vus_regions_user(&vq->be->mem, behind, 2, &there);
	if (p && there == 2)
		p[0] = p[1] = 0xa5;
}
