/* SPDX-License-Identifier: BSD-3-Clause */
/* split_walk.h — from the available ring to a translated chain: a template.
 *
 * Where a device could decide otherwise than virtio demands, it asks a table of
 * choices.  split_walk.c makes the honest device of it, whose table the
 * compiler folds away; a device with faults brings a table of its own.
 *
 * The driver may change descriptors at any moment: each is copied once, and
 * only the copy is looked at. */
#ifndef VUS_RING_SPLIT_WALK_H
#define VUS_RING_SPLIT_WALK_H

#include "split_device.h"
#include "le16.h"

#include <inttypes.h>
#include <string.h>

#define VUS_DESC_SIZE ((uint32_t)sizeof(struct vring_desc))

/* virtio, "Driver Requirements: The Virtqueue Descriptor Table". */
#define VUS_CHAIN_BYTES_MAX (UINT64_C(1) << 32)

/* A descriptor as it was when we looked. */
struct vus_split_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

/* An indirect table; all of it was found to lie in memory. */
struct vus_split_table {
	uint64_t gpa;
	const uint8_t *host; /* NULL: over adjoining regions, in pieces */
	uint32_t n;          /* entries */
};

struct vus_split_choices;

/* A walk along one chain. */
struct vus_split_walk {
	const struct vus_split_device *r;
	const struct vus_regions *mem;
	struct vus_chain *chain;
	bool wrote; /* a writable buffer was seen */
	struct vus_err *err;
};

#define VUS_SPLIT_REFUSE(w, why, ...)                                          \
	vus_fail_code((w)->err, VUS_ERR_PROTOCOL, (why), __VA_ARGS__)

struct vus_split_choices {
	/* Are `there` available entries believed?  Honest: up to num. */
	bool (*accepts_entries)(const struct vus_split_device *r,
				unsigned there);
	/* The descriptor that a head means; num or more is refused.  Honest:
	 * the head itself. */
	unsigned (*place_of_head)(const struct vus_split_device *r,
				  uint16_t head);
	/* How many descriptors a chain may have in the ring.  Honest: num. */
	unsigned (*longest_chain)(const struct vus_split_device *r);
	/* Does the chain go on behind this descriptor, of which `seen` came
	 * before?  Honest: with NEXT. */
	bool (*goes_on)(const struct vus_split_desc *d, unsigned seen);
	/* The descriptor behind descriptor i; num or more is refused.  Honest:
	 * next. */
	unsigned (*next)(const struct vus_split_device *r,
			 const struct vus_split_desc *d, unsigned i);
	/* Is this indirect table served, which `behind` tells whether others
	 * came before?  What it leaves in *d is served.  Honest: as virtio
	 * says, and *d stays as it is. */
	bool (*accepts_table)(const struct vus_split_walk *w,
			      struct vus_split_desc *d, bool behind);
	/* An indirect table in another.  Honest: refused. */
	bool (*nested_table)(struct vus_split_walk *w,
			     struct vus_split_desc *d);
	/* As goes_on and next, for entry i of a table; what is beyond the
	 * table is refused. */
	bool (*table_goes_on)(const struct vus_split_table *t,
			      const struct vus_split_desc *e, unsigned i);
	unsigned (*table_next)(const struct vus_split_table *t,
			       const struct vus_split_desc *e, unsigned i);
	/* Is a buffer writable, in `table` or (NULL) in the ring?  Honest:
	 * with its own WRITE. */
	bool (*is_writable)(const struct vus_split_walk *w,
			    const struct vus_split_desc *d,
			    const struct vus_split_desc *table);
	/* Is a range believed that may pass 2^64?  Honest: where it does not.
	 */
	bool (*accepts_range)(uint64_t addr, uint32_t len);
	/* Where [*addr, *addr + *left) begins in our memory, and how much of
	 * it lies there in one piece; NULL: nowhere.  Honest: addr and left
	 * stay as they are. */
	uint8_t *(*translate)(const struct vus_split_walk *w, uint64_t *addr,
			      uint64_t *left, uint64_t *ret_there);
};

/* ---- the honest choices ---- */

static inline bool vus_split_accepts_entries(const struct vus_split_device *r,
					     unsigned there)
{
	return there <= r->num;
}

