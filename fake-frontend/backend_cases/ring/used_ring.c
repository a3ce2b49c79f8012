/* SPDX-License-Identifier: BSD-3-Clause */
/* used_ring.c — used lengths, the order of writes, and the bounds of the used
 * ring. */
#include "fixture/shapes.h"

#include "base/rand.h"

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define POISON 0xffffffffu

/* Send a shape and take its used entry. */
static bool serve_shape(struct vus_ctx *t, const struct vus_shape *shape,
			struct vus_used *ret)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	if (!vus_step_shape_offer(t, 0, shape, NULL))
		return false;
	if (vus_fe_wait_used(s, 0, vus_deadline_ms(t->request_ms), ret, &err))
		return true;
	vus_prereq_failed(t, "ring_state.enabled_runs", &err);
	return false;
}

/* virtio 2.7.8.2: a device has written at least the first len bytes of the
 * writable buffers, so len is at most their size. */
VUS_CASE(used_length_fits_the_buffers,
	 .title = "a used length is no larger than the writable buffers",
	 .rules = { "split_ring.used.len_cap" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(VERSION_1), .pings = true)
{
	struct vus_shape shape;
	struct vus_used used;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	VUS_STEP(t, serve_shape(t, &shape, &used));
	VUS_CHECK(t, "split_ring.used.len_cap",
		  used.len <= vus_shape_writable(&shape),
		  "the used length is at most the size of the writable buffers",
		  "the used length is %u, in buffers of %u bytes", used.len,
		  vus_shape_writable(&shape));
}

/* virtio 2.7.8: len is "the total of bytes written into the buffer".  Less is
 * tolerated ("permitted to be an underestimate"), but breaks drivers. */
VUS_CASE(used_length_counts_what_was_written,
	 .title = "a used length is the number of bytes that were written",
	 .rules = { "split_ring.used.len_exact" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(VERSION_1), .devices = "blk invert", .pings = true)
{
	struct vus_shape shape;
	struct vus_used used;
	struct vus_err err;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	VUS_STEP(t, serve_shape(t, &shape, &used));
	VUS_PREREQ(
		t, "ring_state.enabled_runs",
		vus_fe(t)->driver->pong(vus_fe(t), &shape.ping, used.len, &err),
		&err);
	VUS_CHECK(t, "split_ring.used.len_exact",
		  used.len == vus_shape_writable(&shape),
		  "the used length is the number of bytes that were written",
		  "the used length is %u, and %u bytes were written", used.len,
		  vus_shape_writable(&shape));
}

/* virtio 2.7.8.2: a request without writable buffers has no byte to count. */
VUS_CASE(used_length_of_nothing_is_zero,
	 .title = "a request without writable buffers comes back with length 0",
	 .rules = { "split_ring.used.len_zero" }, .start = VUS_START_RUNNING,
	 .needs_vf = VF(VERSION_1), .devices = "invert", .pings = true)
{
	struct vus_shape shape;
	struct vus_used used;

	VUS_STEP(t, vus_shape_ping(t, t->seed, &shape));
	while (shape.n > 1 && shape.segs[shape.n - 1].write)
		shape.n--;
	VUS_STEP(t, serve_shape(t, &shape, &used));
	VUS_CHECK(t, "split_ring.used.len_zero", used.len == 0,
		  "the used length of a request without writable buffers is 0",
		  "the used length is %u, and no byte is writable", used.len);
}

/* Have a request served whose writable bytes were filled from `seed`; *ret_was
 * and *ret_is are these bytes before and after. */
static bool serve_prefilled(struct vus_ctx *t, uint64_t seed,
			    struct vus_used *ret, uint8_t **ret_was,
			    uint8_t **ret_is)
{
	struct vus_session *s = vus_fe(t);
	struct vus_shape shape;
	struct vus_err err;
	uint32_t len;

	if (!vus_shape_ping(t, t->seed, &shape))
		return false;
	len = vus_shape_writable(&shape);
	vus_shape_prefill(t, &shape, seed);
	*ret_was = malloc(len);
	*ret_is = malloc(len);
	if (!*ret_was || !*ret_is)
		abort();
	vus_shape_gather(t, &shape, *ret_was);
	if (!serve_shape(t, &shape, ret))
		return false;
	vus_shape_gather(t, &shape, *ret_is);
	ret->len = VUS_MIN(ret->len, len); /* more is split_ring.used.len_cap */
	if (s->driver->pong(s, &shape.ping, ret->len, &err))
		return true;
	vus_prereq_failed(t, "ring_state.enabled_runs", &err);
	return false;
}

static void drop(uint8_t **p)
{
	free(*p);
}
#define AUTO_BYTES __attribute__((cleanup(drop))) uint8_t *

/* virtio 2.7.8.2: the device has written at least len bytes, from the first
 * writable one on.  The same request is made twice over different bytes: a
 * byte that did not change either time was not written. */
VUS_CASE(used_length_is_no_overestimate,
	 .title = "as many bytes were written as the used length says",
	 .rules = { "split_ring.used.len_not_over" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(VERSION_1),
	 .devices = "blk invert", .pings = true)
{
	AUTO_BYTES was_a = NULL;
	AUTO_BYTES is_a = NULL;
	AUTO_BYTES was_b = NULL;
	AUTO_BYTES is_b = NULL;
	struct vus_used a, b;
	uint32_t len, i;

	VUS_STEP(t, serve_prefilled(t, t->seed + 1, &a, &was_a, &is_a));
	VUS_STEP(t, serve_prefilled(t, ~t->seed, &b, &was_b, &is_b));
	len = VUS_MIN(a.len, b.len);
	for (i = 0; i < len; i++)
		if (was_a[i] != was_b[i] && is_a[i] == was_a[i] &&
		    is_b[i] == was_b[i])
			break;
	VUS_CHECK(t, "split_ring.used.len_not_over", i >= len,
		  "at least as many bytes are written as the used length says",
		  "byte %u was not written, and the used length is %u", i, len);
}

/* ---- the order of writes ---- */

#define ORDER_ROUNDS 200

/* The entry before `idx`, read at the moment when used.idx moves there. */
static bool watch_for_used(const struct vus_ctx *t, uint16_t idx,
			   struct vus_used *ret, struct vus_err *err)
{
	const struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	const struct vring_used_elem *e =
		&ring->used->ring[(uint16_t)(idx - 1) % ring->num];

	if (!vus_spin_used_idx(t, 0, idx, err))
		return false;
	ret->id = le32toh(__atomic_load_n(&e->id, __ATOMIC_ACQUIRE));
	ret->len = le32toh(__atomic_load_n(&e->len, __ATOMIC_ACQUIRE));
	return true;
}

/* virtio 2.7.8.2: len is set, and the bytes are written, prior to updating the
 * used idx.  A driver that sees the index sees both. */
VUS_CASE(index_moves_last,
	 .title = "entry and data are written before the used index moves",
	 .rules = { "split_ring.used.len_before_idx",
		    "split_ring.used.data_before_idx" },
	 .start = VUS_START_RUNNING, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[0].ring;
	struct vus_err err = { 0 };

	for (unsigned i = 1; i <= ORDER_ROUNDS; i++) {
		const uint64_t cursor = s->guest.cursor;
		const uint16_t idx = (uint16_t)(ring->used_seen + 1);
		struct vring_used_elem *e =
			&ring->used->ring[ring->used_seen % ring->num];
		struct vus_used used;
		struct vus_ping ping;
		bool done;

		e->id = e->len = POISON;
		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed + i, &ping));
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   watch_for_used(t, idx, &used, &err), &err);
		done = s->driver->pong(s, &ping, used.len, &err);
		VUS_CHECK(t, "split_ring.used.len_before_idx",
			  used.id != POISON && used.len != POISON,
			  "the used entry is written before used.idx moves",
			  "used.idx moved to %u before its entry was written",
			  idx);
		VUS_CHECK(t, "split_ring.used.data_before_idx", done,
			  "the buffers are written before used.idx moves",
			  "when used.idx moved: %s", err.text);
		vus_reap_all(t, 0);
		s->guest.cursor = cursor;
	}
}

