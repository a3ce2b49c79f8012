/* SPDX-License-Identifier: BSD-3-Clause */
/* split_ring.c — the indexes and entries of the available and the used ring. */
#include "fixture/shapes.h"

#include "base/rand.h"

#include <inttypes.h>
#include <string.h>

/* virtio 2.7.8: the used entry's id is the head of the chain, as in the
 * available ring.  The chain here does not begin at descriptor 0, and its slot
 * is not the number of its head. */
VUS_CASE(used_entry_names_the_chain_head,
	 .title = "a used entry names the head of its chain",
	 .rules = { "split_ring.used.id_head" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping unused, ping;
	uint16_t first, head;
	struct vus_used used;
	struct vus_err err;

	/* Takes the first descriptors, and is never offered. */
	VUS_STEP(t, vus_step_ping_add(t, 0, t->seed, &unused, &first));
	VUS_STEP(t, vus_step_ping_add(t, 0, t->seed + 1, &ping, &head));
	VUS_STEP(t, vus_step_offer_head(t, 0, head));
	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms), &used,
				    &err),
		   &err);
	VUS_CHECK(t, "split_ring.used.id_head", used.id == head,
		  "the used entry names the head of the chain",
		  "the used entry names descriptor %u, not the head %u",
		  used.id, head);
}

/* Pings by the head of their chain. */
#define BY_HEAD_MAX 64

struct by_head {
	struct vus_ping ping[BY_HEAD_MAX];
	bool out[BY_HEAD_MAX];
};

/* Make `n` pings available by one update of the index, and kick once.  `ret`
 * may be NULL. */
static bool send_batch(struct vus_ctx *t, unsigned n, uint64_t seed,
		       struct by_head *ret)
{
	struct vus_session *s = vus_fe(t);
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head;

	for (unsigned i = 0; i < n; i++) {
		if (!vus_step_ping_add(t, 0, seed + i, &ping, &head))
			return false;
		if (ret) {
			ret->ping[head] = ping;
			ret->out[head] = true;
		}
		vus_split_put(s->queues[0].ring, head);
	}
	vus_split_publish(s->queues[0].ring);
	return vus_step_setup(t, vus_fe_kick(s, 0, &err), &err);
}

/* virtio 2.7.13: all heads that one update of idx exposes are processed after
 * a single kick. */