static inline unsigned vus_split_place_of_head(const struct vus_split_device *r,
					       uint16_t head)
{
	(void)r;
	return head;
}

static inline unsigned vus_split_longest_chain(const struct vus_split_device *r)
{
	return r->num;
}

static inline bool vus_split_goes_on(const struct vus_split_desc *d,
				     unsigned seen)
{
	(void)seen;
	return d->flags & VRING_DESC_F_NEXT;
}

static inline unsigned vus_split_next(const struct vus_split_device *r,
				      const struct vus_split_desc *d,
				      unsigned i)
{
	(void)r;
	(void)i;
	return d->next;
}

/* It may end at 2^64. */
static inline bool vus_split_accepts_range(uint64_t addr, uint32_t len)
{
	return len == 0 || addr <= UINT64_MAX - (len - 1);
}

/* virtio, "Indirect Descriptors", and what the table's size must be. */
static inline bool vus_split_accepts_table(const struct vus_split_walk *w,
					   struct vus_split_desc *d,
					   bool behind)
{
	(void)behind;
	if (!w->r->indirect)
		return VUS_SPLIT_REFUSE(w, VUS_BAD_TABLE,
					"INDIRECT was not negotiated");
	if (d->flags & VRING_DESC_F_NEXT)
		return VUS_SPLIT_REFUSE(w, VUS_BAD_TABLE_NEXT,
					"INDIRECT and NEXT in one descriptor");
	if (d->len == 0 || d->len % VUS_DESC_SIZE != 0)
		return VUS_SPLIT_REFUSE(
			w, VUS_BAD_TABLE_LENGTH,
			"an indirect table of %" PRIu32 " bytes", d->len);
	if (!vus_split_accepts_range(d->addr, d->len))
		return VUS_SPLIT_REFUSE(w, VUS_BAD_ADDRESS,
					"an indirect table at 0x%" PRIx64
					" + %" PRIu32
					" passes the end of addresses",
					d->addr, d->len);
	return true;
}

static inline bool vus_split_nested_table(struct vus_split_walk *w,
					  struct vus_split_desc *d)
{
	(void)d;
	return VUS_SPLIT_REFUSE(w, VUS_BAD_TABLE_NESTED,
				"an indirect table in another");
}

static inline bool vus_split_table_goes_on(const struct vus_split_table *t,
					   const struct vus_split_desc *e,
					   unsigned i)
{
	(void)t;
	(void)i;
	return e->flags & VRING_DESC_F_NEXT;
}

static inline unsigned vus_split_table_next(const struct vus_split_table *t,
					    const struct vus_split_desc *e,
					    unsigned i)
{
	(void)t;
	(void)i;
	return e->next;
}

static inline bool vus_split_is_writable(const struct vus_split_walk *w,
					 const struct vus_split_desc *d,
					 const struct vus_split_desc *table)
{
	(void)w;
	(void)table;
	return d->flags & VRING_DESC_F_WRITE;
}

static inline uint8_t *vus_split_translate(const struct vus_split_walk *w,
					   uint64_t *addr, uint64_t *left,
					   uint64_t *ret_there)
{
	return vus_regions_gpa(w->mem, *addr, *left, ret_there);
}

#define VUS_SPLIT_HONEST                                                       \
	{                                                                      \
		.accepts_entries = vus_split_accepts_entries,                  \
		.place_of_head = vus_split_place_of_head,                      \
		.longest_chain = vus_split_longest_chain,                      \
		.goes_on = vus_split_goes_on, .next = vus_split_next,          \
		.accepts_table = vus_split_accepts_table,                      \
		.nested_table = vus_split_nested_table,                        \
		.table_goes_on = vus_split_table_goes_on,                      \
		.table_next = vus_split_table_next,                            \
		.is_writable = vus_split_is_writable,                          \
		.accepts_range = vus_split_accepts_range,                      \
		.translate = vus_split_translate,                              \
	}

/* ---- buffers ---- */

