/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_stop_busy.c — GET_VRING_BASE at difficult moments: directly after the
 * start, while requests are served, and on a ring without requests. */
#include "fixture/shapes.h"
#include "fixture/rings.h"

#include <string.h>

/* ---- two messages in one write ---- */

/* The bytes of a GET_VRING_BASE for ring 0. */
#define STOP_BYTES (VUS_HEADER_SIZE + 8)

static void stop_bytes(const struct vus_session *s, uint8_t buf[STOP_BYTES])
{
	const uint32_t words[] = { VUS_FE_GET_VRING_BASE, VUS_VERSION, 8,
				   s->queues[0].index, 0 };

	memcpy(buf, words, STOP_BYTES);
}

/* Send `first`, a message of one u64 or vring state, with a GET_VRING_BASE
 * behind it, so that both are there when the peer reads. */
static bool send_with_stop(struct vus_session *s, const struct vus_frame *first,
			   struct vus_err *err)
{
	uint8_t bytes[8 + STOP_BYTES] = { 0 };
	const struct vus_twist both = {
		.set_size = true,
		.size = 8,
		.payload = bytes,
		.payload_len = sizeof(bytes),
	};

	memcpy(bytes, &first->body, 8);
	stop_bytes(s, bytes + 8);
	if (!vus_link_send(&s->link, first, &both,
			   vus_deadline_ms(s->request_ms), err))
		return false;
	if (s->link.trace && s->link.trace->note)
		s->link.trace->note(s->link.trace->ctx,
				    "-> GET_VRING_BASE, in the same write");
	return true;
}

static bool take_base(struct vus_session *s, uint16_t *ret, struct vus_err *err)
{
	VUS_AUTO_FRAME got = { 0 };

	if (!vus_link_recv(&s->link, &got, vus_deadline_ms(s->request_ms), err))
		return false;
	if (got.id != VUS_FE_GET_VRING_BASE || !got.decoded)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"another message came, not the reply to "
				"GET_VRING_BASE");
	*ret = (uint16_t)got.body.vring_state.num;
	return true;
}

/* ---- directly after the start ---- */

/* Set ring 0 up again with a request in it, without SET_VRING_KICK; an event is
 * pending in its kick descriptor. */
static bool lay_ready(struct vus_ctx *t, uint64_t seed)
{
	struct vus_ping ping;

	vus_fe_queue_reset(vus_fe(t), 0, 0);
	return vus_step_ping_offer(t, 0, seed, &ping) &&
	       vus_step_ring_setup_no_kick(t, 0, 0) &&
	       vus_step_ring_enable(t, 0);
}

static bool start_and_stop(struct vus_session *s, bool table,
			   struct vus_err *err)
{
	const struct vus_queue *q = &s->queues[0];
	struct vus_frame kick = vus_vring_fd_frame(s, VUS_FE_SET_VRING_KICK,
						   q->index, q->kick.rd);
	const struct vus_frame memory = vus_fe_mem_table_frame(s);
	uint16_t base;

	kick.flags = VUS_VERSION;
	if (!table)
		return send_with_stop(s, &kick, err) &&
		       take_base(s, &base, err);
	return vus_fe_send_noack(s, &kick, err) &&
	       vus_fe_send_noack(s, &memory, err) &&
	       vus_fe_queue_stop(s, 0, NULL, err);
}

/* "derived": a machine reset sends just this.  Threads that a start wakes must
 * not run when the ring is stopped, or when its memory is unmapped: daemons
 * have crashed there. */
VUS_CASE(start_may_be_followed_at_once,
	 .title = "a stop or a new table directly after a ring's start is safe",
	 .rules = { "ring_stop.race_start" }, .start = VUS_START_MEMORY,
	 .without = PF(CONFIGURE_MEM_SLOTS), .pings = true,
	 .rows = { "get_vring_base", "set_mem_table" })
{
	static const char rule[] = "ring_stop.race_start";
	struct vus_session *s = vus_fe(t);
	struct vus_err err;
	uint64_t cursor;

	VUS_STEP(t, vus_step_setup_companions(t));
	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err);
	cursor = s->guest.cursor;
	for (unsigned i = 0; i <= t->rounds / 100; i++) {
		s->guest.cursor = cursor;
		VUS_STEP(t, lay_ready(t, t->seed + i));
		VUS_CHECK(t, rule, start_and_stop(s, t->row == 1, &err),
			  "GET_VRING_BASE is answered although the ring has "
			  "just started",
			  "in round %u: %s", i, err.text);
	}
	vus_fe_queue_reset(s, 0, 0);
	VUS_STEP(t, vus_step_ring_restart(t, 0, 0));
	VUS_STEP(t, vus_step_ping(t, rule, 0, t->seed));
}

/* ---- while requests are served ---- */

