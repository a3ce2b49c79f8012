/* SPDX-License-Identifier: BSD-3-Clause */
/* blk.c — virtio-blk: the ping reads two sectors, which harms no disk.
 *
 * What a sector holds is not ours to know, so the proof that it came is that
 * the buffer no longer holds what we put there, that the status byte says OK,
 * and that nothing around the buffer was touched. */
#include "driver.h"

#include "../../harness/base/clock.h"
#include "../../harness/base/rand.h"

#include <endian.h>
#include <inttypes.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stddef.h>
#include <string.h>

#define SECTOR        512
#define PING_SECTORS  2
#define STATUS_UNSET  0xa5
#define GUARD         64 /* bytes of pattern on each side of the data */
#define KEEPS_SECTORS 1

/* Patterns of one request that have nothing in common.  What was written may be
 * read by any later request, and must not look like its untouched buffer. */
#define SEED_DATA(seed)  ((seed) ^ UINT64_C(0x64617461))
#define SEED_WRITE(seed) ((seed) ^ UINT64_C(0x7772697465))
#define SEED_GUARD(seed) ((seed) ^ UINT64_C(0x6775617264))

/* Header, data (between guards) and status in guest memory. */
static bool lay_out(struct vus_session *s, uint32_t type, uint32_t bytes,
		    uint64_t seed, struct vus_ping *ret, struct vus_err *err)
{
	const bool reads = type == VIRTIO_BLK_T_IN;
	struct virtio_blk_outhdr *header;
	uint64_t head, area, status;
	uint8_t *host;

	if (!vus_guest_alloc(&s->guest, sizeof(*header), 16, &head, err) ||
	    !vus_guest_alloc(&s->guest, bytes + 2 * GUARD, 16, &area, err) ||
	    !vus_guest_alloc(&s->guest, 1, 1, &status, err))
		return false;
	header = vus_guest_host(&s->guest, head, sizeof(*header));
	*header = (struct virtio_blk_outhdr){ .type = htole32(type) };
	host = vus_guest_host(&s->guest, area, bytes + 2 * GUARD);
	vus_rand_fill(SEED_GUARD(seed), host, GUARD);
	vus_rand_fill(reads ? SEED_DATA(seed) : SEED_WRITE(seed), host + GUARD,
		      bytes);
	vus_rand_fill(SEED_GUARD(~seed), host + GUARD + bytes, GUARD);
	*(uint8_t *)vus_guest_host(&s->guest, status, 1) = STATUS_UNSET;
	*ret = (struct vus_ping){
		.segs = { { head, sizeof(*header), false },
			  { area + GUARD, bytes, reads },
			  { status, 1, true } },
		.nsegs = 3,
		.seed = seed,
		.min_used = 1,
		.max_used = (reads ? bytes : 0) + 1,
		.tag = status,
	};
	/* QEMU takes an empty buffer for the sign of a broken driver. */
	if (bytes == 0)
		ret->segs[1] = ret->segs[--ret->nsegs];
	return true;
}

static bool ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		 struct vus_ping *ret, struct vus_err *err)
{
	if (bytes == 0)
		bytes = PING_SECTORS * SECTOR;
	bytes = (bytes + SECTOR - 1) / SECTOR * SECTOR;
	return lay_out(s, VIRTIO_BLK_T_IN, bytes, seed, ret, err);
}

static bool status_is_ok(const struct vus_session *s, const struct vus_ping *p,
			 struct vus_err *err)
{
	const uint8_t *status = vus_guest_host(&s->guest, p->tag, 1);

	if (*status == VIRTIO_BLK_S_OK)
		return true;
	if (*status == STATUS_UNSET)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"the request came back, and its status byte "
				"was not written");
	return vus_fail(err, VUS_ERR_PROTOCOL,
			"a request of %" PRIu32
			" bytes at sector 0 came back with status %u",
			p->segs[1].len, *status);
}

/* Do the `len` bytes (at most a sector) at `gpa` hold what `seed` makes? */
static bool holds(const struct vus_session *s, uint64_t gpa, uint32_t len,
		  uint64_t seed)
{
	uint8_t want[SECTOR];

	vus_rand_fill(seed, want, len);
	return memcmp(vus_guest_host(&s->guest, gpa, len), want, len) == 0;
}

