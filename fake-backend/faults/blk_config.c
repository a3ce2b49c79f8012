/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_config.c — faults of the block device's features and configuration. */
#include "fault.h"

#include <endian.h>
#include <linux/virtio_blk.h>
#include <string.h>

/* ---- what it says of itself ---- */

static void read_all(struct vus_be *be, struct virtio_blk_config *ret)
{
	vus_be_honest.read_config(be, 0, (uint8_t *)ret, sizeof(*ret));
}

/* The bytes that were asked for, of a configuration that was changed. */
static void give(struct vus_be *be, const struct virtio_blk_config *c,
		 uint32_t offset, uint8_t *buf, uint32_t len)
{
	vus_be_honest.read_config(be, offset, buf, len);
	if (offset < sizeof(*c))
		memcpy(buf, (const uint8_t *)c + offset,
		       VUS_MIN(len, sizeof(*c) - offset));
}

static void double_capacity(struct vus_be *be, uint32_t offset, uint8_t *buf,
			    uint32_t len)
{
	struct virtio_blk_config c;

	read_all(be, &c);
	c.capacity = htole64(2 * le64toh(c.capacity));
	give(be, &c, offset, buf, len);
}

VUS_BE_FAULT(blk, capacity_doubled, .rule = "blk.capacity",
	     .says = "says that it has twice the sectors it has")
{
	decide->read_config = double_capacity;
}

static void zero_block_size(struct vus_be *be, uint32_t offset, uint8_t *buf,
			    uint32_t len)
{
	struct virtio_blk_config c;

	read_all(be, &c);
	c.blk_size = 0;
	give(be, &c, offset, buf, len);
}

VUS_BE_FAULT(blk, block_size_of_none, .rule = "blk.blk_size",
	     .says = "says that its blocks have 0 bytes")
{
	decide->read_config = zero_block_size;
}

static void one_queue_more(struct vus_be *be, uint32_t offset, uint8_t *buf,
			   uint32_t len)
{
	struct virtio_blk_config c;

	read_all(be, &c);
	c.num_queues = htole16((uint16_t)(be->cfg.queues + 1));
	give(be, &c, offset, buf, len);
}

VUS_BE_FAULT(blk, queues_overstated, .rule = "blk.num_queues",
	     .says = "says that it has one queue more than it has")
{
	decide->read_config = one_queue_more;
}

static void leave_noise(struct vus_be *be, uint32_t offset, uint8_t *buf,
			uint32_t len)
{
	struct virtio_blk_config c;

	read_all(be, &c);
	c.unused = c.unused1[1] = 0x5a;
	give(be, &c, offset, buf, len);
}

VUS_BE_FAULT(blk, padding_is_dirty, .rule = "blk.padding",
	     .says = "leaves noise in the padding of configuration space")
{
	decide->read_config = leave_noise;
}

static void always_cached(struct vus_be *be, uint32_t offset, uint8_t *buf,
			  uint32_t len)
{
	struct virtio_blk_config c;

	read_all(be, &c);
	if ((be->features & VUS_BIT(VIRTIO_BLK_F_CONFIG_WCE)) &&
	    !(be->features & VUS_BIT(VIRTIO_BLK_F_FLUSH)))
		c.wce = 1;
	give(be, &c, offset, buf, len);
}

VUS_BE_FAULT(
	blk, cache_is_always_on, .rule = "blk.wce_without_flush",
	.says = "begins with a write cache even where FLUSH is not negotiated")
{
	decide->read_config = always_cached;
}

/* ---- what it offers ---- */

static uint64_t without_flush(const struct vus_be *be)
{
	return vus_be_honest.offered_features(be) &
	       ~VUS_BIT(VIRTIO_BLK_F_FLUSH);
}

VUS_BE_FAULT(blk, cache_without_flush, .rule = "blk.wce_has_flush",
	     .also = "blk.flush_offered",
	     .says = "offers CONFIG_WCE without FLUSH")
{
	decide->offered_features = without_flush;
}

static uint64_t without_cache(const struct vus_be *be)
{
	return without_flush(be) & ~VUS_BIT(VIRTIO_BLK_F_CONFIG_WCE);
}

VUS_BE_FAULT(blk, offers_no_flush, .rule = "blk.flush_offered",
	     .says = "offers neither FLUSH nor CONFIG_WCE")
{
	decide->offered_features = without_cache;
}
