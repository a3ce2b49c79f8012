/* SPDX-License-Identifier: BSD-3-Clause */
/* split_walk.c — from a head to a translated chain.
 *
 * The driver may change descriptors at any moment: each is copied once, and
 * only the copy is looked at. */
#include "split_walk.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

/* A descriptor as it was when we looked. */
struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

static struct desc fetch(const void *at)
{
	struct vring_desc raw;

	memcpy(&raw, at, sizeof(raw));
	return (struct desc){
		.addr = le64toh(raw.addr),
		.len = le32toh(raw.len),
		.flags = le16toh(raw.flags),
		.next = le16toh(raw.next),
	};
}

/* Add a buffer, piece by piece where it lies over adjoining regions. */
static bool add_buffer(const struct vus_regions *mem, const struct desc *d,
		       struct vus_chain *c, struct vus_err *err)
{
	const bool write = d->flags & VRING_DESC_F_WRITE;
	uint64_t addr = d->addr, left = d->len;

	if (!write && c->writable > 0)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"a readable buffer after a writable one");
	if (c->readable + c->writable + d->len > UINT32_MAX)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"buffers of more than 2^32 bytes");
	*(write ? &c->writable : &c->readable) += d->len;
	while (left > 0) {
		uint64_t there;
		uint8_t *host = vus_regions_gpa(mem, addr, left, &there);

		if (!host)
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"buffer 0x%" PRIx64 " + %" PRIu32
					" leaves memory at 0x%" PRIx64,
					d->addr, d->len, addr);
		if (c->niov == VUS_CHAIN_MAX)
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"a chain of more than %u buffers",
					VUS_CHAIN_MAX);
		c->iov[c->niov++] = (struct vus_iov){
			.host = host,
			.len = (uint32_t)there,
			.write = write,
		};
		addr += there;
		left -= there;
	}
	return true;
}

/* Entry `i` of an indirect table, which may lie over adjoining regions. */
static bool fetch_entry(const struct vus_regions *mem, uint64_t table,
			uint32_t i, struct desc *ret, struct vus_err *err)
{
	uint64_t addr = table + (uint64_t)i * sizeof(struct vring_desc);
	uint8_t raw[sizeof(struct vring_desc)];
	size_t done = 0;

	while (done < sizeof(raw)) {
		uint64_t there;
		const void *at = vus_regions_gpa(mem, addr + done,
						 sizeof(raw) - done, &there);

		if (!at)
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"an indirect table at 0x%" PRIx64
					" leaves memory",
					table);
		memcpy(raw + done, at, (size_t)there);
		done += (size_t)there;
	}
	*ret = fetch(raw);
	return true;
}

static bool check_table(const struct vus_split_device *r, const struct desc *d,
			unsigned direct, struct vus_err *err)
{
	if (!r->indirect)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"INDIRECT was not negotiated");
	if (d->flags & VRING_DESC_F_NEXT)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"INDIRECT and NEXT in one descriptor");
	if (d->len == 0 || d->len % sizeof(struct vring_desc))
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"an indirect table of %" PRIu32 " bytes",
				d->len);
	if (r->faults.table_alone && direct > 0)
		return vus_fail(err, VUS_ERR_PROTOCOL, "a fault");
	if (r->faults.table_aligned && d->addr % sizeof(struct vring_desc))
		return vus_fail(err, VUS_ERR_PROTOCOL, "a fault");
	return true;
}

static bool walk_table(const struct vus_split_device *r,
		       const struct vus_regions *mem, const struct desc *d,
		       struct vus_chain *c, struct vus_err *err)
{
	const uint32_t n = d->len / (uint32_t)sizeof(struct vring_desc);
	uint32_t i = 0;

	for (uint32_t seen = 0; seen < n; seen++) {
		struct desc e;

		if (!fetch_entry(mem, d->addr, i, &e, err))
			return false;
		if ((e.flags & VRING_DESC_F_INDIRECT) &&
		    !r->faults.nested_tables)
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"an indirect table in another");
		if (r->faults.table_write_flag &&
		    (d->flags & VRING_DESC_F_WRITE))
			e.flags |= VRING_DESC_F_WRITE;
		if (r->faults.table_all_readable && c->readable > 0)
			e.flags &= (uint16_t)~VRING_DESC_F_WRITE;
		if (!add_buffer(mem, &e, c, err))
			return false;
		if (r->faults.whole_table && seen + 1 < n) {
			i++;
			continue;
		}
		if (!(e.flags & VRING_DESC_F_NEXT))
			return true;
		if (e.next >= n)
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"entry %u of an indirect table of %u",
					e.next, n);
		i = e.next;
	}
	if (r->faults.whole_table)
		return true;
	return vus_fail(err, VUS_ERR_PROTOCOL, "an indirect table that loops");
}

bool vus_split_walk(const struct vus_split_device *r,
		    const struct vus_regions *mem, uint16_t head,
		    struct vus_chain *ret, struct vus_err *err)
{
	uint16_t i = head;

	ret->head = head;
	ret->niov = 0;
	ret->readable = ret->writable = 0;
	for (unsigned seen = 0; seen < r->num; seen++) {
		struct desc d;

		if (i >= r->num)
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"descriptor %u of a ring of %u", i,
					r->num);
		d = fetch(&r->desc[i]);
		if (d.flags & VRING_DESC_F_INDIRECT)
			return check_table(r, &d, seen, err) &&
			       walk_table(r, mem, &d, ret, err);
		if (!add_buffer(mem, &d, ret, err))
			return false;
		if (!(d.flags & VRING_DESC_F_NEXT) &&
		    !(r->faults.next_without_flag && d.next > 0 && seen < 1))
			return true;
		if (r->faults.two_segments_only && seen == 2)
			return true;
		i = r->faults.next_is_neighbour ? (uint16_t)(i + 1) : d.next;
	}
	return vus_fail(err, VUS_ERR_PROTOCOL,
			"a chain of more descriptors than the ring's %u",
			r->num);
}