VUS_CASE(one_kick_serves_a_batch,
	 .title = "one kick serves all requests that are available",
	 .rules = { "split_ring.avail.batch" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	const unsigned most = vus_ring_ping_capacity(t, 0);
	const unsigned batches[] = { 1, 2, most / 2, most };
	uint16_t idx = vus_used_idx(t, 0);
	struct vus_err err;

	for (size_t i = 0; most > 0 && i < VUS_COUNT(batches); i++) {
		VUS_STEP(t, send_batch(t, batches[i], t->seed + 100 * i, NULL));
		idx = (uint16_t)(idx + batches[i]);
		VUS_CHECK(t, "split_ring.avail.batch",
			  vus_step_wait_used_idx(t, 0, idx, &err),
			  "one kick serves all requests that are available",
			  "one kick for %u requests: %s", batches[i], err.text);
		vus_reap_all(t, 0);
	}
}

/* The same, for more requests than a back-end may take at a time before it
 * looks at its other work. */
#define LONG_BATCH 64
#define LONG_MOST  400

static const unsigned long_sizes[] = { 256, 1024 };

VUS_CASE(one_kick_serves_a_long_batch,
	 .title = "one kick serves hundreds of requests",
	 .rules = { "split_ring.avail.batch" }, .start = VUS_START_MEMORY,
	 .pings = true, .rows = { "ring_of_256", "ring_of_1024" })
{
	struct vus_err err;
	unsigned n;

	VUS_STEP(t, vus_step_ring_setup(t, 0, long_sizes[t->row], 0));
	VUS_STEP(t, vus_step_control(t, 0));
	n = VUS_MIN(vus_ring_ping_capacity(t, 0), LONG_MOST);
	if (n <= LONG_BATCH)
		VUS_SKIP(t, "the ring has room for %u requests", n);
	VUS_STEP(t, send_batch(t, n, t->seed, NULL));
	VUS_CHECK(t, "split_ring.avail.batch",
		  vus_step_wait_used_idx(t, 0, (uint16_t)(1 + n), &err),
		  "one kick serves all requests that are available",
		  "one kick for %u requests: %s", n, err.text);
}

/* virtio 2.7.13.3: no request is lost, repeated or delayed when the index goes
 * from 65535 to 0. */
VUS_CASE(indexes_wrap_at_65536,
	 .title = "requests are served across the wrap of the ring indexes",
	 .rules = { "split_ring.avail.wrap_65536" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	VUS_STEP(t, vus_step_ring_setup(t, 0, 8, 65530));
	for (unsigned i = 0; i < 24; i++)
		VUS_STEP(t, vus_step_ping(t, "split_ring.avail.wrap_65536", 0,
					  t->seed + i));
}

/* virtio 2.7 and 2.7.6: a ring has a power of 2 of descriptors, at most 32768,
 * and the slot of an entry is its index modulo that number.  Three rounds
 * and one request; of a large ring the end of a round.  Sizes that a back-end
 * must refuse are judged in ring_setup.c. */
#define SIZES_LAPS_UP_TO 64

static const unsigned sizes[] = { 1, 2, 4, 8, 64, 256, 1024, 32768 };

VUS_CASE(rings_of_any_size_are_served,
	 .title = "a slot is the index modulo the ring's size, whatever it is",
	 .rules = { "split_ring.avail.free_running" },
	 .start = VUS_START_MEMORY, .pings = true,
	 .rows = { "1", "2", "4", "8", "64", "256", "1024", "32768" })
{
	const unsigned num = sizes[t->row];
	const bool laps = num <= SIZES_LAPS_UP_TO;
	const unsigned n = laps ? 3 * num + 1 : 48;
	struct vus_ping ping;
	struct vus_err err;

	VUS_SETUP(t,
		  vus_fe(t)->driver->ping(vus_fe(t), t->seed, 0, &ping, &err),
		  &err);
	if (ping.nsegs > num)
		VUS_SKIP(t, "a request needs %u descriptors", ping.nsegs);
	VUS_STEP(t, vus_step_ring_setup(t, 0, num,
					laps ? 0 : (uint16_t)(2 * num - 24)));
	for (unsigned i = 0; i < n; i++)
		VUS_STEP(t, vus_step_ping(t, "split_ring.avail.free_running", 0,
					  t->seed + i));
}

/* virtio 2.7.13: "the 16-bit idx value can always distinguish between a full
 * and empty buffer".  Requests of several segments take one descriptor each
 * through indirect tables (2.7.5.3). */
VUS_CASE(full_ring_is_served,
	 .title = "a ring full of requests before the first kick is served",
	 .rules = { "split_ring.avail.full" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	const unsigned num = 8;
	struct vus_shape shape;
	struct vus_table table;
	struct vus_err err;

	VUS_STEP(t, vus_step_ring_setup(t, 0, num, 0));
	for (unsigned i = 0; i < num; i++) {
		VUS_STEP(t, vus_shape_ping(t, t->seed + i, &shape));
		if (shape.n == 1) {
			VUS_SETUP(t,
				  vus_split_add(vus_fe(t)->queues[0].ring,
						shape.segs, 1, &table.head,
						&err),
				  &err);
		} else if (!vus_step_require_feature(t, VF(RING_INDIRECT_DESC),
						     "RING_INDIRECT_DESC") ||
			   !vus_step_table_build(t, 0, &shape, shape.n,
						 &table)) {
			return;
		} else {
			vus_table_write(t, 0, &table);
		}
		vus_split_put(vus_fe(t)->queues[0].ring, table.head);
	}
	vus_split_publish(vus_fe(t)->queues[0].ring);
	VUS_SETUP(t, vus_fe_kick(vus_fe(t), 0, &err), &err);
	VUS_STEP(t, vus_step_check_done(
			    t, "split_ring.avail.full",
			    vus_step_wait_used_idx(t, 0, (uint16_t)num, &err),
			    &err));
}

/* ---- every request once ---- */

#define ONCE_NUM   16 /* at most BY_HEAD_MAX */
#define ONCE_BATCH 4

/* virtio 2.7.13 and 2.7.8: each entry is taken once, and comes back once, in
 * any order. */
VUS_CASE(every_request_comes_back_once,
	 .title = "each of many requests comes back once",
	 .rules = { "split_ring.avail.each_once", "split_ring.used.once" },
	 .start = VUS_START_MEMORY, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_rand rand = { t->seed };
	struct by_head sent = { 0 };
	struct vus_used used;
	struct vus_err err;

	VUS_STEP(t, vus_step_ring_setup(t, 0, ONCE_NUM, 0));
	for (unsigned done = 0; done < t->rounds && vus_step_has_time(t);) {
		const uint64_t cursor = s->guest.cursor;
		const unsigned n =
			1 + (unsigned)vus_rand_below(&rand, ONCE_BATCH);

		VUS_STEP(t, send_batch(t, n, t->seed + done, &sent));
		for (unsigned i = 0; i < n; i++, done++) {
			VUS_STEP(t,
				 vus_step_check_done(
					 t, "split_ring.avail.each_once",
					 vus_fe_wait_used(
						 s, 0,
						 vus_deadline_ms(t->request_ms),
						 &used, &err),
					 &err));
			VUS_CHECK(t, "split_ring.used.once",
				  used.id < ONCE_NUM && sent.out[used.id],
				  "each used entry names a request that is "
				  "pending",
				  "a used entry names descriptor %u, where no "
				  "request is pending",
				  used.id);
			sent.out[used.id] = false;
			VUS_PREREQ(t, "ring_state.enabled_runs",
				   s->driver->pong(s, &sent.ping[used.id],
						   used.len, &err),
				   &err);
		}
		s->guest.cursor = cursor;
	}
}

/* virtio 2.7.8: entries are put at consecutive slots from used.idx on.  The
 * other slots keep the marks that we wrote there. */
VUS_CASE(used_entries_fill_consecutive_slots,
	 .title = "a used entry is written at used.idx modulo the ring's size",
	 .rules = { "split_ring.used.slot" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	enum { NUM = 8, BASE = 65533, LAPS = 3 };
	struct vus_split_driver *ring;
	struct vus_used used;
	struct vus_err err;

	VUS_STEP(t, vus_step_ring_setup(t, 0, NUM, BASE));
	ring = vus_fe(t)->queues[0].ring;
	memset(ring->used->ring, 0xff, NUM * sizeof(ring->used->ring[0]));
	for (unsigned i = 0; i < LAPS * NUM; i++) {
		const unsigned slot = (uint16_t)(BASE + i) % NUM;

		VUS_STEP(t, send_batch(t, 1, t->seed + i, NULL));
		VUS_STEP(t,
			 vus_step_prereq(
				 t, "ring_state.enabled_runs",
				 vus_step_wait_used_idx(
					 t, 0, (uint16_t)(BASE + i + 1), &err),
				 &err));
		for (unsigned k = 0; k < NUM; k++)
			VUS_CHECK(t, "split_ring.used.slot",
				  (ring->used->ring[k].id != UINT32_MAX) ==
					  (k == slot),
				  "the used entry is written at used.idx "
				  "modulo the ring's size, and no other",
				  "slot %u is %s, and the entry belongs to "
				  "slot %u",
				  k, k == slot ? "unchanged" : "written", slot);
		(void)vus_split_reap(ring, &used);
		ring->used->ring[slot].id = UINT32_MAX;
	}
}

/* virtio 2.7.8: used entries are requests that were made available before. */
VUS_CASE(used_index_never_leads,
	 .title = "the used index never passes the available index",
	 .rules = { "split_ring.used.not_ahead" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	const struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	struct vus_err err;

	for (unsigned i = 1; i <= 32; i++) {
		VUS_STEP(t, send_batch(t, 1, t->seed + i, NULL));
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_step_wait_used(t, 0, &err), &err);
		VUS_CHECK(t, "split_ring.used.not_ahead",
			  vus_split_used_pending(ring) == 1,
			  "the used index does not pass the available index",
			  "used.idx is %u, and avail.idx %u",
			  vus_used_idx(t, 0), ring->avail_idx);
		vus_reap_all(t, 0);
	}
}

/* virtio 2.7.6: the available ring "is only written by the driver". */
VUS_CASE(available_ring_is_only_read,
	 .title = "the device does not write to the available ring",
	 .rules = { "split_ring.avail.read_only" },
	 .start = VUS_START_CONNECTED, .pings = true,
	 .rows = { "flags", "event_idx" })
{
	const uint64_t off = t->row == 0 ? VF(RING_EVENT_IDX) : 0;
	struct vus_split_driver *ring;
	struct vus_err err;

	if (!vus_step_negotiate(t, off) ||
	    (!off &&
	     !vus_step_require_feature(t, VF(RING_EVENT_IDX), "EVENT_IDX")) ||
	    !vus_step_ring_setup(t, 0, 8, 0))
		return;
	ring = vus_fe(t)->queues[0].ring;
	for (unsigned i = 1; i <= 3 * ring->num; i++) {
		VUS_AUTO_SNAPSHOT snapshot = { 0 };
		struct vus_ping ping;
		uint16_t head;
		size_t at;

		VUS_STEP(t, vus_step_ping_add(t, 0, t->seed + i, &ping, &head));
		vus_split_put(ring, head);
		vus_split_publish(ring);
		vus_snapshot_take(&snapshot, ring->avail,
				  vus_split_avail_bytes(ring->num));
		VUS_SETUP(t, vus_fe_kick(vus_fe(t), 0, &err), &err);
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_step_wait_used_idx(t, 0, (uint16_t)i, &err),
			   &err);
		at = vus_snapshot_diff(&snapshot);
		VUS_CHECK(t, "split_ring.avail.read_only", at == snapshot.len,
			  "the device does not write to the available ring",
			  "byte %zu of the available ring was changed", at);
		vus_reap_all(t, 0);
	}
}

/* virtio 2.7 names 16, 2 and 4 bytes as alignment of the three parts.  They
 * have no better alignment here. */
VUS_CASE(least_alignment_is_enough,
	 .title = "ring parts aligned to 16, 2 and 4 bytes are accepted",
	 .rules = { "split_ring.layout.min_align" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	const unsigned num = 16;
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_err err;
	uint64_t page;

	VUS_STEP(t, vus_step_setup_companions(t));
	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, num, 0, &err), &err);
	VUS_SETUP(t, vus_guest_alloc(&s->guest, 3 * 4096, 4096, &page, &err),
		  &err);
	q->desc = page + 16;
	q->avail = page + 4096 + 2;
	q->used = page + 8192 + 4;
	vus_fe_queue_reset(s, 0, 0);
	VUS_PREREQ(t, "ring_size.set",
		   vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index, q->num,
				    &err),
		   &err);
	VUS_PREREQ(
		t, "ring_base.set",
		vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index, 0, &err),
		&err);
	VUS_CHECK(t, "split_ring.layout.min_align",
		  vus_fe_queue_send_addr(s, 0, &err),
		  "SET_VRING_ADDR with the least alignment is accepted",
		  "descriptors at 0x%" PRIx64 ", available ring at 0x%" PRIx64
		  ", used ring at 0x%" PRIx64 ": %s",
		  q->desc, q->avail, q->used, err.text);
	VUS_STEP(t, vus_step_ring_restart(t, 0, 0));
	for (unsigned i = 0; i < 2 * num; i++)
		VUS_STEP(t, vus_step_ping(t, "split_ring.layout.min_align", 0,
					  t->seed + i));
}
