/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_misc.c — owner, reset, device status, queue count, back-end channel. */
#include "backend.h"

#include <linux/virtio_config.h>
#include <sys/socket.h>

/* A repetition changes nothing. */
VUS_BE_HANDLER(SET_OWNER)
{
	be->owned = true;
	return VUS_OK;
}

/* Spec: VHOST_USER_RESET_OWNER: to be ignored, or to disable all rings; the
 * second could not be undone where bit 30 is not negotiated. */
VUS_BE_HANDLER(RESET_OWNER)
{
	return VUS_OK;
}

VUS_BE_HANDLER(RESET_DEVICE)
{
	vus_be_reset_device(be);
	return VUS_OK;
}

VUS_BE_HANDLER(GET_QUEUE_NUM)
{
	reply->body.u64.value = be->cfg.queues;
	return VUS_OK;
}

VUS_BE_HANDLER(GET_STATUS)
{
	reply->body.u64.value = be->status;
	return VUS_OK;
}

/* virtio, "Device Status Field": 0 resets the device, and FEATURES_OK stays
 * clear when the features were not accepted. */
VUS_BE_HANDLER(SET_STATUS)
{
	uint64_t status = req->body.u64.value;

	if (status > UINT8_MAX)
		return VUS_NACK;
	if (status == 0) {
		vus_be_reset_device(be);
		return VUS_OK;
	}
	if (!be->features_set || be->features_refused)
		status &= ~(uint64_t)VIRTIO_CONFIG_S_FEATURES_OK;
	be->status = (uint8_t)status;
	return VUS_OK;
}

static bool is_stream_socket(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_STREAM;
}

VUS_BE_HANDLER(SET_BACKEND_REQ_FD)
{
	if (!is_stream_socket(req->fds[0]))
		return VUS_NACK;
	vus_link_close(&be->back);
	vus_link_open(&be->back, vus_fd_take(&req->fds[0]), VUS_BE, true,
		      be->link.trace);
	be->back.pf = be->pf;
	return VUS_OK;
}