static inline struct vus_split_desc vus_split_fetch(const void *at)
{
	struct vring_desc raw;

	memcpy(&raw, at, sizeof(raw));
	/* The copy must be one: without this the compiler may go back to
	 * shared memory for a field it needs twice. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return (struct vus_split_desc){
		.addr = le64toh(raw.addr),
		.len = le32toh(raw.len),
		.flags = le16toh(raw.flags),
		.next = le16toh(raw.next),
	};
}

static inline bool vus_split_outside(const struct vus_split_walk *w,
				     const char *what,
				     const struct vus_split_desc *d,
				     uint64_t at)
{
	return VUS_SPLIT_REFUSE(w, VUS_BAD_ADDRESS,
				"%s 0x%" PRIx64 " + %" PRIu32
				" leaves memory at 0x%" PRIx64,
				what, d->addr, d->len, at);
}

static inline bool vus_split_too_long(const struct vus_split_walk *w)
{
	return VUS_SPLIT_REFUSE(w, VUS_BAD_PIECES,
				"a chain of more than %u buffers",
				VUS_CHAIN_MAX);
}

/* Add a buffer, piece by piece where it lies over adjoining regions. */
static inline bool vus_split_add_pieces(const struct vus_split_choices *c,
					struct vus_split_walk *w,
					const struct vus_split_desc *d,
					bool write)
{
	struct vus_chain *chain = w->chain;
	uint64_t addr = d->addr, left = d->len, added = 0;

	while (left > 0) {
		uint64_t there = 0;
		uint8_t *host = c->translate(w, &addr, &left, &there);

		if (!host)
			return vus_split_outside(w, "buffer", d, addr);
		if (chain->niov == VUS_CHAIN_MAX)
			return vus_split_too_long(w);
		chain->iov[chain->niov++] = (struct vus_iov){
			.host = host,
			.len = (uint32_t)there,
			.write = write,
		};
		addr += there;
		left -= there;
		added += there;
	}
	*(write ? &chain->writable : &chain->readable) += added;
	return true;
}

static inline bool vus_split_add_buffer(const struct vus_split_choices *c,
					struct vus_split_walk *w,
					const struct vus_split_desc *d,
					const struct vus_split_desc *table)
{
	const struct vus_chain *chain = w->chain;
	const bool write = c->is_writable(w, d, table);

	if (!write && w->wrote)
		return VUS_SPLIT_REFUSE(
			w, VUS_BAD_ORDER,
			"a readable buffer after a writable one");
	w->wrote |= write;
	if (d->len == 0)
		return true;
	if (!c->accepts_range(d->addr, d->len))
		return VUS_SPLIT_REFUSE(w, VUS_BAD_ADDRESS,
					"buffer 0x%" PRIx64 " + %" PRIu32
					" passes the end of addresses",
					d->addr, d->len);
	if (chain->readable + chain->writable + d->len > VUS_CHAIN_BYTES_MAX)
		return VUS_SPLIT_REFUSE(w, VUS_BAD_SUM,
					"buffers of more than 2^32 bytes");
	return vus_split_add_pieces(c, w, d, write);
}

/* ---- indirect tables ---- */

static inline bool vus_split_open_table(const struct vus_split_walk *w,
					const struct vus_split_desc *d,
					struct vus_split_table *ret)
{
	uint64_t there = 0, more = 0;
	const uint8_t *host = vus_regions_gpa(w->mem, d->addr, d->len, &there);

	if (!host)
		return vus_split_outside(w, "indirect table", d, d->addr);
	for (uint64_t done = there; done < d->len; done += more) {
		if (!vus_regions_gpa(w->mem, d->addr + done, d->len - done,
				     &more))
			return vus_split_outside(w, "indirect table", d,
						 d->addr + done);
	}
	*ret = (struct vus_split_table){
		.gpa = d->addr,
		.host = there < d->len ? NULL : host,
		.n = d->len / VUS_DESC_SIZE,
	};
	return true;
}

static inline struct vus_split_desc
vus_split_fetch_entry(const struct vus_split_walk *w,
		      const struct vus_split_table *t, uint32_t i)
{
	const uint64_t off = (uint64_t)i * VUS_DESC_SIZE;
	uint8_t raw[sizeof(struct vring_desc)];
	size_t done = 0;

	if (t->host)
		return vus_split_fetch(t->host + off);
	while (done < sizeof(raw)) {
		uint64_t there = 0;
		const void *at = vus_regions_gpa(w->mem, t->gpa + off + done,
						 sizeof(raw) - done, &there);

		memcpy(raw + done, at, (size_t)there);
		done += (size_t)there;
	}
	return vus_split_fetch(raw);
}

static inline bool vus_split_walk_table(const struct vus_split_choices *c,
					struct vus_split_walk *w,
					const struct vus_split_desc *d)
{
	struct vus_split_table t = { 0 };
	unsigned most, i = 0;

	if (!vus_split_open_table(w, d, &t))
		return false;
	/* A long table of empty buffers could keep us busy for seconds. */
	most = VUS_MIN(t.n, VUS_CHAIN_MAX);
	for (unsigned seen = 0; seen < most; seen++) {
		struct vus_split_desc e = vus_split_fetch_entry(w, &t, i);

		if (e.flags & VRING_DESC_F_INDIRECT)
			return c->nested_table(w, &e);
		if (!vus_split_add_buffer(c, w, &e, d))
			return false;
		if (!c->table_goes_on(&t, &e, i))
			return true;
		i = c->table_next(&t, &e, i);
		if (i >= t.n)
			return VUS_SPLIT_REFUSE(
				w, VUS_BAD_NEXT,
				"next %u of an indirect table of %u", i, t.n);
	}
	if (t.n > VUS_CHAIN_MAX)
		return vus_split_too_long(w);
	return VUS_SPLIT_REFUSE(w, VUS_BAD_LOOP,
				"a chain that loops in an indirect table");
}

/* ---- chains ---- */

static inline bool vus_split_walk_ring(const struct vus_split_choices *c,
				       struct vus_split_walk *w, uint16_t head)
{
	const struct vus_split_device *r = w->r;
	const unsigned most = c->longest_chain(r);
	unsigned i = c->place_of_head(r, head);

	if (i >= r->num)
		return VUS_SPLIT_REFUSE(w, VUS_BAD_HEAD,
					"head %u of a ring of %u", i, r->num);
	for (unsigned seen = 0; seen < most; seen++) {
		struct vus_split_desc d = vus_split_fetch(&r->desc[i]);

		if (d.flags & VRING_DESC_F_INDIRECT)
			return c->accepts_table(w, &d, seen > 0) &&
			       vus_split_walk_table(c, w, &d);
		if (!vus_split_add_buffer(c, w, &d, NULL))
			return false;
		if (!c->goes_on(&d, seen))
			return true;
		i = c->next(r, &d, i);
		if (i >= r->num)
			return VUS_SPLIT_REFUSE(w, VUS_BAD_NEXT,
						"next %u of a ring of %u", i,
						r->num);
	}
	return VUS_SPLIT_REFUSE(
		w, VUS_BAD_LOOP,
		"a chain of more descriptors than the ring's %u", most);
}

/* vus_split_pop, by these choices. */
static inline enum vus_pop vus_split_pop_by(const struct vus_split_choices *c,
					    struct vus_split_device *r,
					    const struct vus_regions *mem,
					    struct vus_chain *ret,
					    struct vus_err *err)
{
	const uint16_t idx = vus_load16(&r->avail->idx);
	const unsigned there = (uint16_t)(idx - r->last_avail);
	struct vus_split_walk w = {
		.r = r,
		.mem = mem,
		.chain = ret,
		.err = err,
	};
	uint16_t head;

	if (there == 0)
		return VUS_POP_NONE;
	if (!c->accepts_entries(r, there)) {
		(void)VUS_SPLIT_REFUSE(&w, VUS_BAD_INDEX,
				       "the available index went from %u to "
				       "%u in a ring of %u",
				       r->last_avail, idx, r->num);
		return VUS_POP_BAD;
	}
	head = vus_load16(&r->avail->ring[r->last_avail % r->num]);
	ret->head = head;
	ret->niov = 0;
	ret->readable = ret->writable = 0;
	if (!vus_split_walk_ring(c, &w, head))
		return VUS_POP_BAD;
	r->last_avail++;
	return VUS_POP_CHAIN;
}

#endif
