/* SPDX-License-Identifier: BSD-3-Clause */
/* feature_alone.c — protocol features one by one: the messages of each work
 * without any other feature. */
#include "fixture/valid_request.h"
#include "fixture/steps.h"

#include "base/own.h"

#include <linux/virtio_net.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOG_BYTES 4096

/* Rows are the names of features; the device's MTU needs no "NET_". */
static const struct vus_feature *feature_of_row(const struct vus_ctx *t)
{
	const char *row = t->c->rows[t->row];

	return vus_feature_by_name(true, strcmp(row, "mtu") ? row : "net_mtu");
}

/* A valid message with this id, and the descriptor that it may need. */
static bool build_message(const struct vus_session *s, uint32_t id,
			  struct vus_frame *ret, int *ret_fd,
			  struct vus_err *err)
{
	*ret = vus_valid_request(s, id);
	if (s->pf & PF(REPLY_ACK))
		ret->flags |= VUS_FLAG_NEED_REPLY;
	if (ret->nfds >= vus_msg_fds(vus_msg_find(VUS_FE, id), s->pf).min)
		return true;
	*ret_fd = memfd_create("log", MFD_CLOEXEC);
	if (*ret_fd < 0 || ftruncate(*ret_fd, LOG_BYTES) < 0)
		return vus_fail_sys(err, "a memfd for a log");
	ret->fds[0] = *ret_fd;
	ret->nfds = 1;
	return true;
}

/* False: something else that the message needs is missing, and the case is
 * skipped. */
static bool check_conditions(struct vus_ctx *t,
			     const struct vus_feature *feature)
{
	const uint32_t id = feature->shown_by;
	const struct vus_session *s = vus_fe(t);
	const uint64_t mtu = VUS_BIT(VIRTIO_NET_F_MTU);

	if (!(s->pf & VUS_BIT(feature->bit)))
		vus_skip(t, "the back-end does not offer it");
	else if (vus_features_missing(s->pf))
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

/* The feature, what it needs, and REPLY_ACK where it shows a refusal.  Behind
 * SET_BACKEND_REQ_FD it is left out: a back-end's own requests then must not
 * ask for a reply. */
static uint64_t selection(const struct vus_feature *feature)
{
	const uint64_t bit = VUS_BIT(feature->bit);

	return bit | vus_features_missing(bit) |
	       (feature->shown_by == VUS_FE_SET_BACKEND_REQ_FD ? 0
							       : PF(REPLY_ACK));
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
	const struct vus_feature *feature = feature_of_row(t);
	const uint32_t id = feature->shown_by;
	const char *rule = t->c->rules[t->row];
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD fd = -1;
	struct vus_frame f;
	struct vus_err err;

	VUS_PREREQ(t, "features.get_reply",
		   vus_fe_negotiate_features(s,
					     vus_fe_wanted_features(t) |
						     VUS_BIT(VIRTIO_NET_F_MTU),
					     selection(feature), &err),
		   &err);
	VUS_STEP(t, check_conditions(t, feature));
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
