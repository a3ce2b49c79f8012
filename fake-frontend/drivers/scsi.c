/* SPDX-License-Identifier: BSD-3-Clause */
/* scsi.c — virtio-scsi: the ping is TEST UNIT READY to target 0, unit 0. */
#include "driver.h"

#include <endian.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_scsi.h>

#define UNSET 0xa5

static bool scsi_ping(struct vus_session *s, uint64_t seed, uint32_t bytes,
		      struct vus_ping *ret, struct vus_err *err)
{
	struct virtio_scsi_cmd_req *req;
	struct virtio_scsi_cmd_resp *resp;
	uint64_t out, in;

	(void)bytes; /* the request is as long as it is */
	if (!vus_guest_alloc(&s->guest, sizeof(*req), 16, &out, err) ||
	    !vus_guest_alloc(&s->guest, sizeof(*resp), 16, &in, err))
		return false;
	req = vus_guest_host(&s->guest, out, sizeof(*req));
	/* virtio, "SCSI: Device Operation": lun 1, target, 0x40, unit; all
	 * zeros in the command are TEST UNIT READY. */
	*req = (struct virtio_scsi_cmd_req){
		.lun = { 1, 0, 0x40, 0 },
		.tag = htole64(seed),
	};
	resp = vus_guest_host(&s->guest, in, sizeof(*resp));
	resp->response = UNSET;
	*ret = (struct vus_ping){
		.segs = { { out, sizeof(*req), false },
			  { in, sizeof(*resp), true } },
		.nsegs = 2,
		.seed = seed,
		.max_used = sizeof(*resp),
	};
	return true;
}

/* A target that does not exist is an answer, too. */
static bool scsi_pong(struct vus_session *s, const struct vus_ping *p,
		      uint32_t used_len, struct vus_err *err)
{
	const struct virtio_scsi_cmd_resp *resp =
		vus_guest_host(&s->guest, p->segs[1].gpa, sizeof(*resp));

	(void)used_len; /* judged in cases of its own */
	if (resp->response == VIRTIO_SCSI_S_OK ||
	    resp->response == VIRTIO_SCSI_S_BAD_TARGET)
		return true;
	return vus_fail(err, VUS_ERR_PROTOCOL,
			resp->response == UNSET
				? "the command came back without a response"
				: "TEST UNIT READY got response %u",
			resp->response);
}

VUS_DRIVER(scsi, .virtio_id = VIRTIO_ID_SCSI, .min_queues = 3, .queue = 2,
	   .companions = { 0, 1 }, .ncompanions = 2, .vq_size = 128,
	   .config_size = sizeof(struct virtio_scsi_config),
	   .shows = VUS_SHOWS_WRITTEN, .ping = scsi_ping, .pong = scsi_pong);
