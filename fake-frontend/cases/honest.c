/* SPDX-License-Identifier: BSD-3-Clause */
/* honest.c — a good message of any type. */
#include "honest.h"

#include "../drivers/driver.h"

/* How much configuration space a device has, its driver must say. */
static uint32_t config_size(const struct vus_session *s)
{
	return s->driver ? s->driver->config_size : 0;
}

bool vus_is_question(const struct vus_session *s, const struct vus_msg *msg)
{
	const uint64_t vf = vus_msg_vf(msg, s->features, s->offered);

	return msg->channel == VUS_FE &&
	       vus_msg_answer(msg, s->pf) == VUS_ANSWER_OWN &&
	       vus_msg_fds(msg, s->pf).min == 0 && !(msg->needs & ~s->pf) &&
	       !(msg->needs_vf & ~vf) && msg->id != VUS_FE_GET_VRING_BASE &&
	       (msg->id != VUS_FE_GET_CONFIG || config_size(s) > 0);
}

struct vus_frame vus_honest_request(const struct vus_session *s, uint32_t id)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	switch (id) {
	case VUS_FE_SET_FEATURES:
		f.body.features.value = s->features;
		break;
	case VUS_FE_SET_PROTOCOL_FEATURES:
		f.body.protocol_features.value = s->pf;
		break;
	case VUS_FE_SET_MEM_TABLE:
		return vus_fe_mem_table(s);
	case VUS_FE_ADD_MEM_REG:
		return vus_fe_mem_reg(s, id, 0);
	case VUS_FE_GET_VRING_BASE:
		f.body.vring_state.index = s->queues[0].index;
		break;
	case VUS_FE_SET_VRING_NUM:
		f.body.vring_state.num = s->vq_size;
		break;
	case VUS_FE_SET_VRING_KICK:
	case VUS_FE_SET_VRING_CALL:
	case VUS_FE_SET_VRING_ERR:
		f.body.vring_fd.value = VUS_VRING_NOFD;
		break;
	case VUS_FE_GET_CONFIG:
		f.body.config.size = config_size(s);
		break;
	case VUS_FE_GET_INFLIGHT_FD:
		f.body.inflight.num_queues = 1;
		f.body.inflight.queue_size = (uint16_t)s->vq_size;
		break;
	default:
		break;
	}
	return f;
}
