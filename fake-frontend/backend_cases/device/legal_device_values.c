/* SPDX-License-Identifier: BSD-3-Clause */
/* legal_device_values.c — each value that the specification allows in a message
 * of one type of device is accepted.  A row is one message; its fields and
 * their values are those of wire/legal.def. */
#include "fixture/legal_sweep.h"
#include "fixture/valid_request.h"

#include <linux/virtio_blk.h>
#include <linux/virtio_net.h>
#include <stddef.h>

/* ---- network devices ---- */

static bool send_number(struct vus_ctx *t, const struct vus_legal *legal,
			uint64_t value, unsigned n)
{
	struct vus_frame f = vus_request_frame(VUS_FE, legal->id);

	(void)n;
	vus_legal_frame_put(legal, &f, value);
	return vus_step_value(t, legal, &f, value);
}

/* "VHOST_USER_SEND_RARP": the address of any station.  It is sent when the
 * rings of a migrated guest run. */
VUS_CASE(rarp_takes_every_address,
	 .title = "SEND_RARP takes every address of a station",
	 .rules = { "protocol_feature_bits.rarp" }, .start = VUS_START_RUNNING,
	 .needs = PF(RARP), .devices = "net", .rows = { "send_rarp" })
{
	VUS_STEP(t, vus_step_all_values(t, VUS_FE_SEND_RARP, send_number));
}

/* Is the largest one that there is taken? */
static bool takes_any_mtu(struct vus_ctx *t)
{
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_NET_SET_MTU);

	f.body.u64.value = UINT16_MAX;
	return !(vus_step_classify(t, &f, NULL) & (VUS_REFUSED | VUS_CLOSED));
}

/* A back-end may have a limit above what any network has; below the largest one
 * that it takes there is no gap. */
static bool send_mtu(struct vus_ctx *t, const struct vus_legal *legal,
		     uint64_t value, unsigned n)
{
	if (legal->kind == VUS_LEGAL_LIST && !takes_any_mtu(t))
		return true;
	return send_number(t, legal, value, n);
}

/* "VHOST_USER_NET_SET_MTU": zero is answered for a valid MTU.  virtio, "Network
 * Device": that is 68 to 65535. */
VUS_CASE(mtu_takes_every_size, .title = "NET_SET_MTU takes every valid MTU",
	 .rules = { "net.mtu_ack" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(NET_MTU), .needs_vf = VUS_BIT(VIRTIO_NET_F_MTU),
	 .devices = "net", .rows = { "net_set_mtu" })
{
	VUS_STEP(t, vus_step_all_values(t, VUS_FE_NET_SET_MTU, send_mtu));
}

/* ---- block devices ---- */

/* The byte's other value, and that which it had. */
static bool send_writeback(struct vus_ctx *t, const struct vus_legal *legal,
			   uint64_t value, unsigned n)
{
	const uint32_t at = offsetof(struct virtio_blk_config, wce);
	struct vus_frame f = vus_request_frame(VUS_FE, legal->id);
	uint8_t config[VUS_CONFIG_MAX];
	struct vus_err err = { 0 };

	(void)n;
	if (!vus_step_prereq(t, "config.get_reply",
			     vus_fe_get_config(vus_fe(t), 0,
					       vus_config_size(vus_fe(t)),
					       config, &err),
			     &err))
		return false;
	f.body.config.offset = at;
	f.body.config.size = 1;
	f.body.config.data[0] = !config[at];
	vus_legal_frame_put(legal, &f, value);
	if (!vus_step_value(t, legal, &f, value))
		return false;
	f.body.config.data[0] = config[at];
	return vus_step_value(t, legal, &f, value);
}

/* "VHOST_USER_SET_CONFIG"; virtio, "Block Device": the driver may write
 * `writeback` where CONFIG_WCE was negotiated. */
VUS_CASE(configuration_takes_a_drivers_write,
	 .title = "SET_CONFIG takes both values of the byte that a driver "
		  "may write",
	 .rules = { "config.set_apply" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(CONFIG), .needs_vf = VUS_BIT(VIRTIO_BLK_F_CONFIG_WCE),
	 .devices = "blk", .rows = { "set_config" })
{
	VUS_STEP(t, vus_step_all_values(t, VUS_FE_SET_CONFIG, send_writeback));
}
