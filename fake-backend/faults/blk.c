/* SPDX-License-Identifier: BSD-3-Clause */
/* blk.c — faults of the block device's requests. */
#include "fake-backend/devices/blk.h"
#include "base/clock.h"
#include "fault.h"

#include <endian.h>
#include <linux/virtio_blk.h>

#define SECTOR VUS_BLK_SECTOR

/* ---- reads and writes ---- */

static uint8_t lose_last_read(const struct vus_be *be,
			      struct vus_blk_request *r)
{
	static const uint8_t zeroes[SECTOR];
	const uint8_t status = vus_be_honest.blk_serve(be, r);

	if (r->type == VIRTIO_BLK_T_IN && status == VIRTIO_BLK_S_OK &&
	    r->in > SECTOR)
		(void)vus_chain_write(r->chain, r->in - SECTOR, zeroes, SECTOR);
	return status;
}

VUS_BE_FAULT(blk, last_sector_not_read, .rule = "blk.in",
	     .says = "brings zeroes for the last of several sectors")
{
	decide->blk_serve = lose_last_read;
}

static uint8_t read_zeroes(const struct vus_be *be, struct vus_blk_request *r)
{
	static const uint8_t zeroes[SECTOR];
	const uint8_t status = vus_be_honest.blk_serve(be, r);

	for (uint64_t at = 0; r->type == VIRTIO_BLK_T_IN && at < r->written;
	     at += SECTOR)
		(void)vus_chain_write(r->chain, at, zeroes, SECTOR);
	return status;
}

VUS_BE_FAULT(blk, reads_zeroes, .rule = "blk.out",
	     .says = "brings zeroes, whatever is read")
{
	decide->blk_serve = read_zeroes;
}

static uint8_t drop_write(const struct vus_be *be, struct vus_blk_request *r)
{
	return r->type == VIRTIO_BLK_T_OUT ? VIRTIO_BLK_S_OK
					   : vus_be_honest.blk_serve(be, r);
}

VUS_BE_FAULT(blk, drops_writes, .rule = "blk.out",
	     .says = "answers writes with status 0, and writes nothing")
{
	decide->blk_serve = drop_write;
}

/* The position is taken from a variable that is set too late. */
static uint8_t read_at_last(const struct vus_be *be, struct vus_blk_request *r)
{
	static const char key;
	uint64_t *at = vus_fault_state(be, &key, sizeof(*at));
	const uint64_t sector = r->sector;
	uint8_t status;

	if (r->type == VIRTIO_BLK_T_IN)
		r->sector = *at;
	status = vus_be_honest.blk_serve(be, r);
	*at = sector;
	return status;
}

VUS_BE_FAULT(blk, reads_another_sector, .rule = "blk.in",
	     .also = "blk.out blk.sector_unit",
	     .says = "reads where the request before began")
{
	vus_fault_remembers(decide);
	decide->blk_serve = read_at_last;
}

static uint8_t lose_last_write(const struct vus_be *be,
			       struct vus_blk_request *r)
{
	struct vus_blk_request shorter = *r;

	if (r->type != VIRTIO_BLK_T_OUT || r->out <= SECTOR ||
	    !be->decide->blk_locate(be, r->sector, r->out))
		return vus_be_honest.blk_serve(be, r);
	shorter.out -= SECTOR;
	return vus_be_honest.blk_serve(be, &shorter);
}

VUS_BE_FAULT(blk, last_sector_not_written, .rule = "blk.out",
	     .also = "blk.in blk.sector_unit blk.discard_zeroes_range",
	     .says = "leaves out the last of several sectors that are written")
{
	decide->blk_serve = lose_last_write;
}

/* What was written last. */
struct last {
	uint64_t sector, len;
};

static struct last *last(const struct vus_be_config *cfg)
{
	static const char key;

	return vus_fault_memory(cfg, &key, sizeof(struct last));
}

static uint8_t note_last(const struct vus_be *be, struct vus_blk_request *r)
{
	const uint8_t status = vus_be_honest.blk_serve(be, r);

	if (r->type == VIRTIO_BLK_T_OUT && status == VIRTIO_BLK_S_OK)
		*last(&be->cfg) = (struct last){ r->sector, r->out };
	return status;
}

