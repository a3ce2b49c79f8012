/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_kicks.c — kicks: spurious ones, and those that the device asks for. */
#include "fixture/shapes.h"

#include "base/rand.h"

#include <endian.h>

/* virtio 2.7.10.2: the device must handle spurious notifications. */
VUS_CASE(empty_kicks_change_nothing,
	 .title = "kicks without a request complete nothing",
	 .rules = { "split_ring.avail.spurious_kick" },
	 .start = VUS_START_RUNNING, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const uint16_t before = vus_used_idx(t, 0);
	struct vus_err err;

	for (unsigned i = 0; i < 1000; i++)
		VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_CHECK(t, "split_ring.avail.spurious_kick",
		  vus_fe_ring_is_quiet(s, 0, t->quiet_ms),
		  "kicks without a request complete nothing",
		  "used.idx went from %u to %u", before, vus_used_idx(t, 0));
	VUS_STEP(t, vus_step_ping(t, "split_ring.avail.spurious_kick", 0,
				  t->seed + 1));
	VUS_CHECK(t, "split_ring.avail.spurious_kick",
		  vus_used_idx(t, 0) == (uint16_t)(before + 1),
		  "each request completes once",
		  "used.idx went from %u to %u with one request", before,
		  vus_used_idx(t, 0));
}

/* Have pings served, and read used.flags all the time: *ret has the bits that
 * were ever set. */
static bool sample_flags(struct vus_ctx *t, uint16_t *ret)
{
	struct vus_session *s = vus_fe(t);
	const struct vring_used *used = s->queues[0].ring->used;
	const unsigned rounds = VUS_MIN(t->rounds, 200);

	*ret = 0;
	for (unsigned i = 1; i <= rounds && vus_step_has_time(t); i++) {
		const uint16_t idx = (uint16_t)(vus_used_idx(t, 0) + 1);
		const uint64_t cursor = s->guest.cursor;
		const uint64_t deadline = vus_deadline_ms(t->request_ms);
		struct vus_ping ping;
		struct vus_err err;

		if (!vus_step_ping_offer(t, 0, t->seed + i, &ping))
			return false;
		do {
			*ret |= le16toh(__atomic_load_n(&used->flags,
							__ATOMIC_ACQUIRE));
		} while (vus_used_idx(t, 0) != idx &&
			 vus_remaining_ms(deadline) > 0);
		if (!vus_step_wait_used_idx(t, 0, idx, &err)) {
			vus_prereq_failed(t, "ring_state.enabled_runs", &err);
			return false;
		}
		vus_reap_all(t, 0);
		s->guest.cursor = cursor;
	}
	return true;
}

/* virtio 2.7.10.2: without EVENT_IDX "the device MUST set flags to 0 or 1". */
VUS_CASE(used_flags_are_zero_or_one,
	 .title = "without EVENT_IDX used.flags is 0 or 1",
	 .rules = { "split_ring.kick.flags_values" },
	 .start = VUS_START_RUNNING, .without_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	uint16_t bits;

	VUS_STEP(t, sample_flags(t, &bits));
	VUS_CHECK(t, "split_ring.kick.flags_values",
		  (bits & ~VRING_USED_F_NO_NOTIFY) == 0, "used.flags is 0 or 1",
		  "used.flags had bits 0x%x", bits);
}

/* virtio 2.7.10.2: with EVENT_IDX "the device MUST set flags to 0". */
VUS_CASE(used_flags_are_zero_with_event_idx,
	 .title = "with EVENT_IDX used.flags is 0",
	 .rules = { "split_ring.kick.flags_zero_event" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	uint16_t bits;

	VUS_STEP(t, sample_flags(t, &bits));
	VUS_CHECK(t, "split_ring.kick.flags_zero_event", bits == 0,
		  "used.flags is 0", "used.flags had bits 0x%x", bits);
}

/* ---- a driver that kicks only when the device asks for it ---- */

#define OBEDIENT_BASE 65000           /* of the indexes: they wrap on the way */
#define AREA          UINT64_C(16384) /* bytes for a ping */

/* Make a request available, and kick if the device has asked for it (or
 * always, for the first: it starts the ring). */
static bool offer_if_kick_wanted(struct vus_ctx *t, uint64_t seed, bool first)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head;
	bool wanted;

	if (!vus_step_ping_add(t, 0, seed, &ping, &head))
		return false;
	vus_split_put(ring, head);
	vus_split_publish(ring);
	wanted = vus_split_wants_kick(ring);
	if ((!wanted && !first) || vus_fe_kick(s, 0, &err))
		return true;
	vus_setup_failed(t, &err);
	return false;
}

