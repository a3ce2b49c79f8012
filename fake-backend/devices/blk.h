/* SPDX-License-Identifier: BSD-3-Clause */
/* blk.h — a request of the block device, as its decisions see it. */
#ifndef VUS_FAKE_BACKEND_BLK_H
#define VUS_FAKE_BACKEND_BLK_H

#include "fake-backend/device.h"
#include "blk_store.h"

#define VUS_BLK_SECTOR 512 /* the unit of all positions */

struct vus_blk_request {
	const struct vus_chain *chain;
	uint32_t type;
	uint64_t sector;
	uint64_t in;      /* writable bytes without the status */
	uint64_t out;     /* readable bytes without the header */
	uint64_t written; /* from the first writable byte on */
};

#endif