static void wipe_last(struct vus_be *be)
{
	const struct last *l = last(&be->cfg);

	vus_fault_state_open(be);
	if (be->cfg.store)
		vus_blk_store_wipe(be->cfg.store, l->sector * SECTOR, l->len);
}

VUS_BE_FAULT(
	blk, last_write_lost_at_the_end, .rule = "blk.out",
	.says = "forgets what a session wrote last when the next one begins")
{
	vus_fault_remembers(decide);
	decide->blk_serve = note_last;
	decide->connected = wipe_last;
}

static uint8_t *round_down(const struct vus_be *be, uint64_t sector,
			   uint64_t len)
{
	return vus_be_honest.blk_locate(be, sector - sector % 8, len);
}

VUS_BE_FAULT(blk, rounds_positions_down, .rule = "blk.sector_unit",
	     .also = "blk.in blk.out blk.discard_zeroes_segments "
		     "blk.hardening.sector_range",
	     .says = "begins with the first of eight sectors")
{
	decide->blk_locate = round_down;
}

static uint8_t *wrap(const struct vus_be *be, uint64_t sector, uint64_t len)
{
	const struct vus_blk_store *s = be->cfg.store;

	if (s)
		sector %= s->size / SECTOR;
	return vus_be_honest.blk_locate(be, sector, len);
}

VUS_BE_FAULT(blk, positions_wrap, .rule = "blk.hardening.sector_range",
	     .says = "takes positions modulo the capacity")
{
	decide->blk_locate = wrap;
}

static uint8_t claim_too_much(const struct vus_be *be,
			      struct vus_blk_request *r)
{
	const uint8_t *p;

	if (r->type != VIRTIO_BLK_T_IN || r->in == 0 || r->in % SECTOR != 0)
		return vus_be_honest.blk_serve(be, r);
	p = be->decide->blk_locate(be, r->sector, r->in);
	if (!p)
		return VIRTIO_BLK_S_IOERR;
	(void)vus_chain_write(r->chain, 0, p, r->in - 4);
	r->written = r->in;
	return VIRTIO_BLK_S_OK;
}

VUS_BE_FAULT(
	blk, claims_what_it_did_not_read,
	.rule = "split_ring.used.len_not_over",
	.also = "blk.in blk.out blk.sector_unit split_ring.desc.any_framing "
		"split_ring.desc.writable_unread blk.discard_zeroes_range "
		"blk.write_zeroes",
	.says = "leaves the last four bytes of a read as they were")
{
	decide->blk_serve = claim_too_much;
}

/* ---- other requests ---- */

static uint8_t fail_unknown(const struct vus_be *be, struct vus_blk_request *r)
{
	switch (r->type) {
	case VIRTIO_BLK_T_IN:
	case VIRTIO_BLK_T_OUT:
	case VIRTIO_BLK_T_FLUSH:
	case VIRTIO_BLK_T_GET_ID:
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return vus_be_honest.blk_serve(be, r);
	default:
		return VIRTIO_BLK_S_IOERR;
	}
}

VUS_BE_FAULT(blk, unknown_types_fail, .rule = "blk.unsupp",
	     .says = "answers requests of unknown types with status 1")
{
	decide->blk_serve = fail_unknown;
}

static uint8_t know_no_flush(const struct vus_be *be, struct vus_blk_request *r)
{
	if (r->type == VIRTIO_BLK_T_FLUSH)
		return VIRTIO_BLK_S_UNSUPP;
	return vus_be_honest.blk_serve(be, r);
}

VUS_BE_FAULT(blk, flush_is_unsupported, .rule = "blk.flush",
	     .says = "does not know flush, which it offered")
{
	decide->blk_serve = know_no_flush;
}

static uint8_t write_id_unpadded(const struct vus_be *be,
				 struct vus_blk_request *r)
{
	static const char id[] = "vuspec";

