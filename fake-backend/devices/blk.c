/* SPDX-License-Identifier: BSD-3-Clause */
/* blk.c — virtio block device over memory or a file.
 *
 * A request may be cut into descriptors at any byte: the header is the first
 * 16 bytes that can be read, the status the last one that can be written
 * (virtio, "Message Framing").  Where data were promised and not written, the
 * used length is 0, never more than was written. */
#include "fake-backend/device.h"

#include "base/clock.h"
#include "blk_store.h"

#include <endian.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR      512                 /* the unit of all positions */
#define SEG_MAX     126                 /* data descriptors of a request */
#define SECTORS_MAX (UINT32_C(1) << 22) /* of one discard or zeroing */
#define RANGES_MAX  16                  /* of one discard or zeroing */

static const char serial[VIRTIO_BLK_ID_BYTES] = "vuspec";

struct blk {
	uint8_t wce;
};

struct serve_next_request {
	const struct vus_chain *chain;
	uint32_t type;
	uint64_t sector;
	uint64_t in;      /* writable bytes without the status */
	uint64_t out;     /* readable bytes without the header */
	uint64_t written; /* from the first writable byte on */
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

#define FAULTY(cfg, name) vus_faults_has(&(cfg)->faults, VUS_FAULT_blk_##name)

static uint64_t blk_offer(const struct vus_be_config *cfg)
{
	uint64_t features =
		VUS_BIT(VIRTIO_BLK_F_SEG_MAX) | VUS_BIT(VIRTIO_BLK_F_BLK_SIZE) |
		VUS_BIT(VIRTIO_BLK_F_FLUSH) | VUS_BIT(VIRTIO_BLK_F_MQ) |
		VUS_BIT(VIRTIO_BLK_F_CONFIG_WCE);

	if (FAULTY(cfg, cache_without_flush) || FAULTY(cfg, offers_no_flush))
		features &= ~VUS_BIT(VIRTIO_BLK_F_FLUSH);
	if (FAULTY(cfg, offers_no_flush))
		features &= ~VUS_BIT(VIRTIO_BLK_F_CONFIG_WCE);
	if (cfg->read_only || FAULTY(cfg, read_only_takes_writes))
		return features | VUS_BIT(VIRTIO_BLK_F_RO);
	return features | VUS_BIT(VIRTIO_BLK_F_DISCARD) |
	       VUS_BIT(VIRTIO_BLK_F_WRITE_ZEROES);
}

static void blk_reset(struct vus_be *be)
{
	struct blk *self = be->state;
	struct vus_blk_store *s = be->cfg.store;

	self->wce = 1;
	if (s && VUS_FAULTY(be, blk, last_write_lost_at_the_end))
		vus_blk_store_wipe(s, s->last, s->last_len);
}

/* ---- requests ---- */

/* The content of `len` bytes from a sector on; NULL outside the disk. */
static uint8_t *content(const struct vus_be *be, uint64_t sector, uint64_t len)
{
	const struct vus_blk_store *s = be->cfg.store;

	if (s && VUS_FAULTY(be, blk, positions_wrap))
		sector %= s->size / SECTOR;
	if (VUS_FAULTY(be, blk, rounds_positions_down))
		sector -= sector % 8;
	if (!s || len > s->size || sector > (s->size - len) / SECTOR)
		return NULL;
	return (uint8_t *)s->map.addr + sector * SECTOR;
}

static uint8_t read_sectors(const struct vus_be *be,
			    struct serve_next_request *r)
{
	static const uint8_t zeroes[SECTOR];
	const uint8_t *p = content(be, r->sector, r->in);
	uint64_t n = r->in;

	if (!p || r->in % SECTOR != 0)
		return VIRTIO_BLK_S_IOERR;
	if (n > 0 && VUS_FAULTY(be, blk, claims_what_it_did_not_read))
		n -= 4;
	r->written = vus_chain_write(r->chain, 0, p, n) + (r->in - n);
	if (r->in > SECTOR && VUS_FAULTY(be, blk, last_sector_not_read))
		(void)vus_chain_write(r->chain, r->in - SECTOR, zeroes, SECTOR);
	return VIRTIO_BLK_S_OK;
}

static uint8_t write_sectors(const struct vus_be *be,
			     struct serve_next_request *r)
{
	uint8_t *p = content(be, r->sector, r->out);
	struct vus_blk_store *s = be->cfg.store;
	uint64_t n = r->out;

