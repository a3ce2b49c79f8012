/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_request.h — a request to a virtio block device, in guest memory.
 *
 * Header, data and status lie one behind the other, with `gap` bytes of pattern
 * between them: with no gap they may be cut into descriptors at any byte, and
 * joined across their borders. */
#ifndef VUS_FAKE_FRONTEND_BLK_REQUEST_H
#define VUS_FAKE_FRONTEND_BLK_REQUEST_H

#include "fake-frontend/session.h"

#include <linux/virtio_blk.h>

#define VUS_SECTOR     512   /* the unit of all positions */
#define VUS_BLK_HEADER 16    /* bytes */
#define VUS_BLK_MAX    65536 /* bytes of data */
#define VUS_BLK_UNSET  0xa5  /* of a status that was not written */

struct vus_blk {
	uint32_t type;
	uint64_t sector;
	uint32_t len;                  /* bytes of data */
	bool reads;                    /* the device writes the data */
	uint32_t gap;                  /* bytes */
	uint64_t seed;                 /* decides data and patterns */
	uint64_t header, data, status; /* guest addresses */
	struct vus_seg segs[3]; /* whole parts; without data there are 2 */
	unsigned nsegs;
};

/* `seed` determines the data to be written; a buffer to be read into holds
 * other bytes, which are never written to a disk. */
VUS_MUST_CHECK bool vus_blk_build(struct vus_session *s, uint32_t type,
				  uint64_t sector, uint32_t len, uint32_t gap,
				  uint64_t seed, struct vus_blk *ret,
				  struct vus_err *err);

uint8_t *vus_blk_data(const struct vus_session *s, const struct vus_blk *r);
uint8_t vus_blk_status(const struct vus_session *s, const struct vus_blk *r);
/* Do the data hold what a write with `seed` has? */
bool vus_blk_data_is(const struct vus_session *s, const struct vus_blk *r,
		     uint64_t seed);
/* Is the first sector of a read's buffer as it was laid out? */
bool vus_blk_is_untouched(const struct vus_session *s, const struct vus_blk *r);
/* Bytes around the parts are as they were; else err says where not. */
VUS_MUST_CHECK bool vus_blk_check_padding(const struct vus_session *s,
					  const struct vus_blk *r,
					  struct vus_err *err);

/* Send it on ring 0 in `n` descriptors, and wait until it is back. */
VUS_MUST_CHECK bool vus_blk_send(struct vus_session *s,
				 const struct vus_seg *segs, unsigned n,
				 struct vus_used *ret, struct vus_err *err);
/* It was carried out: status OK.  What lies around it is watched. */
VUS_MUST_CHECK bool vus_blk_check_done(const struct vus_session *s,
				       const struct vus_blk *r,
				       struct vus_err *err);
/* Lay out, send as it stands, and have it done: status OK. */
VUS_MUST_CHECK bool vus_blk_request(struct vus_session *s, uint32_t type,
				    uint64_t sector, uint32_t len,
				    uint64_t seed, struct vus_blk *ret,
				    struct vus_err *err);

#endif
