/* SPDX-License-Identifier: BSD-3-Clause */
/* odd_ring.c — rings that seem to be well formed: very long chains, empty
 * buffers, odd flags, a head offered twice, the ring itself as a buffer.
 *
 * A device may serve such a request or not; it must survive it. */
#include "fixture/recovery.h"
#include "fixture/sessions.h"
#include "fixture/shapes.h"

#include "base/rand.h"
#include "ring/split_watch.h"

#include <endian.h>
#include <string.h>

/* ---- very long chains ---- */

/* An indirect table at `gpa` with a chain of `n` buffers of `len` bytes, all at
 * one place: the first is read, the others are written. */
static bool send_long(struct vus_ctx *t, uint32_t n, uint64_t gpa, uint32_t len)
{
	struct vus_session *s = vus_fe(t);
	struct vring_desc *d = &s->queues[0].ring->desc[0];
	const uint64_t bytes = (uint64_t)n * sizeof(*d);
	struct vring_desc *table;
	struct vus_err err;
	uint64_t at;

	if (!vus_step_setup(t, vus_guest_alloc(&s->guest, bytes, 16, &at, &err),
			    &err))
		return false;
	table = vus_guest_host(&s->guest, at, bytes);
	for (uint32_t i = 0; i < n; i++) {
		const bool last = i + 1 == n;

		table[i] = (struct vring_desc){
			.addr = htole64(gpa),
			.len = htole32(i == 0 ? 16 : len),
			.flags = htole16(
				(uint16_t)((i == 0 ? 0 : VRING_DESC_F_WRITE) |
					   (last ? 0 : VRING_DESC_F_NEXT))),
			/* A chain of more than 65535 loops. */
			.next = htole16((uint16_t)(i + 1)),
		};
	}
	*d = (struct vring_desc){ .addr = htole64(at),
				  .len = htole32((uint32_t)bytes),
				  .flags = htole16(VRING_DESC_F_INDIRECT) };
	return vus_step_offer_head(t, 0, 0);
}

/* virtio 2.7.5.3.1: a chain is no longer than the ring, in a table or not. */
static const uint32_t table_sizes[] = { 65, 1024, 1025, 4096, 65536 };

VUS_CASE(chains_longer_than_the_ring_are_survived,
	 .title = "a chain longer than the ring, in a table, harms nothing",
	 .rules = { "split_ring.hardening.chain_too_long", VUS_RECOVERY_RULES },
	 .start = VUS_START_MEMORY, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true, .rows = { "65", "1024", "1025", "4096", "65536" })
{
	struct vus_err err;
	uint64_t gpa;

	VUS_STEP(t, vus_step_ring_setup(t, 0, 64, 0));
	VUS_STEP(t, vus_step_control(t, 0));
	VUS_SETUP(t, vus_guest_alloc(&vus_fe(t)->guest, 16, 16, &gpa, &err),
		  &err);
	VUS_STEP(t, send_long(t, table_sizes[t->row], gpa, 1));
	VUS_STEP(t, vus_step_check_alive(
			    t, "split_ring.hardening.chain_too_long"));
	VUS_STEP(t, vus_step_recovers(t));
}

/* virtio 2.7.5.1: a chain has no more than 2^32 bytes in total.  This one has
 * 600 times 8 MiB. */
VUS_CASE(sums_above_32_bits_are_survived,
	 .title = "buffers of more than 2^32 bytes in one chain harm nothing",
	 .rules = { "split_ring.hardening.sum_2_32", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true)
{
	const uint32_t len = UINT32_C(8) << 20;
	struct vus_err err;
	uint64_t gpa;

	if (t->memory_size < 2 * (uint64_t)len)
		VUS_SKIP(t, "less than 16 MiB of memory");
	VUS_SETUP(t, vus_guest_alloc(&vus_fe(t)->guest, 4096, 4096, &gpa, &err),
		  &err);
	/* Memory from there on is not in use. */
	VUS_STEP(t, send_long(t, 600, len, len));
	VUS_STEP(t, vus_step_check_alive(t, "split_ring.hardening.sum_2_32"));
	VUS_STEP(t, vus_step_recovers(t));
}

/* ---- empty buffers ---- */

enum { EMPTY_FIRST, EMPTY_MIDDLE, EMPTY_LAST, EMPTY_NOWHERE };

VUS_CASE(empty_buffers_are_survived,
	 .title = "a buffer of 0 bytes harms nothing",
	 .rules = { "split_ring.hardening.len_zero", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "first", "middle", "last", "outside_of_memory" })
{
	struct vus_shape shape;
	unsigned at;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	at = t->row == EMPTY_FIRST ? 0 : 1;
	if (t->row == EMPTY_LAST)
		at = shape.n;
	memmove(&shape.segs[at + 1], &shape.segs[at],
		(shape.n - at) * sizeof(shape.segs[0]));
	shape.segs[at] = shape.segs[at == 0 ? 1 : at - 1];
	shape.segs[at].len = 0;
	if (t->row == EMPTY_NOWHERE)
		shape.segs[at].gpa = UINT64_MAX - 1;
	shape.n++;
	VUS_STEP(t, vus_step_shape_offer(t, 0, &shape, NULL));
	VUS_STEP(t, vus_step_check_alive(t, "split_ring.hardening.len_zero"));
	VUS_STEP(t, vus_step_recovers(t));
}

VUS_CASE(rings_of_empty_buffers_are_survived,
	 .title = "a ring full of empty buffers harms nothing",
	 .rules = { "split_ring.hardening.len_zero_many", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "readable", "writable", "readable_loop", "writable_loop" })
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const bool write = t->row % 2, loop = t->row >= 2;

	for (unsigned i = 0; i < ring->num; i++) {
		const uint16_t slot = (uint16_t)i;
		const struct vus_seg seg = { 0, 0, write };

		vus_chain_write_at(ring, &seg, 1, &slot);
		if (!loop && i + 1 == ring->num)
			break;
		ring->desc[i].flags |= htole16(VRING_DESC_F_NEXT);
		ring->desc[i].next = htole16((uint16_t)((i + 1) % ring->num));
	}
	VUS_STEP(t, vus_step_offer_head(t, 0, 0));
	VUS_STEP(t,
		 vus_step_check_alive(t, "split_ring.hardening.len_zero_many"));
	VUS_STEP(t, vus_step_recovers(t));
}

