/* SPDX-License-Identifier: BSD-3-Clause */
/* le16.h — the 16-bit words that driver and device share; for split_*.c.
 *
 * Loads acquire and stores release: what stood before an index was stored is
 * seen by whoever loads that index. */
#ifndef VUS_RING_LE16_H
#define VUS_RING_LE16_H

#include <endian.h>
#include <linux/virtio_ring.h>
#include <stdint.h>

static inline uint16_t vus_load16(const void *p)
{
	return le16toh(__atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE));
}

static inline void vus_store16(void *p, uint16_t v)
{
	__atomic_store_n((uint16_t *)p, htole16(v), __ATOMIC_RELEASE);
}

/* used_event, behind the available ring, and avail_event, behind the used. */
static inline void *vus_used_event(struct vring_avail *avail, unsigned num)
{
	return &avail->ring[num];
}

static inline void *vus_avail_event(struct vring_used *used, unsigned num)
{
	return &used->ring[num];
}

#endif
