/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c — virtio network device without a network: what is sent is taken, and
 * nothing is received but what the host behind it answers. */
#include "net.h"
#include "net_host.h"

#include "fake-backend/honest.h"

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

uint32_t vus_be_net_header_size(const struct vus_be *be)
{
	return be->features & VF(VERSION_1) ? sizeof(struct virtio_net_hdr_v1)
					    : sizeof(struct virtio_net_hdr);
}

bool vus_honest_net_take(const struct vus_be *be, const struct vus_chain *chain,
			 struct vus_net_packet *ret)
{
	const uint32_t head = vus_be_net_header_size(be);

	if (chain->readable < head ||
	    chain->readable - head > sizeof(ret->frame))
		return false;
	ret->len = (uint32_t)vus_chain_read(chain, head, ret->frame,
					    sizeof(ret->frame));
	return true;
}

uint32_t vus_honest_net_give(const struct vus_be *be,
			     const struct vus_chain *chain,
			     const struct vus_net_packet *packet)
{
	const struct virtio_net_hdr_v1 header = { .num_buffers = htole16(1) };
	const uint32_t head = vus_be_net_header_size(be);

	if (chain->writable < head + packet->len)
		return 0;
	(void)vus_chain_write(chain, 0, &header, head);
	(void)vus_chain_write(chain, head, packet->frame, packet->len);
	return head + packet->len;
}

/* A packet that finds no buffer is lost. */
static void receive(struct vus_be *be, struct vus_vq *vq,
		    const struct vus_net_packet *packet)
{
	struct vus_chain chain;

	if (!vus_vq_running(vq) || !vq->enabled)
		return;
	vq->budget = 1;
	if (!vus_vq_pop(vq, &chain))
		return;
	vus_vq_push(vq, &chain, be->decide->net_give(be, &chain, packet));
	vus_vq_notify(vq);
}

/* What a disabled ring sends goes nowhere. */
static void net_kick(struct vus_be *be, struct vus_vq *vq)
{
	struct vus_net_packet sent, answer;
	struct vus_chain chain;

	while (vus_vq_pop(vq, &chain)) {
		const bool out =
			be->decide->net_take(be, &chain, &sent) && vq->enabled;

		vus_vq_push(vq, &chain, 0);
		if (out && vus_net_host_answers(&sent, &answer))
			receive(be, &be->vqs[vq->index - 1], &answer);
	}
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

VUS_DEVICE(net,
	   .brief = "virtio network device; behind it 10.0.0.1 answers ARP and "
		    "ICMP echo",
	   .virtio_id = VIRTIO_ID_NET, .queues = 2, .max_queues = 2 * PAIRS_MAX,
	   .features = VUS_BIT(VIRTIO_NET_F_MAC) | VUS_BIT(VIRTIO_NET_F_MTU),
	   .pf = PF(NET_MTU) | PF(RARP),
	   .config_size = sizeof(struct virtio_net_config), .role = net_role,
	   .kick = net_kick, .config_read = net_config_read);