/* ---- flags ---- */

/* virtio 2.7.5 gives a meaning to bits 0, 1 and 2. */
static const uint16_t odd_flags[] = { 1 << 3, 1 << 7, 1 << 8, 1 << 15, 0xfff8 };

VUS_CASE(unknown_flags_are_survived,
	 .title = "descriptor flags without a meaning harm nothing",
	 .rules = { "split_ring.hardening.flags_unknown", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "bit_3", "bit_7", "bit_8", "bit_15", "all" })
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	struct vus_ping ping;
	uint16_t head, d;

	VUS_STEP(t, vus_step_ping_add(t, 0, t->seed, &ping, &head));
	for (d = head;; d = le16toh(ring->desc[d].next)) {
		const uint16_t flags = le16toh(ring->desc[d].flags);

		ring->desc[d].flags |= htole16(odd_flags[t->row]);
		if (!(flags & VRING_DESC_F_NEXT))
			break;
	}
	VUS_STEP(t, vus_step_offer_head(t, 0, head));
	VUS_STEP(t,
		 vus_step_check_alive(t, "split_ring.hardening.flags_unknown"));
	VUS_STEP(t, vus_step_recovers(t));
}

/* virtio 2.7.5.3.1: not both INDIRECT and NEXT. */
VUS_CASE(tables_with_a_next_are_survived,
	 .title = "INDIRECT and NEXT in one descriptor harm nothing",
	 .rules = { "split_ring.hardening.indirect_next", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true, .rows = { "inside", "outside", "writable" })
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const uint16_t more =
		VRING_DESC_F_NEXT | (t->row == 2 ? VRING_DESC_F_WRITE : 0);
	struct vus_shape shape;
	struct vus_table table;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	VUS_STEP(t, vus_step_table_build(t, 0, &shape, shape.n, &table));
	vus_table_write(t, 0, &table);
	ring->desc[table.head].flags |= htole16(more);
	ring->desc[table.head].next =
		htole16(t->row == 1 ? UINT16_MAX : table.head);
	VUS_STEP(t, vus_step_offer_head(t, 0, table.head));
	VUS_STEP(t,
		 vus_step_check_alive(t, "split_ring.hardening.indirect_next"));
	VUS_STEP(t, vus_step_recovers(t));
}

/* ---- the ring as a buffer, and heads offered twice ---- */

/* The device is asked to write its answer over the ring itself. */
VUS_CASE(ring_as_buffer_is_survived,
	 .title = "buffers in the ring's own memory harm nothing else",
	 .rules = { "split_ring.hardening.self_reference", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "descriptors", "available_ring", "used_ring" })
{
	const struct vus_queue *q = &vus_fe(t)->queues[0];
	const uint64_t parts[] = { q->desc, q->avail, q->used };
	struct vus_shape shape;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	for (unsigned i = 0; i < shape.n; i++) {
		if (shape.segs[i].write)
			shape.segs[i].gpa = parts[t->row];
	}
	VUS_STEP(t, vus_step_shape_offer(t, 0, &shape, NULL));
	VUS_STEP(t, vus_step_check_alive(
			    t, "split_ring.hardening.self_reference"));
	VUS_STEP(t, vus_step_recovers(t));
}

