/* SPDX-License-Identifier: BSD-3-Clause */
/* reset_device.c — RESET_DEVICE: rings are disabled and the device is in its
 * initial state; the session goes on. */
#include "fixture/rings.h"

#include "base/clock.h"

#include <inttypes.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <stddef.h>
#include <string.h>

static bool reset_device(struct vus_session *s, struct vus_err *err)
{
	const struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_RESET_DEVICE);

	return vus_fe_send_acked(s, &f, err) && vus_fe_barrier(s, err);
}

/* Is a request on a ring that SET_VRING_ENABLE has disabled left alone? */
static bool stops_on_disable(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;

	return vus_fe_queue_enable(s, 0, false, NULL) &&
	       vus_step_ping_offer(t, 0, t->seed + 9, &ping) &&
	       vus_step_ping_state(t, 0, &ping) != VUS_PING_EXECUTED;
}

/* "VHOST_USER_RESET_DEVICE": "disable all rings".  A back-end that executes
 * requests on disabled rings too breaks another rule. */
VUS_CASE(reset_disables_rings,
	 .title = "after RESET_DEVICE no ring executes requests",
	 .rules = { "reset_device.disables_rings" }, .start = VUS_START_RUNNING,
	 .needs = PF(RESET_DEVICE), .needs_vf = VF(PROTOCOL_FEATURES),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	enum vus_ping_state state;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "reply_ack.zero_on_success", reset_device(s, &err), &err);
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	state = vus_step_ping_state(VUS_AT(t), 0, &ping);
	if (state == VUS_PING_UNKNOWN)
		return;
	(void)vus_fail(&err, VUS_ERR_REFUSED,
		       "a disabled ring executes requests in any case");
	VUS_PREREQ(t, "ring_enable.set",
		   state != VUS_PING_EXECUTED || stops_on_disable(t), &err);
	VUS_CHECK(
		t, "reset_device.disables_rings", state != VUS_PING_EXECUTED,
		"a request that is offered after RESET_DEVICE is not executed",
		"a request that was offered after the reset was executed");
}

/* ---- the initial state ---- */

/* The driver of a block device may switch the write cache, and a reset undoes
 * it.  A first reset shows the initial value: an earlier session may have
 * changed it. */
VUS_CASE(reset_undoes_configuration,
	 .title = "RESET_DEVICE restores the initial configuration space",
	 .rules = { "reset_device.initial_state" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(RESET_DEVICE) | PF(CONFIG),
	 .needs_vf = VUS_BIT(VIRTIO_BLK_F_CONFIG_WCE), .devices = "blk")
{
	const uint32_t at = offsetof(struct virtio_blk_config, wce);
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_CONFIG);
	uint8_t first[VUS_CONFIG_MAX], now[VUS_CONFIG_MAX];
	const uint32_t size = s->driver->config_size;
	struct vus_err err = { 0 };

	VUS_PREREQ(t, "reply_ack.zero_on_success",
		   reset_device(s, &err) &&
			   vus_fe_set_u64(s, VUS_FE_SET_FEATURES, s->features,
					  &err),
		   &err);
	VUS_PREREQ(t, "config.get_reply",
		   vus_fe_get_config(s, 0, size, first, &err), &err);
	f.body.config.offset = at;
	f.body.config.size = 1;
	f.body.config.data[0] = !first[at];
	VUS_PREREQ(t, "config.set_apply",
		   vus_fe_send_acked(s, &f, &err) &&
			   vus_fe_get_config(s, 0, size, now, &err) &&
			   now[at] == f.body.config.data[0],
		   &err);
	VUS_PREREQ(t, "reply_ack.zero_on_success", reset_device(s, &err), &err);
	VUS_PREREQ(t, "config.get_reply",
		   vus_fe_get_config(s, 0, size, now, &err), &err);
	VUS_CHECK(t, "reset_device.initial_state",
		  memcmp(first, now, size) == 0,
		  "after RESET_DEVICE configuration space holds its initial "
		  "values",
		  "the write cache was switched, and its byte is still %u "
		  "after the reset",
		  now[at]);
}

VUS_CASE(reset_clears_the_status,
	 .title = "after RESET_DEVICE the device status is 0",
	 .rules = { "reset_device.initial_state" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(RESET_DEVICE) | PF(STATUS))
{
	const uint64_t seen =
		VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	uint64_t got;

	VUS_PREREQ(t, "status.set",
		   vus_fe_set_u64(s, VUS_FE_SET_STATUS, seen, &err) &&
			   vus_fe_get_u64(s, VUS_FE_GET_STATUS, &got, &err) &&
			   got == seen,
		   &err);
	VUS_PREREQ(t, "reply_ack.zero_on_success", reset_device(s, &err), &err);
	VUS_PREREQ(t, "status.get",
		   vus_fe_get_u64(s, VUS_FE_GET_STATUS, &got, &err), &err);
	got &= UINT8_MAX;
	VUS_CHECK(t, "reset_device.initial_state", got == 0,
		  "after RESET_DEVICE the device status is 0",
		  "the status is 0x%" PRIx64 " after the reset", got);
}

/* ---- after the reset ---- */

static bool set_up_ring_again(struct vus_session *s, unsigned queue,
			      struct vus_err *err)
{
	const struct vus_queue *q = &s->queues[queue];

	return vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index, q->num,
				err) &&
	       vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index,
				q->ring->used_seen, err) &&
	       vus_fe_queue_send_addr(s, queue, err) &&
	       vus_fe_queue_send_fds(s, queue, err) &&
	       (!(s->features & VF(PROTOCOL_FEATURES)) ||
		vus_fe_queue_enable(s, queue, true, err));
}

