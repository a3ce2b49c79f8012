/* SPDX-License-Identifier: BSD-3-Clause */
/* split_device.h — the device's side of a split ring.
 *
 * Everything it reads is hostile: indexes, lengths and tables are checked
 * against the ring's size and the mapped memory, and each word of shared
 * memory is read once. */
#ifndef VUS_RING_SPLIT_DEVICE_H
#define VUS_RING_SPLIT_DEVICE_H

#include "mem/regions.h"
#include "split.h"

struct vus_split_device {
	unsigned num;
	const struct vring_desc *desc;
	const struct vring_avail *avail;
	struct vring_used *used;
	uint16_t last_avail; /* next available entry to take; free running */
	uint16_t used_idx;   /* next used entry to write; free running */
	uint16_t signalled;  /* used_idx at the last interrupt decision */
	bool event_idx;
	bool indirect; /* RING_INDIRECT_DESC negotiated */
	bool on_empty; /* NOTIFY_ON_EMPTY negotiated, and not VERSION_1 */
};

/* Where a ring of `num` descriptors, any number from 1 on, lies.  The three
 * parts are mapped whole, and aligned as virtio demands ("Split Virtqueues");
 * position and features are kept. */
void vus_split_device_lay(struct vus_split_device *r, unsigned num,
			  const void *desc, const void *avail, void *used);
/* Begin at `base`, the next available entry (VHOST_USER_SET_VRING_BASE); the
 * used index is read from memory. */
void vus_split_device_begin(struct vus_split_device *r, uint16_t base);

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

/* How a driver broke a ring: the code of an error. */
enum vus_split_bad {
	VUS_BAD_INDEX = 1,    /* the available index jumps by more than num */
	VUS_BAD_HEAD,         /* a head out of range */
	VUS_BAD_NEXT,         /* a next out of range, in ring or table */
	VUS_BAD_LOOP,         /* a chain of more descriptors than there are */
	VUS_BAD_PIECES,       /* a chain above VUS_CHAIN_MAX */
	VUS_BAD_SUM,          /* buffers of more than 2^32 bytes */
	VUS_BAD_ORDER,        /* a readable buffer after a writable one */
	VUS_BAD_ADDRESS,      /* a buffer or a table outside memory */
	VUS_BAD_TABLE,        /* an indirect table that was not negotiated */
	VUS_BAD_TABLE_NEXT,   /* INDIRECT and NEXT in one descriptor */
	VUS_BAD_TABLE_LENGTH, /* not a whole number of entries, or none */
	VUS_BAD_TABLE_NESTED, /* an indirect table in another */
};

/* Take the next request.  *ret stays as it was on NONE; on BAD it is not to be
 * looked at, the ring's position is unchanged, and err is of kind PROTOCOL, its
 * code one of enum vus_split_bad.  A buffer over adjoining regions becomes
 * several pieces; one of length 0 becomes none, wherever it points. */
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
