/* SPDX-License-Identifier: BSD-3-Clause */
/* rng.c — virtio-rng: the ping asks for some random bytes. */
#include "driver.h"

#include <linux/virtio_ids.h>
#include <string.h>

#define PING_BYTES 64

static bool rng_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		     struct vus_ping *ret, struct vus_err *err)
{
	uint64_t data;

	if (bytes == 0)
		bytes = PING_BYTES;
	if (!vus_guest_alloc(&s->guest, bytes, 16, &data, err))
		return false;
	*ret = (struct vus_ping){
		.segs = { { data, bytes, true } },
		.nsegs = 1,
		.seed = seed,
		.min_used = 1,
		.max_used = bytes,
	};
	return true;
}

static bool rng_pong(struct vus_session *s, const struct vus_ping *p,
		     uint32_t used_len, struct vus_err *err)
{
	const uint8_t *data =
		vus_guest_host(&s->guest, p->segs[0].gpa, p->segs[0].len);

	if (used_len == 0 || used_len > p->segs[0].len)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"used length %u for a request of %u bytes",
				used_len, p->segs[0].len);
	/* The buffer was zero; 16 random bytes are not, but once in 2^128. */
	for (uint32_t i = 0; i < used_len; i++)
		if (data[i])
			return true;
	if (used_len < 16)
		return true;
	return vus_fail(err, VUS_ERR_PROTOCOL,
			"%u bytes of randomness are all zero", used_len);
}

VUS_DRIVER(rng, .virtio_id = VIRTIO_ID_RNG,
	   .qemu = { .name = "vhost-user-rng", .vq_size = 4 }, .queue = 0,
	   .min_queues = 1, .vq_size = 64, .shows = VUS_SHOWS_WRITTEN,
	   .ping = rng_ping, .pong = rng_pong);
