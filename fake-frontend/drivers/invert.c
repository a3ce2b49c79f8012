/* SPDX-License-Identifier: BSD-3-Clause */
/* invert.c — our own fake device: it returns each request with its bits
 * flipped, so that any byte taken from a wrong place shows.
 *
 * Its virtio id is 0xffff, which virtio has given to no device; the back-end's
 * model of the same name says the same. */
#include "driver.h"

#include "base/rand.h"

#include <inttypes.h>

#define PING_BYTES 1024
#define VIRTIO_ID  0xffff

static bool invert_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
			struct vus_ping *ret, struct vus_err *err)
{
	uint64_t in, out;

	if (bytes == 0)
		bytes = PING_BYTES;
	if (!vus_guest_alloc(&s->guest, bytes, 16, &in, err) ||
	    !vus_guest_alloc(&s->guest, bytes, 16, &out, err))
		return false;
	vus_rand_fill(seed, vus_guest_host(&s->guest, in, bytes), bytes);
	*ret = (struct vus_ping){
		.segs = { { in, bytes, false }, { out, bytes, true } },
		.nsegs = 2,
		.seed = seed,
		.min_used = bytes,
		.max_used = bytes,
	};
	return true;
}

static bool invert_pong(struct vus_session *s, const struct vus_ping *p,
			uint32_t used_len, struct vus_err *err)
{
	const uint32_t len = p->segs[0].len;
	const uint8_t *in = vus_guest_host(&s->guest, p->segs[0].gpa, len);
	const uint8_t *out = vus_guest_host(&s->guest, p->segs[1].gpa, len);

	(void)used_len; /* judged in cases of its own */
	for (uint32_t i = 0; i < len; i++) {
		const uint8_t want = (uint8_t)(in[i] ^ 0xff);

		if (out[i] != want)
			return vus_fail(err, VUS_ERR_PROTOCOL,
					"byte %" PRIu32
					" of the answer is 0x%02x, not 0x%02x",
					i, out[i], want);
	}
	return true;
}

VUS_DRIVER(invert, .virtio_id = VIRTIO_ID, .queue = 0, .min_queues = 1,
	   .vq_size = 64, .shows = VUS_SHOWS_READ | VUS_SHOWS_WRITTEN,
	   .ping = invert_ping, .pong = invert_pong);
