/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c — virtio-net: the ping transmits one frame.
 *
 * Nobody answers it unless an echo is known: its ethertype is one that IEEE 802
 * keeps for experiments within a site, its addresses are locally administered;
 * a device takes it and gives the buffer back.  Nothing in memory shows what
 * became of it, but where there is an echo its answer does. */
#include "net_echo.h"
#include "net_packet.h"

#include "base/rand.h"

#include <linux/if_ether.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <string.h>

#define ETHERTYPE_EXPERIMENT 0x88b5

static bool net_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		     struct vus_ping *ret, struct vus_err *err)
{
	static const uint8_t addresses[] = { 0x02, 0, 0, 0, 0, 1,
					     0x02, 0, 0, 0, 0, 2 };
	const uint32_t head = vus_net_header_size(s);
	uint64_t gpa;
	uint8_t *p;

	bytes = VUS_MAX(bytes, VUS_NET_LEAST);
	bytes = VUS_MIN(bytes, VUS_NET_MOST);
	if (s->prepared)
		return vus_net_echo_ping(s, seed, bytes, ret, err);
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

static bool net_pong(struct vus_session *s, const struct vus_ping *p,
		     uint32_t used_len, struct vus_err *err)
{
	(void)used_len; /* judged in cases of its own */
	return !s->prepared || vus_net_echo_pong(s, p, err);
}

VUS_DRIVER(net, .virtio_id = VIRTIO_ID_NET, .min_queues = 2, .queue = 1,
	   .queue_step = 2, .companions = { 0 }, .ncompanions = 1,
	   .vq_size = 256, .config_size = sizeof(struct virtio_net_config),
	   .ping = net_ping, .pong = net_pong, .prepare = vus_net_prepare,
	   .find = vus_net_find, .shows_prepared = VUS_SHOWS_READ);
