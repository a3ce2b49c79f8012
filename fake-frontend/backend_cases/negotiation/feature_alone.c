/* SPDX-License-Identifier: BSD-3-Clause */
/* feature_alone.c — protocol features one by one: the messages of each work
 * without any other feature. */
#include "fixture/valid_request.h"
#include "fixture/steps.h"

#include "base/own.h"

#include <linux/virtio_net.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOG_BYTES 4096
#define MTU       1500

/* A message that needs the feature, and is served whenever it was negotiated;
 * `more` are the other features that the specification requires. */
static const struct {
	const char *rule;
	uint64_t pf, more;
	uint32_t id;
} features[] = {
	{ "protocol_feature_bits.mq", PF(MQ), 0, VUS_FE_GET_QUEUE_NUM },
	{ "protocol_feature_bits.log_shmfd", PF(LOG_SHMFD), 0,
	  VUS_FE_SET_LOG_BASE },
	{ "protocol_feature_bits.rarp", PF(RARP), 0, VUS_FE_SEND_RARP },
	{ "protocol_feature_bits.reply_ack", PF(REPLY_ACK), 0,
	  VUS_FE_SET_OWNER },
	{ "protocol_feature_bits.mtu", PF(NET_MTU), 0, VUS_FE_NET_SET_MTU },
	{ "protocol_feature_bits.backend_req", PF(BACKEND_REQ), 0,
	  VUS_FE_SET_BACKEND_REQ_FD },
	{ "protocol_feature_bits.config", PF(CONFIG), 0, VUS_FE_GET_CONFIG },
	{ "protocol_feature_bits.inflight_shmfd", PF(INFLIGHT_SHMFD), 0,
	  VUS_FE_GET_INFLIGHT_FD },
	{ "protocol_feature_bits.reset_device", PF(RESET_DEVICE), 0,
	  VUS_FE_RESET_DEVICE },
	{ "protocol_feature_bits.configure_mem_slots", PF(CONFIGURE_MEM_SLOTS),
	  0, VUS_FE_GET_MAX_MEM_SLOTS },
	{ "protocol_feature_bits.status", PF(STATUS), 0, VUS_FE_GET_STATUS },
	{ "protocol_feature_bits.shmem", PF(SHMEM), PF(BACKEND_REQ),
	  VUS_FE_GET_SHMEM_CONFIG },
};

/* A valid message with this id, and the descriptor that comes with it. */
static bool build_message(const struct vus_session *s, uint32_t id,
			  struct vus_frame *ret, int *ret_fd,
			  struct vus_err *err)
{
	*ret = vus_valid_request(s, id);
	if (s->pf & PF(REPLY_ACK))
		ret->flags |= VUS_FLAG_NEED_REPLY;
	switch (id) {
	case VUS_FE_SEND_RARP:
		ret->body.u64.value = 0x010000000002; /* 02:00:00:00:00:01 */
		return true;
	case VUS_FE_NET_SET_MTU:
		ret->body.u64.value = MTU;
		return true;
	case VUS_FE_SET_LOG_BASE:
		*ret_fd = memfd_create("log", MFD_CLOEXEC);
		if (*ret_fd < 0 || ftruncate(*ret_fd, LOG_BYTES) < 0)
			return vus_fail_sys(err, "a memfd for a log");
		ret->body.log.size = LOG_BYTES;
		ret->fds[0] = *ret_fd;
		ret->nfds = 1;
		return true;
	default:
		return true;
	}
}

/* False: something else that the message needs is missing, and the case is
 * skipped. */
static bool check_conditions(struct vus_ctx *t, uint32_t id)
{
	const struct vus_session *s = vus_fe(t);
	const uint64_t mtu = VUS_BIT(VIRTIO_NET_F_MTU);

	if (!(s->pf & features[t->row].pf))
		vus_skip(t, "the back-end does not offer it");
	else if (features[t->row].more & ~s->pf)
		vus_skip(t, "the back-end does not offer what it needs");
	else if (id == VUS_FE_GET_CONFIG &&
		 (!s->driver || s->driver->config_size == 0))
		vus_skip(t, "no driver knows the size of configuration space");
	else if (id == VUS_FE_NET_SET_MTU && !(s->features & mtu))
		vus_skip(t, "the back-end does not offer VIRTIO_NET_F_MTU");
	else
		return true;
	return false;
}

/* "Protocol features": each bit is independent, except where a heading names
 * another one that it needs.  REPLY_ACK is selected too, so that a refusal is
 * seen. */
VUS_CASE(feature_opens_its_message,
	 .title = "the message of a protocol feature is served without other "
		  "features",
	 .rules = { "protocol_feature_bits.mq",
		    "protocol_feature_bits.log_shmfd",
		    "protocol_feature_bits.rarp",
		    "protocol_feature_bits.reply_ack",
		    "protocol_feature_bits.mtu",
		    "protocol_feature_bits.backend_req",
		    "protocol_feature_bits.config",
		    "protocol_feature_bits.inflight_shmfd",
		    "protocol_feature_bits.reset_device",
		    "protocol_feature_bits.configure_mem_slots",
		    "protocol_feature_bits.status",
		    "protocol_feature_bits.shmem" },
	 .start = VUS_START_CONNECTED, .needs_vf = VF(PROTOCOL_FEATURES),
	 .rows = { "mq", "log_shmfd", "rarp", "reply_ack", "mtu", "backend_req",
		   "config", "inflight_shmfd", "reset_device",
		   "configure_mem_slots", "status", "shmem" })
{
	const uint64_t pf = features[t->row].pf | features[t->row].more;
	const uint32_t id = features[t->row].id;
	const char *rule = features[t->row].rule;
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD fd = -1;
	struct vus_frame f;
	struct vus_err err;

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s,
					     vus_fe_wanted_features(t) |
						     VUS_BIT(VIRTIO_NET_F_MTU),
					     pf | PF(REPLY_ACK), &err),
		   &err);
	VUS_STEP(t, check_conditions(t, id));
	if (id == VUS_FE_SET_BACKEND_REQ_FD) {
		VUS_CHECK(
			t, rule,
			vus_fe_open_channel(s, &err) && vus_fe_barrier(s, &err),
			"SET_BACKEND_REQ_FD is accepted with BACKEND_REQ alone",
			"%s", err.text);
		return;
	}
	VUS_SETUP(t, build_message(s, id, &f, &fd, &err), &err);
	VUS_EXPECT(t, rule, vus_fe_classify(s, &f, NULL, NULL),
		   VUS_ACCEPTED | (s->pf & PF(REPLY_ACK) ? 0 : VUS_SILENT),
		   vus_msg_find(VUS_FE, id)->name);
}