/* What holds of any request that was carried out. */
static bool is_done(const struct vus_session *s, const struct vus_ping *p,
		    struct vus_err *err)
{
	const struct vus_seg *data = &p->segs[1];

	if (!status_is_ok(s, p, err))
		return false;
	if (p->nsegs < 3)
		return true; /* without data */
	if (!holds(s, data->gpa - GUARD, GUARD, SEED_GUARD(p->seed)))
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"bytes before the data buffer were changed");
	if (!holds(s, data->gpa + data->len, GUARD, SEED_GUARD(~p->seed)))
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"bytes behind the data buffer were changed");
	return true;
}

static bool pong(struct vus_session *s, const struct vus_ping *p,
		 uint32_t used_len, struct vus_err *err)
{
	(void)used_len; /* judged in cases of its own */
	if (!is_done(s, p, err))
		return false;
	if (!holds(s, p->segs[1].gpa, SECTOR, SEED_DATA(p->seed)))
		return true;
	return vus_fail(err, VUS_ERR_PROTOCOL,
			"status OK, and nothing was read into the buffer (a "
			"null device must be told to read zeroes)");
}

/* One request, start to end. */
static bool request(struct vus_session *s, const struct vus_ping *p,
		    struct vus_err *err)
{
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_used used;
	uint16_t head;

	if (!vus_split_add(ring, p->segs, p->nsegs, &head, err))
		return false;
	vus_split_put(ring, head);
	vus_split_publish(ring);
	return vus_fe_kick(s, 0, err) &&
	       vus_fe_wait_used(s, 0, vus_deadline_ms(s->request_ms), &used,
				err) &&
	       is_done(s, p, err);
}

static void *data_of(const struct vus_session *s, const struct vus_ping *p)
{
	return vus_guest_host(&s->guest, p->segs[1].gpa, p->segs[1].len);
}

/* Have what was written reach the disk, where the device knows the word. */
static bool flush(struct vus_session *s, struct vus_err *err)
{
	struct vus_ping p;

	if (!(s->features & VUS_BIT(VIRTIO_BLK_F_FLUSH)))
		return true;
	return lay_out(s, VIRTIO_BLK_T_FLUSH, 0, 0, &p, err) &&
	       request(s, &p, err);
}

/* Write a pattern to the disk's start, flush, read it back, and put back what
 * was there before. */
static bool keeps(struct vus_session *s, uint64_t seed, bool *ret_stored,
		  struct vus_err *err)
{
	const uint32_t bytes = KEEPS_SECTORS * SECTOR;
	struct vus_ping before, write, after, restore;

	if (s->offered & VUS_BIT(VIRTIO_BLK_F_RO)) {
		*ret_stored = false;
		return true;
	}
	if (!lay_out(s, VIRTIO_BLK_T_IN, bytes, seed, &before, err) ||
	    !request(s, &before, err) ||
	    !lay_out(s, VIRTIO_BLK_T_OUT, bytes, seed + 1, &write, err) ||
	    !request(s, &write, err) || !flush(s, err) ||
	    !lay_out(s, VIRTIO_BLK_T_IN, bytes, seed + 2, &after, err) ||
	    !request(s, &after, err) ||
	    !lay_out(s, VIRTIO_BLK_T_OUT, bytes, seed + 3, &restore, err))
		return false;
	*ret_stored =
		memcmp(data_of(s, &after), data_of(s, &write), bytes) == 0;
	memcpy(data_of(s, &restore), data_of(s, &before), bytes);
	return request(s, &restore, err);
}

const struct vus_driver vus_driver_blk = {
	.name = "blk",
	.virtio_id = VIRTIO_ID_BLOCK,
	.features = VUS_BIT(VIRTIO_BLK_F_SEG_MAX) |
		    VUS_BIT(VIRTIO_BLK_F_BLK_SIZE) |
		    VUS_BIT(VIRTIO_BLK_F_FLUSH) | VUS_BIT(VIRTIO_BLK_F_MQ),
	.queue = 0,
	.min_queues = 1,
	.vq_size = 64,
	/* As far as QEMU 10 reads it. */
	.config_size =
		offsetof(struct virtio_blk_config, write_zeroes_may_unmap) + 1,
	.ping = ping,
	.pong = pong,
	.keeps = keeps,
};
