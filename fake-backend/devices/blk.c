/* SPDX-License-Identifier: BSD-3-Clause */
/* blk.c — virtio block device over memory or a file.
 *
 * A request may be cut into descriptors at any byte: the header is the first
 * 16 bytes that can be read, the status the last one that can be written
 * (virtio, "Message Framing").  Where data were promised and not written, the
 * used length is 0, never more than was written. */
#include "blk.h"

#include "fake-backend/honest.h"

#include <endian.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR      VUS_BLK_SECTOR
#define SEG_MAX     126                 /* data descriptors of a request */
#define SECTORS_MAX (UINT32_C(1) << 22) /* of one discard or zeroing */
#define RANGES_MAX  16                  /* of one discard or zeroing */

static const char serial[VIRTIO_BLK_ID_BYTES] = "vuspec";

struct blk {
	uint8_t wce;
};

static bool blk_open(struct vus_be_config *cfg, struct vus_err *err)
{
	struct vus_blk_store *s = calloc(1, sizeof(*s));

	if (!s)
		return vus_fail_sys(err, "memory");
	if (!vus_blk_store_open(cfg->file, cfg->size, cfg->read_only, s, err)) {
		free(s);
		return false;
	}
	cfg->store = s;
	return true;
}

static void blk_close(struct vus_be_config *cfg)
{
	if (cfg->store)
		vus_blk_store_close(cfg->store);
	free(cfg->store);
}

static uint64_t blk_offer(const struct vus_be_config *cfg)
{
	uint64_t features =
		VUS_BIT(VIRTIO_BLK_F_SEG_MAX) | VUS_BIT(VIRTIO_BLK_F_BLK_SIZE) |
		VUS_BIT(VIRTIO_BLK_F_FLUSH) | VUS_BIT(VIRTIO_BLK_F_MQ) |
		VUS_BIT(VIRTIO_BLK_F_CONFIG_WCE);

	if (cfg->read_only)
		return features | VUS_BIT(VIRTIO_BLK_F_RO);
	return features | VUS_BIT(VIRTIO_BLK_F_DISCARD) |
	       VUS_BIT(VIRTIO_BLK_F_WRITE_ZEROES);
}

static void blk_reset(struct vus_be *be)
{
	struct blk *self = be->state;

	self->wce = 1;
}

/* ---- requests ---- */

uint8_t *vus_honest_blk_locate(const struct vus_be *be, uint64_t sector,
			       uint64_t len)
{
	const struct vus_blk_store *s = be->cfg.store;

	if (!s || len > s->size || sector > (s->size - len) / SECTOR)
		return NULL;
	return (uint8_t *)s->map.addr + sector * SECTOR;
}

static uint8_t read_sectors(const struct vus_be *be, struct vus_blk_request *r)
{
	const uint8_t *p = be->decide->blk_locate(be, r->sector, r->in);

	if (!p || r->in % SECTOR != 0)
		return VIRTIO_BLK_S_IOERR;
	r->written = vus_chain_write(r->chain, 0, p, r->in);
	return VIRTIO_BLK_S_OK;
}

static uint8_t write_sectors(const struct vus_be *be,
			     const struct vus_blk_request *r)
{
	uint8_t *p = be->decide->blk_locate(be, r->sector, r->out);

	if (!p || r->out % SECTOR != 0 || be->cfg.read_only)
		return VIRTIO_BLK_S_IOERR;
	(void)vus_chain_read(r->chain, sizeof(struct virtio_blk_outhdr), p,
			     r->out);
	return VIRTIO_BLK_S_OK;
}

static uint8_t get_id(struct vus_blk_request *r)
{
	r->written = vus_chain_write(r->chain, 0, serial,
				     VUS_MIN(r->in, sizeof(serial)));
	return VIRTIO_BLK_S_OK;
}

uint8_t vus_honest_blk_wipe(const struct vus_be *be, bool discard,
			    const struct virtio_blk_discard_write_zeroes *r)
{
	uint32_t flags = le32toh(r->flags);
	uint32_t sectors = le32toh(r->num_sectors);
	uint64_t sector = le64toh(r->sector);
	uint64_t len = (uint64_t)sectors * SECTOR;

	if (flags & ~(discard ? 0 : VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP))
		return VIRTIO_BLK_S_UNSUPP;
	if (!be->decide->blk_locate(be, sector, len) || sectors > SECTORS_MAX)
		return VIRTIO_BLK_S_IOERR;
	vus_blk_store_wipe(be->cfg.store, sector * SECTOR, len);
	return VIRTIO_BLK_S_OK;
}

