/* SPDX-License-Identifier: BSD-3-Clause */
/* split_device.c — the device's side of a split ring. */
#include "split_device.h"

#include "split_walk.h"

#include <endian.h>
#include <string.h>

static uint16_t load16(const void *p)
{
	return le16toh(__atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE));
}

static void store16(void *p, uint16_t v)
{
	__atomic_store_n((uint16_t *)p, htole16(v), __ATOMIC_RELEASE);
}

static void *avail_event(const struct vus_split_device *r)
{
	return &r->used->ring[r->num];
}

void vus_split_device_init(struct vus_split_device *r, unsigned num,
			   const void *desc, const void *avail, void *used,
			   uint16_t base)
{
	r->num = num;
	r->desc = desc;
	r->avail = avail;
	r->used = used;
	r->last_avail = base;
	r->used_idx = load16(&r->used->idx);
	r->signalled = r->used_idx;
}

enum vus_pop vus_split_pop(struct vus_split_device *r,
			   const struct vus_regions *mem, struct vus_chain *ret,
			   struct vus_err *err)
{
	const uint16_t idx = load16(&r->avail->idx);
	const uint16_t there = (uint16_t)(idx - r->last_avail);
	uint16_t head;

	if (there == 0 || (r->faults.full_ring_is_empty && there == r->num) ||
	    (r->faults.sticks_at_wrap && r->last_avail == 0 &&
	     r->used_idx == 0 && r->signalled != 0))
		return VUS_POP_NONE;
	if (there > r->num) {
		vus_fail(err, VUS_ERR_PROTOCOL,
			 "the available index went from %u to %u in a ring "
			 "of %u",
			 r->last_avail, idx, r->num);
		return VUS_POP_BAD;
	}
	head = load16(&r->avail->ring[r->last_avail % r->num]);
	if (!vus_split_walk(r, mem, head, ret, err))
		return VUS_POP_BAD;
	r->last_avail++;
	if (r->faults.one_of_a_batch)
		r->last_avail = idx;
	return VUS_POP_CHAIN;
}

/* Copies between `buf` and the parts of a chain that are `write`; the buffer
 * is the source where `out` is true. */
static size_t copy(const struct vus_chain *c, bool write, size_t off, void *buf,
		   size_t len, bool out)
{
	uint8_t *at = buf;
	size_t done = 0;

	for (unsigned i = 0; i < c->niov && done < len; i++) {
		const struct vus_iov *v = &c->iov[i];
		size_t n;

		if (v->write != write)
			continue;
		if (off >= v->len) {
			off -= v->len;
			continue;
		}
		n = VUS_MIN(len - done, v->len - off);
		if (out)
			memcpy(v->host + off, at + done, n);
		else
			memcpy(at + done, v->host + off, n);
		done += n;
		off = 0;
	}
	return done;
}

size_t vus_chain_read(const struct vus_chain *c, size_t off, void *buf,
		      size_t len)
{
	return copy(c, false, off, buf, len, false);
}

size_t vus_chain_write(const struct vus_chain *c, size_t off, const void *buf,
		       size_t len)
{
	/* Only read: `out` makes it the source. */
	return copy(c, true, off, (void *)(uintptr_t)buf, len, true);
}

/* The faults that write where a device has no business. */
static void trespass(const struct vus_split_device *r)
{
	/* Reached through the mapping; honest code never writes these. */
	struct vring_desc *desc = (void *)(uintptr_t)r->desc;
	struct vring_avail *avail = (void *)(uintptr_t)r->avail;

	if (r->faults.writes_desc_table)
		desc[r->num - 1].next ^= 1;
	if (r->faults.writes_avail)
		avail->flags ^= htole16(0x8000);
	if (r->faults.writes_past_used)
		((uint8_t *)avail_event(r))[2] ^= 0xff;
	if (r->faults.odd_used_flags)
		store16(&r->used->flags, 2);
	if (r->faults.flags_with_event && r->event_idx)
		store16(&r->used->flags, VRING_USED_F_NO_NOTIFY);
}

static void write_used(struct vus_split_device *r, uint16_t head,
		       uint32_t written)
{
	struct vring_used_elem *e = &r->used->ring[r->used_idx % r->num];

	e->id = htole32(r->faults.used_id_is_slot ? r->used_idx % r->num
						  : head);
	e->len = htole32(written);
	r->used_idx++;
}

void vus_split_push(struct vus_split_device *r, uint16_t head, uint32_t written)
{
	if (r->faults.used_len_too_large)
		written += 1u << 20;
	if (r->faults.used_len_for_read && written == 0)
		written = 1;
	if (r->faults.used_slot_skips)
		r->used->ring[(r->used_idx + 1u) % r->num] =
			r->used->ring[r->used_idx % r->num];
	write_used(r, head, written);
	if (r->faults.used_twice)
		write_used(r, head, written);
	trespass(r);
	store16(&r->used->idx, r->used_idx);
}

/* The word behind the available ring. */
static uint16_t used_event(const struct vus_split_device *r)
{
	return load16(&r->avail->ring[r->num]);
}

static bool event_wanted(const struct vus_split_device *r, uint16_t old)
{
	const uint16_t at = used_event(r);

	if (r->faults.flag_with_event &&
	    (load16(&r->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT))
		return false;
	if (r->faults.event_at_end_only)
		return (uint16_t)(at + 1) == r->used_idx;
	if (r->faults.event_no_wrap && r->used_idx < old)
		return false;
	return vus_need_event(at, r->used_idx, old);
}

bool vus_split_wants_call(struct vus_split_device *r)
{
	const uint16_t old = r->signalled;

	/* The used index must be seen before the driver's wish is read. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	r->signalled = r->used_idx;
	if (old == r->used_idx)
		return false;
	if (r->event_idx)
		return r->faults.calls_every_time ||
		       (event_wanted(r, old) && !r->faults.misses_event);
	if (r->faults.event_without_idx)
		return event_wanted(r, old);
	return !r->faults.never_calls &&
	       (r->faults.ignores_no_interrupt ||
		!(load16(&r->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT));
}

void vus_split_want_kicks(struct vus_split_device *r, bool want)
{
	if (r->event_idx)
		/* An index that was passed long ago asks for nothing. */
		store16(avail_event(r),
			want ? r->last_avail : (uint16_t)(r->last_avail - 1));
	else
		store16(&r->used->flags, want ? 0 : VRING_USED_F_NO_NOTIFY);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
