/* SPDX-License-Identifier: BSD-3-Clause */
/* regions.h — the table of guest memory as a back-end maps it. */
#ifndef VUS_MEM_REGIONS_H
#define VUS_MEM_REGIONS_H

#include "base/own.h"
#include "wire/wire.h"

#define VUS_REGIONS_MAX 64

struct vus_region {
	struct vus_p_region row; /* as announced */
	struct vus_map map;      /* ours; page aligned around the region */
	uint8_t *host;           /* of the region's first byte */
};

struct vus_regions {
	struct vus_region r[VUS_REGIONS_MAX];
	unsigned n;
};

/* Map one region of descriptor `fd` (which stays the caller's, and may be
 * closed).  Refused, kind REFUSED with the numbers: size 0, address or offset
 * sums that wrap, a file shorter than offset+size, an overlap in guest
 * addresses, a full table. */
VUS_MUST_CHECK bool vus_regions_add(struct vus_regions *t,
				    const struct vus_p_region *row, int fd,
				    struct vus_err *err);
/* The same of a file that may be shorter: an access beyond its end is a
 * SIGBUS. */
VUS_MUST_CHECK bool vus_regions_add_beyond(struct vus_regions *t,
					   const struct vus_p_region *row,
					   int fd, struct vus_err *err);
/* Unmap the region with this guest address, user address and size (the mmap
 * offset is ignored, spec: VHOST_USER_REM_MEM_REG). */
VUS_MUST_CHECK bool vus_regions_remove(struct vus_regions *t,
				       const struct vus_p_region *row,
				       struct vus_err *err);
void vus_regions_clear(struct vus_regions *t);

/* Our pointer to the bytes from `gpa` (or front-end virtual address) on, and
 * how many of `len` are contiguous in *ret_len (the next region may adjoin).
 * NULL when the first byte is not mapped. */
void *vus_regions_gpa(const struct vus_regions *t, uint64_t gpa, uint64_t len,
		      uint64_t *ret_len);
void *vus_regions_user(const struct vus_regions *t, uint64_t user, uint64_t len,
		       uint64_t *ret_len);

#endif