static uint8_t blk_zero(const struct vus_be *be,
			const struct vus_blk_request *r)
{
	struct virtio_blk_discard_write_zeroes range;
	bool discard = r->type == VIRTIO_BLK_T_DISCARD;
	uint64_t bit = VUS_BIT(discard ? VIRTIO_BLK_F_DISCARD
				       : VIRTIO_BLK_F_WRITE_ZEROES);
	uint8_t status = VIRTIO_BLK_S_OK;

	if (!(be->features & bit))
		return VIRTIO_BLK_S_UNSUPP;
	if (r->out == 0 || r->out % sizeof(range) != 0 ||
	    r->out / sizeof(range) > RANGES_MAX || be->cfg.read_only)
		return VIRTIO_BLK_S_IOERR;
	for (uint64_t at = 0; at < r->out && status == VIRTIO_BLK_S_OK;
	     at += sizeof(range)) {
		(void)vus_chain_read(r->chain,
				     sizeof(struct virtio_blk_outhdr) + at,
				     &range, sizeof(range));
		status = be->decide->blk_wipe(be, discard, &range);
	}
	return status;
}

uint8_t vus_honest_blk_serve(const struct vus_be *be, struct vus_blk_request *r)
{
	switch (r->type) {
	case VIRTIO_BLK_T_IN:
		return read_sectors(be, r);
	case VIRTIO_BLK_T_OUT:
		return write_sectors(be, r);
	case VIRTIO_BLK_T_FLUSH:
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_GET_ID:
		return get_id(r);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return blk_zero(be, r);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

uint32_t vus_honest_blk_request(const struct vus_be *be,
				const struct vus_chain *chain)
{
	struct virtio_blk_outhdr hdr;
	struct vus_blk_request r = { .chain = chain };
	uint8_t status;

	if (chain->writable < 1)
		return 0; /* no room even for the status */
	r.in = chain->writable - 1;
	if (vus_chain_read(chain, 0, &hdr, sizeof(hdr)) == sizeof(hdr)) {
		r.type = le32toh(hdr.type);
		r.sector = le64toh(hdr.sector);
		r.out = chain->readable - sizeof(hdr);
		status = be->decide->blk_serve(be, &r);
	} else {
		status = VIRTIO_BLK_S_IOERR;
	}
	(void)vus_chain_write(chain, r.in, &status, 1);
	return (uint32_t)(r.written == r.in ? r.in + 1 : r.written);
}

static void blk_kick(struct vus_be *be, struct vus_vq *vq)
{
	struct vus_chain chain;

	while (vus_vq_pop(vq, &chain))
		vus_vq_push(vq, &chain, be->decide->blk_request(be, &chain));
	vus_vq_notify(vq);
}

/* ---- configuration space ---- */

static void blk_config_read(struct vus_be *be, uint32_t offset, void *buf,
			    uint32_t len)
{
	const uint64_t wce = VUS_BIT(VIRTIO_BLK_F_CONFIG_WCE);
	const uint64_t flush = VUS_BIT(VIRTIO_BLK_F_FLUSH);
	const struct blk *self = be->state;
	const struct vus_blk_store *s = be->cfg.store;
	struct virtio_blk_config c = {
		.capacity = htole64(s ? s->size / SECTOR : 0),
		.seg_max = htole32(SEG_MAX),
		.blk_size = htole32(SECTOR),
		.wce = self->wce,
		.num_queues = htole16((uint16_t)be->cfg.queues),
		.max_discard_sectors = htole32(SECTORS_MAX),
		.max_discard_seg = htole32(RANGES_MAX),
		.discard_sector_alignment = htole32(1),
		.max_write_zeroes_sectors = htole32(SECTORS_MAX),
		.max_write_zeroes_seg = htole32(RANGES_MAX),
		.write_zeroes_may_unmap = 1,
	};

	/* virtio, "Device Initialization": without FLUSH there is no cache. */
	if ((be->features & wce) && !(be->features & flush))
		c.wce = 0;
	memcpy(buf, (const uint8_t *)&c + offset, len);
}

/* The driver may switch the write cache, and change nothing else. */
static bool blk_config_write(struct vus_be *be, uint32_t offset,
			     const void *buf, uint32_t len)
{
	struct blk *self = be->state;
	uint8_t wce = *(const uint8_t *)buf;

	if (offset != offsetof(struct virtio_blk_config, wce) || len != 1 ||
	    wce > 1)
		return false;
	self->wce = wce;
	return true;
}

VUS_DEVICE(blk, .brief = "virtio block device, in memory or over a file",
	   .virtio_id = VIRTIO_ID_BLOCK, .queues = 4,
	   .max_queues = VUS_BE_MAX_QUEUES, .state_size = sizeof(struct blk),
	   .config_size = sizeof(struct virtio_blk_config), .open = blk_open,
	   .close = blk_close, .offer = blk_offer, .reset = blk_reset,
	   .kick = blk_kick, .config_read = blk_config_read,
	   .config_write = blk_config_write);
