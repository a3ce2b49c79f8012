/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_box.h — a driver and a device on one split ring, in one process.
 *
 * Guest memory is one memfd behind four regions.  The ring's parts are heap
 * blocks of exactly their size, so that a sanitizer sees one byte too far. */
#ifndef VUS_UNIT_RING_BOX_H
#define VUS_UNIT_RING_BOX_H

#include "ring/split_device.h"
#include "ring/split_driver.h"

/* LOW and HIGH adjoin for the guest, and lie the other way round in the file;
 * FAR stands alone, TOP ends with the last address there is. */
#define BOX_REGION UINT64_C(0x100000) /* bytes of each */
#define BOX_LOW    UINT64_C(0)
#define BOX_HIGH   BOX_REGION
#define BOX_FAR    UINT64_C(0x1000000)
#define BOX_TOP    (UINT64_MAX - BOX_REGION + 1)

struct ring_box {
	struct vus_regions mem;
	struct vus_split_driver *drv;
	struct vus_split_device dev;
	void *desc, *avail, *used;
	struct vus_chain chain; /* the last one popped */
	struct vus_err err;
};

/* Both sides at `base`; indirect descriptors are negotiated. */
void box_open(struct ring_box *b, unsigned num, uint16_t base);
void box_close(struct ring_box *b);

/* Host pointer of guest memory. */
uint8_t *box_at(const struct ring_box *b, uint64_t gpa);

/* Add, put and publish a chain; returns its head. */
uint16_t box_offer(struct ring_box *b, const struct vus_seg *segs, unsigned n);
/* The same through an indirect table at `table`, which one region holds. */
uint16_t box_offer_table(struct ring_box *b, const struct vus_seg *segs,
			 unsigned n, uint64_t table);

/* Pop into b->chain. */
enum vus_pop box_pop(struct ring_box *b);
/* Pop, which must give the chain with this head, and push it. */
void box_serve(struct ring_box *b, uint16_t head, uint32_t written);
/* Reap, which must give this. */
void box_reap(struct ring_box *b, uint32_t id, uint32_t len);

/* Write descriptor i, in host order. */
void box_desc(struct vring_desc *at, uint64_t addr, uint32_t len,
	      uint16_t flags, uint16_t next);
/* Offer a head as a driver that checks nothing. */
void box_put_raw(struct ring_box *b, uint16_t head);

#endif