	if (r->type != VIRTIO_BLK_T_GET_ID)
		return vus_be_honest.blk_serve(be, r);
	r->written =
		vus_chain_write(r->chain, 0, id, VUS_MIN(r->in, sizeof(id)));
	return VIRTIO_BLK_S_OK;
}

VUS_BE_FAULT(blk, id_is_not_padded, .rule = "blk.get_id",
	     .says = "writes its id without padding")
{
	decide->blk_serve = write_id_unpadded;
}

static uint8_t write_id_and_noise(const struct vus_be *be,
				  struct vus_blk_request *r)
{
	const uint8_t status = vus_be_honest.blk_serve(be, r);
	uint64_t noise[4];

	if (r->type != VIRTIO_BLK_T_GET_ID)
		return status;
	for (size_t i = 0; i < VUS_COUNT(noise); i++)
		noise[i] = vus_now() * UINT64_C(0x9e3779b97f4a7c15);
	r->written +=
		vus_chain_write(r->chain, r->written, noise,
				VUS_MIN(r->in - r->written, sizeof(noise)));
	return status;
}

VUS_BE_FAULT(blk, id_and_noise, .rule = "split_ring.hardening.no_foreign_bytes",
	     .says = "fills what is left of an id's buffer with noise")
{
	decide->blk_serve = write_id_and_noise;
}

static uint64_t read_only(const struct vus_be *be)
{
	return (vus_be_honest.offered_features(be) | VUS_BIT(VIRTIO_BLK_F_RO)) &
	       ~(VUS_BIT(VIRTIO_BLK_F_DISCARD) |
		 VUS_BIT(VIRTIO_BLK_F_WRITE_ZEROES));
}

VUS_BE_FAULT(blk, read_only_takes_writes, .rule = "blk.read_only",
	     .says = "offers RO, and writes")
{
	decide->offered_features = read_only;
}

/* ---- the shape of a request ---- */

static uint8_t die_of_odd_length(const struct vus_be *be,
				 struct vus_blk_request *r)
{
	if ((r->type == VIRTIO_BLK_T_IN || r->type == VIRTIO_BLK_T_OUT) &&
	    (r->in + r->out) % SECTOR != 0)
		vus_die();
	return vus_be_honest.blk_serve(be, r);
}

VUS_BE_FAULT(blk, aborts_on_odd_lengths, .rule = "blk.hardening.length",
	     .says = "aborts when data are no whole number of sectors")
{
	decide->blk_serve = die_of_odd_length;
}

static uint32_t die_of_missing_part(const struct vus_be *be,
				    const struct vus_chain *chain)
{
	if (chain->writable < 1 ||
	    chain->readable < sizeof(struct virtio_blk_outhdr))
		vus_die();
	return vus_be_honest.blk_request(be, chain);
}

VUS_BE_FAULT(blk, aborts_on_missing_parts,
	     .rule = "split_ring.hardening.no_room",
	     .says = "aborts when a request lacks its header or status")
{
	decide->blk_request = die_of_missing_part;
}

static uint8_t want_whole_header(const struct vus_be *be,
				 struct vus_blk_request *r)
{
	if (r->chain->iov[0].len != sizeof(struct virtio_blk_outhdr))
		return VIRTIO_BLK_S_IOERR;
	return vus_be_honest.blk_serve(be, r);
}

VUS_BE_FAULT(blk, cut_headers_fail, .rule = "split_ring.desc.any_framing",
	     .says = "wants the header in a descriptor of its own")
{
	decide->blk_serve = want_whole_header;
}

static uint8_t take_sixteen(const struct vus_be *be, struct vus_blk_request *r)
{
	if (r->chain->niov > 16)
		return VIRTIO_BLK_S_IOERR;
	return vus_be_honest.blk_serve(be, r);
}

VUS_BE_FAULT(blk, few_segments, .rule = "blk.seg_max",
	     .says = "fails requests of more than sixteen descriptors")
{
	decide->blk_serve = take_sixteen;
}

/* ---- discard and write zeroes ---- */