/* Fill ring 0 with requests, and kick; returns how many. */
static unsigned fill_ring(struct vus_ctx *t, uint64_t seed)
{
	struct vus_session *s = vus_fe(t);
	const unsigned n = vus_ring_ping_capacity(t, 0);
	struct vus_ping ping;
	struct vus_err err;
	uint16_t head;

	for (unsigned i = 0; i < n; i++) {
		if (!vus_step_ping_add(t, 0, seed + i, &ping, &head))
			return 0;
		vus_split_put(s->queues[0].ring, head);
	}
	vus_split_publish(s->queues[0].ring);
	return vus_step_setup(t, vus_fe_kick(s, 0, &err), &err) ? n : 0;
}

/* Stop the ring, twice with the second behind the first. */
static bool stop_busy_ring(struct vus_session *s, bool twice,
			   uint16_t *ret_base, struct vus_err *err)
{
	const struct vus_queue *q = &s->queues[0];
	const struct vus_frame ask =
		vus_vring_state_frame(s, VUS_FE_GET_VRING_BASE, q->index, 0);
	uint32_t base;

	if (twice)
		return send_with_stop(s, &ask, err) &&
		       take_base(s, ret_base, err) &&
		       take_base(s, ret_base, err);
	if (!vus_fe_queue_stop(s, 0, &base, err))
		return false;
	*ret_base = (uint16_t)base;
	return true;
}

/* Judge that a ring which restarted at `base`, with used.idx `was`, goes on to
 * `end`. */
static bool check_goes_on(struct vus_ctx *t, uint16_t base, uint16_t was,
			  uint16_t end)
{
	struct vus_err err = { 0 };

	if (vus_step_wait_used_idx(t, 0, end, &err))
		return true;
	if (was != 0 && vus_used_idx(t, 0) == (uint16_t)(end - was))
		(void)vus_fail_code(&err, VUS_ERR_PROTOCOL, VUS_USED_IDX_UNREAD,
				    "used.idx was %u at the restart, and is %u",
				    was, vus_used_idx(t, 0));
	if (err.code == VUS_USED_IDX_UNREAD)
		return vus_step_check_done(t, "ring_restart.same_base", false,
					   &err);
	return vus_check(t, "ring_restart.same_base", false,
			 "all requests complete after a restart at the base "
			 "of the reply",
			 "stopped with requests in the ring at base %u, and "
			 "restarted there: %s",
			 base, err.text);
}

/* "derived": requests that the back-end works on are finished first, the reply
 * waits no longer than that, and the others stay in the ring.  Otherwise a
 * guest that is stopped or reset hangs, and its front-end, too. */
VUS_CASE(
	busy_ring_stops_in_time,
	.title =
		"GET_VRING_BASE is answered while the ring is full of requests",
	.rules = { "ring_stop.bounded", "ring_restart.same_base" },
	.start = VUS_START_RUNNING, .pings = true,
	.rows = { "once", "twice_at_once" })
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	const uint64_t cursor = s->guest.cursor;
	uint16_t base, was, end = ring->used_seen;
	struct vus_err err;

	for (unsigned i = 0; i <= t->rounds / 200; i++) {
		const unsigned n = fill_ring(t, t->seed + i);

		if (n == 0)
			return;
		VUS_CHECK(
			t, "ring_stop.bounded",
			stop_busy_ring(s, t->row == 1, &base, &err),
			"GET_VRING_BASE is answered while requests are pending",
			"with %u requests in the ring: %s", n, err.text);
		end = (uint16_t)(end + n);
		was = vus_used_idx(t, 0);
		VUS_STEP(t, vus_step_ring_restart(t, 0, base));
		VUS_SETUP(t, vus_fe_kick(s, 0, &err), &err);
		VUS_STEP(t, check_goes_on(t, base, was, end));
		while (vus_split_used_pending(ring) > 0)
			vus_reap_all(t, 0);
		s->guest.cursor = cursor;
	}
}

/* ---- on a ring without requests ---- */

static bool stops(struct vus_ctx *t, unsigned queue)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	return vus_check(
		t, "ring_stop.empty_rx",
		vus_fe_queue_stop(s, queue, NULL, &err),
		"GET_VRING_BASE is answered for a ring without requests",
		"ring %u, which was kicked: %s", s->queues[queue].index,
		err.text);
}

/* "derived": a ring that waits for buffers, or for data that would fill them,
 * is stopped without waiting any longer. */
VUS_CASE(ring_that_waits_stops_in_time,
	 .title = "GET_VRING_BASE is answered for a ring without requests",
	 .rules = { "ring_stop.empty_rx" }, .start = VUS_START_RUNNING,
	 .rows = { "requests", "companions" })
{
	struct vus_session *s = vus_fe(t);
	const unsigned n = t->row == 0 ? 1 : s->ncompanions;
	const unsigned first = t->row == 0 ? 0 : VUS_MAX_QUEUES - n;
	struct vus_err err;

	if (n == 0)
		VUS_SKIP(t, "the device has no other rings");
	for (unsigned i = first; i < first + n; i++) {
		VUS_SETUP(t, vus_fe_kick(s, i, &err), &err);
		VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err),
			   &err);
		VUS_STEP(t, stops(t, i));
	}
}
