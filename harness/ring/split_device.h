/* SPDX-License-Identifier: BSD-3-Clause */
/* split_device.h — the device's side of a split ring.
 *
 * Everything it reads is hostile: indexes, lengths and tables are checked
 * against the ring's size and the mapped memory, and each word of shared
 * memory is read once. */
#ifndef VUS_RING_SPLIT_DEVICE_H
#define VUS_RING_SPLIT_DEVICE_H

#include "../mem/regions.h"
#include "split.h"

/* Deliberate deviations, switched on by a fake's faults; zero is honest. */
struct vus_split_faults {
	bool used_id_is_index; /* rows grow with the fault table */
};

struct vus_split_device {
	unsigned num;
	const struct vring_desc *desc;
	const struct vring_avail *avail;
	struct vring_used *used;
	uint16_t last_avail; /* next available entry to take; free running */
	uint16_t used_idx;   /* next used entry to write; free running */
	uint16_t signalled;  /* used_idx at the last interrupt decision */
	bool event_idx;
	bool indirect;       /* RING_INDIRECT_DESC negotiated */
	struct vus_split_faults faults;
};

/* A request taken from a ring: its pieces, already translated. */
struct vus_iov {
	uint8_t *host;
	uint32_t len;
	bool write;
};

struct vus_chain {
	uint16_t head;
	unsigned niov;
	uint64_t readable; /* bytes in the parts the device reads */
	uint64_t writable; /* bytes in the parts the device writes */
	struct vus_iov iov[VUS_CHAIN_MAX];
};

enum vus_pop {
	VUS_POP_NONE,  /* nothing available */
	VUS_POP_CHAIN, /* *ret filled */
	VUS_POP_BAD,   /* the driver broke the ring: err says how */
};

/* Take the next request.  BAD: index jumps by more than num, head or next out
 * of range, a loop, a chain above VUS_CHAIN_MAX, nested or ill-sized indirect
 * tables, read after write, buffers outside memory, length sums above 2^32. */
enum vus_pop vus_split_pop(struct vus_split_device *r,
			   const struct vus_regions *mem, struct vus_chain *ret,
			   struct vus_err *err);

/* Bytes from or to a chain at byte offset `off` of its readable or writable
 * part; returns how many were there. */
size_t vus_chain_read(const struct vus_chain *c, size_t off, void *buf,
		      size_t len);
size_t vus_chain_write(const struct vus_chain *c, size_t off, const void *buf,
		       size_t len);

/* Give a request back: `written` bytes were written into it. */
void vus_split_push(struct vus_split_device *r, uint16_t head,
		    uint32_t written);

/* Should the driver be interrupted for what was pushed since the last call? */
bool vus_split_wants_call(struct vus_split_device *r);

/* Suppress or ask for kicks (flag, or avail_event under event_idx). */
void vus_split_want_kicks(struct vus_split_device *r, bool want);

#endif
