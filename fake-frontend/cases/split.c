/* SPDX-License-Identifier: BSD-3-Clause */
/* split.c — requests on a split ring, and what is told about them. */
#include "steps.h"

#include "../../harness/base/rand.h"

/* virtio 2.7.8: the used entry's id is the head of the chain as it was found
 * in the available ring.  The chain here does not begin at descriptor 0 and
 * stands at another slot than its head's number. */
VUS_CASE(used_entry_names_the_chain_head,
	 .title = "a used entry carries the index of the chain's head",
	 .rules = { "split.used.id_head" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_ping unused, ping;
	uint16_t first, head;
	struct vus_used used;
	struct vus_err err;

	/* Takes descriptors 0.., and is never offered. */
	if (!vus_step_prepare(t, 0, t->seed, &unused, &first) ||
	    !vus_step_prepare(t, 0, t->seed + 1, &ping, &head))
		return;
	vus_split_put(ring, head);
	vus_split_publish(ring);
	VUS_OURS(t, vus_fe_kick(s, 0, &err), &err);
	VUS_NEED(t, "vstate.enabled_runs",
		 vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms), &used,
				  &err),
		 &err);
	VUS_CHECK(t, "split.used.id_head", used.id == head,
		  "used entry names descriptor %u, not the head %u", used.id,
		  head);
}

/* virtio 2.7.13: all heads that one update of idx exposes are processed after
 * a single kick. */