/* Features, memory (slots survive a reset, as in QEMU) and all rings that were
 * set up. */
static bool set_up_again(struct vus_session *s, struct vus_err *err)
{
	if (!vus_fe_set_u64(s, VUS_FE_SET_FEATURES, s->features, err) ||
	    (!(s->pf & PF(CONFIGURE_MEM_SLOTS)) &&
	     !vus_fe_announce_memory(s, err)))
		return false;
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++) {
		if (s->queues[i].set_up && !set_up_ring_again(s, i, err))
			return false;
	}
	return true;
}

/* "ready to be reinitialized.  The back-end retains ownership of the device
 * throughout": so SET_OWNER is not sent again.  If the set-up works only after
 * another SET_OWNER, ownership was lost; otherwise the device was not made
 * ready. */
VUS_CASE(reset_device_can_be_set_up,
	 .title = "after RESET_DEVICE the device is set up without SET_OWNER",
	 .rules = { "reset_device.keeps_owner", "reset_device.initial_state" },
	 .start = VUS_START_RUNNING, .needs = PF(RESET_DEVICE), .pings = true)
{
	const struct vus_frame owner =
		vus_request_frame(VUS_FE, VUS_FE_SET_OWNER);
	struct vus_session *s = vus_fe(t);
	struct vus_err err, why;
	bool ok;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_PREREQ(t, "reply_ack.zero_on_success", reset_device(s, &err), &err);
	ok = set_up_again(s, &why);
	VUS_CHECK(t, "reset_device.keeps_owner",
		  ok || !vus_fe_send_noack(s, &owner, &err) ||
			  !set_up_again(s, &err),
		  "after RESET_DEVICE the set-up works without SET_OWNER",
		  "the set-up works after SET_OWNER, and not without: %s",
		  why.text);
	VUS_CHECK(t, "reset_device.initial_state", ok,
		  "after RESET_DEVICE features, memory and rings can be set up "
		  "again",
		  "%s", why.text);
	VUS_STEP(t, vus_step_ping(t, "reset_device.initial_state", 0,
				  t->seed + 1));
}

/* The reset is of the device, not of the session: front-ends do not negotiate
 * again. */
VUS_CASE(reset_keeps_protocol_features,
	 .title = "protocol features are in force after RESET_DEVICE",
	 .rules = { "reset_device.keeps_protocol" },
	 .start = VUS_START_NEGOTIATED,
	 .needs = PF(RESET_DEVICE) | PF(REPLY_ACK))
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_RESET_DEVICE);
	const struct vus_frame word =
		vus_acked_u64_frame(VUS_FE_SET_FEATURES, s->features);
	struct vus_err err;

	VUS_PREREQ(t, "reply_ack.zero_on_success",
		   vus_fe_send_noack(s, &f, &err) && vus_fe_barrier(s, &err),
		   &err);
	VUS_EXPECT(t, "reset_device.keeps_protocol",
		   vus_fe_classify(s, &word, NULL, NULL),
		   VUS_ACCEPTED | VUS_REFUSED,
		   "SET_FEATURES with need_reply after RESET_DEVICE");
}

/* Once the reset is answered, the driver reuses its memory. */
VUS_CASE(nothing_happens_after_a_reset,
	 .title = "after RESET_DEVICE is answered no write and no call follows",
	 .rules = { "reset_device.quiet" }, .start = VUS_START_RUNNING,
	 .needs = PF(RESET_DEVICE), .without_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	const size_t bytes = vus_split_used_bytes(q->num);
	uint8_t before[4096];
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	for (unsigned i = 1; i <= 4; i++) {
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
	}
	VUS_PREREQ(t, "reply_ack.zero_on_success", reset_device(s, &err), &err);
	memcpy(before, q->ring->used, VUS_MIN(bytes, sizeof(before)));
	vus_event_drain(q->call.rd, NULL);
	VUS_CHECK(t, "reset_device.quiet", vus_step_fd_is_quiet(t, q->call.rd),
		  "after RESET_DEVICE is answered no call comes",
		  "the call descriptor was signalled after the reset");
	VUS_CHECK(t, "reset_device.quiet",
		  memcmp(before, q->ring->used,
			 VUS_MIN(bytes, sizeof(before))) == 0,
		  "after RESET_DEVICE is answered the used ring is not written",
		  "the used ring was written after the reset");
}
