/* SPDX-License-Identifier: BSD-3-Clause */
/* net_packet.h — the frames of an echo: ARP and ICMP, made and checked. */
#ifndef VUS_FAKE_FRONTEND_NET_PACKET_H
#define VUS_FAKE_FRONTEND_NET_PACKET_H

#include "fake-frontend/session.h"

#define VUS_NET_LEAST 60 /* bytes of a frame, without its checksum */
#define VUS_NET_MOST  1514

/* VUS_NET_LEAST bytes: who has the address? */
void vus_net_put_arp_request(const struct vus_net_peer *net, uint8_t *frame);
/* Is it the answer?  Then *ret_mac is filled. */
bool vus_net_is_arp_reply(const struct vus_net_peer *net, const uint8_t *frame,
			  uint8_t ret_mac[6]);

/* `len` bytes, with a payload that `seed` decides. */
void vus_net_put_echo_request(const struct vus_net_peer *net, uint8_t *frame,
			      uint32_t len, uint16_t number, uint64_t seed);
/* Of an echo reply to us: the number of its request; 0: it is none. */
uint16_t vus_net_echo_number(const struct vus_net_peer *net,
			     const uint8_t *frame, uint32_t room);
/* It has the lengths, the checksums and the payload of its request. */
bool vus_net_echo_check(const struct vus_net_peer *net, const uint8_t *frame,
			uint32_t len, uint64_t seed, struct vus_err *err);

#endif
