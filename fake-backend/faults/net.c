/* SPDX-License-Identifier: BSD-3-Clause */
/* net.c — faults of the network device. */
#include "fake-backend/devices/net.h"
#include "fault.h"

static bool runs_enabled_only(__attribute__((unused)) const struct vus_vq *vq)
{
	return false;
}

VUS_BE_FAULT(net, keeps_packets, .rule = "ring_state.disabled_drain",
	     .says = "leaves packets that are sent on a disabled ring "
		     "where they are")
{
	decide->ring_runs_disabled = runs_enabled_only;
}

VUS_FAULT_REFUSE(mtu_of_hosts,
		 req->id == VUS_FE_NET_SET_MTU && req->body.u64.value < 576)

VUS_BE_FAULT(net, small_mtu_is_refused, .rule = "net.mtu_ack",
	     .says = "refuses an MTU below 576, the least datagram of IPv4")
{
	decide->handle = mtu_of_hosts;
}

static bool lose_the_last_byte(const struct vus_be *be,
			       const struct vus_chain *chain,
			       struct vus_net_packet *ret)
{
	if (!vus_be_honest.net_take(be, chain, ret) || ret->len == 0)
		return false;
	ret->len--;
	return true;
}

VUS_BE_FAULT(net, sends_one_byte_less, .rule = "net.transmit",
	     .says = "leaves out the last byte of a packet that is sent")
{
	decide->net_take = lose_the_last_byte;
}

/* Without num_buffers, as before VERSION_1. */
#define LEGACY_HEADER 10

static bool take_behind_short_header(const struct vus_be *be,
				     const struct vus_chain *chain,
				     struct vus_net_packet *ret)
{
	(void)be;
	ret->len = (uint32_t)vus_chain_read(chain, LEGACY_HEADER, ret->frame,
					    sizeof(ret->frame));
	return ret->len > 0;
}

VUS_BE_FAULT(net, sends_after_a_legacy_header, .rule = "net.transmit",
	     .says = "takes packets that are sent from behind 10 bytes")
{
	decide->net_take = take_behind_short_header;
}

static uint32_t count_the_packet_alone(const struct vus_be *be,
				       const struct vus_chain *chain,
				       const struct vus_net_packet *packet)
{
	return vus_be_honest.net_give(be, chain, packet) ? packet->len : 0;
}

VUS_BE_FAULT(net, used_length_without_header, .rule = "net.receive",
	     .says = "counts a received packet without its header")
{
	decide->net_give = count_the_packet_alone;
}

/* The first buffer of a stack that has small ones. */
#define SMALL 128

static uint32_t give_the_beginning(const struct vus_be *be,
				   const struct vus_chain *chain,
				   const struct vus_net_packet *packet)
{
	struct vus_net_packet begin = *packet;

	begin.len = VUS_MIN(begin.len, SMALL);
	return vus_be_honest.net_give(be, chain, &begin)
		       ? vus_be_net_header_size(be) + packet->len
		       : 0;
}

VUS_BE_FAULT(
	net, receives_the_beginning, .rule = "net.receive",
	.says = "puts the first 128 bytes of a packet into its buffer, and "
		"counts them all")
{
	decide->net_give = give_the_beginning;
}

static uint32_t give_with_legacy_header(const struct vus_be *be,
					const struct vus_chain *chain,
					const struct vus_net_packet *packet)
{
	static const uint8_t none[2];
	const uint32_t len = vus_be_honest.net_give(be, chain, packet);

	if (vus_be_net_header_size(be) > LEGACY_HEADER)
		(void)vus_chain_write(chain, LEGACY_HEADER, none, sizeof(none));
	return len;
}

VUS_BE_FAULT(net, num_buffers_is_zero, .rule = "net.num_buffers_one",
	     .says = "leaves num_buffers of a received packet 0")
{
	decide->net_give = give_with_legacy_header;
}
