/* SPDX-License-Identifier: BSD-3-Clause */
/* guest.h — a guest's memory as its VMM sees it: regions over backings.
 *
 * Three address spaces: guest physical (gpa), the front-end's virtual as
 * announced to the back-end (user; deliberately unlike both others), and our
 * own mapping (host pointers). */
#ifndef VUS_MEM_GUEST_H
#define VUS_MEM_GUEST_H

#include "wire/wire.h"
#include "backing.h"

#define VUS_GUEST_MAX_REGIONS 64

struct vus_guest_region {
	uint64_t gpa;     /* guest physical address */
	uint64_t size;    /* bytes */
	uint64_t user;    /* front-end virtual address announced */
	uint64_t offset;  /* bytes into the backing's file */
	unsigned backing; /* index into backings[] */
	uint8_t *host;    /* our mapping of its first byte */
	bool hidden;      /* neither announced nor allocated from */
};

struct vus_guest {
	struct vus_backing backings[VUS_GUEST_MAX_REGIONS];
	unsigned nbackings;
	struct vus_guest_region regions[VUS_GUEST_MAX_REGIONS];
	unsigned nregions;
	uint64_t cursor; /* next free gpa for vus_guest_alloc */
	/* Pages that the last of its calls have made present. */
	const uint8_t *present, *present_end;
};

void vus_guest_init(struct vus_guest *g);
void vus_guest_close(struct vus_guest *g);

/* Make a backing and own it; its index goes to *ret. */
VUS_MUST_CHECK bool vus_guest_add_backing(struct vus_guest *g,
					  const struct vus_backing_opts *opts,
					  unsigned *ret, struct vus_err *err);

/* Announceable region [gpa, gpa+size) = backing bytes [offset, ...).  Refused
 * (kind USAGE): size 0, a sum past 2^64, more than the backing has, an overlap
 * in guest addresses. */
VUS_MUST_CHECK bool vus_guest_add_region(struct vus_guest *g, unsigned backing,
					 uint64_t gpa, uint64_t size,
					 uint64_t offset, struct vus_err *err);

/* Place `n` backings one after another from address 0 on, as a machine does
 * with its nodes.  A PCI hole at `hole_gpa` (0: none) ends at 4 GiB; the
 * backing that meets it becomes two regions of one descriptor.  Nothing is
 * added on failure. */
VUS_MUST_CHECK bool vus_guest_stack(struct vus_guest *g,
				    const struct vus_backing_opts *const opts[],
				    unsigned n, uint64_t hole_gpa,
				    struct vus_err *err);

/* The usual layout of `size` bytes on one shared backing of `kind`: a stack of
 * one. */
VUS_MUST_CHECK bool vus_guest_plain(struct vus_guest *g,
				    enum vus_backing_kind kind,
				    const char *path, uint64_t size,
				    uint64_t hole_gpa, struct vus_err *err);

/* Our pointer to [gpa, gpa+len); NULL unless it lies in one region. */
void *vus_guest_host(const struct vus_guest *g, uint64_t gpa, uint64_t len);
/* The announced user address of a gpa; 0 when it lies in no region. */
uint64_t vus_guest_user(const struct vus_guest *g, uint64_t gpa);

/* Set aside `len` bytes at an address that `align` (power of 2) divides, within
 * one region, for good; 8 bytes behind them stay unused.  Zeroed, and present:
 * a file system without room is an error here, and not a SIGBUS later. */
VUS_MUST_CHECK bool vus_guest_alloc(struct vus_guest *g, uint64_t len,
				    uint64_t align, uint64_t *ret_gpa,
				    struct vus_err *err);

/* Fill the wire's row for region i. */
void vus_guest_describe(const struct vus_guest *g, unsigned i,
			struct vus_p_region *ret);

/* A pattern that depends on seed and gpa over a whole region, and the first
 * gpa that no longer matches (UINT64_MAX: all there). */
void vus_guest_paint(struct vus_guest *g, unsigned region, uint64_t seed);
uint64_t vus_guest_unpainted(const struct vus_guest *g, unsigned region,
			     uint64_t seed);

/* The same over [gpa, gpa+len), which lies in one region: sparse memory is
 * touched only there.  Parts painted with one seed join without a seam. */
void vus_guest_paint_part(struct vus_guest *g, uint64_t gpa, uint64_t len,
			  uint64_t seed);
uint64_t vus_guest_unpainted_part(const struct vus_guest *g, uint64_t gpa,
				  uint64_t len, uint64_t seed);

#endif
