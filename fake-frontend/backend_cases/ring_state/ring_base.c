/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_base.c — SET_VRING_BASE sets the next available index, and not the next
 * used index. */
#include "fixture/rings.h"

#include <endian.h>

/* "A vring descriptor index for split virtqueues": the base counts freely
 * modulo 65536 and is not reduced by the ring's size.  The used ring's index
 * in memory is set to the same value, as a driver's would be. */
static const uint16_t bases[] = { 1, 255, 32767, 65535 };

VUS_CASE(any_base_is_taken,
	 .title = "a ring begins at whatever 16-bit base was set",
	 .rules = { "ring_base.any_16bit" }, .start = VUS_START_MEMORY,
	 .pings = true, .rows = { "1", "255", "32767", "65535" })
{
	const uint16_t base = bases[t->row];
	struct vus_session *s = vus_fe(t);
	const struct vus_split_driver *ring;
	struct vus_err err = { 0 };
	bool served;

	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, base));
	ring = s->queues[0].ring;
	vus_ring_clear_used(s, 0, base, ring->num);
	served = vus_fe_ping(s, 0, t->seed, &err);
	/* With base 1 the first entry from 0 on leaves used.idx at 1. */
	if (!served && base % ring->num != 0 &&
	    le32toh(ring->used->ring[0].id) != VUS_USED_UNWRITTEN)
		(void)vus_fail_code(&err, VUS_ERR_PROTOCOL, VUS_USED_IDX_UNREAD,
				    "used.idx was %u, and entry 0 was written",
				    base);
	VUS_STEP(t,
		 vus_step_check_done(t, "ring_base.any_16bit", served, &err));
	VUS_STEP(t, vus_step_ping(t, "ring_base.any_16bit", 0, t->seed + 1));
}

/* "VHOST_USER_SET_VRING_BASE": with the base equal to the used index,
 * processing starts at available slot base mod size.  The slot before it holds
 * a request as well, which must not be served. */
VUS_CASE(ring_begins_at_its_base,
	 .title = "the first request served is the one at the slot of the base",
	 .rules = { "ring_base.set" }, .start = VUS_START_MEMORY, .pings = true)
{
	const uint16_t base = 5;
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring;
	struct vus_ping decoy, ping;
	struct vus_used used;
	uint16_t decoy_head;
	struct vus_err err = { 0 };

	VUS_STEP(t, vus_step_ring_setup(t, 0, 0, base));
	ring = s->queues[0].ring;
	vus_ring_clear_used(s, 0, base, ring->num);
	VUS_STEP(t, vus_step_ping_add(t, 0, t->seed, &decoy, &decoy_head));
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + 1, &ping));
	/* Slots 0 to base-1, which a ring that begins at 0 would take. */
	for (unsigned slot = 0; slot < base; slot++)
		ring->avail->ring[slot] = decoy_head;
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_STEP(t,
		 vus_step_check_done(
			 t, "ring_base.set",
			 vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms),
					  &used, &err),
			 &err));
	(void)vus_fail(&err, VUS_ERR_PROTOCOL,
		       "used.idx covers an entry that was not written");
	VUS_PREREQ(t, "ring_addr.used_idx_read", used.id != VUS_USED_UNWRITTEN,
		   &err);
	VUS_CHECK(t, "ring_base.set", used.id != decoy_head,
		  "the first request served is the one at the slot of the base",
		  "slot 0 was served, not slot %u", base);
}

/* Set up and start a ring as another back-end left it: its used index is
 * `used`, and requests are available from there to `base` and `more` beyond.
 * Those before `base` are in flight: the back-end may serve them again or not.
 * Used entries that are not written yet are marked. */
static bool start_between(struct vus_ctx *t, uint16_t used, uint16_t base,
			  unsigned more)
{
	struct vus_session *s = vus_fe(t);
	const unsigned n = (uint16_t)(base - used) + more;
	struct vus_err err = { 0 };
	struct vus_ping ping;
	uint16_t head;

	if (!vus_step_setup_companions(t))
		return false;
	if (!vus_fe_queue_alloc(s, 0, 0, used, &err)) {
		vus_setup_failed(t, &err);
		return false;
	}
	vus_ring_clear_used(s, 0, used, s->queues[0].num);
	for (unsigned i = 0; i < n; i++) {
		if (!vus_step_ping_add(t, 0, t->seed + i, &ping, &head))
			return false;
		vus_split_put(s->queues[0].ring, head);
	}
	vus_split_publish(s->queues[0].ring);
	return vus_step_ring_restart(t, 0, base);
}

