/* SPDX-License-Identifier: BSD-3-Clause */
/* net_packet.h — a packet without its header. */
#ifndef VUS_FAKE_BACKEND_NET_PACKET_H
#define VUS_FAKE_BACKEND_NET_PACKET_H

#include <stdint.h>

#define VUS_NET_FRAME 1514 /* bytes of the longest, without its checksum */

struct vus_net_packet {
	uint8_t frame[VUS_NET_FRAME];
	uint32_t len; /* bytes */
};

#endif