	if (!p || r->out % SECTOR != 0 || be->cfg.read_only)
		return VIRTIO_BLK_S_IOERR;
	s->last = (uint64_t)(p - (uint8_t *)s->map.addr);
	s->last_len = n;
	if (n > SECTOR && VUS_FAULTY(be, blk, last_sector_not_written))
		n -= SECTOR;
	(void)vus_chain_read(r->chain, sizeof(struct virtio_blk_outhdr), p, n);
	return VIRTIO_BLK_S_OK;
}

static uint64_t add_noise(const struct serve_next_request *r)
{
	uint64_t noise[4];

	for (size_t i = 0; i < VUS_COUNT(noise); i++)
		noise[i] = vus_now() * UINT64_C(0x9e3779b97f4a7c15);
	return vus_chain_write(r->chain, r->written, noise,
			       VUS_MIN(r->in - r->written, sizeof(noise)));
}

static uint8_t get_id(const struct vus_be *be, struct serve_next_request *r)
{
	const size_t n = VUS_FAULTY(be, blk, id_is_not_padded)
				 ? strlen(serial) + 1
				 : sizeof(serial);

	r->written = vus_chain_write(r->chain, 0, serial, VUS_MIN(r->in, n));
	if (VUS_FAULTY(be, blk, id_and_noise))
		r->written += add_noise(r);
	return VIRTIO_BLK_S_OK;
}

static uint8_t wipe_range(const struct vus_be *be, bool discard,
			  const struct virtio_blk_discard_write_zeroes *range)
{
	const uint32_t unmap = VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	uint32_t flags = le32toh(range->flags);
	uint32_t sectors = le32toh(range->num_sectors);
	uint64_t sector = le64toh(range->sector);
	const uint8_t *p = content(be, sector, (uint64_t)sectors * SECTOR);

	if (VUS_FAULTY(be, blk, takes_unknown_flags) ||
	    (flags == unmap && VUS_FAULTY(be, blk, discard_takes_unmap)))
		flags &= discard ? 0 : unmap;
	if (flags & ~(discard ? 0 : unmap))
		return VIRTIO_BLK_S_UNSUPP;
	if (!p || sectors > SECTORS_MAX ||
	    (discard && VUS_FAULTY(be, blk, discard_fails)))
		return VIRTIO_BLK_S_IOERR;
	if ((flags & unmap) && VUS_FAULTY(be, blk, unmap_zeroes_nothing))
		return VIRTIO_BLK_S_OK;
	if (VUS_FAULTY(be, blk, wipes_one_sector_more) &&
	    content(be, sector + sectors, SECTOR))
		sectors++;
	vus_blk_store_wipe(be->cfg.store, sector * SECTOR,
			   (uint64_t)sectors * SECTOR);
	return VIRTIO_BLK_S_OK;
}

static uint8_t blk_zero(const struct vus_be *be, struct serve_next_request *r)
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
		status = wipe_range(be, discard, &range);
		if (VUS_FAULTY(be, blk, first_segment_only))
			break;
	}
	return status;
}

/* Faults about the shape of a request; true: it fails. */
static bool must_refuse(const struct vus_be *be,
			const struct serve_next_request *r)
{
	const struct vus_chain *c = r->chain;
	const bool moves =
		r->type == VIRTIO_BLK_T_IN || r->type == VIRTIO_BLK_T_OUT;

	if (moves && (r->in + r->out) % SECTOR != 0 &&
	    VUS_FAULTY(be, blk, aborts_on_odd_lengths))
		vus_die();
	return (c->niov > 16 && VUS_FAULTY(be, blk, few_segments)) ||
	       (c->iov[0].len != sizeof(struct virtio_blk_outhdr) &&
		VUS_FAULTY(be, blk, cut_headers_fail));
}

static uint8_t serve_request(const struct vus_be *be,
			     struct serve_next_request *r)
{
	if (must_refuse(be, r))
		return VIRTIO_BLK_S_IOERR;
	switch (r->type) {
	case VIRTIO_BLK_T_IN:
		return read_sectors(be, r);
	case VIRTIO_BLK_T_OUT:
		return write_sectors(be, r);
	case VIRTIO_BLK_T_FLUSH:
		return VUS_FAULTY(be, blk, flush_is_unsupported)
			       ? VIRTIO_BLK_S_UNSUPP
			       : VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_GET_ID:
		return get_id(be, r);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return blk_zero(be, r);
	default:
		return VUS_FAULTY(be, blk, unknown_types_fail)
			       ? VIRTIO_BLK_S_IOERR
			       : VIRTIO_BLK_S_UNSUPP;
	}
}

/* Returns the used length. */
static uint32_t serve_next_request(const struct vus_be *be,
				   const struct vus_chain *chain)
{
	struct virtio_blk_outhdr hdr;
	struct serve_next_request r = { .chain = chain };
	uint8_t status;

	if ((chain->writable < 1 || chain->readable < sizeof(hdr)) &&
	    VUS_FAULTY(be, blk, aborts_on_missing_parts))
		vus_die();
	if (chain->writable < 1)
		return 0; /* no room even for the status */
	r.in = chain->writable - 1;
	if (vus_chain_read(chain, 0, &hdr, sizeof(hdr)) == sizeof(hdr)) {
		r.type = le32toh(hdr.type);
		r.sector = le64toh(hdr.sector);
		r.out = chain->readable - sizeof(hdr);
		status = serve_request(be, &r);
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
		vus_vq_push(vq, &chain, serve_next_request(be, &chain));
	vus_vq_notify(vq);
}

/* ---- configuration space ---- */

static void is_in_config(const struct vus_be *be, struct virtio_blk_config *c)
{
	if (be->bad.config_written)
		c->seg_max = 0;
	if (VUS_FAULTY(be, blk, capacity_doubled))
		c->capacity = htole64(2 * le64toh(c->capacity));
	if (VUS_FAULTY(be, blk, block_size_of_none))
		c->blk_size = 0;
	if (VUS_FAULTY(be, blk, queues_overstated))
		c->num_queues = htole16((uint16_t)(be->cfg.queues + 1));
	if (VUS_FAULTY(be, blk, padding_is_dirty))
		c->unused = c->unused1[1] = 0x5a;
}

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
	if ((be->features & wce) && !(be->features & flush) &&
	    !VUS_FAULTY(be, blk, cache_is_always_on))
		c.wce = 0;
	is_in_config(be, &c);
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