/* ---- the bounds of the used ring ---- */

#define GUARD 64

/* virtio 2.7: the used ring has 6 + 8 * size bytes.  The device must not write
 * around it. */
VUS_CASE(nothing_around_the_used_ring_is_written,
	 .title = "no byte before or behind the used ring is written",
	 .rules = { "split_ring.used.bounds" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	const unsigned num = 8;
	const uint64_t bytes = vus_split_used_bytes(num);
	VUS_AUTO_SNAPSHOT before = { 0 };
	VUS_AUTO_SNAPSHOT behind = { 0 };
	struct vus_session *s = vus_fe(t);
	struct vus_queue *q = &s->queues[0];
	struct vus_err err;
	uint64_t place;
	uint8_t *host;

	VUS_STEP(t, vus_step_setup_companions(t));
	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, num, 0, &err), &err);
	VUS_SETUP(
		t,
		vus_guest_alloc(&s->guest, bytes + 2 * GUARD, 16, &place, &err),
		&err);
	host = vus_guest_host(&s->guest, place, bytes + 2 * GUARD);
	vus_rand_fill(t->seed, host, bytes + 2 * GUARD);
	q->used = place + GUARD;
	vus_fe_queue_reset(s, 0, 0);
	vus_snapshot_take(&before, host, GUARD);
	vus_snapshot_take(&behind, host + GUARD + bytes, GUARD);
	VUS_STEP(t, vus_step_ring_restart(t, 0, 0));
	for (unsigned i = 0; i < 3 * num; i++)
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_fe_ping(s, 0, t->seed + i, &err), &err);
	VUS_CHECK(t, "split_ring.used.bounds",
		  vus_snapshot_diff(&before) == GUARD,
		  "nothing before the used ring is written",
		  "%zu bytes before the used ring were written",
		  GUARD - vus_snapshot_diff(&before));
	VUS_CHECK(t, "split_ring.used.bounds",
		  vus_snapshot_diff(&behind) == GUARD,
		  "nothing behind the used ring is written",
		  "byte %zu behind the used ring was written",
		  vus_snapshot_diff(&behind));
}

/* virtio 2.7.8: avail_event is there "only if VIRTIO_F_EVENT_IDX". */
VUS_CASE(avail_event_is_left_alone,
	 .title = "without EVENT_IDX the avail_event word is not written",
	 .rules = { "split_ring.used.event_unasked" },
	 .start = VUS_START_MEMORY, .without_vf = VF(RING_EVENT_IDX),
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring;
	struct vus_err err;
	uint16_t *word;

	VUS_STEP(t, vus_step_ring_setup(t, 0, 8, 0));
	ring = s->queues[0].ring;
	word = (uint16_t *)(void *)&ring->used->ring[ring->num];
	*word = 0x5a5a;
	for (unsigned i = 0; i < 3 * ring->num; i++)
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_fe_ping(s, 0, t->seed + i, &err), &err);
	VUS_CHECK(t, "split_ring.used.event_unasked", *word == 0x5a5a,
		  "the avail_event word is not written",
		  "avail_event holds 0x%04x", *word);
}