/* "VHOST_USER_SET_VRING_BASE": for a split ring the next index of the used ring
 * is read from memory, whatever the base.  Only the used slot is judged. */
static const struct {
	uint16_t used, base;
} crossings[] = {
	{ .used = 3, .base = 7 },
	{ .used = 65530, .base = 2 },
};

VUS_CASE(first_completion_goes_to_the_used_index,
	 .title = "the first used entry is written at the slot that used.idx "
		  "names",
	 .rules = { "ring_addr.used_idx_read" }, .start = VUS_START_MEMORY,
	 .pings = true, .rows = { "3_base_7", "65530_base_2" })
{
	const uint16_t first = crossings[t->row].used;
	struct vus_session *s = vus_fe(t);
	struct vus_used used;
	struct vus_err err = { 0 };

	VUS_STEP(t, start_between(t, first, crossings[t->row].base, 2));
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_STEP(t,
		 vus_step_prereq(
			 t, "ring_state.enabled_runs",
			 vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms),
					  &used, &err) ||
				 err.code == VUS_USED_IDX_UNREAD,
			 &err));
	VUS_CHECK(t, "ring_addr.used_idx_read", err.code != VUS_USED_IDX_UNREAD,
		  "the used index is read from memory when a ring starts", "%s",
		  err.text);
	VUS_CHECK(t, "ring_addr.used_idx_read", used.id != VUS_USED_UNWRITTEN,
		  "the first used entry is written at the slot that used.idx "
		  "names",
		  "used.idx was %u, and that entry was not written", first);
}

/* The entries from `from` up to used.idx were all written. */
static bool entries_are_written(const struct vus_split_driver *ring,
				uint16_t from)
{
	const uint16_t now = (uint16_t)(from + vus_split_used_pending(ring));

	for (uint16_t i = from; i != now; i++) {
		if (le32toh(ring->used->ring[i % ring->num].id) ==
		    VUS_USED_UNWRITTEN)
			return false;
	}
	return true;
}

/* The same heading: the message sets the next available index only.  With
 * no request from the base on, used.idx stays where it is; if it moves, the
 * entries that it passes must have been written. */
VUS_CASE(base_leaves_the_used_index,
	 .title = "a base unlike used.idx does not change used.idx",
	 .rules = { "ring_base.no_used_change" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	const uint16_t first = 4, base = 9;
	struct vus_session *s = vus_fe(t);
	const struct vus_split_driver *ring;
	struct vus_err err;

	VUS_STEP(t, start_between(t, first, base, 0));
	ring = s->queues[0].ring;
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	(void)vus_fe_ring_is_quiet(s, 0, t->quiet_ms);
	VUS_CHECK(t, "ring_base.no_used_change",
		  entries_are_written(ring, first),
		  "used.idx only passes entries that were written",
		  "used.idx went from %u to %u with base %u, over entries that "
		  "were not written",
		  first, le16toh(ring->used->idx), base);
	VUS_STEP(t, vus_step_control(t, 0));
}

/* "A vring descriptor index for split virtqueues": bits 16 to 31 are zero.
 * Other bits may be ignored or refused, and must not become part of the
 * index. */
static const uint32_t wide_bases[] = { 0x00010003, 0xffff0003 };

VUS_CASE(bits_above_the_base_do_no_harm,
	 .title = "a base with bits above 16 is refused or cut to 16 bits",
	 .rules = { "ring_base.high_bits" }, .start = VUS_START_MEMORY,
	 .pings = true, .rows = { "bit_16", "all_above" })
{
	const uint16_t low = 3;
	struct vus_session *s = vus_fe(t);
	struct vus_frame f;
	struct vus_err err;

	VUS_STEP(t, vus_step_setup_companions(t));
	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 0, low, &err), &err);
	f = vus_vring_state_frame(s, VUS_FE_SET_VRING_BASE, s->queues[0].index,
				  wide_bases[t->row]);
	if (!vus_step_is_accepted(t, "ring_base.high_bits", &f)) {
		(void)!vus_step_control_anew(VUS_AT(t), 0);
		return;
	}
	VUS_STEP(t, vus_step_ring_setup_keep_base(t, 0));
	VUS_STEP(t, vus_step_ring_enable(t, 0));
	VUS_STEP(t, vus_step_ping_once(t, "ring_base.high_bits", 0, t->seed));
}
