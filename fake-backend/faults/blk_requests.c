/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_requests.c — faults of the block device's requests that fail, or leave
 * traces outside of their buffers. */
#include "fake-backend/devices/blk.h"
#include "fault.h"

#include <linux/virtio_blk.h>
#include <stddef.h>

/* ---- the id ---- */

static uint8_t fail_id(const struct vus_be *be, struct vus_blk_request *r)
{
	if (r->type == VIRTIO_BLK_T_GET_ID)
		return VIRTIO_BLK_S_IOERR;
	return vus_be_honest.blk_serve(be, r);
}

VUS_BE_FAULT(blk, id_fails, .rule = "blk.get_id",
	     .says = "answers GET_ID with status 1")
{
	decide->blk_serve = fail_id;
}

static uint8_t write_latin_id(const struct vus_be *be,
			      struct vus_blk_request *r)
{
	static const char id[VIRTIO_BLK_ID_BYTES] = "vuspe\xe7";

	if (r->type != VIRTIO_BLK_T_GET_ID)
		return vus_be_honest.blk_serve(be, r);
	r->written =
		vus_chain_write(r->chain, 0, id, VUS_MIN(r->in, sizeof(id)));
	return VIRTIO_BLK_S_OK;
}

VUS_BE_FAULT(blk, id_is_latin, .rule = "blk.get_id",
	     .says = "has an id with a byte above 127")
{
	decide->blk_serve = write_latin_id;
}

/* ---- the shape ---- */

/* Descriptors that the device reads. */
static unsigned readable_parts(const struct vus_chain *chain)
{
	uint64_t bytes = 0;
	unsigned n = 0;

	while (n < chain->niov && bytes < chain->readable)
		bytes += chain->iov[n++].len;
	return n;
}

static uint8_t read_whole_headers(const struct vus_be *be,
				  struct vus_blk_request *r)
{
	if (r->type == VIRTIO_BLK_T_IN && readable_parts(r->chain) > 1)
		return VIRTIO_BLK_S_IOERR;
	return vus_be_honest.blk_serve(be, r);
}

VUS_BE_FAULT(blk, reads_want_whole_headers,
	     .rule = "split_ring.desc.any_framing",
	     .says = "fails a read whose header is in more than one descriptor")
{
	decide->blk_serve = read_whole_headers;
}

/* Each descriptor gets the data from their start on. */
static uint8_t read_from_start(const struct vus_be *be,
			       struct vus_blk_request *r)
{
	const uint8_t status = vus_be_honest.blk_serve(be, r);
	const unsigned first = readable_parts(r->chain);
	const uint8_t *data;
	size_t at = 0;

	if (r->type != VIRTIO_BLK_T_IN || status != VIRTIO_BLK_S_OK)
		return status;
	data = be->decide->blk_locate(be, r->sector, r->in);
	for (unsigned i = first; data && i < r->chain->niov; i++) {
		const size_t n = VUS_MIN(r->chain->iov[i].len, r->in - at);

		(void)vus_chain_write(r->chain, at, data, n);
		at += n;
	}
	return status;
}

VUS_BE_FAULT(blk, parts_begin_anew, .rule = "split_ring.desc.any_framing",
	     .also = "split_ring.indirect.table",
	     .says = "fills each descriptor of a read from the first byte on")
{
	decide->blk_serve = read_from_start;
}

/* The byte behind the last buffer; NULL: there is no buffer. */
static uint8_t *behind(const struct vus_chain *chain)
{
	const struct vus_iov *last;

	if (chain->niov == 0)
		return NULL;
	last = &chain->iov[chain->niov - 1];
	return last->host + last->len;
}

static uint32_t write_missing_status(const struct vus_be *be,
				     const struct vus_chain *chain)
{
	const uint32_t written = vus_be_honest.blk_request(be, chain);

	if (chain->writable == 0 && behind(chain))
		*behind(chain) = VIRTIO_BLK_S_IOERR;
	return written;
}

VUS_BE_FAULT(blk, status_goes_behind, .rule = "split_ring.hardening.no_room",
	     .says = "writes the status behind a request that has no room for "
		     "it")
{
	decide->blk_request = write_missing_status;
}

