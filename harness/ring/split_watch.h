/* SPDX-License-Identifier: BSD-3-Clause */
/* split_watch.h — does a device keep to the rules of a ring?
 *
 * A watch is attached to the driver's side of one ring.  It remembers what the
 * driver offers, and compares when a request comes back; it says what the first
 * breach is, and is silent from then on.  A ring that its driver breaks is not
 * judged: where the watch sees that by itself (a chain that virtio forbids, an
 * index that jumps) it ends, and for the rest there is vus_split_break(). */
#ifndef VUS_RING_SPLIT_WATCH_H
#define VUS_RING_SPLIT_WATCH_H

#include "mem/guest.h"
#include "split_driver.h"

enum vus_ring_breach {
#define BREACH(side, NAME, ...) VUS_RING_##NAME,
#include "breaches.def"
#undef BREACH
	VUS_RING_BREACHES,
};

struct vus_split_watch_options {
	unsigned index; /* the ring's, for texts */
	const struct vus_guest *guest;
	bool indirect; /* RING_INDIRECT_DESC was negotiated */
	bool modern;   /* VERSION_1 was */
	void (*tell)(void *ctx, unsigned breach, const char *text);
	void *ctx;
};

/* A watch for a ring that was just initialised; NULL: no memory, and the ring
 * stays unwatched. */
struct vus_split_watch *
vus_split_watch_new(struct vus_split_driver *r,
		    const struct vus_split_watch_options *options);
void vus_split_watch_free(struct vus_split_watch *w);

/* What the driver does from now on breaks the ring on purpose: nothing is
 * judged until it is initialised again. */
void vus_split_break(struct vus_split_driver *r);
/* The device continues at available index `base`, which may repeat or skip
 * requests. */
void vus_split_rebase(struct vus_split_driver *r, uint16_t base);

bool vus_split_is_watched(const struct vus_split_driver *r);

#endif
