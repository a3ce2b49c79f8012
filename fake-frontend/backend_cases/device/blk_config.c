/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_config.c — features and configuration space of a block device, and
 * whether the device is as they say. */
#include "fixture/disk.h"

#include <endian.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

/* ---- features ---- */

/* virtio 5.2.5.2: "Devices SHOULD always offer VIRTIO_BLK_F_FLUSH, and MUST
 * offer it if they offer VIRTIO_BLK_F_CONFIG_WCE." */
VUS_CASE(flush_is_offered,
	 .title = "FLUSH is offered, always together with CONFIG_WCE",
	 .rules = { "blk.wce_has_flush", "blk.flush_offered" },
	 .start = VUS_START_NEGOTIATED, .devices = "blk")
{
	const uint64_t offered = vus_fe(t)->offered;
	const bool flush = offered & VUS_BLK(FLUSH);

	VUS_CHECK(t, "blk.wce_has_flush",
		  flush || !(offered & VUS_BLK(CONFIG_WCE)),
		  "CONFIG_WCE is offered with FLUSH",
		  "CONFIG_WCE is offered without FLUSH");
	VUS_CHECK(t, "blk.flush_offered", flush, "FLUSH is offered",
		  "FLUSH is not offered");
}

/* The same heading: with CONFIG_WCE and without FLUSH a driver cannot flush a
 * cache, so there must be none.  Front-end and back-end are the device
 * together: the text does not say which of the two ensures it. */
VUS_CASE(no_cache_without_flush,
	 .title = "with CONFIG_WCE and without FLUSH writeback is 0",
	 .rules = { "blk.wce_without_flush" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG), .needs_vf = VUS_BLK(CONFIG_WCE),
	 .without_vf = VUS_BLK(FLUSH), .devices = "blk")
{
	struct vus_disk d;

	VUS_STEP(t, vus_disk_read_config(t, &d));
	VUS_CHECK(t, "blk.wce_without_flush", d.config.wce == 0,
		  "writeback is 0 where FLUSH was not negotiated",
		  "writeback is %u", d.config.wce);
}

/* ---- configuration space ---- */

/* virtio 5.2.4: the capacity is "expressed in 512-byte sectors". */
VUS_CASE(last_sector_can_be_read,
	 .title = "the sector before the capacity can be read",
	 .rules = { "blk.capacity" }, .start = VUS_START_RUNNING,
	 .needs = PF(CONFIG), .devices = "blk", .pings = true)
{
	struct vus_disk d;
	uint64_t n;
	struct vus_blk r;

	VUS_STEP(t, vus_disk_read_config(t, &d));
	if (d.capacity == 0)
		VUS_SKIP(t, "the disk is empty");
	/* A whole block: its size is not judged here. */
	n = d.block > VUS_MIN(64, d.capacity) ? 1 : d.block;
	VUS_STEP(t, vus_disk_request(t, "blk.capacity", VIRTIO_BLK_T_IN,
				     d.capacity - n, (uint32_t)n, t->seed, &r));
}

/* virtio 5.2.3: "Maximum number of segments in a request is in seg_max". */
#define SEGS_MAX 128 /* that are tried */

VUS_CASE(requests_of_seg_max_segments_are_served,
	 .title = "a read in as many segments as seg_max says is served",
	 .rules = { "blk.seg_max" }, .start = VUS_START_MEMORY,
	 .needs = PF(CONFIG), .needs_vf = VUS_BLK(SEG_MAX), .devices = "blk",
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_seg segs[SEGS_MAX + 2];
	struct vus_disk d;
	struct vus_used used;
	struct vus_err err = { 0 };
	struct vus_blk r;
	uint32_t n;
	bool ok;

	VUS_STEP(t, vus_step_ring_setup(t, 0, 2 * SEGS_MAX, 0));
	VUS_STEP(t, vus_disk_read_config(t, &d));
	VUS_CHECK(t, "blk.seg_max", d.config.seg_max != 0,
		  "seg_max is at least 1",
		  "SEG_MAX is offered, and seg_max is 0");
	n = VUS_MIN(le32toh(d.config.seg_max), SEGS_MAX);
	n = (uint32_t)VUS_MIN(n, d.capacity);
	VUS_SETUP(t,
		  vus_blk_build(s, VIRTIO_BLK_T_IN, 0, n * VUS_SECTOR, 0,
				t->seed, &r, &err),
		  &err);
	segs[0] = r.segs[0];
	for (uint32_t i = 0; i < n; i++)
		segs[1 + i] = (struct vus_seg){ r.data + i * VUS_SECTOR,
						VUS_SECTOR, true };
	segs[1 + n] = r.segs[r.nsegs - 1];
	ok = vus_blk_send(s, segs, n + 2, &used, &err) &&
	     vus_blk_check_done(s, &r, &err);
	VUS_CHECK(t, "blk.seg_max", ok,
		  "a request of seg_max segments is served",
		  "%" PRIu32 " segments: %s", n, err.text);
}

