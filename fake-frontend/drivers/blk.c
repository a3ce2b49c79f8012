/* SPDX-License-Identifier: BSD-3-Clause */
/* blk.c — virtio-blk: the ping reads two sectors, which harms no disk.
 *
 * Where the disk may be written they are sectors whose content we know.  Where
 * not, what a sector holds is not ours to know, so the proof that it came is
 * that the buffer no longer holds what we put there.  In any case the status
 * byte says OK, and nothing around the buffer was touched. */
#include "blk_known.h"
#include "driver.h"

#include <linux/virtio_ids.h>
#include <stddef.h>
#include <string.h>

#define PING_SECTORS  2
#define PING_GAP      64 /* bytes of pattern on each side of the data */
#define KEEPS_SECTORS 1

static bool blk_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		     struct vus_ping *ret, struct vus_err *err)
{
	const uint32_t sectors = (bytes + VUS_SECTOR - 1) / VUS_SECTOR;
	const uint32_t n = sectors ? sectors : PING_SECTORS;
	const uint32_t len = n * VUS_SECTOR;
	const uint64_t place = vus_blk_known_choose(s, seed, n);
	struct vus_blk r;

	if (!vus_blk_build(s, VIRTIO_BLK_T_IN, place, len, PING_GAP, seed, &r,
			   err))
		return false;
	*ret = (struct vus_ping){
		.nsegs = r.nsegs,
		.seed = seed,
		.min_used = 1,
		.max_used = len + 1,
		.tag = r.header,
		.place = place,
	};
	memcpy(ret->segs, r.segs, sizeof(r.segs));
	return true;
}

/* The request behind a ping. */
static struct vus_blk request_of(const struct vus_ping *p)
{
	const uint32_t len = p->max_used - 1;

	return (struct vus_blk){
		.type = VIRTIO_BLK_T_IN,
		.sector = p->place,
		.len = len,
		.reads = true,
		.gap = PING_GAP,
		.seed = p->seed,
		.header = p->tag,
		.data = p->tag + VUS_BLK_HEADER + PING_GAP,
		.status = p->tag + VUS_BLK_HEADER + 2 * PING_GAP + len,
	};
}

static bool blk_pong(struct vus_session *s, const struct vus_ping *p,
		     uint32_t used_len, struct vus_err *err)
{
	const struct vus_blk r = request_of(p);

	(void)used_len; /* judged in cases of its own */
	if (!vus_blk_check_done(s, &r, err))
		return false;
	if (!vus_blk_is_untouched(s, &r) && p->place)
		return vus_blk_known_check(s, &r, err);
	if (!vus_blk_is_untouched(s, &r))
		return true;
	return vus_fail(
		err, VUS_ERR_PROTOCOL,
		"status OK, and nothing was read into the buffer (QEMU's "
		"null-co does so without read-zeroes=on)");
}

/* Flush, where the device knows the command. */
static bool blk_flush(struct vus_session *s, struct vus_err *err)
{
	struct vus_blk r;

	return !(s->features & VUS_BIT(VIRTIO_BLK_F_FLUSH)) ||
	       vus_blk_request(s, VIRTIO_BLK_T_FLUSH, 0, 0, 0, &r, err);
}

/* Restore the first sectors of the disk. */
static bool restore(struct vus_session *s, const struct vus_blk *before,
		    struct vus_err *err)
{
	struct vus_used used;
	struct vus_blk r;

	if (!vus_blk_build(s, VIRTIO_BLK_T_OUT, 0, before->len, 0, 0, &r, err))
		return false;
	memcpy(vus_blk_data(s, &r), vus_blk_data(s, before), before->len);
	return vus_blk_send(s, r.segs, r.nsegs, &used, err) &&
	       vus_blk_check_done(s, &r, err);
}

/* Write a pattern to the first sector, flush, read it back, and restore what
 * was there before, also on failure. */
static bool blk_keeps(struct vus_session *s, uint64_t seed, bool *ret_stored,
		      struct vus_err *err)
{
	const uint32_t len = KEEPS_SECTORS * VUS_SECTOR;
	struct vus_blk before, write, after;
	struct vus_err ignored;
	bool read;

	if (s->offered & VUS_BIT(VIRTIO_BLK_F_RO)) {
		*ret_stored = false;
		return true;
	}
	if (!vus_blk_request(s, VIRTIO_BLK_T_IN, 0, len, seed, &before, err))
		return false;
	read = vus_blk_request(s, VIRTIO_BLK_T_OUT, 0, len, seed, &write,
			       err) &&
	       blk_flush(s, err) &&
	       vus_blk_request(s, VIRTIO_BLK_T_IN, 0, len, seed, &after, err);
	if (read)
		*ret_stored = vus_blk_data_is(s, &after, seed);
	return restore(s, &before, read ? err : &ignored) && read;
}

VUS_DRIVER(blk, .virtio_id = VIRTIO_ID_BLOCK,
	   .qemu = { .name = "vhost-user-blk",
		     .queues_word = "num-queues",
		     .size_word = "queue-size",
		     .vq_size = 128 },
	   .features = VUS_BIT(VIRTIO_BLK_F_SEG_MAX) |
		       VUS_BIT(VIRTIO_BLK_F_BLK_SIZE) |
		       VUS_BIT(VIRTIO_BLK_F_FLUSH) | VUS_BIT(VIRTIO_BLK_F_MQ),
	   .queue = 0, .min_queues = 1, .vq_size = 64,
	   /* As far as QEMU 10 reads it. */
	   .config_size = offsetof(struct virtio_blk_config,
				   write_zeroes_may_unmap) +
			  1,
	   .shows = VUS_SHOWS_READ | VUS_SHOWS_WRITTEN, .ping = blk_ping,
	   .pong = blk_pong, .keeps = blk_keeps, .place = vus_blk_known_place,
	   .mark = vus_blk_known_write, .unmark = vus_blk_known_restore,
	   .read_rule = "blk.in", .store_rule = "blk.out");
