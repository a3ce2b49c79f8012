/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_known.h — sectors of a disk whose content we know, since we wrote it.
 *
 * Each sector holds bytes that its number alone decides: whoever writes them
 * again, in another session or at the same time, changes nothing. */
#ifndef VUS_FAKE_FRONTEND_BLK_KNOWN_H
#define VUS_FAKE_FRONTEND_BLK_KNOWN_H

#include "blk_request.h"

/* Where cases write, and the known sectors behind it, in the middle of a
 * disk. */
#define VUS_BLK_SCRATCH_SECTORS 64
#define VUS_BLK_KNOWN_SECTORS   32

/* The first of the sectors in which cases may write; 0: the disk is too
 * small. */
uint64_t vus_blk_scratch(uint64_t capacity);

/* The first known sector; 0: the disk has no place for them, or is not to be
 * written. */
VUS_MUST_CHECK bool vus_blk_known_place(struct vus_session *s, uint64_t *ret,
					struct vus_err *err);
/* Write them, from sector `at` on; later pings of the session read there.  What
 * was there before is kept for vus_blk_known_restore() if it is to be
 * remembered. */
VUS_MUST_CHECK bool vus_blk_known_write(struct vus_session *s, uint64_t at,
					bool remember, struct vus_err *err);
VUS_MUST_CHECK bool vus_blk_known_restore(struct vus_session *s,
					  struct vus_err *err);

/* Where a ping reads `n` sectors: known ones that `seed` chooses; 0: none are
 * known, or not so many. */
uint64_t vus_blk_known_choose(const struct vus_session *s, uint64_t seed,
			      uint32_t n);
/* A read of known sectors brought their bytes; else err says which one differs
 * (VUS_CONTENT_DIFFERS). */
VUS_MUST_CHECK bool vus_blk_known_check(const struct vus_session *s,
					const struct vus_blk *r,
					struct vus_err *err);

#endif
