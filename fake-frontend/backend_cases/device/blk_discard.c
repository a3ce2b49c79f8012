/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_discard.c — discard and write zeroes of a block device: ranges, segments,
 * flags.  Both carry segments of the same form (virtio 5.2.6). */
#include "fixture/disk.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

#define UNMAP VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP

/* The most segments that are tried. */
#define SEGMENTS_MAX 16

struct range {
	uint64_t sector;
	uint32_t sectors, flags;
};

/* What configuration space allows of one kind of request. */
struct limits {
	uint32_t sectors, segments, align;
};

static struct limits limits_of(const struct vus_disk *d, uint32_t type)
{
	const struct virtio_blk_config *c = &d->config;

	if (type == VIRTIO_BLK_T_DISCARD)
		return (struct limits){
			.sectors = le32toh(c->max_discard_sectors),
			.segments = le32toh(c->max_discard_seg),
			.align = le32toh(c->discard_sector_alignment),
		};
	return (struct limits){
		.sectors = le32toh(c->max_write_zeroes_sectors),
		.segments = le32toh(c->max_write_zeroes_seg),
		.align = 1,
	};
}

static const char *request_name(uint32_t type)
{
	return type == VIRTIO_BLK_T_DISCARD ? "discard" : "write zeroes";
}

/* Send a request of these ranges; *ret_status is its status. */
static bool zero_sectors(struct vus_ctx *t, uint32_t type,
			 const struct range *ranges, unsigned n,
			 uint8_t *ret_status)
{
	struct virtio_blk_discard_write_zeroes raw[SEGMENTS_MAX];
	struct vus_session *s = vus_fe(t);
	struct vus_used used;
	struct vus_err err;
	struct vus_blk r;

	for (unsigned i = 0; i < n; i++)
		raw[i] = (struct virtio_blk_discard_write_zeroes){
			.sector = htole64(ranges[i].sector),
			.num_sectors = htole32(ranges[i].sectors),
			.flags = htole32(ranges[i].flags),
		};
	if (!vus_step_setup(t,
			    vus_blk_build(s, type, 0,
					  (uint32_t)(n * sizeof(raw[0])), 0,
					  t->seed, &r, &err),
			    &err))
		return false;
	memcpy(vus_blk_data(s, &r), raw, r.len);
	if (!vus_disk_send(t, &r, &used))
		return false;
	*ret_status = vus_blk_status(s, &r);
	return true;
}

/* Rows of the cases about both. */
static const struct {
	uint32_t type;
	uint64_t feature;
} kinds[] = {
	{ VIRTIO_BLK_T_DISCARD, VUS_BLK(DISCARD) },
	{ VIRTIO_BLK_T_WRITE_ZEROES, VUS_BLK(WRITE_ZEROES) },
};

/* For cases that begin at CONNECTED: bring up a disk with this kind of request,
 * whose limits allow `sectors` in a segment. */
static bool start_disk(struct vus_ctx *t, unsigned kind, uint32_t sectors,
		       struct limits *ret, struct vus_disk *ret_disk)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (!vus_step_bring_up(
		    t,
		    vus_fe_negotiate(
			    s, vus_fe_wanted_features(t) | kinds[kind].feature,
			    vus_fe_wanted_protocol_features(t), &err),
		    &err))
		return false;
	if (!(s->features & kinds[kind].feature)) {
		vus_skip(t, "the back-end does not offer %s",
			 request_name(kinds[kind].type));
		return false;
	}
	if (!vus_step_announce_memory(t) || !vus_step_ring_setup(t, 0, 0, 0) ||
	    !vus_disk_find_scratch(t, ret_disk))
		return false;
	*ret = limits_of(ret_disk, kinds[kind].type);
	if (ret->sectors >= sectors && ret->align <= VUS_DISK_SECTORS / 4)
		return true;
	vus_skip(t, "%s of at most %u sectors, aligned to %u",
		 request_name(kinds[kind].type), ret->sectors, ret->align);
	return false;
}

#define PART (VUS_DISK_SECTORS / 4)

/* Fill the place, discard or zero its second quarter, and read it; *ret is what
 * is there now, *ret_was what was written. */
static bool zero_second_quarter(struct vus_ctx *t, unsigned kind,
				uint32_t flags, uint64_t place,
				uint8_t *ret_status, struct vus_blk *ret_was,
				struct vus_blk *ret)
{
	const struct range range = { place + PART, PART, flags };

	return vus_disk_prereq(t, VIRTIO_BLK_T_OUT, place, VUS_DISK_SECTORS,
			       t->seed, ret_was) &&
	       zero_sectors(t, kinds[kind].type, &range, 1, ret_status) &&
	       vus_disk_prereq(t, VIRTIO_BLK_T_IN, place, VUS_DISK_SECTORS,
			       ~t->seed, ret);
}