/* virtio 2.7.13: a descriptor is free again once its chain has come back. */
VUS_CASE(head_offered_twice_is_survived,
	 .title = "a head in all slots of the ring at once harms nothing",
	 .rules = { "split_ring.hardening.dup_head", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head;

	VUS_STEP(t, vus_step_ping_add(t, 0, t->seed, &ping, &head));
	for (unsigned i = 0; i < s->queues[0].num; i++)
		vus_split_put(s->queues[0].ring, head);
	vus_split_publish(s->queues[0].ring);
	VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
	VUS_STEP(t, vus_step_check_alive(t, "split_ring.hardening.dup_head"));
	VUS_STEP(t, vus_step_recovers(t));
}

/* virtio 2.7.8: only the device writes the used ring.  Its index is that of the
 * device, and so many more. */
static const uint16_t wrong_idx[] = { 1, 64, 32768, 65535 };

VUS_CASE(used_ring_may_be_overwritten,
	 .title = "a driver that writes the used ring harms nothing else",
	 .rules = { "split_ring.hardening.used_tampered", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .pings = true,
	 .rows = { "1", "64", "32768", "65535" })
{
	struct vus_session *s = vus_fe(t);
	struct vring_used *used = s->queues[0].ring->used;
	struct vus_ping ping;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	vus_split_break(s->queues[0].ring);
	vus_rand_fill(t->seed, used->ring,
		      s->queues[0].num * sizeof(used->ring[0]));
	used->idx = htole16(
		(uint16_t)(s->queues[0].ring->used_seen + wrong_idx[t->row]));
	VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
	VUS_STEP(t,
		 vus_step_check_alive(t, "split_ring.hardening.used_tampered"));
	VUS_STEP(t, vus_step_recovers(t));
}

/* ---- other rings and sessions ---- */

#define STORM_MS 2000

/* Kicks come faster than a device can handle them; a message on the socket must
 * be answered nevertheless. */
VUS_CASE(kick_storm_does_not_starve_the_socket,
	 .title = "messages are answered while kicks come without a pause",
	 .rules = { "split_ring.hardening.kick_storm" },
	 .start = VUS_START_RUNNING, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_frame ask =
		vus_request_frame(VUS_FE, VUS_FE_GET_FEATURES);
	VUS_AUTO_FRAME got = { 0 };
	const unsigned ms = VUS_MAX(STORM_MS, t->request_ms);
	uint64_t deadline;
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	for (unsigned i = 0; i < 1000; i++)
		VUS_SETUP(t, vus_event_signal(s->queues[0].kick.wr, 1, &err),
			  &err);
	deadline = vus_deadline_ms(ms);
	VUS_CHECK(t, "split_ring.hardening.kick_storm",
		  vus_link_send(&s->link, &ask, NULL, deadline, &err),
		  "a request is sent while kicks come", "%s", err.text);
	while (vus_poll_one(s->link.fd, POLLIN, 0) == 0 &&
	       vus_remaining_ms(deadline) > 0)
		VUS_SETUP(t, vus_event_signal(s->queues[0].kick.wr, 1, &err),
			  &err);
	VUS_CHECK(t, "split_ring.hardening.kick_storm",
		  vus_link_recv(&s->link, &got, vus_deadline_ms(1), &err),
		  "GET_FEATURES is answered while kicks come",
		  "GET_FEATURES was not answered: %s", err.text);
}

/* A ring that its driver has broken does not affect others: the other ring goes
 * on, or, if the connection was closed, a new one is served. */
VUS_CASE(broken_ring_affects_no_other,
	 .title = "a broken ring does not affect other rings and sessions",
	 .rules = { "split_ring.hardening.isolated", VUS_RECOVERY_RULES },
	 .start = VUS_START_RUNNING, .queues = 2, .pings = true,
	 .rows = { "head", "loop", "index" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_err err = { 0 };
	struct vus_ping ping;
	uint16_t head;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 1, t->seed + 2, &err), &err);
	VUS_STEP(t, vus_step_ping_add(t, 0, t->seed, &ping, &head));
	if (t->row == 0)
		head = (uint16_t)(ring->num + 1);
	ring->desc[head % ring->num].flags |= htole16(VRING_DESC_F_NEXT);
	ring->desc[head % ring->num].next = htole16(head);
	if (t->row == 2)
		ring->avail_idx = (uint16_t)(ring->avail_idx + 1000);
	VUS_STEP(t, vus_step_offer_head(t, 0, head));
	VUS_STEP(t, vus_step_check_alive(t, "split_ring.hardening.isolated"));
	if (vus_fe_barrier(s, &err))
		VUS_STEP(t, vus_step_ping(t, "split_ring.hardening.isolated", 1,
					  t->seed + 1));
	else
		(void)vus_fe_reconnect(t, "split_ring.hardening.isolated",
				       VUS_START_NEGOTIATED);
	VUS_STEP(t, vus_step_recovers(t));
}
