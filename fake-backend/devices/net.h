/* SPDX-License-Identifier: BSD-3-Clause */
/* net.h — packets of the network device, as its decisions see them. */
#ifndef VUS_FAKE_BACKEND_NET_H
#define VUS_FAKE_BACKEND_NET_H

#include "fake-backend/device.h"
#include "net_packet.h"

/* The bytes of a packet's header, by the features (virtio, "Network Device:
 * Legacy Interface: Device Operation"). */
uint32_t vus_be_net_header_size(const struct vus_be *be);

#endif