static uint8_t fail_discard(const struct vus_be *be, bool discard,
			    const struct virtio_blk_discard_write_zeroes *range)
{
	const uint8_t status = vus_be_honest.blk_wipe(be, discard, range);

	return discard && status == VIRTIO_BLK_S_OK ? VIRTIO_BLK_S_IOERR
						    : status;
}

VUS_BE_FAULT(blk, discard_fails, .rule = "blk.discard",
	     .says = "answers every discard with status 1")
{
	decide->blk_wipe = fail_discard;
}

/* Without some of the flags. */
static uint8_t wipe_without(const struct vus_be *be, bool discard,
			    const struct virtio_blk_discard_write_zeroes *range,
			    uint32_t flags)
{
	struct virtio_blk_discard_write_zeroes r = *range;

	r.flags &= htole32(~flags);
	return vus_be_honest.blk_wipe(be, discard, &r);
}

static uint8_t
discard_with_unmap(const struct vus_be *be, bool discard,
		   const struct virtio_blk_discard_write_zeroes *range)
{
	const uint32_t unmap = VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;

	return wipe_without(be, discard, range,
			    le32toh(range->flags) == unmap ? unmap : 0);
}

VUS_BE_FAULT(blk, discard_takes_unmap, .rule = "blk.discard_unmap",
	     .says = "serves a discard with the unmap flag")
{
	decide->blk_wipe = discard_with_unmap;
}

static uint8_t
wipe_with_any_flags(const struct vus_be *be, bool discard,
		    const struct virtio_blk_discard_write_zeroes *range)
{
	return wipe_without(be, discard, range, UINT32_MAX);
}

VUS_BE_FAULT(blk, takes_unknown_flags, .rule = "blk.discard_zeroes_flags",
	     .also = "blk.discard_unmap",
	     .says = "serves discards and write zeroes with unknown flags")
{
	decide->blk_wipe = wipe_with_any_flags;
}

static uint8_t zero_nothing(const struct vus_be *be, bool discard,
			    const struct virtio_blk_discard_write_zeroes *range)
{
	const uint32_t unmap = VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	struct virtio_blk_discard_write_zeroes r = *range;

	/* What is wrong with the range is told all the same. */
	if (!discard && le32toh(r.flags) == unmap)
		r.num_sectors = 0;
	return vus_be_honest.blk_wipe(be, discard, &r);
}

VUS_BE_FAULT(blk, unmap_zeroes_nothing, .rule = "blk.write_zeroes",
	     .also = "blk.discard_zeroes_segments",
	     .says = "answers write zeroes with unmap, and does nothing")
{
	decide->blk_wipe = zero_nothing;
}

static uint8_t
wipe_one_more(const struct vus_be *be, bool discard,
	      const struct virtio_blk_discard_write_zeroes *range)
{
	struct virtio_blk_discard_write_zeroes r = *range;
	const uint32_t sectors = le32toh(r.num_sectors);

	if (be->decide->blk_locate(be, le64toh(r.sector) + sectors, SECTOR))
		r.num_sectors = htole32(sectors + 1);
	return vus_be_honest.blk_wipe(be, discard, &r);
}

VUS_BE_FAULT(blk, wipes_one_sector_more, .rule = "blk.discard_zeroes_range",
	     .says = "wipes one sector more than it was told to")
{
	decide->blk_wipe = wipe_one_more;
}

static uint8_t serve_first_segment(const struct vus_be *be,
				   struct vus_blk_request *r)
{
	const size_t one = sizeof(struct virtio_blk_discard_write_zeroes);
	struct vus_blk_request first = *r;

	if ((r->type == VIRTIO_BLK_T_DISCARD ||
	     r->type == VIRTIO_BLK_T_WRITE_ZEROES) &&
	    r->out % one == 0)
		first.out = VUS_MIN(r->out, one);
	else
		return vus_be_honest.blk_serve(be, r);
	return vus_be_honest.blk_serve(be, &first);
}

VUS_BE_FAULT(blk, first_segment_only, .rule = "blk.discard_zeroes_segments",
	     .says = "serves the first segment of several")
{
	decide->blk_serve = serve_first_segment;
}
