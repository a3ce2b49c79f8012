/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_known.c — sectors of a disk whose content we know, since we wrote it. */
#include "blk_known.h"
#include "driver.h"

#include "base/rand.h"

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN 128 /* sectors: no block is larger, and both places fit in */
/* Reads begin at multiples of it: blocks of up to 4096 bytes. */
#define STEP 8

/* The content of one sector. */
#define SEED_SECTOR(sector) ((sector) ^ UINT64_C(0x6b6e6f776e))

uint64_t vus_blk_scratch(uint64_t capacity)
{
	return capacity >= UINT64_C(2) * ALIGN ? capacity / 2 / ALIGN * ALIGN
					       : 0;
}

bool vus_blk_known_place(struct vus_session *s, uint64_t *ret,
			 struct vus_err *err)
{
	struct virtio_blk_config c = { 0 };
	uint64_t scratch;

	*ret = 0;
	if (!(s->pf & PF(CONFIG)) || (s->offered & VUS_BIT(VIRTIO_BLK_F_RO)))
		return true;
	if (!vus_fe_get_config(s, 0, s->driver->config_size, &c, err))
		return false;
	if ((s->offered & VUS_BIT(VIRTIO_BLK_F_BLK_SIZE)) &&
	    le32toh(c.blk_size) > STEP * VUS_SECTOR)
		return true;
	scratch = vus_blk_scratch(le64toh(c.capacity));
	if (scratch)
		*ret = scratch + VUS_BLK_SCRATCH_SECTORS;
	return true;
}

#define LEN (VUS_BLK_KNOWN_SECTORS * VUS_SECTOR)

static bool remember_content(struct vus_session *s, uint64_t at,
			     struct vus_err *err)
{
	struct vus_blk r;

	if (!vus_blk_request(s, VIRTIO_BLK_T_IN, at, LEN, 0, &r, err))
		return false;
	free(s->driver_state);
	s->driver_state = malloc(LEN);
	if (!s->driver_state)
		return vus_fail_sys(err, "memory for what a disk held");
	memcpy(s->driver_state, vus_blk_data(s, &r), LEN);
	return true;
}

static bool write_content(struct vus_session *s, struct vus_blk *r,
			  struct vus_err *err)
{
	struct vus_used used;

	return vus_blk_send(s, r->segs, r->nsegs, &used, err) &&
	       vus_blk_check_done(s, r, err);
}

bool vus_blk_known_write(struct vus_session *s, uint64_t at, bool remember,
			 struct vus_err *err)
{
	const uint64_t cursor = s->guest.cursor;
	struct vus_blk r;

	if ((remember && !remember_content(s, at, err)) ||
	    !vus_blk_build(s, VIRTIO_BLK_T_OUT, at, LEN, 0, 0, &r, err))
		return false;
	for (uint32_t i = 0; i < VUS_BLK_KNOWN_SECTORS; i++)
		vus_rand_fill(SEED_SECTOR(at + i),
			      vus_blk_data(s, &r) + i * VUS_SECTOR, VUS_SECTOR);
	s->known_at = at;
	if (!write_content(s, &r, err))
		return false;
	s->guest.cursor = cursor;
	return true;
}

bool vus_blk_known_restore(struct vus_session *s, struct vus_err *err)
{
	const uint64_t cursor = s->guest.cursor;
	const uint64_t at = s->known_at;
	struct vus_blk r;

	s->known_at = 0;
	if (!at || !s->driver_state)
		return true;
	if (!vus_blk_build(s, VIRTIO_BLK_T_OUT, at, LEN, 0, 0, &r, err))
		return false;
	memcpy(vus_blk_data(s, &r), s->driver_state, LEN);
	if (!write_content(s, &r, err))
		return false;
	s->guest.cursor = cursor;
	return true;
}

uint64_t vus_blk_known_choose(const struct vus_session *s, uint64_t seed,
			      uint32_t n)
{
	const uint64_t from = seed * STEP % VUS_BLK_KNOWN_SECTORS;

	if (!s->known_at || n > VUS_BLK_KNOWN_SECTORS)
		return 0;
	return s->known_at + (from + n <= VUS_BLK_KNOWN_SECTORS ? from : 0);
}

bool vus_blk_known_check(const struct vus_session *s, const struct vus_blk *r,
			 struct vus_err *err)
{
	const uint8_t *got = vus_blk_data(s, r);
	uint8_t want[VUS_SECTOR];

	for (uint32_t i = 0; i < r->len / VUS_SECTOR; i++) {
		vus_rand_fill(SEED_SECTOR(r->sector + i), want, sizeof(want));
		if (memcmp(got + i * VUS_SECTOR, want, sizeof(want)) == 0)
			continue;
		return vus_fail_code(
			err, VUS_ERR_PROTOCOL, VUS_CONTENT_DIFFERS,
			"of %u sectors that were read from %" PRIu64
			" on, sector %" PRIu64
			" holds other bytes than were written",
			r->len / VUS_SECTOR, r->sector, r->sector + i);
	}
	return true;
}
