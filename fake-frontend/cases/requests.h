/* SPDX-License-Identifier: BSD-3-Clause */
/* requests.h — what cases about requests on a split ring share: other shapes of
 * a request, indirect tables, and photographs of memory.
 *
 * Functions that return bool have set the case's verdict when they return
 * false, as those of steps.h. */
#ifndef VUS_CASES_REQUESTS_H
#define VUS_CASES_REQUESTS_H

#include "steps.h"

#define VUS_SHAPE_MAX 64

/* A ping in other descriptors than its driver chose: the same bytes in the
 * same order, cut further. */
struct vus_shape {
	struct vus_ping ping;
	struct vus_seg segs[VUS_SHAPE_MAX];
	unsigned n;
};

VUS_MUST_CHECK bool vus_shape_ping(struct vus_ctx *t, uint64_t seed,
				   struct vus_shape *ret);
/* Cut segment `i` behind its first `at` bytes; false, and nothing done, when
 * that leaves a piece empty or there is no room. */
bool vus_shape_cut(struct vus_shape *s, unsigned i, uint32_t at);
/* Cut the longest piece in two until there are `n`. */
void vus_shape_spread(struct vus_shape *s, unsigned n);
/* Bytes that the device may write, and all of them in their order; `buf` has
 * room for as many. */
uint32_t vus_shape_writable(const struct vus_shape *s);
void vus_shape_gather(const struct vus_ctx *t, const struct vus_shape *s,
		      uint8_t *buf);
/* Fill what the device may write with one byte, or with bytes that `seed`
 * decides. */
void vus_shape_fill(const struct vus_ctx *t, const struct vus_shape *s,
		    uint8_t byte);
void vus_shape_prefill(const struct vus_ctx *t, const struct vus_shape *s,
		       uint64_t seed);

/* Put segments into descriptors `slots`, in that order, whatever the free list
 * says.  The last next is UINT16_MAX, which means nothing without NEXT. */
void vus_chain_at(struct vus_split_driver *ring, const struct vus_seg *segs,
		  unsigned nsegs, const uint16_t *slots);

/* Put a head into the available ring, make it visible, kick. */
VUS_MUST_CHECK bool vus_step_send_head(struct vus_ctx *t, unsigned queue,
				       uint16_t head);
/* Put a shape into free descriptors and send it; *ret_head may be NULL. */
VUS_MUST_CHECK bool vus_step_send(struct vus_ctx *t, unsigned queue,
				  const struct vus_shape *s,
				  uint16_t *ret_head);
/* Send a shape, and judge under `rule` that it is served. */
bool vus_step_shape(struct vus_ctx *t, const char *rule, unsigned queue,
		    const struct vus_shape *s);

/* A ping in two descriptors or more comes back, which split.desc.any_framing
 * judges: some devices know one only. */
VUS_MUST_CHECK bool vus_step_framing(struct vus_ctx *t);

/* Ring 0 was kicked for something that no driver may do.  Judge, under `rule`,
 * that the session answers or was closed; what there is to do about the ring
 * is done after the quiet time. */
bool vus_step_survived(struct vus_ctx *t, const char *rule);

/* used.idx as it stands in memory. */
uint16_t vus_used_idx(const struct vus_ctx *t, unsigned queue);
/* Wait until there is a used entry, taking neither it nor a call. */
VUS_MUST_CHECK bool vus_step_any_used(const struct vus_ctx *t, unsigned queue,
				      struct vus_err *err);
/* Look at used.idx without pause until it is `idx`, or beyond. */
VUS_MUST_CHECK bool vus_watch_used(const struct vus_ctx *t, unsigned queue,
				   uint16_t idx, struct vus_err *err);
/* Take the used entries that are there, and ask to be told of the next. */
void vus_reap_all(struct vus_ctx *t, unsigned queue);
/* How many requests fit into the free descriptors of a ring; 0, and the case
 * broken, where a ping cannot be laid out. */
unsigned vus_pings_that_fit(struct vus_ctx *t, unsigned queue);

/* ---- indirect tables ---- */

#define VUS_TABLE_MAX (VUS_SHAPE_MAX * 2)

/* A table as the case lays it out, and the descriptor that refers to it.  It
 * reaches guest memory in vus_step_send_table(). */
struct vus_table {
	struct vring_desc e[VUS_TABLE_MAX];
	unsigned n;    /* entries that the descriptor's length tells of */
	uint64_t gpa;  /* any address */
	uint16_t head; /* descriptor that refers to it, in the free list */
};

/* The first entries are a shape's pieces, linked in order; the others of `n`
 * are junk.  gpa is 16-byte aligned, with VUS_TABLE_MAX entries of room. */
VUS_MUST_CHECK bool vus_step_table(struct vus_ctx *t, unsigned queue,
				   const struct vus_shape *s, unsigned n,
				   struct vus_table *ret);
VUS_MUST_CHECK bool vus_step_send_table(struct vus_ctx *t, unsigned queue,
					struct vus_table *table);
/* What vus_step_send_table() does before the request is made available. */
void vus_table_store(struct vus_ctx *t, unsigned queue,
		     const struct vus_table *table);

/* ---- memory that must stay as it is ---- */

struct vus_photo {
	const uint8_t *at;
	size_t len;
	uint8_t *was; /* owned */
};

void vus_photo_take(struct vus_photo *p, const void *at, size_t len);
void vus_photo_drop(struct vus_photo *p);
/* Where it differs first; `len`: nowhere. */
size_t vus_photo_changed(const struct vus_photo *p);
#define VUS_AUTO_PHOTO __attribute__((cleanup(vus_photo_drop))) struct vus_photo

/* ---- set-up ---- */

/* For cases that begin at CONNECTED: negotiate all that is usual but
 * `without_vf`, and announce memory. */
VUS_MUST_CHECK bool vus_step_negotiate(struct vus_ctx *t, uint64_t without_vf);
/* "skip" where the row needs a feature that is not offered. */
VUS_MUST_CHECK bool vus_step_offered(struct vus_ctx *t, uint64_t vf,
				     const char *name);

#endif
