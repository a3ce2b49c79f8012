/* SPDX-License-Identifier: BSD-3-Clause */
/* rng.c — virtio entropy device: fills what it is given with random bytes. */
#include "fake-backend/device.h"

#include <linux/virtio_ids.h>
#include <sys/random.h>

/* Most bytes of one answer; a driver asks again for more. */
#define ANSWER_MAX ((size_t)1 << 20)

static uint32_t fill_random(const struct vus_chain *c)
{
	uint8_t buf[256]; /* getrandom gives so many without interruption */
	size_t done = 0;

	while (done < ANSWER_MAX) {
		size_t n;

		if (getrandom(buf, sizeof(buf), 0) != (ssize_t)sizeof(buf))
			break;
		n = vus_chain_write(c, done, buf, sizeof(buf));
		done += n;
		if (n < sizeof(buf))
			break;
	}
	return (uint32_t)done;
}

static void rng_kick(__attribute__((unused)) struct vus_be *be,
		     struct vus_vq *vq)
{
	struct vus_chain chain;

	while (vus_vq_pop(vq, &chain))
		vus_vq_push(vq, &chain, fill_random(&chain));
	vus_vq_notify(vq);
}

VUS_DEVICE(rng, .brief = "virtio entropy device", .virtio_id = VIRTIO_ID_RNG,
	   .queues = 1, .kick = rng_kick);
