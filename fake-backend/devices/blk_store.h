/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_store.h — a disk's content: memory, or a file mapped whole.
 *
 * It outlives connections.  Memory is sparse: what was never written, or was
 * zeroed, takes no room. */
#ifndef VUS_FAKE_BACKEND_BLK_STORE_H
#define VUS_FAKE_BACKEND_BLK_STORE_H

#include "base/err.h"
#include "base/own.h"

#include <stdint.h>

struct vus_blk_store {
	struct vus_map map;
	uint64_t size; /* bytes, a multiple of the sector */
	bool anonymous;
};

/* `file` NULL: `size` bytes of zeroed memory; else the file's own size. */
VUS_MUST_CHECK bool vus_blk_store_open(const char *file, uint64_t size,
				       bool read_only,
				       struct vus_blk_store *ret,
				       struct vus_err *err);
void vus_blk_store_close(struct vus_blk_store *s);

/* Zero [off, off+len), which lies inside. */
void vus_blk_store_wipe(struct vus_blk_store *s, uint64_t off, uint64_t len);

#endif
