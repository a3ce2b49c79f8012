/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c — virtio-net: the ping transmits one frame that nobody answers.
 *
 * Its ethertype is one that IEEE 802 keeps for experiments within a site, its
 * addresses are locally administered; a device takes it and gives the buffer
 * back.  Nothing in memory shows what became of it. */
#include "driver.h"

#include "base/rand.h"

#include <linux/if_ether.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <string.h>

#define ETHERTYPE_EXPERIMENT 0x88b5
#define LEAST_FRAME          60 /* bytes, without the checksum */

static bool net_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		     struct vus_ping *ret, struct vus_err *err)
{
	static const uint8_t addresses[] = { 0x02, 0, 0, 0, 0, 1,
					     0x02, 0, 0, 0, 0, 2 };
	const uint32_t head = sizeof(struct virtio_net_hdr_v1);
	uint64_t gpa;
	uint8_t *p;

	bytes = VUS_MAX(bytes, LEAST_FRAME);
	bytes = VUS_MIN(bytes, ETH_FRAME_LEN);
	if (!vus_guest_alloc(&s->guest, head + bytes, 16, &gpa, err))
		return false;
	p = vus_guest_host(&s->guest, gpa, head + bytes);
	vus_rand_fill(seed, p + head, bytes);
	memcpy(p + head, addresses, sizeof(addresses));
	p[head + sizeof(addresses)] = ETHERTYPE_EXPERIMENT >> 8;
	p[head + sizeof(addresses) + 1] = ETHERTYPE_EXPERIMENT & 0xff;
	*ret = (struct vus_ping){
		.segs = { { gpa, head, false }, { gpa + head, bytes, false } },
		.nsegs = 2,
		.seed = seed,
	};
	return true;
}

VUS_DRIVER(net, .virtio_id = VIRTIO_ID_NET, .min_queues = 2, .queue = 1,
	   .queue_step = 2, .companions = { 0 }, .ncompanions = 1,
	   .vq_size = 256, .config_size = sizeof(struct virtio_net_config),
	   .ping = net_ping, .pong = vus_pong_unverified);
