/* SPDX-License-Identifier: BSD-3-Clause */
/* input.c — virtio-input: the ping puts a keyboard's first lamp out.
 *
 * The device takes the event; nothing in memory shows what it did. */
#include "driver.h"

#include <endian.h>
#include <linux/input-event-codes.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_input.h>

static bool input_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		       struct vus_ping *ret, struct vus_err *err)
{
	const struct virtio_input_event event = {
		.type = htole16(EV_LED),
		.code = htole16(LED_NUML),
	};

	(void)bytes; /* an event is as long as it is */
	return vus_ping_readonly(s, &event, sizeof(event), seed, ret, err);
}

VUS_DRIVER(input, .virtio_id = VIRTIO_ID_INPUT, .min_queues = 2, .queue = 1,
	   .queue_step = VUS_MAX_QUEUES, .companions = { 0 }, .ncompanions = 1,
	   .vq_size = 64, .config_size = sizeof(struct virtio_input_config),
	   .ping = input_ping, .pong = vus_pong_unverified);
