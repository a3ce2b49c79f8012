/* SPDX-License-Identifier: BSD-3-Clause */
/* split_device.c — the device's side of a split ring. */
#include "split_device.h"

#include "split_walk.h"

#include "le16.h"

#include <string.h>

void vus_split_device_lay(struct vus_split_device *r, unsigned num,
			  const void *desc, const void *avail, void *used)
{
	r->num = num;
	r->desc = desc;
	r->avail = avail;
	r->used = used;
}

void vus_split_device_begin(struct vus_split_device *r, uint16_t base)
{
	r->last_avail = base;
	r->used_idx = vus_load16(&r->used->idx);
	r->signalled = r->used_idx;
}

/* The faults that see nothing where there is something. */
static bool overlooked(const struct vus_split_device *r, uint16_t idx)
{
	return (r->faults.full_ring_is_empty &&
		(uint16_t)(idx - r->last_avail) == r->num) ||
	       (r->faults.sticks_at_wrap && idx < r->last_avail) ||
	       (r->faults.stops_after_a_lap && r->last_avail >= r->num);
}

enum vus_pop vus_split_pop(struct vus_split_device *r,
			   const struct vus_regions *mem, struct vus_chain *ret,
			   struct vus_err *err)
{
	const uint16_t idx = vus_load16(&r->avail->idx);
	uint16_t there, head;

	if (r->faults.skips_an_entry && idx != r->last_avail &&
	    r->last_avail % 8 == 7)
		r->last_avail++;
	there = (uint16_t)(idx - r->last_avail);
	if (there == 0 || overlooked(r, idx))
		return VUS_POP_NONE;
	if (there > r->num && !r->faults.walks_any_jump) {
		vus_fail(err, VUS_ERR_PROTOCOL,
			 "the available index went from %u to %u in a ring "
			 "of %u",
			 r->last_avail, idx, r->num);
		return VUS_POP_BAD;
	}
	head = vus_load16(&r->avail->ring[r->last_avail % r->num]);
	if (!vus_split_walk(r, mem, head, ret, err))
		return VUS_POP_BAD;
	r->last_avail++;
	if (r->faults.one_of_a_batch)
		r->last_avail = idx;
	return VUS_POP_CHAIN;
}

/* The fault mixes_old_content. */
static void mix(uint8_t *to, const uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i] | (to[i] == 0xff);
}

/* Copy between `buf` and the parts of a chain that are `write`; the buffer
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
		if (out && c->mixes)
			mix(v->host + off, at + done, n);
		else if (out)
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

/* The fault writes_readable: the first byte the driver wrote. */
static void scribble(const struct vus_chain *c)
{
	if (c->niov > 0 && !c->iov[0].write)
		c->iov[0].host[0]++;
}

size_t vus_chain_write(const struct vus_chain *c, size_t off, const void *buf,
		       size_t len)
{
	if (c->scribbles)
		scribble(c);
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
		desc[r->num - 1].next++;
	if (r->faults.writes_avail)
		avail->flags |= htole16(0x8000);
	if (r->faults.writes_event_unasked && !r->event_idx)
		vus_store16(vus_avail_event(r->used, r->num), 0xa5a5);
}

static uint32_t used_len(const struct vus_split_device *r, uint32_t written)
{
	if (r->faults.used_len_too_large)
		return written + (1u << 20);
	if (r->faults.used_len_for_read && written == 0)
		return 1;
	if (r->faults.used_len_missing)
		return 0;
	return written;
}

static void write_used(struct vus_split_device *r, uint16_t head,
		       uint32_t written)
{
	const unsigned slot =
		(r->used_idx + r->faults.used_slot_skips) % r->num;
	struct vring_used_elem *e = &r->used->ring[slot];

	e->id = htole32(r->faults.used_id_is_slot ? slot : head);
	e->len = htole32(used_len(r, written));
	r->used_idx++;
}

void vus_split_push(struct vus_split_device *r, uint16_t head, uint32_t written)
{
	write_used(r, head, written);
	if (r->faults.used_twice)
		write_used(r, head, written);
	trespass(r);
	/* Entry and data become visible before the index that tells of them. */
	vus_store16(&r->used->idx,
		    (uint16_t)(r->used_idx + r->faults.used_ahead));
}

/* vus_used_event takes what may be written; here it is read only. */
static uint16_t wished_event(const struct vus_split_device *r)
{
	return vus_load16(&r->avail->ring[r->num]);
}

static bool event_wanted(const struct vus_split_device *r, uint16_t old,
			 uint16_t event, uint16_t flags)
{
	if (r->faults.flag_with_event && (flags & VRING_AVAIL_F_NO_INTERRUPT))
		return false;
	if (r->faults.event_at_end_only)
		return (uint16_t)(event + 1) == r->used_idx;
	if (r->faults.event_no_wrap && r->used_idx < old)
		return false;
	return vus_need_event(event, r->used_idx, old);
}

/* The fault stale_wish: what was asked for one decision ago. */
static void swap16(uint16_t *a, uint16_t *b)
{
	const uint16_t t = *a;

	*a = *b;
	*b = t;
}

bool vus_split_wants_call(struct vus_split_device *r)
{
	const uint16_t old = r->signalled;
	uint16_t event = 0, flags = 0;

	/* The used index must be seen before the driver's wish is read. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (old == r->used_idx)
		return false;
	r->signalled = r->used_idx;
	/* virtio 6.3: "even though notifications are suppressed". */
	if (r->on_empty && vus_load16(&r->avail->idx) == r->last_avail)
		return true;
	/* The driver's; each has a meaning in one of the two modes only. */
	if (r->event_idx || r->faults.event_without_idx)
		event = wished_event(r);
	if (!r->event_idx || r->faults.flag_with_event)
		flags = vus_load16(&r->avail->flags);
	if (r->faults.stale_wish) {
		swap16(&event, &r->old_event);
		swap16(&flags, &r->old_flags);
	}
	if (r->event_idx)
		return r->faults.calls_every_time ||
		       (event_wanted(r, old, event, flags) &&
			!r->faults.misses_event);
	if (r->faults.event_without_idx)
		return event_wanted(r, old, event, flags);
	return !r->faults.never_calls &&
	       (r->faults.ignores_no_interrupt ||
		!(flags & VRING_AVAIL_F_NO_INTERRUPT));
}

static uint16_t used_flags(const struct vus_split_device *r, bool want)
{
	const uint16_t flags = want ? 0 : VRING_USED_F_NO_NOTIFY;

	return r->faults.odd_used_flags ? flags | 2 : flags;
}

void vus_split_want_kicks(struct vus_split_device *r, bool want)
{
	if (r->faults.never_arms)
		want = false;
	if (r->faults.flags_with_event && r->event_idx)
		vus_store16(&r->used->flags, VRING_USED_F_NO_NOTIFY);
	if (r->event_idx)
		/* An index that was passed long ago asks for nothing. */
		vus_store16(vus_avail_event(r->used, r->num),
			    want ? r->last_avail
				 : (uint16_t)(r->last_avail - 1));
	else
		vus_store16(&r->used->flags, used_flags(r, want));
	/* The wish must be seen before the caller looks at the ring again. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
