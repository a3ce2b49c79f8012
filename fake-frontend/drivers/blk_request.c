/* SPDX-License-Identifier: BSD-3-Clause */
/* blk_request.c — a request to a virtio block device, in guest memory. */
#include "blk_request.h"

#include "base/clock.h"
#include "base/rand.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <string.h>

/* Bytes of pattern around a request. */
#define GUARD 64

/* Patterns of one request that have nothing in common. */
#define SEED_DATA(seed)   ((seed) ^ UINT64_C(0x64617461))
#define SEED_BEFORE(seed) ((seed) ^ UINT64_C(0x6265666f7265))
#define SEED_GUARD(seed)  ((seed) ^ UINT64_C(0x6775617264))

static bool is_read(uint32_t type)
{
	return type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID;
}

/* The bytes that are not the request's: before, between and after its parts. */
#define PADS 4

static void pads_of(const struct vus_blk *r, struct vus_seg pads[PADS])
{
	pads[0] = (struct vus_seg){ .gpa = r->header - GUARD, .len = GUARD };
	pads[1] = (struct vus_seg){ .gpa = r->header + VUS_BLK_HEADER,
				    .len = r->gap };
	pads[2] = (struct vus_seg){ .gpa = r->data + r->len, .len = r->gap };
	pads[3] = (struct vus_seg){ .gpa = r->status + 1, .len = GUARD };
}

static void place_part(struct vus_blk *r, uint64_t gpa)
{
	const bool data = r->len > 0;

	r->header = gpa + GUARD;
	r->data = r->header + VUS_BLK_HEADER + r->gap;
	r->status = r->data + r->len + r->gap;
	r->segs[0] = (struct vus_seg){ r->header, VUS_BLK_HEADER, false };
	/* No device has to take an empty buffer. */
	if (data)
		r->segs[1] = (struct vus_seg){ r->data, r->len, r->reads };
	r->segs[1 + data] = (struct vus_seg){ r->status, 1, true };
	r->nsegs = 2 + data;
}

bool vus_blk_build(struct vus_session *s, uint32_t type, uint64_t sector,
		   uint32_t len, uint32_t gap, uint64_t seed,
		   struct vus_blk *ret, struct vus_err *err)
{
	const struct virtio_blk_outhdr header = {
		.type = htole32(type),
		.sector = htole64(sector),
	};
	const struct vus_guest *g = &s->guest;
	struct vus_blk r = {
		.type = type,
		.sector = sector,
		.len = len,
		.reads = is_read(type),
		.gap = gap,
		.seed = seed,
	};
	struct vus_seg pads[PADS];
	uint64_t gpa;

	if (!vus_guest_alloc(&s->guest,
			     2 * GUARD + VUS_BLK_HEADER + len + 2 * gap + 1, 16,
			     &gpa, err))
		return false;
	place_part(&r, gpa);
	pads_of(&r, pads);
	for (unsigned i = 0; i < PADS; i++)
		vus_rand_fill(SEED_GUARD(seed) + i,
			      vus_guest_host(g, pads[i].gpa, pads[i].len),
			      pads[i].len);
	memcpy(vus_guest_host(g, r.header, sizeof(header)), &header,
	       sizeof(header));
	vus_rand_fill(r.reads ? SEED_BEFORE(seed) : SEED_DATA(seed),
		      vus_guest_host(g, r.data, len), len);
	*(uint8_t *)vus_guest_host(g, r.status, 1) = VUS_BLK_UNSET;
	*ret = r;
	return true;
}

uint8_t *vus_blk_data(const struct vus_session *s, const struct vus_blk *r)
{
	return vus_guest_host(&s->guest, r->data, r->len);
}

uint8_t vus_blk_status(const struct vus_session *s, const struct vus_blk *r)
{
	return *(const uint8_t *)vus_guest_host(&s->guest, r->status, 1);
}

/* Do the `len` bytes at `at` hold what `seed` makes? */
static bool is_pattern(const uint8_t *at, uint32_t len, uint64_t seed)
{
	uint8_t want[VUS_BLK_MAX];

	assert(len <= sizeof(want));
	vus_rand_fill(seed, want, len);
	return memcmp(at, want, len) == 0;
}

bool vus_blk_data_is(const struct vus_session *s, const struct vus_blk *r,
		     uint64_t seed)
{
	return is_pattern(vus_blk_data(s, r), r->len, SEED_DATA(seed));
}

bool vus_blk_is_untouched(const struct vus_session *s, const struct vus_blk *r)
{
	return is_pattern(vus_blk_data(s, r), VUS_MIN(r->len, VUS_SECTOR),
			  SEED_BEFORE(r->seed));
}

bool vus_blk_check_padding(const struct vus_session *s, const struct vus_blk *r,
			   struct vus_err *err)
{
	static const char *const places[PADS] = {
		"before the header",
		"behind the header",
		"behind the data",
		"behind the status byte",
	};
	struct vus_seg pads[PADS];

	pads_of(r, pads);
	for (unsigned i = 0; i < PADS; i++) {
		if (!is_pattern(
			    vus_guest_host(&s->guest, pads[i].gpa, pads[i].len),
			    pads[i].len, SEED_GUARD(r->seed) + i))
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"bytes %s were changed", places[i]);
	}
	return true;
}

bool vus_blk_send(struct vus_session *s, const struct vus_seg *segs, unsigned n,
		  struct vus_used *ret, struct vus_err *err)
{
	struct vus_split_driver *ring = s->queues[0].ring;
	uint16_t head;

	if (!vus_split_add(ring, segs, n, &head, err))
		return false;
	vus_split_put(ring, head);
	vus_split_publish(ring);
	return vus_fe_kick(s, 0, err) &&
	       vus_fe_wait_used(s, 0, vus_deadline_ms(s->request_ms), ret, err);
}

bool vus_blk_check_done(const struct vus_session *s, const struct vus_blk *r,
			struct vus_err *err)
{
	const uint8_t status = vus_blk_status(s, r);

	if (status == VIRTIO_BLK_S_OK)
		return true;
	if (status == VUS_BLK_UNSET)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"the request came back, and its status byte "
				"was not written");
	return vus_fail(err, VUS_ERR_PROTOCOL,
			"a request of type %" PRIu32 " and %" PRIu32
			" bytes at sector %" PRIu64 " came back with status %u",
			r->type, r->len, r->sector, status);
}

bool vus_blk_request(struct vus_session *s, uint32_t type, uint64_t sector,
		     uint32_t len, uint64_t seed, struct vus_blk *ret,
		     struct vus_err *err)
{
	struct vus_used used;

	return vus_blk_build(s, type, sector, len, 0, seed, ret, err) &&
	       vus_blk_send(s, ret->segs, ret->nsegs, &used, err) &&
	       vus_blk_check_done(s, ret, err);
}
