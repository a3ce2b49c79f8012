/* SPDX-License-Identifier: BSD-3-Clause */
/* split_walk.c — from a head to a translated chain.
 *
 * The driver may change descriptors at any moment: each is copied once, and
 * only the copy is looked at. */
#include "split_walk.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

#define DESC_SIZE ((uint32_t)sizeof(struct vring_desc))

/* virtio, "Driver Requirements: The Virtqueue Descriptor Table". */
#define CHAIN_BYTES_MAX (UINT64_C(1) << 32)

/* How far start_checked_only leaves a region. */
#define OVERRUN_MAX 4096

/* A descriptor as it was when we looked. */
struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

struct walk {
	const struct vus_split_device *r;
	const struct vus_split_faults *bad;
	const struct vus_regions *mem;
	struct vus_chain *chain;
	bool wrote; /* a writable buffer was seen */
	struct vus_err *err;
};

/* An indirect table; all of it was found to lie in memory. */
struct table {
	uint64_t gpa;
	const uint8_t *host; /* NULL: over adjoining regions, in pieces */
	uint32_t n;          /* entries */
};

static struct desc fetch(const void *at)
{
	struct vring_desc raw;

	memcpy(&raw, at, sizeof(raw));
	/* The copy must be one: without this the compiler may go back to
	 * shared memory for a field it needs twice. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return (struct desc){
		.addr = le64toh(raw.addr),
		.len = le32toh(raw.len),
		.flags = le16toh(raw.flags),
		.next = le16toh(raw.next),
	};
}

/* Does [addr, addr+len) pass 2^64?  It may end there. */
static bool wraps(uint64_t addr, uint32_t len)
{
	return len > 0 && addr > UINT64_MAX - (len - 1);
}

static bool outside(const struct walk *w, const char *what,
		    const struct desc *d, uint64_t at)
{
	return vus_fail(w->err, VUS_ERR_PROTOCOL,
			"%s 0x%" PRIx64 " + %" PRIu32
			" leaves memory at 0x%" PRIx64,
			what, d->addr, d->len, at);
}

static bool too_long(const struct walk *w)
{
	return vus_fail(w->err, VUS_ERR_PROTOCOL,
			"a chain of more than %u buffers", VUS_CHAIN_MAX);
}

/* How much of [addr, addr+left), which is not in memory, faults leave out of
 * a buffer; 0: none, as it should be. */
static uint64_t left_out(const struct walk *w, uint64_t addr, uint64_t left)
{
	uint64_t skip = 0, there = 0;

	if (w->bad->clips_buffers)
		return left;
	if (w->bad->buffers_wrap && wraps(addr, (uint32_t)left))
		return -addr;
	while (w->bad->skips_holes && skip < left &&
	       !vus_regions_gpa(w->mem, addr + skip, 1, &there))
		skip++;
	return skip;
}

/* Add a buffer, piece by piece where it lies over adjoining regions. */
static bool add_pieces(struct walk *w, const struct desc *d, bool write)
{
	struct vus_chain *c = w->chain;
	uint64_t addr = d->addr, left = d->len, added = 0;

	while (left > 0) {
		uint64_t there = 0;
		uint8_t *host = vus_regions_gpa(w->mem, addr, left, &there);

		if (!host) {
			there = left_out(w, addr, left);
			if (there == 0)
				return outside(w, "buffer", d, addr);
			addr += there;
			left -= there;
			continue;
		}
		if (w->bad->start_checked_only)
			there = VUS_MIN(left, there + OVERRUN_MAX);
		if (c->niov == VUS_CHAIN_MAX && w->bad->follows_loops)
			c->niov = 0;
		if (c->niov == VUS_CHAIN_MAX)
			return too_long(w);
		c->iov[c->niov++] = (struct vus_iov){
			.host = host,
			.len = (uint32_t)there,
			.write = write,
		};
		addr += there;
		left -= there;
		added += there;
		if (w->bad->buffer_ends_at_seam)
			break;
	}
	*(write ? &c->writable : &c->readable) += added;
	return true;
}

static bool add_buffer(struct walk *w, const struct desc *d)
{
	const struct vus_chain *c = w->chain;
	bool write = d->flags & VRING_DESC_F_WRITE;

	if (w->bad->all_else_writable && w->wrote)
		write = true;
	if (!write && w->wrote)
		return vus_fail(w->err, VUS_ERR_PROTOCOL,
				"a readable buffer after a writable one");
	w->wrote |= write;
	if (d->len == 0)
		return true;
	if (wraps(d->addr, d->len) && !w->bad->buffers_wrap)
		return vus_fail(w->err, VUS_ERR_PROTOCOL,
				"buffer 0x%" PRIx64 " + %" PRIu32
				" passes the end of addresses",
				d->addr, d->len);
	if (c->readable + c->writable + d->len > CHAIN_BYTES_MAX &&
	    !w->bad->follows_loops)
		return vus_fail(w->err, VUS_ERR_PROTOCOL,
				"buffers of more than 2^32 bytes");
	return add_pieces(w, d, write);
}

/* virtio, "Indirect Descriptors", and what the table's size must be. */
static bool check_table(const struct walk *w, const struct desc *d,
			bool behind_direct)
{
	if (!w->r->indirect && !w->bad->tables_unasked)
		return vus_fail(w->err, VUS_ERR_PROTOCOL,
				"INDIRECT was not negotiated");
	if (d->flags & VRING_DESC_F_NEXT)
		return vus_fail(w->err, VUS_ERR_PROTOCOL,
				"INDIRECT and NEXT in one descriptor");
	if (d->len < DESC_SIZE ||
	    (d->len % DESC_SIZE != 0 && !w->bad->any_table_length))
		return vus_fail(w->err, VUS_ERR_PROTOCOL,
				"an indirect table of %" PRIu32 " bytes",
				d->len);
	if (wraps(d->addr, d->len))
		return vus_fail(w->err, VUS_ERR_PROTOCOL,
				"an indirect table at 0x%" PRIx64 " + %" PRIu32
				" passes the end of addresses",
				d->addr, d->len);
	if ((w->bad->table_alone && behind_direct) ||
	    (w->bad->table_aligned && d->addr % DESC_SIZE != 0))
		return vus_fail(w->err, VUS_ERR_PROTOCOL,
				"an indirect table that is not served");
	return true;
}

static bool open_table(const struct walk *w, const struct desc *d,
		       struct table *ret)
{
	uint64_t there = 0, more = 0;
	const uint8_t *host = vus_regions_gpa(w->mem, d->addr, d->len, &there);
	uint32_t len = d->len;

