/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_misc.c — owner, reset, device status, queue count, back-end channel. */
#include "backend.h"

#include <linux/virtio_config.h>
#include <sys/socket.h>

/* A repetition changes nothing. */
VUS_BE_HANDLER(SET_OWNER)
{
	be->owned = true;
	be->bad.needs_owner = false;
	if (be->bad.owners++ == 0)
		return VUS_OK;
	if (VUS_FAULTY(be, owner, repeat_closes))
		return VUS_CLOSE;
	if (VUS_FAULTY(be, owner, repeat_forgets_protocol))
		be->pf = be->link.pf = 0;
	return VUS_OK;
}

/* Spec: VHOST_USER_RESET_OWNER: to be ignored, or to disable all rings; the
 * second could not be undone where bit 30 is not negotiated. */
VUS_BE_HANDLER(RESET_OWNER)
{
	if (VUS_FAULTY(be, owner, reset_stops_for_good)) {
		for (unsigned i = 0; i < be->cfg.queues; i++)
			vus_vq_reset(&be->vqs[i]);
	}
	if (VUS_FAULTY(be, owner, reset_forgets_session)) {
		vus_regions_clear(&be->mem);
		vus_be_remap(be);
		be->pf = be->link.pf = 0;
	}
	return VUS_OK;
}

VUS_BE_HANDLER(RESET_DEVICE)
{
	vus_be_reset_device(be);
	be->bad.needs_owner = VUS_FAULTY(be, reset_device, forgets_owner);
	if (VUS_FAULTY(be, reset_device, forgets_protocol))
		be->pf = be->link.pf = 0;
	return VUS_OK;
}

VUS_BE_HANDLER(GET_QUEUE_NUM)
{
	reply->body.u64.value = be->cfg.queues;
	if (VUS_FAULTY(be, multiqueue, counts_none))
		reply->body.u64.value = 0;
	if (VUS_FAULTY(be, multiqueue, counts_one_too_many))
		reply->body.u64.value++;
	return VUS_OK;
}

VUS_BE_HANDLER(GET_STATUS)
{
	reply->body.u64.value = be->status;
	if (VUS_FAULTY(be, status, forgets))
		reply->body.u64.value = 0;
	if (VUS_FAULTY(be, status, takes_all_bits))
		reply->body.u64.value |= be->bad.status;
	if (VUS_FAULTY(be, status, noise_above_the_byte))
		reply->body.u64.value |= 0xa500;
	return VUS_OK;
}

/* virtio, "Device Status Field": 0 resets the device, and FEATURES_OK stays
 * clear when the features were not accepted. */
VUS_BE_HANDLER(SET_STATUS)
{
	uint64_t status = req->body.u64.value;

	be->bad.status = status & ~(uint64_t)UINT8_MAX;
	if (status > UINT8_MAX && !VUS_FAULTY(be, status, takes_all_bits))
		return VUS_NACK;
	if (status == 0 && VUS_FAULTY(be, status, zero_is_ignored))
		return VUS_OK;
	if (status == 0) {
		vus_be_reset_device(be);
		return VUS_OK;
	}
	if ((!be->features_set || be->features_refused) &&
	    !VUS_FAULTY(be, status, features_always_ok))
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
		return VUS_FAULTY(be, backend_channel, takes_anything) ||
				       VUS_FAULTY(be, fds, accepts_wrong_types)
			       ? VUS_OK
			       : VUS_NACK;
	if (VUS_FAULTY(be, backend_channel, keeps_the_first))
		be->back = VUS_LINK_NONE;
	vus_link_close(&be->back);
	vus_link_open(&be->back, vus_fd_take(&req->fds[0]), VUS_BE, true,
		      be->link.trace);
	be->back.pf = be->pf;
	return VUS_OK;
}