/* Does the device ask now for the kick of a request that is pending? */
static bool is_armed(const struct vus_ctx *t)
{
	const struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const uint16_t *avail_event =
		(const uint16_t *)(const void *)&ring->used->ring[ring->num];
	const uint16_t idx = vus_used_idx(t, 0);

	if (!ring->event_idx)
		return !(le16toh(ring->used->flags) & VRING_USED_F_NO_NOTIFY);
	return (uint16_t)(le16toh(*avail_event) - idx) <
	       (uint16_t)(ring->avail_idx - idx);
}

/* At most as long as a device may take to become idle. */
static void random_delay(struct vus_rand *rand)
{
	for (uint64_t n = vus_rand_below(rand, 4000); n > 0; n--)
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Many requests, each at a random moment around the completion of the one
 * before; at most two are pending.  False without a verdict: one is not served.
 */
static bool serve_if_kick_wanted(struct vus_ctx *t, uint64_t area)
{
	struct vus_session *s = vus_fe(t);
	struct vus_rand rand = { t->seed };
	struct vus_err err;
	unsigned i;

	for (i = 0; i < t->rounds && vus_step_has_time(t); i++) {
		s->guest.cursor = area + i % 2 * AREA;
		if (!offer_if_kick_wanted(t, t->seed + i, i == 0))
			return false;
		random_delay(&rand);
		if (!vus_spin_used_idx(t, 0, (uint16_t)(OBEDIENT_BASE + i),
				       &err))
			return false;
		vus_reap_all(t, 0);
	}
	return vus_spin_used_idx(t, 0, (uint16_t)(OBEDIENT_BASE + i), &err);
}

/* virtio 2.7.10: a device that does not poll the ring has asked for the next
 * kick, and looks at the ring again after it has: what was published in
 * between was not kicked for.  If a request is not served, what the
 * device asks for then shows which of the two it left out. */
VUS_CASE(driver_that_kicks_when_asked_is_served,
	 .title = "a driver that kicks only when the device asks for it is "
		  "served",
	 .rules = { "split_ring.kick.armed", "split_ring.avail.recheck" },
	 .start = VUS_START_CONNECTED, .pings = true,
	 .rows = { "flags", "event_idx" })
{
	const uint64_t off = t->row == 0 ? VF(RING_EVENT_IDX) : 0;
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	uint64_t area;
	bool served;

	if (!vus_step_negotiate(t, off) ||
	    (!off &&
	     !vus_step_require_feature(t, VF(RING_EVENT_IDX), "EVENT_IDX")) ||
	    !vus_step_ring_setup(t, 0, 0, OBEDIENT_BASE - 1))
		return;
	/* The indexes below are counted from this one. */
	VUS_STEP(t, vus_step_prereq(t, "ring_base.any_16bit",
				    vus_fe_ping(s, 0, t->seed, &err), &err));
	VUS_SETUP(t, vus_guest_alloc(&s->guest, 2 * AREA, 4096, &area, &err),
		  &err);
	served = serve_if_kick_wanted(t, area);
	VUS_CHECK(t, "split_ring.kick.armed", served || is_armed(t),
		  "a device that waits for a kick has asked for it",
		  "used.idx stays %u, and no kick was asked for",
		  vus_used_idx(t, 0));
	VUS_CHECK(t, "split_ring.avail.recheck", served,
		  "the device looks at the ring again after it has asked for a "
		  "kick",
		  "used.idx stays %u: the kick was asked for when the request "
		  "was available already",
		  vus_used_idx(t, 0));
}