	if (!host)
		return outside(w, "indirect table", d, d->addr);
	if (w->bad->table_ends_at_seam)
		len = (uint32_t)there;
	for (uint64_t done = there; done < len; done += more) {
		if (!vus_regions_gpa(w->mem, d->addr + done, len - done, &more))
			return outside(w, "indirect table", d, d->addr + done);
	}
	*ret = (struct table){
		.gpa = d->addr,
		.host = there < len ? NULL : host,
		.n = len / DESC_SIZE,
	};
	return true;
}

static struct desc fetch_entry(const struct walk *w, const struct table *t,
			       uint32_t i)
{
	const uint64_t off = (uint64_t)i * DESC_SIZE;
	uint8_t raw[sizeof(struct vring_desc)];
	size_t done = 0;

	if (t->host)
		return fetch(t->host + off);
	while (done < sizeof(raw)) {
		uint64_t there = 0;
		const void *at = vus_regions_gpa(w->mem, t->gpa + off + done,
						 sizeof(raw) - done, &there);

		memcpy(raw + done, at, (size_t)there);
		done += (size_t)there;
	}
	return fetch(raw);
}

static uint16_t flags_in_table(const struct walk *w, const struct desc *table,
			       uint16_t flags)
{
	if (w->bad->table_write_flag && (table->flags & VRING_DESC_F_WRITE))
		flags |= VRING_DESC_F_WRITE;
	if (w->bad->table_all_readable)
		flags &= (uint16_t)~VRING_DESC_F_WRITE;
	return flags;
}

/* The fault writes_table: into a word that means nothing. */
static void scribble_table(const struct table *t, uint32_t i)
{
	uint8_t *at = (uint8_t *)(uintptr_t)t->host;

	if (at)
		at[(uint64_t)i * DESC_SIZE +
		   offsetof(struct vring_desc, next)]++;
}

/* Where a head or a next leads. */
struct jump {
	const char *is, *place; /* "next" of "a ring" */
	unsigned to, n;         /* which of how many */
	bool wraps;             /* a fault: modulo n */
};

static bool follow(const struct walk *w, const struct jump *l, unsigned *ret)
{
	if (l->to >= l->n && !l->wraps)
		return vus_fail(w->err, VUS_ERR_PROTOCOL, "%s %u of %s of %u",
				l->is, l->to, l->place, l->n);
	*ret = l->to < l->n ? l->to : l->to % l->n;
	return true;
}

/* The next place in a table; whole_table runs off its end on purpose. */
static bool follow_in_table(const struct walk *w, const struct table *t,
			    const struct desc *e, unsigned *i)
{
	const struct jump l = {
		.is = "next",
		.place = "an indirect table",
		.to = w->bad->table_in_order ? *i + 1 : e->next,
		.n = t->n,
		.wraps = w->bad->next_wraps,
	};

	if (!w->bad->whole_table)
		return follow(w, &l, i);
	++*i;
	return true;
}

static bool go_into(const struct walk *w, const struct desc *inner,
		    struct table *t)
{
	if (!w->bad->nested_tables)
		return vus_fail(w->err, VUS_ERR_PROTOCOL,
				"an indirect table in another");
	return check_table(w, inner, true) && open_table(w, inner, t);
}

static bool walk_table(struct walk *w, const struct desc *d)
{
	struct table t;
	unsigned most, i = 0;

	if (!open_table(w, d, &t))
		return false;
	/* A long table of empty buffers could keep us busy for seconds. */
	most = VUS_MIN(t.n, VUS_CHAIN_MAX);
	for (unsigned seen = 0; seen < most || w->bad->follows_loops; seen++) {
		struct desc e;

		if (i >= t.n)
			return true; /* whole_table, or a table cut short */
		e = fetch_entry(w, &t, i);
		if (e.flags & VRING_DESC_F_INDIRECT) {
			if (!go_into(w, &e, &t))
				return false;
			most = VUS_CHAIN_MAX;
			i = 0;
			continue;
		}
		e.flags = flags_in_table(w, d, e.flags);
		if (!add_buffer(w, &e))
			return false;
		if (!(e.flags & VRING_DESC_F_NEXT) && !w->bad->whole_table) {
			if (w->bad->writes_table)
				scribble_table(&t, i);
			return true;
		}
		if (!follow_in_table(w, &t, &e, &i))
			return false;
	}
	if (t.n > VUS_CHAIN_MAX)
		return too_long(w);
	if (w->bad->whole_table)
		return true;
	return vus_fail(w->err, VUS_ERR_PROTOCOL,
			"a chain that loops in an indirect table");
}

/* Does the chain go on behind this descriptor, the seen-th? */
static bool goes_on(const struct walk *w, const struct desc *d, unsigned seen)
{
	if (w->bad->three_segments_only && seen == 2)
		return false;
	if (w->bad->next_without_flag && d->next != 0)
		return true;
	return d->flags & VRING_DESC_F_NEXT;
}

static bool walk_ring(struct walk *w, uint16_t head)
{
	const struct vus_split_device *r = w->r;
	const unsigned most = w->bad->short_chains ? r->num / 2 : r->num;
	struct jump l = {
		.is = "head",
		.place = "a ring",
		.to = head,
		.n = r->num,
		.wraps = w->bad->head_wraps,
	};

	for (unsigned seen = 0; seen < most || w->bad->follows_loops; seen++) {
		struct desc d;
		unsigned i = 0;

		if (!follow(w, &l, &i))
			return false;
		d = fetch(&r->desc[i]);
		if (d.flags & VRING_DESC_F_INDIRECT)
			return check_table(w, &d, seen > 0) &&
			       walk_table(w, &d);
		if (!add_buffer(w, &d))
			return false;
		if (!goes_on(w, &d, seen))
			return true;
		l.is = "next";
		l.to = w->bad->next_is_neighbour ? i + 1 : d.next;
		l.wraps = w->bad->next_wraps;
	}
	return vus_fail(w->err, VUS_ERR_PROTOCOL,
			"a chain of more descriptors than the ring's %u", most);
}

bool vus_split_walk(const struct vus_split_device *r,
		    const struct vus_regions *mem, uint16_t head,
		    struct vus_chain *ret, struct vus_err *err)
{
	struct walk w = {
		.r = r,
		.bad = &r->faults,
		.mem = mem,
		.chain = ret,
		.err = err,
	};

	ret->head = head;
	ret->niov = 0;
	ret->readable = ret->writable = 0;
	ret->scribbles = r->faults.writes_readable;
	ret->mixes = r->faults.mixes_old_content;
	return walk_ring(&w, head);
}
