/* SPDX-License-Identifier: BSD-3-Clause */
/* split.h — the split virtqueue: what driver and device side share.
 *
 * Layouts are the kernel's (linux/virtio_ring.h); contents little-endian
 * (VERSION_1). */
#ifndef VUS_RING_SPLIT_H
#define VUS_RING_SPLIT_H

#include "base/err.h"

#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VUS_RING_MAX  32768 /* descriptors of a split ring */
#define VUS_CHAIN_MAX 1024  /* segments of one request */

/* Bytes of each part for `num` descriptors, event-index word included. */
uint64_t vus_split_desc_bytes(unsigned num);
uint64_t vus_split_avail_bytes(unsigned num);
uint64_t vus_split_used_bytes(unsigned num);

/* One piece of a request. */
struct vus_seg {
	uint64_t gpa;
	uint32_t len;
	bool write; /* the device writes it */
};

/* Must an event be sent after the index went from `old` to `now`, when the
 * other side asked to be told at `event`?  (virtio: "vring_need_event") */
bool vus_need_event(uint16_t event, uint16_t now, uint16_t old);

#endif
