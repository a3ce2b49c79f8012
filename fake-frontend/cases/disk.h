/* SPDX-License-Identifier: BSD-3-Clause */
/* disk.h — what cases about block devices share: where they may write, and
 * requests whose outcome is judged, or needed.
 *
 * As in steps.h, a step returns false when it has set the case's verdict. */
#ifndef VUS_CASES_DISK_H
#define VUS_CASES_DISK_H

#include "../drivers/blk_request.h"
#include "steps.h"

#include <linux/virtio_blk.h>

#define VUS_BLK(name) VUS_BIT(VIRTIO_BLK_F_##name)

/* Sectors that a case may write to. */
#define VUS_DISK_SECTORS 64

struct vus_disk {
	struct virtio_blk_config config; /* as far as drivers read it */
	uint64_t capacity;               /* sectors */
	/* What the device calls its block, in sectors: QEMU, where it is told
	 * of larger ones, serves no request that begins within one. */
	uint32_t block;
	uint64_t place; /* of VUS_DISK_SECTORS, in the middle of the disk */
};

/* Read configuration space.  A disk that is too small for a place has none:
 * 0. */
VUS_MUST_CHECK bool vus_disk_look(struct vus_ctx *t, struct vus_disk *ret);
/* The same, and "skip" where there is no place. */
VUS_MUST_CHECK bool vus_disk_place(struct vus_ctx *t, struct vus_disk *ret);

/* A read or write (or any other request) of `n` sectors that `rule` judges. */
bool vus_disk_do(struct vus_ctx *t, const char *rule, uint32_t type,
		 uint64_t sector, uint32_t n, uint64_t seed,
		 struct vus_blk *ret);
/* The same for one that other cases judge: a read under blk.in, else
 * blk.out. */
bool vus_disk_need(struct vus_ctx *t, uint32_t type, uint64_t sector,
		   uint32_t n, uint64_t seed, struct vus_blk *ret);

/* Send a request as laid out, which comes back with whatever status. */
bool vus_disk_try(struct vus_ctx *t, const struct vus_blk *r,
		  struct vus_used *ret);

#endif
