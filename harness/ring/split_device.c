/* SPDX-License-Identifier: BSD-3-Clause */
/* split_device.c — the device's side of a split ring. */
#include "split_device.h"

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

void vus_split_push(struct vus_split_device *r, uint16_t head, uint32_t written)
{
	r->used->ring[r->used_idx % r->num] = (struct vring_used_elem){
		.id = htole32(head),
		.len = htole32(written),
	};
	r->used_idx++;
	/* Entry and data become visible before the index that announces them.
	 */
	vus_store16(&r->used->idx, r->used_idx);
}

/* vus_used_event takes what may be written; here it is read only. */
static uint16_t used_event(const struct vus_split_device *r)
{
	return vus_load16(&r->avail->ring[r->num]);
}

bool vus_split_wants_call(struct vus_split_device *r)
{
	const uint16_t old = r->signalled;

	/* The used index must be seen before the driver's wish is read. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (old == r->used_idx)
		return false;
	r->signalled = r->used_idx;
	/* virtio 6.3: "even though notifications are suppressed". */
	if (r->on_empty && vus_load16(&r->avail->idx) == r->last_avail)
		return true;
	if (r->event_idx)
		return vus_need_event(used_event(r), r->used_idx, old);
	return !(vus_load16(&r->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
}

void vus_split_want_kicks(struct vus_split_device *r, bool want)
{
	if (r->event_idx)
		/* An index that was passed long ago asks for nothing. */
		vus_store16(vus_avail_event(r->used, r->num),
			    want ? r->last_avail
				 : (uint16_t)(r->last_avail - 1));
	else
		vus_store16(&r->used->flags, want ? 0 : VRING_USED_F_NO_NOTIFY);
	/* The wish must be seen before the caller looks at the ring again. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
