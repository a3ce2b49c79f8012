/* SPDX-License-Identifier: BSD-3-Clause */
/* vsock.c — virtio-vsock: the ping is a RST for a connection that nobody has.
 *
 * A device takes it and owes no answer to it; nothing in memory shows what
 * became of it. */
#include "driver.h"

#include <endian.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_vsock.h>
#include <linux/vm_sockets.h>

#define GUEST_CID 3
#define PORT      0xfffffff0u /* of no service */

static bool vsock_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		       struct vus_ping *ret, struct vus_err *err)
{
	const struct virtio_vsock_hdr head = {
		.src_cid = htole64(GUEST_CID),
		.dst_cid = htole64(VMADDR_CID_HOST),
		.src_port = htole32(PORT),
		.dst_port = htole32(PORT + (uint32_t)(seed & 7)),
		.type = htole16(VIRTIO_VSOCK_TYPE_STREAM),
		.op = htole16(VIRTIO_VSOCK_OP_RST),
	};

	(void)bytes; /* a RST carries nothing */
	return vus_ping_readonly(s, &head, sizeof(head), seed, ret, err);
}

/* The third ring is for events: only the second takes pings. */
VUS_DRIVER(vsock, .virtio_id = VIRTIO_ID_VSOCK, .min_queues = 2, .queue = 1,
	   .queue_step = VUS_MAX_QUEUES, .companions = { 0 }, .ncompanions = 1,
	   .vq_size = 128, .config_size = sizeof(struct virtio_vsock_config),
	   .ping = vsock_ping, .pong = vus_pong_unverified);
