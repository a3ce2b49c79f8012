/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c — virtio network device without a network: what is sent is taken and
 * dropped, and nothing is ever received. */
#include "fake-backend/device.h"

#include <endian.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <stddef.h>
#include <string.h>

#define PAIRS_MAX (VUS_BE_MAX_QUEUES / 2)
#define MTU_MIN   68

/* Rings come in pairs: receive, transmit. */
static bool transmits(const struct vus_vq *vq)
{
	return vq->index % 2 == 1;
}

static enum vus_ring_role net_role(const struct vus_vq *vq)
{
	return transmits(vq) ? VUS_RING_DRAIN : VUS_RING_WAITS;
}

static void net_kick(__attribute__((unused)) struct vus_be *be,
		     struct vus_vq *vq)
{
	struct vus_chain chain;

	while (vus_vq_pop(vq, &chain))
		vus_vq_push(vq, &chain, 0);
	vus_vq_notify(vq);
}

static void net_config_read(struct vus_be *be, uint32_t offset, void *buf,
			    uint32_t len)
{
	const struct virtio_net_config c = {
		/* Locally administered. */
		.mac = { 0x02, 'v', 'u', 's', 'p', 'c' },
		.status = htole16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = htole16((uint16_t)(be->cfg.queues / 2)),
		.mtu = htole16(1500),
	};

	memcpy(buf, (const uint8_t *)&c + offset, len);
}

/* virtio, "Network Device": an MTU is from 68 to 65535. */
VUS_BE_HANDLER(NET_SET_MTU)
{
	const uint64_t mtu = req->body.u64.value;

	return mtu >= MTU_MIN && mtu <= UINT16_MAX ? VUS_OK : VUS_NACK;
}

/* There is no network to broadcast it to. */
VUS_BE_HANDLER(SEND_RARP)
{
	return VUS_OK;
}

VUS_DEVICE(net, .brief = "virtio network device that drops what is sent",
	   .virtio_id = VIRTIO_ID_NET, .queues = 2, .max_queues = 2 * PAIRS_MAX,
	   .features = VUS_BIT(VIRTIO_NET_F_MAC) | VUS_BIT(VIRTIO_NET_F_MTU),
	   .pf = PF(NET_MTU) | PF(RARP),
	   .config_size = sizeof(struct virtio_net_config), .role = net_role,
	   .kick = net_kick, .config_read = net_config_read);
