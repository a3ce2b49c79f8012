/* SPDX-License-Identifier: BSD-3-Clause */
/* split_driver.h — the driver's side of a split ring, over host pointers.
 *
 * It can be honest (add, publish, reap) and it can be told to lie: descriptor
 * table, available ring and index are plain members that a case may write. */
#ifndef VUS_RING_SPLIT_DRIVER_H
#define VUS_RING_SPLIT_DRIVER_H

#include "split.h"

#include "base/text.h"

struct vus_split_driver;
struct vus_split_watch;
struct vus_used;

/* Who is told what happens on a ring. */
struct vus_split_watcher {
	/* A head is in its slot, and does not count yet. */
	void (*put)(struct vus_split_driver *r, uint16_t head);
	/* avail->idx is about to be stored. */
	void (*publish)(struct vus_split_driver *r);
	/* An entry was read, and does not count as taken yet. */
	void (*used)(struct vus_split_driver *r, const struct vus_used *used);
};

struct vus_split_driver {
	unsigned num;            /* descriptors */
	struct vring_desc *desc; /* num of them */
	struct vring_avail *avail;
	struct vring_used *used;
	bool event_idx;     /* RING_EVENT_IDX negotiated */
	uint16_t avail_idx; /* next to publish; free running */
	uint16_t used_seen; /* used entries taken so far; free running */
	uint16_t published; /* avail->idx at the last kick decision */
	uint16_t described; /* avail->idx when it was last told in words */
	uint16_t flags, used_event; /* of the available ring */
	uint16_t free_head;         /* first free descriptor */
	unsigned nfree;
	unsigned strays; /* used entries taken that named no chain of ours */
	const struct vus_split_watcher *watcher; /* or NULL */
	struct vus_split_watch *watch;           /* its own */
	uint16_t next[VUS_RING_MAX];             /* free list */
	uint16_t chain_len[VUS_RING_MAX]; /* descriptors of a chain, by head */
};

struct vus_used {
	uint32_t id;
	uint32_t len;
};

/* All three parts zeroed, indexes at `base`; nothing watches it. */
void vus_split_driver_init(struct vus_split_driver *r, unsigned num, void *desc,
			   void *avail, void *used, uint16_t base);

/* Write a chain into free descriptors; *ret_head is its first.  False, kind
 * USAGE, when not enough are free, or kind PROTOCOL when that may be for chains
 * that the device gave back under wrong names.  Not yet visible to the device.
 */
VUS_MUST_CHECK bool vus_split_add(struct vus_split_driver *r,
				  const struct vus_seg *segs, unsigned nsegs,
				  uint16_t *ret_head, struct vus_err *err);

/* The same through an indirect table of nsegs entries at `table` (host
 * pointer) whose guest address is `table_gpa`. */
VUS_MUST_CHECK bool
vus_split_add_indirect(struct vus_split_driver *r, const struct vus_seg *segs,
		       unsigned nsegs, struct vring_desc *table,
		       uint64_t table_gpa, uint16_t *ret_head,
		       struct vus_err *err);

/* Put a head into the available ring, and make all put so far visible. */
void vus_split_put(struct vus_split_driver *r, uint16_t head);
void vus_split_publish(struct vus_split_driver *r);

/* Does the device want a kick for what was published since the last call? */
bool vus_split_wants_kick(struct vus_split_driver *r);

/* "available 5, 1 new, used 4; head 0: [0x1000 16 read] [0x1010 1 written]":
 * what was put since the last call. */
void vus_split_describe(struct vus_split_driver *r, struct vus_text *ret);

/* Used entries that the device has published and we have not taken. */
unsigned vus_split_used_pending(const struct vus_split_driver *r);

/* Take one used entry and give its descriptors back to the free list; false
 * when there is none. An id that names no chain of ours frees nothing. */
bool vus_split_reap(struct vus_split_driver *r, struct vus_used *ret);

/* Ask for an interrupt at used index `at` (event_idx), or on/off by flag. */
void vus_split_set_used_event(struct vus_split_driver *r, uint16_t at);
void vus_split_no_interrupt(struct vus_split_driver *r, bool no);

#endif