VUS_CASE(one_kick_serves_a_batch,
	 .title = "one kick serves everything that was made available",
	 .rules = { "split.avail.batch" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_ping ping;
	const unsigned batch = 5;
	struct vus_err err;
	uint16_t head;

	for (unsigned i = 0; i < batch; i++) {
		if (!vus_step_prepare(t, 0, t->seed + i, &ping, &head))
			return;
		vus_split_put(ring, head);
	}
	vus_split_publish(ring);
	VUS_OURS(t, vus_fe_kick(s, 0, &err), &err);
	VUS_CHECK(t, "split.avail.batch",
		  vus_step_until_used(t, 0, (uint16_t)batch, &err),
		  "one kick for %u requests: %s", batch, err.text);
}

/* virtio 2.7.13.3: going from 65535 to 0 loses, repeats and delays nothing. */
VUS_CASE(indexes_wrap_at_65536,
	 .title = "requests are served across the wrap of the ring indexes",
	 .rules = { "split.avail.wrap_65536" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	if (!vus_step_ring(t, 0, 8, 65530))
		return;
	for (unsigned i = 0; i < 24; i++)
		VUS_PING(t, "split.avail.wrap_65536", 0, t->seed + i);
}

/* virtio 2.7.5: descriptors of a chain are visited in `next` order; their
 * indexes need not rise or be adjacent.  The chain is laid out backwards. */
VUS_CASE(descriptors_in_any_order,
	 .title = "a chain whose descriptors stand backwards is served",
	 .rules = { "split.desc.any_order" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head = 0;

	VUS_OURS(t, s->driver->ping(s, t->seed, 0, &ping, &err), &err);
	for (unsigned i = 0; i < ping.nsegs; i++) {
		const unsigned slot = 2 * (ping.nsegs - i);
		const bool last = i + 1 == ping.nsegs;

		ring->desc[slot] = (struct vring_desc){
			.addr = ping.segs[i].gpa,
			.len = ping.segs[i].len,
			.flags = (uint16_t)((last ? 0 : VRING_DESC_F_NEXT) |
					    (ping.segs[i].write
						     ? VRING_DESC_F_WRITE
						     : 0)),
			.next = (uint16_t)(last ? UINT16_MAX : slot - 2),
		};
		if (i == 0)
			head = (uint16_t)slot;
	}
	vus_split_put(ring, head);
	vus_split_publish(ring);
	VUS_OURS(t, vus_fe_kick(s, 0, &err), &err);
	vus_step_pong(t, "split.desc.any_order", 0, &ping);
}

/* virtio 2.7.5.3: an indirect table may hold readable entries followed by
 * writable ones, and more entries than the chain visits. */
static const char *const indirect_rules[] = {
	"split.ind.mixed_direction",
	"split.ind.longer_than_chain",
};

VUS_CASE(indirect_requests_are_served,
	 .title = "a request in an indirect table is served like a direct one",
	 .rules = { "split.ind.mixed_direction",
		    "split.ind.longer_than_chain" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true, .rows = { "exact_table", "longer_table" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vring_desc *table;
	struct vus_ping ping;
	struct vus_err err;
	uint64_t gpa;
	uint16_t head;

	VUS_OURS(t, s->driver->ping(s, t->seed, 0, &ping, &err), &err);
	VUS_OURS(t,
		 vus_guest_alloc(&s->guest, sizeof(*table) * VUS_PING_SEGS * 2,
				 16, &gpa, &err),
		 &err);
	table = vus_guest_host(&s->guest, gpa,
			       sizeof(*table) * VUS_PING_SEGS * 2);
	VUS_OURS(t,
		 vus_split_add_indirect(ring, ping.segs, ping.nsegs, table, gpa,
					&head, &err),
		 &err);
	if (t->row == 1) {
		/* The entries behind the chain's end are not descriptors. */
		for (unsigned i = ping.nsegs; i < VUS_PING_SEGS * 2; i++)
			table[i] = (struct vring_desc){
				.addr = UINT64_MAX,
				.len = UINT32_MAX,
				.flags = UINT16_MAX,
				.next = UINT16_MAX,
			};
		ring->desc[head].len = sizeof(*table) * VUS_PING_SEGS * 2;
	}
	vus_split_put(ring, head);
	vus_split_publish(ring);
	VUS_OURS(t, vus_fe_kick(s, 0, &err), &err);
	vus_step_pong(t, indirect_rules[t->row], 0, &ping);
}

/* virtio 2.7.8.2: with VERSION_1 a device does not claim to have written more
 * than the writable descriptors hold. */
VUS_CASE(used_length_fits_the_buffers,
	 .title = "a used length is no larger than the writable buffers",
	 .rules = { "split.used.len_cap" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(VERSION_1), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	uint64_t writable = 0;
	struct vus_ping ping;
	struct vus_used used;
	struct vus_err err;

	if (!vus_step_offer(t, 0, t->seed, &ping))
		return;
	for (unsigned i = 0; i < ping.nsegs; i++)
		writable += ping.segs[i].write ? ping.segs[i].len : 0;
	VUS_NEED(t, "vstate.enabled_runs",
		 vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms), &used,
				  &err),
		 &err);
	VUS_CHECK(t, "split.used.len_cap", used.len <= writable,
		  "used length %u in buffers of %llu bytes", used.len,
		  (unsigned long long)writable);
}

/* virtio 2.7.7.2, "Used Buffer Notification Suppression": with avail.flags 0
 * and no EVENT_IDX a notification follows the update of the used ring. */
VUS_CASE(completion_is_notified,
	 .title = "with avail.flags 0 a completion is followed by a call",
	 .rules = { "split.call.flag_clear" }, .start = VUS_START_RUNNING,
	 .without_vf = VF(RING_EVENT_IDX), .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_ping ping;
	struct vus_err err;

	/* An event on a fresh call descriptor is allowed (vfd.call_extra_ok):
	 * what came before the request says nothing. */
	VUS_NEED(t, "vstate.enabled_runs", vus_fe_ping_on(s, 0, t->seed, &err),
		 &err);
	VUS_NEED(t, "feat.get_any_time", vus_fe_barrier(s, &err), &err);
	vus_event_drain(q->call.rd, NULL);
	if (!vus_step_offer(t, 0, t->seed + 1, &ping))
		return;
	VUS_CHECK(t, "split.call.flag_clear",
		  vus_poll_one(q->call.rd, POLLIN,
			       vus_deadline_ms(t->request_ms)) == 1,
		  "no call within %u ms; used.idx is %u", t->request_ms,
		  q->ring->used->idx);
}

/* The same heading: with EVENT_IDX a notification is sent when the entry at
 * index used_event is written, and should not be before. */
VUS_CASE(used_event_decides_the_call,
	 .title = "with EVENT_IDX the call comes at used_event, not before",
	 .rules = { "split.call.event_quiet", "split.call.event_hit" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_ping ping;
	struct vus_err err;

	VUS_NEED(t, "vstate.enabled_runs", vus_fe_ping_on(s, 0, t->seed, &err),
		 &err);
	VUS_NEED(t, "feat.get_any_time", vus_fe_barrier(s, &err), &err);
	vus_event_drain(q->call.rd, NULL);
	vus_split_set_used_event(q->ring, (uint16_t)(q->ring->used_seen + 1));
	/* The first of two completions must stay quiet. */
	if (!vus_step_offer(t, 0, t->seed + 1, &ping))
		return;
	VUS_NEED(t, "vstate.enabled_runs",
		 vus_step_until_used(t, 0, (uint16_t)(q->ring->used_seen + 1),
				     &err),
		 &err);
	VUS_NEED(t, "feat.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_CHECK(t, "split.call.event_quiet",
		  vus_poll_one(q->call.rd, POLLIN,
			       vus_deadline_ms(t->quiet_ms)) == 0,
		  "called at used index %u, before used_event %u",
		  q->ring->used->idx, q->ring->used_seen + 1);
	if (!vus_step_offer(t, 0, t->seed + 2, &ping))
		return;
	VUS_CHECK(t, "split.call.event_hit",
		  vus_poll_one(q->call.rd, POLLIN,
			       vus_deadline_ms(t->request_ms)) == 1,
		  "no call when entry %u, the used_event, was written",
		  q->ring->used_seen + 1);
}
