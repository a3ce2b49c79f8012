/* SPDX-License-Identifier: BSD-3-Clause */
/* protocol_feature_bits.c — faults of single protocol features. */
#include "fault.h"

#include <linux/virtio_net.h>

/* ---- served only beside others ---- */

/* Is the request one that `pf` gates, where nothing else was selected but
 * REPLY_ACK? */
static bool is_alone(const struct vus_be *be, const struct vus_frame *req,
		     uint64_t pf)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, req->id);

	return msg && (msg->needs & pf) && (be->pf & ~PF(REPLY_ACK)) == pf;
}

#define NOT_ALONE(name, feature)                                               \
	VUS_FAULT_REFUSE(name, is_alone(be, req, PF(feature)))

NOT_ALONE(mq_beside_others, MQ)

VUS_BE_FAULT(protocol_feature_bits, mq_not_alone,
	     .rule = "protocol_feature_bits.mq",
	     .says = "serves GET_QUEUE_NUM only where more was selected")
{
	decide->handle = mq_beside_others;
}

NOT_ALONE(backend_req_beside_others, BACKEND_REQ)

VUS_BE_FAULT(protocol_feature_bits, backend_req_not_alone,
	     .rule = "protocol_feature_bits.backend_req",
	     .says = "serves SET_BACKEND_REQ_FD only where more was selected")
{
	decide->handle = backend_req_beside_others;
}

NOT_ALONE(config_beside_others, CONFIG)

VUS_BE_FAULT(protocol_feature_bits, config_not_alone,
	     .rule = "protocol_feature_bits.config",
	     .says = "serves GET_CONFIG only where more was selected")
{
	decide->handle = config_beside_others;
}

NOT_ALONE(reset_beside_others, RESET_DEVICE)

VUS_BE_FAULT(protocol_feature_bits, reset_device_not_alone,
	     .rule = "protocol_feature_bits.reset_device",
	     .says = "serves RESET_DEVICE only where more was selected")
{
	decide->handle = reset_beside_others;
}

NOT_ALONE(slots_beside_others, CONFIGURE_MEM_SLOTS)

VUS_BE_FAULT(protocol_feature_bits, configure_mem_slots_not_alone,
	     .rule = "protocol_feature_bits.configure_mem_slots",
	     .says = "serves memory slots only where more was selected")
{
	decide->handle = slots_beside_others;
}

NOT_ALONE(status_beside_others, STATUS)

VUS_BE_FAULT(protocol_feature_bits, status_not_alone,
	     .rule = "protocol_feature_bits.status",
	     .says = "serves GET_STATUS only where more was selected")
{
	decide->handle = status_beside_others;
}

static bool no_ack_alone(const struct vus_be *be, const struct vus_frame *req,
			 uint64_t pf)
{
	return pf != PF(REPLY_ACK) && vus_be_honest.is_ack_due(be, req, pf);
}

VUS_BE_FAULT(protocol_feature_bits, reply_ack_not_alone,
	     .rule = "protocol_feature_bits.reply_ack",
	     .says = "acknowledges nothing where REPLY_ACK alone was selected")
{
	decide->is_ack_due = no_ack_alone;
}

/* ---- offered, and not served ---- */

#define OFFER(name, bits)                                                      \
	static uint64_t name(const struct vus_be *be)                          \
	{                                                                      \
		return vus_be_honest.offered_pf(be) | (bits);                  \
	}

VUS_FAULT_REFUSE(no_log, req->id == VUS_FE_SET_LOG_BASE)

VUS_BE_FAULT(protocol_feature_bits, log_shmfd_unserved,
	     .rule = "protocol_feature_bits.log_shmfd",
	     .also = "dirty_log.base.reply",
	     .says = "offers LOG_SHMFD, and serves nothing of it")
{
	decide->handle = no_log;
}

OFFER(with_rarp, PF(RARP))
VUS_FAULT_REFUSE(no_rarp, req->id == VUS_FE_SEND_RARP)

VUS_BE_FAULT(protocol_feature_bits, rarp_unserved,
	     .rule = "protocol_feature_bits.rarp",
	     .says = "offers RARP, and serves nothing of it")
{
	decide->offered_pf = with_rarp;
	decide->handle = no_rarp;
}

OFFER(with_mtu, PF(NET_MTU))
VUS_FAULT_REFUSE(no_mtu, req->id == VUS_FE_NET_SET_MTU)

/* What the message needs besides. */
static uint64_t with_virtio_mtu(const struct vus_be *be)
{
	return vus_be_honest.offered_features(be) | VUS_BIT(VIRTIO_NET_F_MTU);
}

VUS_BE_FAULT(protocol_feature_bits, mtu_unserved,
	     .rule = "protocol_feature_bits.mtu",
	     .says = "offers NET_MTU, and serves nothing of it")
{
	decide->offered_pf = with_mtu;
	decide->offered_features = with_virtio_mtu;
	decide->handle = no_mtu;
}

OFFER(with_inflight_shmfd, PF(INFLIGHT_SHMFD))
VUS_FAULT_REFUSE(no_inflight, req->id == VUS_FE_GET_INFLIGHT_FD)

VUS_BE_FAULT(protocol_feature_bits, inflight_shmfd_unserved,
	     .rule = "protocol_feature_bits.inflight_shmfd",
	     .says = "offers INFLIGHT_SHMFD, and serves nothing of it")
{
	decide->offered_pf = with_inflight_shmfd;
	decide->handle = no_inflight;
}

OFFER(with_shmem, PF(SHMEM) | PF(BACKEND_SEND_FD))

VUS_BE_FAULT(protocol_feature_bits, shmem_unserved,
	     .rule = "protocol_feature_bits.shmem",
	     .says = "offers SHMEM, and serves nothing of it")
{
	decide->offered_pf = with_shmem;
}

OFFER(with_bit_63, VUS_BIT(63))

VUS_BE_FAULT(protocol_feature_bits, offers_unknown_bits,
	     .rule = "protocol_feature_bits.reserved",
	     .says = "offers protocol feature bit 63")
{
	decide->offered_pf = with_bit_63;
}

VUS_BE_FAULT(protocol_feature_bits, log_is_refused,
	     .rule = "dirty_log.base.reply",
	     .also = "protocol_feature_bits.log_shmfd",
	     .says = "refuses SET_LOG_BASE where LOG_SHMFD is selected")
{
	decide->handle = no_log;
}

VUS_FAULT_REFUSE(inflight_of_one, req->id == VUS_FE_GET_INFLIGHT_FD &&
					  req->body.inflight.num_queues > 1)

VUS_BE_FAULT(protocol_feature_bits, inflight_of_one_ring,
	     .rule = "inflight.get.reply", .also = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and has a buffer for one ring "
		     "only")
{
	decide->offered_pf = with_inflight_shmfd;
	decide->handle = inflight_of_one;
}

VUS_FAULT_REFUSE(inflight_is_kept, req->id == VUS_FE_SET_INFLIGHT_FD)

VUS_BE_FAULT(protocol_feature_bits, inflight_not_taken_back,
	     .rule = "inflight.set.use",
	     .says = "offers INFLIGHT_SHMFD, and refuses the buffer that it "
		     "gave")
{
	decide->offered_pf = with_inflight_shmfd;
	decide->handle = inflight_is_kept;
}