static uint8_t round_length_up(const struct vus_be *be,
			       struct vus_blk_request *r)
{
	const uint8_t status = vus_be_honest.blk_serve(be, r);

	/* The status has the last byte. */
	if (r->type == VIRTIO_BLK_T_IN && r->in % VUS_BLK_SECTOR != 0)
		for (unsigned i = 0; i < 8; i++)
			behind(r->chain)[i] = 0;
	return status;
}

VUS_BE_FAULT(blk, lengths_are_rounded_up, .rule = "blk.hardening.length",
	     .says = "writes whole sectors where fewer bytes are asked for")
{
	decide->blk_serve = round_length_up;
}

/* ---- the end of the disk ---- */

/* What lies beyond the disk is left out. */
static uint8_t clip(const struct vus_be *be, struct vus_blk_request *r)
{
	struct vus_blk_request first = *r;
	uint8_t status = vus_be_honest.blk_serve(be, r);

	if (status != VIRTIO_BLK_S_IOERR ||
	    !be->decide->blk_locate(be, r->sector, VUS_BLK_SECTOR))
		return status;
	first.in = VUS_MIN(r->in, VUS_BLK_SECTOR);
	first.out = VUS_MIN(r->out, VUS_BLK_SECTOR);
	status = vus_be_honest.blk_serve(be, &first);
	r->written = first.written;
	return status;
}

VUS_BE_FAULT(blk, clips_requests, .rule = "blk.hardening.sector_range",
	     .says = "serves of a request what lies before the end of the disk")
{
	decide->blk_serve = clip;
}

/* The end of such a request is 0 or more, which is on the disk. */
static uint8_t *check_end_only(const struct vus_be *be, uint64_t sector,
			       uint64_t len)
{
	const uint64_t sectors = len / VUS_BLK_SECTOR;

	if (sector + sectors < sector)
		sector = 0;
	return vus_be_honest.blk_locate(be, sector, len);
}

VUS_BE_FAULT(blk, checks_the_end_only, .rule = "blk.hardening.sector_range",
	     .says = "adds position and length without a look at the carry")
{
	decide->blk_locate = check_end_only;
}

/* ---- write zeroes ---- */

static uint8_t
fail_write_zeroes(const struct vus_be *be, bool discard,
		  const struct virtio_blk_discard_write_zeroes *range)
{
	const uint8_t status = vus_be_honest.blk_wipe(be, discard, range);

	return !discard && status == VIRTIO_BLK_S_OK ? VIRTIO_BLK_S_IOERR
						     : status;
}

VUS_BE_FAULT(blk, write_zeroes_fails, .rule = "blk.write_zeroes",
	     .says = "answers every write zeroes with status 1")
{
	decide->blk_wipe = fail_write_zeroes;
}

static uint8_t want_one_segment(const struct vus_be *be,
				struct vus_blk_request *r)
{
	if ((r->type == VIRTIO_BLK_T_DISCARD ||
	     r->type == VIRTIO_BLK_T_WRITE_ZEROES) &&
	    r->out > sizeof(struct virtio_blk_discard_write_zeroes))
		return VIRTIO_BLK_S_UNSUPP;
	return vus_be_honest.blk_serve(be, r);
}

VUS_BE_FAULT(blk, several_segments_fail, .rule = "blk.discard_zeroes_segments",
	     .says = "knows no discard or write zeroes of several segments")
{
	decide->blk_serve = want_one_segment;
}

/* ---- configuration space ---- */

static void read_without_segments(struct vus_be *be, uint32_t offset,
				  uint8_t *buf, uint32_t len)
{
	const uint32_t first = offsetof(struct virtio_blk_config, seg_max);

	vus_be_honest.read_config(be, offset, buf, len);
	for (uint32_t at = first; at < first + 4; at++)
		if (at >= offset && at - offset < len)
			buf[at - offset] = 0;
}

VUS_BE_FAULT(blk, no_segments, .rule = "blk.seg_max",
	     .says = "offers SEG_MAX, and says that it is 0")
{
	decide->read_config = read_without_segments;
}