/* virtio 5.2.5: blk_size is "the optimal sector size for the driver to use". */
VUS_CASE(block_size_is_whole_sectors,
	 .title = "blk_size is a multiple of 512, and not 0",
	 .rules = { "blk.blk_size" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG), .needs_vf = VUS_BLK(BLK_SIZE), .devices = "blk")
{
	struct vus_disk d;

	VUS_STEP(t, vus_disk_read_config(t, &d));
	VUS_CHECK(t, "blk.blk_size",
		  le32toh(d.config.blk_size) > 0 &&
			  le32toh(d.config.blk_size) % VUS_SECTOR == 0,
		  "blk_size is a multiple of 512, and not 0", "blk_size is %u",
		  le32toh(d.config.blk_size));
}

/* virtio 5.2.4: num_queues "specifies the number of queues". */
VUS_CASE(num_queues_can_be_set_up,
	 .title = "num_queues is at least 1, and no more than GET_QUEUE_NUM",
	 .rules = { "blk.num_queues" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG) | PF(MQ), .needs_vf = VUS_BLK(MQ),
	 .devices = "blk")
{
	struct vus_disk d;
	struct vus_err err;
	uint64_t most;

	VUS_STEP(t, vus_disk_read_config(t, &d));
	VUS_PREREQ(t, "multiqueue.get_reply",
		   vus_fe_get_u64(vus_fe(t), VUS_FE_GET_QUEUE_NUM, &most, &err),
		   &err);
	VUS_CHECK(t, "blk.num_queues",
		  le16toh(d.config.num_queues) >= 1 &&
			  le16toh(d.config.num_queues) <= most,
		  "num_queues is at least 1, and at most the reply to "
		  "GET_QUEUE_NUM",
		  "num_queues is %u, and the reply to GET_QUEUE_NUM %" PRIu64,
		  le16toh(d.config.num_queues), most);
}

/* virtio 5.2.5.2: "The device MUST initialize padding bytes unused0 and unused1
 * to 0."  A back-end that has no such bytes may refuse to read them. */
VUS_CASE(padding_is_zero, .title = "unused0 and unused1 are zero",
	 .rules = { "blk.padding" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG), .devices = "blk")
{
	static const struct {
		uint32_t offset, size;
	} unused[] = {
		{ offsetof(struct virtio_blk_config, unused), 1 },
		{ offsetof(struct virtio_blk_config, unused1), 3 },
	};
	uint8_t all[offsetof(struct virtio_blk_config, unused1) + 3];

	for (size_t i = 0; i < VUS_COUNT(unused); i++) {
		const uint32_t end = unused[i].offset + unused[i].size;
		struct vus_err err;

		/* Read from the start: offsets are judged elsewhere. */
		if (!vus_fe_get_config(vus_fe(t), 0, end, all, &err)) {
			if (err.kind == VUS_ERR_REFUSED && i > 0)
				return; /* no discards, no second padding */
			VUS_PREREQ(t, "config.get_reply", false, &err);
		}
		for (uint32_t k = unused[i].offset; k < end; k++)
			VUS_CHECK(t, "blk.padding", all[k] == 0,
				  "unused bytes of configuration space are 0",
				  "byte %u of configuration space is 0x%02x", k,
				  all[k]);
	}
}