/* The three quarters around it. */
static bool rest_is_unchanged(const struct vus_ctx *t,
			      const struct vus_blk *was,
			      const struct vus_blk *is)
{
	const size_t part = PART * VUS_SECTOR;
	const uint8_t *a = vus_blk_data(vus_fe(t), was);
	const uint8_t *b = vus_blk_data(vus_fe(t), is);

	return memcmp(a, b, part) == 0 &&
	       memcmp(a + 2 * part, b + 2 * part, 2 * part) == 0;
}

/* virtio 5.2.3: "Device can support discard command".  What a
 * discarded range reads as is not defined; sectors around it do not change. */
VUS_CASE(discard_is_carried_out,
	 .title = "a discard ends with OK, and changes no other sector",
	 .rules = { "blk.discard", "blk.discard_zeroes_range" },
	 .start = VUS_START_CONNECTED, .needs = PF(CONFIG),
	 .needs_vf = VUS_BLK(DISCARD), .devices = "blk", .writes = true)
{
	struct vus_blk was, is;
	struct limits limits;
	struct vus_disk d;
	uint8_t status;

	VUS_STEP(t, start_disk(t, 0, PART, &limits, &d));
	VUS_STEP(t, zero_second_quarter(t, 0, 0, d.place, &status, &was, &is));
	VUS_CHECK(t, "blk.discard", status == VIRTIO_BLK_S_OK,
		  "a discard ends with OK",
		  "a discard of %u sectors ended with status %u", PART, status);
	VUS_CHECK(t, "blk.discard_zeroes_range",
		  rest_is_unchanged(t, &was, &is),
		  "sectors outside the discarded range do not change",
		  "sectors outside the discarded range changed");
}

static bool sectors_are_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i] != 0)
			return false;
	}
	return true;
}

/* virtio 5.2.6.2: "reads of the specified ranges of sectors MUST return
 * zeroes.  This is true independent of whether unmap was set or clear." */
VUS_CASE(written_zeroes_are_read,
	 .title = "after write zeroes a range reads as zeroes",
	 .rules = { "blk.write_zeroes", "blk.discard_zeroes_range" },
	 .start = VUS_START_CONNECTED, .needs = PF(CONFIG),
	 .needs_vf = VUS_BLK(WRITE_ZEROES), .devices = "blk", .writes = true,
	 .rows = { "unmap_clear", "unmap_set" })
{
	const size_t part = PART * VUS_SECTOR;
	struct vus_blk was, is;
	struct limits limits;
	struct vus_disk d;
	uint8_t status;

	VUS_STEP(t, start_disk(t, 1, PART, &limits, &d));
	VUS_STEP(t, zero_second_quarter(t, 1, t->row, d.place, &status, &was,
					&is));
	VUS_CHECK(t, "blk.write_zeroes", status == VIRTIO_BLK_S_OK,
		  "write zeroes ends with OK",
		  "write zeroes of %u sectors ended with status %u", PART,
		  status);
	VUS_CHECK(t, "blk.write_zeroes",
		  sectors_are_zero(vus_blk_data(vus_fe(t), &is) + part, part),
		  "the range reads as zeroes",
		  "the range does not read as zeroes");
	VUS_CHECK(t, "blk.discard_zeroes_range",
		  rest_is_unchanged(t, &was, &is),
		  "sectors outside the range do not change",
		  "sectors outside the range changed");
}

/* virtio 5.2.6: the data are "one or more segments", as many as configuration
 * space allows.  Every other block is zeroed. */
VUS_CASE(all_segments_are_served,
	 .title = "each of several segments is executed",
	 .rules = { "blk.discard_zeroes_segments" },
	 .start = VUS_START_CONNECTED, .needs = PF(CONFIG),
	 .needs_vf = VUS_BLK(WRITE_ZEROES), .devices = "blk", .writes = true,
	 .rows = { "two", "the_most" })
{
	struct vus_session *s = vus_fe(t);
	struct range ranges[SEGMENTS_MAX];
	struct vus_blk was, is;
	struct limits limits;
	struct vus_disk d;
	uint8_t status;
	uint32_t n;

	VUS_STEP(t, start_disk(t, 1, 1, &limits, &d));
	if (limits.segments < 2)
		VUS_SKIP(t, "the device takes one segment a request");
	n = VUS_MIN(VUS_DISK_SECTORS / d.block / 2, SEGMENTS_MAX);
	n = t->row == 0 ? 2 : VUS_MIN(limits.segments, n);
	for (uint32_t i = 0; i < n; i++)
		ranges[i] =
			(struct range){ d.place + 2 * i * d.block, d.block, 0 };
	VUS_STEP(t, vus_disk_prereq(t, VIRTIO_BLK_T_OUT, d.place,
				    VUS_DISK_SECTORS, t->seed, &was));
	VUS_STEP(t, zero_sectors(t, kinds[1].type, ranges, n, &status));
	VUS_STEP(t, vus_disk_prereq(t, VIRTIO_BLK_T_IN, d.place,
				    VUS_DISK_SECTORS, ~t->seed, &is));
	VUS_CHECK(t, "blk.discard_zeroes_segments", status == VIRTIO_BLK_S_OK,
		  "write zeroes with several segments ends with OK",
		  "write zeroes with %u segments ended with status %u", n,
		  status);
	for (uint32_t i = 0; i < n; i++)
		VUS_CHECK(
			t, "blk.discard_zeroes_segments",
			sectors_are_zero(vus_blk_data(s, &is) +
						 2 * i * d.block * VUS_SECTOR,
					 d.block * VUS_SECTOR),
			"the range of each segment reads as zeroes",
			"the range of segment %u of %u does not read as zeroes",
			i, n);
}

