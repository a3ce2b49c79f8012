/* SPDX-License-Identifier: BSD-3-Clause */
/* status.c — SET_STATUS and GET_STATUS: the "Device Status Field" of virtio,
 * kept by the back-end. */
#include "fixture/steps.h"

#include <inttypes.h>
#include <linux/virtio_config.h>

#define ACKNOWLEDGED VIRTIO_CONFIG_S_ACKNOWLEDGE
#define DRIVER_SEEN  (ACKNOWLEDGED | VIRTIO_CONFIG_S_DRIVER)
#define FEATURES_SET (DRIVER_SEEN | VIRTIO_CONFIG_S_FEATURES_OK)
#define DRIVER_READY (FEATURES_SET | VIRTIO_CONFIG_S_DRIVER_OK)

static bool set_status(struct vus_session *s, uint64_t status,
		       struct vus_err *err)
{
	return vus_fe_set_u64(s, VUS_FE_SET_STATUS, status, err);
}

static bool get_status(struct vus_session *s, uint64_t *ret,
		       struct vus_err *err)
{
	return vus_fe_get_u64(s, VUS_FE_GET_STATUS, ret, err);
}

/* "VHOST_USER_GET_STATUS": the device status as virtio defines it, which has
 * eight bits. */
VUS_CASE(status_is_answered,
	 .title = "GET_STATUS is answered with a value of one byte",
	 .rules = { "status.get" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(STATUS))
{
	struct vus_err err;
	uint64_t got;

	VUS_CHECK(t, "status.get", get_status(vus_fe(t), &got, &err),
		  "GET_STATUS is answered", "%s", err.text);
	VUS_CHECK(t, "status.get", got <= UINT8_MAX,
		  "the status has no bits above the eighth",
		  "the status is 0x%" PRIx64, got);
}

/* "VHOST_USER_SET_STATUS": the steps that a driver takes.  A device may refuse
 * FEATURES_OK, and set NEEDS_RESET at any time. */
static const uint64_t driver_steps[] = { ACKNOWLEDGED, DRIVER_SEEN,
					 FEATURES_SET, DRIVER_READY };

VUS_CASE(status_is_what_was_set,
	 .title = "GET_STATUS answers what SET_STATUS has set",
	 .rules = { "status.set" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(STATUS))
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	uint64_t got;

	for (unsigned i = 0; i < VUS_COUNT(driver_steps); i++) {
		const uint64_t want = driver_steps[i];

		VUS_CHECK(t, "status.set", set_status(s, want, &err),
			  "SET_STATUS succeeds", "%s", err.text);
		VUS_PREREQ(t, "status.get", get_status(s, &got, &err), &err);
		got &= UINT8_MAX & ~(uint64_t)VIRTIO_CONFIG_S_NEEDS_RESET;
		if (want == FEATURES_SET && got == DRIVER_SEEN)
			VUS_SKIP(t, "the device withholds FEATURES_OK");
		VUS_CHECK(t, "status.set", got == want,
			  "GET_STATUS answers the status that was set",
			  "0x%" PRIx64 " was set, and 0x%" PRIx64
			  " is answered",
			  want, got);
	}
}

/* Bits that do not fit into the byte are refused or dropped. */
static const uint64_t high_values[] = { 0x100 | ACKNOWLEDGED, UINT64_MAX };

VUS_CASE(status_is_one_byte,
	 .title = "bits above the eighth of a status are refused or dropped",
	 .rules = { "status.high_bits" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(STATUS), .rows = { "bit_8", "all_ones" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f =
		vus_acked_u64_frame(VUS_FE_SET_STATUS, high_values[t->row]);
	struct vus_err err = { .kind = VUS_ERR_PROTOCOL,
			       .text = "more than a byte is answered before" };
	enum vus_outcome outcome;
	uint64_t got;

	VUS_PREREQ(t, "status.get",
		   get_status(s, &got, &err) && got <= UINT8_MAX, &err);
	outcome = vus_fe_classify(s, &f, NULL, NULL);
	VUS_EXPECT(t, "status.high_bits", outcome, VUS_ORDERLY,
		   "SET_STATUS with bits above the eighth");
	if (outcome == VUS_CLOSED)
		return;
	VUS_PREREQ(t, "status.get", get_status(s, &got, &err), &err);
	VUS_CHECK(t, "status.high_bits", got <= UINT8_MAX,
		  "the status that is answered has no bits above the eighth",
		  "0x%" PRIx64 " was set, and 0x%" PRIx64 " is answered",
		  high_values[t->row], got);
}

/* virtio, "Device Initialization": FEATURES_OK that does not stay set tells the
 * driver that its features were not accepted. */
VUS_CASE(refused_features_are_not_ok,
	 .title = "FEATURES_OK stays clear after a refused SET_FEATURES",
	 .rules = { "status.features_ok_refused" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(STATUS) | PF(REPLY_ACK))
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame bad = vus_acked_u64_frame(
		VUS_FE_SET_FEATURES, s->features | VUS_BIT(63));
	const struct vus_frame ok =
		vus_acked_u64_frame(VUS_FE_SET_STATUS, FEATURES_SET);
	struct vus_err err = {
		.kind = VUS_ERR_REFUSED,
		.text = "a bit that is not offered is accepted"
	};
	enum vus_outcome outcome = vus_fe_classify(s, &bad, NULL, NULL);
	uint64_t got;

	if (outcome == VUS_CLOSED)
		VUS_SKIP(t, "the back-end closes upon a word it refuses");
	VUS_PREREQ(t, "features.set_unoffered", outcome == VUS_REFUSED, &err);
	if (vus_fe_classify(s, &ok, NULL, NULL) == VUS_CLOSED)
		VUS_SKIP(t, "the back-end closes upon a status it refuses");
	VUS_PREREQ(t, "status.get", get_status(s, &got, &err), &err);
	VUS_CHECK(t, "status.features_ok_refused",
		  !(got & VIRTIO_CONFIG_S_FEATURES_OK),
		  "FEATURES_OK stays clear after SET_FEATURES was refused",
		  "SET_FEATURES was refused, and the status is 0x%" PRIx64,
		  got);
}

/* Features, memory, ring 0 and status, in the order of QEMU's network device
 * after a reset.  Memory slots survive it. */
static bool start_again(struct vus_ctx *t, uint16_t base)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (!vus_step_prereq(
		    t, "status.set",
		    vus_fe_set_u64(s, VUS_FE_SET_FEATURES, s->features, &err) &&
			    set_status(s, FEATURES_SET, &err),
		    &err))
		return false;
	if (!(s->pf & PF(CONFIGURE_MEM_SLOTS)) && !vus_step_announce_memory(t))
		return false;
	return vus_step_ring_restart(t, 0, base) &&
	       vus_step_prereq(t, "status.set",
			       set_status(s, DRIVER_READY, &err), &err);
}

/* virtio, "Device Status Field": writing 0 resets the device. */
VUS_CASE(status_zero_is_a_reset,
	 .title = "after status 0 the status is 0, and the device can be set "
		  "up again",
	 .rules = { "status.zero_resets" }, .start = VUS_START_RUNNING,
	 .needs = PF(STATUS), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	uint64_t got;

	VUS_PREREQ(t, "status.set", set_status(s, DRIVER_READY, &err), &err);
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "ring_stop.reply", vus_fe_queue_stop(s, 0, NULL, &err),
		   &err);
	VUS_CHECK(t, "status.zero_resets",
		  set_status(s, 0, &err) && get_status(s, &got, &err),
		  "SET_STATUS with 0 and GET_STATUS succeed", "%s", err.text);
	got &= UINT8_MAX;
	VUS_CHECK(t, "status.zero_resets", got == 0,
		  "the status is 0 after 0 was set",
		  "0 was set, and 0x%" PRIx64 " is answered", got);
	VUS_STEP(t, start_again(t, s->queues[0].ring->used_seen));
	VUS_STEP(t, vus_step_ping(t, "status.zero_resets", 0, t->seed + 1));
}

/* A front-end that has not selected STATUS never sends one. */
VUS_CASE(rings_run_without_status,
	 .title = "where STATUS is not selected rings run without DRIVER_OK",
	 .rules = { "status.no_driver_ok_dependency" },
	 .start = VUS_START_RUNNING, .needs = PF(STATUS),
	 .without = PF(STATUS) | PF(RESET_DEVICE), .pings = true)
{
	VUS_STEP(t, vus_step_ping(t, "status.no_driver_ok_dependency", 0,
				  t->seed));
}
