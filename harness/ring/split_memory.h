/* SPDX-License-Identifier: BSD-3-Clause */
/* split_memory.h — the memory of a request, as a watch compares it. */
#ifndef VUS_RING_SPLIT_MEMORY_H
#define VUS_RING_SPLIT_MEMORY_H

#include "mem/guest.h"
#include "split_driver.h"

/* Bytes that are looked at on either side of what a device may write. */
#define VUS_RING_GUARD 8

/* The bytes before [0] and behind [1] what a device may write. */
struct vus_ring_guards {
	bool there[2];
	uint64_t bytes[2];
};

/* The memory of one request. */
struct vus_ring_memory {
	uint64_t readable, table;  /* sums of readable buffers and tables */
	uint64_t lowest, end;      /* of all its buffers and tables */
	bool low_write, end_write; /* there a buffer is writable */
	uint64_t writable;         /* bytes */
	struct vus_ring_guards guards;
};

/* The guards of the used ring, where they do not belong to the ring itself. */
struct vus_ring_guards vus_ring_guards_of_used(const struct vus_split_driver *r,
					       const struct vus_guest *g);
/* The one that has changed: 0 or 1; 2: none. */
unsigned vus_ring_changed_guard(const struct vus_ring_guards *was,
				const struct vus_ring_guards *is);

struct vus_ring_walk {
	const struct vus_split_driver *ring;
	const struct vus_guest *guest;
	const struct vring_desc *desc; /* a copy of the ring's */
	bool indirect;                 /* was negotiated */
};

/* The memory of the request at `head`; false: no honest driver offers it, or it
 * cannot be looked at. */
bool vus_ring_survey(const struct vus_ring_walk *w, uint16_t head,
		     struct vus_ring_memory *ret);

#endif
