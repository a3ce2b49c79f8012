/* SPDX-License-Identifier: BSD-3-Clause */
/* invert.c — returns every request with its bits flipped.
 *
 * The smallest device whose answer depends on all of the memory it was given:
 * a byte the back-end could not read, or read from the wrong region or offset,
 * comes back wrong.  It keeps no data of its own, so any corruption seen by a
 * test happened in guest memory. */
#include "fake-backend/device.h"

static uint32_t invert_one(const struct vus_chain *c)
{
	uint8_t buf[512];
	size_t done = 0, n;

	while ((n = vus_chain_read(c, done, buf, sizeof(buf))) > 0) {
		for (size_t i = 0; i < n; i++)
			buf[i] = (uint8_t)~buf[i];
		n = vus_chain_write(c, done, buf, n);
		if (n == 0)
			break; /* the driver gave less room than data */
		done += n;
	}
	return (uint32_t)done;
}

static void invert_kick(__attribute__((unused)) struct vus_be *be,
			struct vus_vq *vq)
{
	struct vus_chain chain;

	while (vus_vq_pop(vq, &chain))
		vus_vq_push(vq, &chain, invert_one(&chain));
	vus_vq_notify(vq);
}

VUS_DEVICE(invert, .brief = "flips every bit of every request", .queues = 4,
	   .max_queues = VUS_BE_MAX_QUEUES, .kick = invert_kick);