/* ---- flags ---- */

/* virtio 5.2.6.2: "The device MUST set the status byte to VIRTIO_BLK_S_UNSUPP
 * for discard, secure erase and write zeroes commands if any unknown flag is
 * set." */
static const uint32_t unknown_flags[] = { 2, 3, 0x80000000 };

VUS_CASE(unknown_flags_are_unsupported,
	 .title = "a request with an unknown flag ends with UNSUPP",
	 .rules = { "blk.discard_zeroes_flags" }, .start = VUS_START_CONNECTED,
	 .needs = PF(CONFIG), .devices = "blk", .writes = true,
	 .rows = { "discard", "write_zeroes" })
{
	struct limits limits;
	struct vus_disk d;

	VUS_STEP(t, start_disk(t, t->row, 8, &limits, &d));
	for (size_t i = 0; i < VUS_COUNT(unknown_flags); i++) {
		const struct range range = { d.place, 8, unknown_flags[i] };
		uint8_t status;

		VUS_STEP(t, zero_sectors(t, kinds[t->row].type, &range, 1,
					 &status));
		VUS_CHECK(t, "blk.discard_zeroes_flags",
			  status == VIRTIO_BLK_S_UNSUPP,
			  "a request with an unknown flag ends with UNSUPP",
			  "%s with flags 0x%" PRIx32 " ended with status %u",
			  request_name(kinds[t->row].type), unknown_flags[i],
			  status);
	}
}

/* The same heading: "the device MUST set the status byte to
 * VIRTIO_BLK_S_UNSUPP for discard commands if the unmap flag is set." */
VUS_CASE(discard_with_unmap_is_unsupported,
	 .title = "a discard with the unmap flag ends with UNSUPP",
	 .rules = { "blk.discard_unmap" }, .start = VUS_START_CONNECTED,
	 .needs = PF(CONFIG), .needs_vf = VUS_BLK(DISCARD), .devices = "blk",
	 .writes = true)
{
	struct limits limits;
	struct range range;
	struct vus_disk d;
	uint8_t status;

	VUS_STEP(t, start_disk(t, 0, 8, &limits, &d));
	range = (struct range){ d.place, 8, UNMAP };
	VUS_STEP(t, zero_sectors(t, kinds[0].type, &range, 1, &status));
	VUS_CHECK(t, "blk.discard_unmap", status == VIRTIO_BLK_S_UNSUPP,
		  "a discard with the unmap flag ends with UNSUPP",
		  "the discard ended with status %u", status);
}

/* ---- requests that are not legal ---- */

/* virtio 5.2.6.1: nothing beyond the capacity is submitted.  The largest
 * number of sectors is 2^41 bytes, which does not fit into 32 bits. */
VUS_CASE(ranges_beyond_the_disk_fail,
	 .title = "a range beyond the capacity fails",
	 .rules = { "blk.hardening.sector_range" },
	 .start = VUS_START_CONNECTED, .needs = PF(CONFIG), .devices = "blk",
	 .writes = true, .rows = { "discard", "write_zeroes" })
{
	struct limits limits;
	struct vus_disk d;
	uint64_t end;

	VUS_STEP(t, start_disk(t, t->row, 1, &limits, &d));
	end = d.capacity;
	if (end > UINT32_C(1) << 23)
		VUS_SKIP(t, "a disk of %" PRIu64 " sectors", end);
	const struct range ranges[] = {
		{ end, 1, 0 },
		{ end - 1, 2, 0 },
		{ UINT64_C(1) << 55, 1, 0 },
		{ UINT64_MAX, 2, 0 },
		{ d.place, UINT32_C(1) << 23, 0 },
		{ d.place, UINT32_MAX, 0 },
	};

	for (size_t i = 0; i < VUS_COUNT(ranges); i++) {
		uint8_t status;

		VUS_STEP(t, zero_sectors(t, kinds[t->row].type, &ranges[i], 1,
					 &status));
		VUS_CHECK(t, "blk.hardening.sector_range",
			  status != VIRTIO_BLK_S_OK,
			  "a range beyond the capacity fails",
			  "%s of %" PRIu32 " sectors from %" PRIu64
			  " on, of %" PRIu64 ", ended with OK",
			  request_name(kinds[t->row].type), ranges[i].sectors,
			  ranges[i].sector, end);
	}
}
