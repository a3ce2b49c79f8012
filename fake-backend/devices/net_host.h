/* SPDX-License-Identifier: BSD-3-Clause */
/* net_host.h — the host behind the network device. */
#ifndef VUS_FAKE_BACKEND_NET_HOST_H
#define VUS_FAKE_BACKEND_NET_HOST_H

#include "net_packet.h"

#include <stdbool.h>

/* What it answers; false: nothing. */
bool vus_net_host_answers(const struct vus_net_packet *sent,
			  struct vus_net_packet *ret);

#endif
