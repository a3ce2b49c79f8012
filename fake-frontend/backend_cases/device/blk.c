/* SPDX-License-Identifier: BSD-3-Clause */
/* blk.c — requests to a block device: reads, writes, flushes, and requests that
 * must fail.
 *
 * A case reads back what it wrote itself, on sectors in the middle of the disk;
 * the old contents are not restored. */
#include "fixture/disk.h"
#include "fixture/shapes.h"

#include <endian.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* virtio 5.2.6: a read returns the data of earlier writes.  All blocks are
 * written at once, then one in the middle again. */
VUS_CASE(written_sectors_are_read_back,
	 .title = "a read returns what was written, in order",
	 .rules = { "blk.in", "blk.out" }, .start = VUS_START_RUNNING,
	 .needs = PF(CONFIG), .devices = "blk", .writes = true,
	 .judges_storage = true,
	 .rows = { "two_blocks", "four_blocks", "64_sectors" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_blk w, r, part;
	struct vus_disk d;
	uint32_t n, middle;

	if (s->offered & VUS_BLK(RO))
		VUS_SKIP(t, "the disk is read-only");
	VUS_STEP(t, vus_disk_find_scratch(t, &d));
	n = t->row < 2 ? (t->row + 1) * 2 * d.block : VUS_DISK_SECTORS;
	middle = n / d.block / 2 * d.block;
	VUS_STEP(t, vus_disk_request(t, "blk.out", VIRTIO_BLK_T_OUT, d.place, n,
				     t->seed, &w));
	VUS_STEP(t, vus_disk_request(t, "blk.in", VIRTIO_BLK_T_IN, d.place, n,
				     ~t->seed, &r));
	VUS_STEP(t, vus_disk_check_same(t, &w, &r, d.block));
	VUS_STEP(t, vus_disk_request(t, "blk.out", VIRTIO_BLK_T_OUT,
				     d.place + middle, d.block, t->seed + 1,
				     &part));
	VUS_STEP(t, vus_disk_request(t, "blk.in", VIRTIO_BLK_T_IN, d.place, n,
				     ~t->seed, &r));
	memcpy(vus_blk_data(s, &w) + middle * VUS_SECTOR,
	       vus_blk_data(s, &part), part.len);
	VUS_STEP(t, vus_disk_check_same(t, &w, &r, d.block));
}

/* virtio 5.2.6: the sector "indicates the offset (multiplied by 512)", which
 * blk_size does not change (5.2.5). */
VUS_CASE(sectors_have_512_bytes,
	 .title = "each block can be read alone at its sector number",
	 .rules = { "blk.sector_unit" }, .start = VUS_START_RUNNING,
	 .needs = PF(CONFIG), .devices = "blk", .writes = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_blk w, r;
	struct vus_disk d;

	VUS_STEP(t, vus_disk_find_scratch(t, &d));
	VUS_STEP(t, vus_disk_prereq(t, VIRTIO_BLK_T_OUT, d.place,
				    VUS_DISK_SECTORS, t->seed, &w));
	for (uint32_t i = 0; i < VUS_DISK_SECTORS; i += d.block) {
		VUS_STEP(t,
			 vus_disk_request(t, "blk.sector_unit", VIRTIO_BLK_T_IN,
					  d.place + i, d.block, ~t->seed, &r));
		VUS_CHECK(t, "blk.sector_unit",
			  memcmp(vus_blk_data(s, &r),
				 vus_blk_data(s, &w) + i * VUS_SECTOR,
				 r.len) == 0,
			  "a block that is read alone holds what was written "
			  "there",
			  "sector %" PRIu64
			  " holds other bytes than were written",
			  d.place + i);
	}
}

/* virtio 2.7.8: the used length counts what was written into the request's
 * buffers, which is the status byte alone where no data are read.  contrib's
 * vhost-user-blk counts what it has written to the disk. */
enum { LEN_WRITE, LEN_FLUSH, LEN_FAILED_READ };

VUS_CASE(used_length_excludes_the_disk,
	 .title = "a used length counts what was written to memory, not to the "
		  "disk",
	 .rules = { "split_ring.used.len_cap", "split_ring.used.len_exact" },
	 .start = VUS_START_RUNNING, .needs = PF(CONFIG),
	 .needs_vf = VF(VERSION_1), .devices = "blk", .writes = true,
	 .rows = { "write", "flush", "failed_read" })
{
	static const uint32_t types[] = { VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_FLUSH,
					  VIRTIO_BLK_T_IN };
	const uint32_t len = t->row == LEN_FLUSH ? 0 : 8 * VUS_SECTOR;
	struct vus_session *s = vus_fe(t);
	struct vus_used used;
	struct vus_disk d;
	struct vus_err err;
	struct vus_blk r;

	VUS_STEP(t, vus_disk_find_scratch(t, &d));
	if (t->row == LEN_FLUSH)
		d.place = 0;
	if (t->row == LEN_FAILED_READ)
		d.place = d.capacity;
	VUS_SETUP(t,
		  vus_blk_build(s, types[t->row], d.place, len, 0, t->seed, &r,
				&err),
		  &err);
	VUS_STEP(t, vus_disk_send(t, &r, &used));
	VUS_CHECK(t, "split_ring.used.len_cap",
		  used.len <= (r.reads ? len : 0) + 1,
		  "the used length is at most the size of the writable buffers",
		  "the used length is %u, and %u bytes are writable", used.len,
		  (r.reads ? len : 0) + 1);
	/* A request that failed may have been written in part. */
	if (vus_blk_status(s, &r) == VIRTIO_BLK_S_OK && !r.reads)
		VUS_CHECK(t, "split_ring.used.len_exact", used.len == 1,
			  "the used length counts the status byte only",
			  "the used length is %u, and 1 byte was written",
			  used.len);
}

/* ---- the shape of a request ---- */

/* Segments from 0 to `end`, divided at each of `cuts` (ascending, the last is
 * 0); readable up to `writable`. */
static unsigned divide(uint64_t gpa, uint32_t end, uint32_t writable,
		       const uint32_t *cuts, struct vus_seg segs[])
{
	uint32_t from = 0;
	unsigned n = 0;

	for (unsigned i = 0; from < end; i++) {
		const uint32_t to = cuts[i] && cuts[i] < end ? cuts[i] : end;

		segs[n++] = (struct vus_seg){ gpa + from, to - from,
					      from >= writable };
		from = to;
	}
	return n;
}

#define HEAD VUS_BLK_HEADER
#define DATA 1024 /* bytes */

/* Where the 16 + 1024 + 1 bytes of a request are divided, always also between
 * its readable and its writable bytes. */
static const uint32_t write_cuts[][8] = {
	{ HEAD + DATA },                     /* header and data in one */
	{ 1, HEAD + DATA },                  /* a byte of the header alone */
	{ 15, HEAD + DATA },                 /* all but a byte */
	{ 4, 8, 12, HEAD + 1, HEAD + DATA }, /* its fields alone */
	{ 7, HEAD + 511, HEAD + 513, HEAD + DATA }, /* across a sector's end */
};
static const uint32_t read_cuts[][8] = {
	{ HEAD }, /* data and status in one */
	{ HEAD, HEAD + 1 },
	{ HEAD, HEAD + DATA - 1 }, /* a byte of the data with it */
	{ 3, HEAD, HEAD + 511, HEAD + 512, HEAD + 513 },
	{ 1, 2, HEAD, HEAD + 100, HEAD + DATA }, /* the status alone */
};

/* virtio 2.7.4.1: "The device MUST NOT make assumptions about the particular
 * arrangement of descriptors."  What is written in one shape is read in
 * another. */
VUS_CASE(parts_may_share_descriptors,
	 .title = "header, data and status may be divided and joined anywhere",
	 .rules = { "split_ring.desc.any_framing" }, .start = VUS_START_RUNNING,
	 .needs = PF(CONFIG), .needs_vf = VF(VERSION_1), .devices = "blk",
	 .writes = true,
	 .rows = { "in_two", "one_byte", "all_but_one", "fields", "uneven" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_seg segs[8];
	struct vus_blk w, r;
	struct vus_used used;
	struct vus_err err = { 0 };
	struct vus_disk d;
	unsigned n;
	bool ok;

	VUS_STEP(t, vus_disk_find_scratch(t, &d));
	VUS_SETUP(t,
		  vus_blk_build(s, VIRTIO_BLK_T_OUT, d.place, DATA, 0, t->seed,
				&w, &err),
		  &err);
	n = divide(w.header, HEAD + DATA + 1, HEAD + DATA, write_cuts[t->row],
		   segs);
	ok = vus_blk_send(s, segs, n, &used, &err) &&
	     vus_blk_check_done(s, &w, &err);
	VUS_CHECK(t, "split_ring.desc.any_framing", ok,
		  "a write is served however it is divided into descriptors",
		  "a write in %u descriptors: %s", n, err.text);
	VUS_SETUP(t,
		  vus_blk_build(s, VIRTIO_BLK_T_IN, d.place, DATA, 0, ~t->seed,
				&r, &err),
		  &err);
	n = divide(r.header, HEAD + DATA + 1, HEAD, read_cuts[t->row], segs);
	ok = vus_blk_send(s, segs, n, &used, &err) &&
	     vus_blk_check_done(s, &r, &err);
	VUS_CHECK(t, "split_ring.desc.any_framing", ok,
		  "a read is served however it is divided into descriptors",
		  "a read in %u descriptors: %s", n, err.text);
	VUS_CHECK(t, "split_ring.desc.any_framing",
		  vus_blk_data_is(s, &r, t->seed),
		  "a read returns what was written, however it is divided into "
		  "descriptors",
		  "a read in %u descriptors returns other bytes", n);
}

/* ---- other requests ---- */

/* virtio 5.2.6: "VIRTIO_BLK_S_UNSUPP for a request unsupported by device".
 * These types have a meaning in no version. */
static const uint32_t unknown_types[] = { 6, 23, 0x4321, 0x7fffff00 };

VUS_CASE(unknown_types_are_unsupported,
	 .title = "a request of an unknown type ends with UNSUPP",
	 .rules = { "blk.unsupp" }, .start = VUS_START_RUNNING,
	 .devices = "blk", .pings = true,
	 .rows = { "6", "23", "0x4321", "0x7fffff00" })
{
	struct vus_used used;
	struct vus_err err;
	struct vus_blk r;

	VUS_SETUP(t,
		  vus_blk_build(vus_fe(t), unknown_types[t->row], 0, 0, 0,
				t->seed, &r, &err),
		  &err);
	VUS_STEP(t, vus_disk_send(t, &r, &used));
	VUS_CHECK(t, "blk.unsupp",
		  vus_blk_status(vus_fe(t), &r) == VIRTIO_BLK_S_UNSUPP,
		  "a request of an unknown type ends with UNSUPP",
		  "type 0x%" PRIx32 " ended with status %u", r.type,
		  vus_blk_status(vus_fe(t), &r));
}

/* virtio 5.2.3, "Cache flush command support". */
VUS_CASE(flushes_are_carried_out,
	 .title = "a flush that was negotiated ends with OK",
	 .rules = { "blk.flush" }, .start = VUS_START_RUNNING,
	 .needs_vf = VUS_BLK(FLUSH), .devices = "blk", .pings = true)
{
	struct vus_blk r;

	for (unsigned i = 0; i < 3; i++) {
		VUS_STEP(t, vus_disk_request(t, "blk.flush", VIRTIO_BLK_T_FLUSH,
					     0, 0, t->seed + i, &r));
	}
}

/* virtio 5.2.6: "The device ID string is a NUL-padded ASCII string up to 20
 * bytes long."  QEMU writes no padding, and counts it as written. */
VUS_CASE(id_is_padded_ascii,
	 .title = "the device's id is ASCII, padded with NUL to 20 bytes",
	 .rules = { "blk.get_id" }, .start = VUS_START_RUNNING,
	 .devices = "blk", .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const uint8_t *id;
	struct vus_used used;
	struct vus_err err;
	struct vus_blk r;
	unsigned i = 0;

	VUS_SETUP(t,
		  vus_blk_build(s, VIRTIO_BLK_T_GET_ID, 0, VIRTIO_BLK_ID_BYTES,
				0, t->seed, &r, &err),
		  &err);
	memset(vus_blk_data(s, &r), 0xa5, VIRTIO_BLK_ID_BYTES);
	VUS_STEP(t, vus_disk_send(t, &r, &used));
	if (vus_blk_status(s, &r) == VIRTIO_BLK_S_UNSUPP)
		VUS_SKIP(t, "the device has no id");
	VUS_CHECK(t, "blk.get_id", vus_blk_check_done(s, &r, &err),
		  "GET_ID ends with OK", "%s", err.text);
	id = vus_blk_data(s, &r);
	while (i < VIRTIO_BLK_ID_BYTES && id[i] >= 0x20 && id[i] < 0x7f)
		i++;
	VUS_CHECK(t, "blk.get_id", i == VIRTIO_BLK_ID_BYTES || id[i] == 0,
		  "the id is ASCII up to its end",
		  "byte %u of the id is 0x%02x", i, id[i]);
	for (; i < VIRTIO_BLK_ID_BYTES; i++)
		VUS_CHECK(t, "blk.get_id", id[i] == 0,
			  "the id is padded with NUL",
			  "byte %u, behind the id's end, is 0x%02x", i, id[i]);
}

/* An answer that is shorter than its buffer leaves the rest unchanged, or fills
 * it with constant bytes: no byte of the device's own memory is in it.  The id
 * is read twice, into buffers with different bytes. */
#define ROOM 64

VUS_CASE(answers_hold_no_foreign_bytes,
	 .title = "bytes behind a short answer are unchanged, or constant",
	 .rules = { "split_ring.hardening.no_foreign_bytes" },
	 .start = VUS_START_RUNNING, .devices = "blk", .pings = true)
{
	static const uint8_t before[] = { 0x5a, 0xa5 };
	struct vus_session *s = vus_fe(t);
	uint8_t after[2][ROOM];

	for (unsigned i = 0; i < 2; i++) {
		struct vus_used used;
		struct vus_err err;
		struct vus_blk r;

		VUS_SETUP(t,
			  vus_blk_build(s, VIRTIO_BLK_T_GET_ID, 0, ROOM, 0,
					t->seed, &r, &err),
			  &err);
		memset(vus_blk_data(s, &r), before[i], ROOM);
		VUS_STEP(t, vus_disk_send(t, &r, &used));
		memcpy(after[i], vus_blk_data(s, &r), ROOM);
	}
	for (unsigned i = 0; i < ROOM; i++)
		VUS_CHECK(t, "split_ring.hardening.no_foreign_bytes",
			  after[0][i] == after[1][i] ||
				  (after[0][i] == before[0] &&
				   after[1][i] == before[1]),
			  "bytes behind a short answer are as before, or "
			  "always the same",
			  "byte %u behind the answer is 0x%02x, and 0x%02x the "
			  "next time",
			  i, after[0][i], after[1][i]);
}

/* virtio 5.2.6.2: IOERR for a write where RO is offered, and nothing is
 * written.  The write has the bytes that are there: a device that executes it
 * does no harm. */
VUS_CASE(read_only_devices_refuse_writes,
	 .title = "a read-only device answers a write with IOERR",
	 .rules = { "blk.read_only" }, .start = VUS_START_RUNNING,
	 .needs_vf = VUS_BLK(RO), .devices = "blk", .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_used used;
	struct vus_err err;
	struct vus_blk r, w;

	VUS_STEP(t, vus_disk_prereq(t, VIRTIO_BLK_T_IN, 0, 1, t->seed, &r));
	VUS_SETUP(t,
		  vus_blk_build(s, VIRTIO_BLK_T_OUT, 0, VUS_SECTOR, 0, t->seed,
				&w, &err),
		  &err);
	memcpy(vus_blk_data(s, &w), vus_blk_data(s, &r), VUS_SECTOR);
	VUS_STEP(t, vus_disk_send(t, &w, &used));
	VUS_CHECK(t, "blk.read_only",
		  vus_blk_status(s, &w) == VIRTIO_BLK_S_IOERR,
		  "a write to a read-only device ends with IOERR",
		  "the write ended with status %u", vus_blk_status(s, &w));
}

/* ---- requests that are not legal ---- */

/* virtio 5.2.6.1: nothing beyond the capacity is read or written. */
struct beyond {
	bool behind; /* from the capacity on, else from 0 */
	int64_t sector;
};

static const struct beyond beyonds[] = {
	{ true, -1 },                /* the last sector, and one beyond */
	{ true, 0 },                 /* the first one beyond */
	{ false, INT64_C(1) << 55 }, /* times 512 is 2^64 */
	{ false, -1 },               /* the largest number, and 0 after it */
};

VUS_CASE(sectors_beyond_the_disk_fail,
	 .title = "a request beyond the capacity fails",
	 .rules = { "blk.hardening.sector_range" }, .start = VUS_START_RUNNING,
	 .needs = PF(CONFIG), .devices = "blk", .writes = true,
	 .rows = { "across_the_end", "behind_the_end", "2^55", "2^64-1" })
{
	static const uint32_t types[] = { VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT };
	const struct beyond *b = &beyonds[t->row];
	struct vus_disk d;
	struct vus_err err;

	VUS_STEP(t, vus_disk_read_config(t, &d));
	for (size_t i = 0; i < VUS_COUNT(types); i++) {
		const uint64_t from = b->behind ? d.capacity : 0;
		struct vus_used used;
		struct vus_blk r;

		VUS_SETUP(t,
			  vus_blk_build(vus_fe(t), types[i],
					from + (uint64_t)b->sector,
					2 * VUS_SECTOR, 0, t->seed, &r, &err),
			  &err);
		VUS_STEP(t, vus_disk_send(t, &r, &used));
		VUS_CHECK(t, "blk.hardening.sector_range",
			  vus_blk_status(vus_fe(t), &r) != VIRTIO_BLK_S_OK,
			  "a request beyond the capacity fails",
			  "two sectors from %" PRIu64 " on of %" PRIu64
			  " were %s",
			  r.sector, d.capacity, r.reads ? "read" : "written");
	}
}

/* virtio 5.2.6.1: data are a multiple of 512 bytes long.  A device may do with
 * others what it likes, within their buffers. */
static const uint32_t odd_lengths[] = { 1, 511, 513, 1023 };

VUS_CASE(odd_lengths_are_survived,
	 .title = "data that are not a whole number of sectors harm nothing",
	 .rules = { "blk.hardening.length" }, .start = VUS_START_RUNNING,
	 .needs = PF(CONFIG), .devices = "blk", .writes = true,
	 .rows = { "1", "511", "513", "1023" })
{
	static const uint32_t types[] = { VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT };
	struct vus_session *s = vus_fe(t);
	struct vus_disk d;

	VUS_STEP(t, vus_disk_find_scratch(t, &d));
	for (size_t i = 0; i < VUS_COUNT(types); i++) {
		struct vus_err err = { 0 };
		struct vus_used used;
		struct vus_blk r;
		bool intact;

		VUS_SETUP(t,
			  vus_blk_build(s, types[i], d.place,
					odd_lengths[t->row], 64, t->seed, &r,
					&err),
			  &err);
		/* It need not be completed. */
		if (!vus_blk_send(s, r.segs, r.nsegs, &used, &err) &&
		    err.kind == VUS_ERR_SYSTEM)
			VUS_SETUP(t, false, &err);
		intact = vus_blk_check_padding(s, &r, &err);
		VUS_CHECK(t, "blk.hardening.length", intact,
			  "no byte outside the request's buffers is written",
			  "with data of %u bytes: %s", r.len, err.text);
	}
}

/* A request without room for its header, or for its status. */
static const struct {
	uint32_t readable, writable; /* bytes */
} parts[] = { { 0, 1 }, { 15, 1 }, { 16, 0 }, { 1, 0 } };

VUS_CASE(missing_parts_are_survived,
	 .title = "a request without room for header or status harms nothing",
	 .rules = { "split_ring.hardening.no_room" },
	 .start = VUS_START_RUNNING, .devices = "blk", .pings = true,
	 .rows = { "status_alone", "short_header", "no_status", "one_byte" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_shape shape = { 0 };
	VUS_AUTO_SNAPSHOT snapshot = { 0 };
	struct vus_err err;
	struct vus_blk r;

	VUS_SETUP(
		t,
		vus_blk_build(s, VIRTIO_BLK_T_IN, 0, 0, 64, t->seed, &r, &err),
		&err);
	if (parts[t->row].readable)
		shape.segs[shape.n++] =
			(struct vus_seg){ r.header, parts[t->row].readable,
					  false };
	if (parts[t->row].writable)
		shape.segs[shape.n++] =
			(struct vus_seg){ r.status, parts[t->row].writable,
					  true };
	vus_snapshot_take(&snapshot, vus_guest_host(&s->guest, r.header, HEAD),
			  HEAD);
	VUS_STEP(t, vus_step_shape_offer(t, 0, &shape, NULL));
	VUS_STEP(t, vus_step_check_alive(t, "split_ring.hardening.no_room"));
	VUS_CHECK(t, "split_ring.hardening.no_room",
		  vus_snapshot_diff(&snapshot) == snapshot.len &&
			  vus_blk_check_padding(s, &r, &err),
		  "no byte outside the request's buffers is written",
		  "memory around the request's buffers was changed");
}
