/* SPDX-License-Identifier: BSD-3-Clause */
/* gpu.c — virtio-gpu: the ping is SET_SCANOUT of no resource, which switches
 * off a scanout that never was on.
 *
 * virtio, "GPU Device: Device Operation": with FLAG_FENCE a response comes when
 * the command is done, and repeats the fence's number.  It is ours, so each
 * response is told from all others.  No display, and no socket for one, is
 * needed. */
#include "driver.h"

#include <endian.h>
#include <inttypes.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ids.h>

static bool gpu_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		     struct vus_ping *ret, struct vus_err *err)
{
	const uint32_t head = sizeof(struct virtio_gpu_ctrl_hdr);
	struct virtio_gpu_set_scanout *req;
	uint64_t out, in;

	(void)bytes; /* the command is as long as it is */
	if (!vus_guest_alloc(&s->guest, sizeof(*req), 16, &out, err) ||
	    !vus_guest_alloc(&s->guest, head, 16, &in, err))
		return false;
	req = vus_guest_host(&s->guest, out, sizeof(*req));
	*req = (struct virtio_gpu_set_scanout){
		.hdr = { .type = htole32(VIRTIO_GPU_CMD_SET_SCANOUT),
			 .flags = htole32(VIRTIO_GPU_FLAG_FENCE),
			 .fence_id = htole64(seed) },
	};
	*(struct virtio_gpu_ctrl_hdr *)vus_guest_host(&s->guest, in, head) =
		(struct virtio_gpu_ctrl_hdr){ .fence_id = ~htole64(seed) };
	*ret = (struct vus_ping){
		.segs = { { out, head, false },
			  { out + head, sizeof(*req) - head, false },
			  { in, head, true } },
		.nsegs = 3,
		.seed = seed,
		.min_used = head,
		.max_used = head,
	};
	return true;
}

static bool gpu_pong(struct vus_session *s, const struct vus_ping *p,
		     uint32_t used_len, struct vus_err *err)
{
	const struct virtio_gpu_ctrl_hdr *resp =
		vus_guest_host(&s->guest, p->segs[2].gpa, sizeof(*resp));

	(void)used_len; /* judged in cases of its own */
	if (le64toh(resp->fence_id) == ~p->seed)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"the command came back without a response");
	if (le64toh(resp->fence_id) != p->seed)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"fence %" PRIu64 " was answered for %" PRIu64,
				(uint64_t)le64toh(resp->fence_id), p->seed);
	if (le32toh(resp->type) != VIRTIO_GPU_RESP_OK_NODATA)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"SET_SCANOUT got response 0x%" PRIx32,
				(uint32_t)le32toh(resp->type));
	return true;
}

/* The second ring is for the cursor, and answers nothing. */
VUS_DRIVER(gpu, .virtio_id = VIRTIO_ID_GPU, .min_queues = 1,
	   .queue_step = VUS_MAX_QUEUES, .vq_size = 64,
	   .config_size = sizeof(struct virtio_gpu_config),
	   .shows = VUS_SHOWS_READ | VUS_SHOWS_WRITTEN, .ping = gpu_ping,
	   .pong = gpu_pong);
