/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_setup.c — how a ring is set up: size, addresses, order of messages, and
 * index. */
#include "fixture/sessions.h"
#include "fixture/rings.h"
#include "fixture/valid_request.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- size ---- */

/* How many pings a ring of `num` descriptors holds, at most a batch. */
static unsigned pings_in(struct vus_session *s, unsigned num)
{
	const uint64_t cursor = s->guest.cursor;
	struct vus_ping ping;
	struct vus_err err;

	if (!s->driver->ping(s, 0, 0, &ping, &err))
		return 0;
	s->guest.cursor = cursor;
	return VUS_MIN(num / ping.nsegs, VUS_BATCH_MAX);
}

/* "VHOST_USER_SET_VRING_NUM": the size of the ring.  Available and used
 * ring wrap there, and not before: enough requests are served for three rounds.
 */
static const unsigned sizes[] = { 4, 16, 256, 1024 };

VUS_CASE(ring_wraps_at_its_size,
	 .title = "a ring of any usual size wraps where SET_VRING_NUM says",
	 .rules = { "ring_size.set" }, .start = VUS_START_MEMORY, .pings = true,
	 .rows = { "4", "16", "256", "1024" })
{
	struct vus_session *s = vus_fe(t);
	const unsigned num = sizes[t->row];
	const unsigned batch = pings_in(s, num);

	if (batch == 0)
		VUS_SKIP(t,
			 "a request of this device takes more than %u "
			 "descriptors",
			 num);
	VUS_STEP(t, vus_step_ring_setup(t, 0, num, 0));
	for (unsigned n = 0; n < 3 * num; n += batch) {
		VUS_STEP(t, vus_step_ping_batch(t, "ring_size.set", 0, batch,
						t->seed + n));
	}
}

/* "derived": a size that is accepted runs; a back-end may have a smaller limit.
 * The indexes wrap during the requests. */
static const unsigned large_sizes[] = { 4096, 32768 };

VUS_CASE(large_ring_runs_or_is_refused,
	 .title = "a very large ring that is not refused runs",
	 .rules = { "ring_size.max" }, .start = VUS_START_MEMORY, .pings = true,
	 .rows = { "4096", "32768" })
{
	const unsigned num = large_sizes[t->row];
	struct vus_session *s = vus_fe(t);
	struct vus_frame f;
	struct vus_err err;

	VUS_STEP(t, vus_step_setup_companions(t));
	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, num, (uint16_t)(num - 2), &err),
		  &err);
	f = vus_vring_state_frame(s, VUS_FE_SET_VRING_NUM, s->queues[0].index,
				  num);
	if (vus_step_is_accepted(t, "ring_size.max", &f) &&
	    vus_step_ring_restart(t, 0, (uint16_t)(num - 2)))
		(void)vus_step_ping_batch(t, "ring_size.max", 0, 4, t->seed);
}

/* Announce an illegal size for a ring, and judge that it does not run.  A
 * back-end may refuse it at once, or when the other messages come, or not serve
 * the ring.  To serve it is a breach: indexes from the driver would be taken
 * modulo that number. */
static bool check_not_run(struct vus_ctx *t, const char *rule, uint32_t num)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_queue *q = &s->queues[0];
	struct vus_ping ping;
	struct vus_frame f;
	struct vus_err err;

	if (!vus_step_setup_companions(t) ||
	    !vus_step_setup(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err))
		return false;
	f = vus_vring_state_frame(s, VUS_FE_SET_VRING_NUM, q->index, num);
	return vus_step_is_accepted(t, rule, &f) &&
	       vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index, 0, &err) &&
	       vus_fe_queue_send_addr(s, 0, &err) &&
	       vus_fe_queue_send_fds(s, 0, &err) &&
	       (!(s->features & VF(PROTOCOL_FEATURES)) ||
		vus_fe_queue_enable(s, 0, true, &err)) &&
	       vus_step_ping_offer(t, 0, t->seed, &ping) &&
	       vus_check(t, rule, vus_fe_ring_is_quiet(s, 0, t->quiet_ms),
			 "a ring of that size does not run",
			 "a request was served in a ring of %u descriptors",
			 num);
}

/* The same, and a ring of a legal size does. */
static void check_illegal_size(struct vus_ctx *t, const char *rule,
			       uint32_t num)
{
	(void)check_not_run(t, rule, num);
	(void)!vus_step_control_anew(t, 0);
}

/* virtio, "Virtqueues": a split ring's size is a power of 2.  Where it is not,
 * slots no longer follow each other when the index goes from 65535 to 0. */
static const uint32_t odd_sizes[] = { 3, 5, 255, 1000 };

VUS_CASE(size_is_a_power_of_two,
	 .title = "a split ring whose size is no power of 2 does not run",
	 .rules = { "ring_size.split_pow2" }, .start = VUS_START_MEMORY,
	 .pings = true, .rows = { "3", "5", "255", "1000" })
{
	check_illegal_size(VUS_AT(t), "ring_size.split_pow2",
			   odd_sizes[t->row]);
}

VUS_CASE(size_is_not_zero, .title = "a ring of size 0 does not run",
	 .rules = { "ring_size.zero" }, .start = VUS_START_MEMORY,
	 .pings = true)
{
	check_illegal_size(VUS_AT(t), "ring_size.zero", 0);
}

/* virtio, "Virtqueues": the largest size is 32768.  One that is cut to 16 bits
 * looks valid. */
static const uint32_t huge_sizes[] = { 32769, 65536, 65536 + 256, UINT32_MAX };

VUS_CASE(size_is_at_most_32768,
	 .title = "a ring of more than 32768 descriptors does not run",
	 .rules = { "ring_size.too_big" }, .start = VUS_START_MEMORY,
	 .pings = true, .rows = { "32769", "65536", "65792", "all_ones" })
{
	check_illegal_size(VUS_AT(t), "ring_size.too_big", huge_sizes[t->row]);
}

/* ---- addresses ---- */

/* "VHOST_USER_SET_VRING_ADDR": each part of the ring has an address of its own.
 * Here they are in the reverse of the usual order, with gaps between them. */
VUS_CASE(parts_lie_anywhere,
	 .title = "descriptors, available and used ring may lie in any order",
	 .rules = { "ring_addr.set" }, .start = VUS_START_MEMORY, .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_STEP(t, vus_step_setup_companions(t));
	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err);
	VUS_SETUP(t, vus_ring_reallocate(s, 0, 0, &err), &err);
	VUS_STEP(t, vus_step_ring_restart(t, 0, 0));
	VUS_STEP(t, vus_step_ping(t, "ring_addr.set", 0, t->seed));
}

/* The same message replaces earlier addresses: a driver that resets its ring
 * after a first run may allocate it elsewhere. */
VUS_CASE(last_addresses_count,
	 .title = "a ring that was stopped may be moved before it starts again",
	 .rules = { "ring_addr.set" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	const uint16_t base = 3;
	struct vus_err err;

	VUS_STEP(t, vus_step_ping_and_stop(t, 1, NULL));
	VUS_SETUP(t, vus_ring_reallocate(vus_fe(t), 0, base, &err), &err);
	VUS_STEP(t, vus_step_ring_restart(t, 0, base));
	VUS_STEP(t, vus_step_ping(t, "ring_addr.set", 0, t->seed + 1));
}

/* "Migration": SET_VRING_ADDR is sent again to a running ring to switch the
 * logging of its used ring.  Nothing else changes. */
VUS_CASE(same_addresses_change_nothing,
	 .title = "sending a running ring's addresses again changes nothing",
	 .rules = { "ring_addr.live_same" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PREREQ(t, "ring_state.enabled_runs",
		   vus_fe_ping(s, 0, t->seed, &err), &err);
	for (unsigned round = 1; round <= 3; round++) {
		VUS_CHECK(t, "ring_addr.live_same",
			  vus_fe_queue_send_addr(s, 0, &err),
			  "the same addresses are accepted while the ring runs",
			  "the same addresses for a running ring: %s",
			  err.text);
		VUS_STEP(t, vus_step_ping_once(t, "ring_addr.live_same", 0,
					       t->seed + round));
	}
}

/* ---- order ---- */

/* Letters of the messages that set a ring up. */
static const struct {
	char letter;
	uint32_t id;
} ring_messages[] = {
	{ 'N', VUS_FE_SET_VRING_NUM },    { 'B', VUS_FE_SET_VRING_BASE },
	{ 'A', VUS_FE_SET_VRING_ADDR },   { 'K', VUS_FE_SET_VRING_KICK },
	{ 'C', VUS_FE_SET_VRING_CALL },   { 'R', VUS_FE_SET_VRING_ERR },
	{ 'E', VUS_FE_SET_VRING_ENABLE },
};

static bool send_part(struct vus_session *s, char letter, struct vus_err *err)
{
	const struct vus_msg *msg;
	struct vus_frame f;
	unsigned i = 0;

	while (ring_messages[i].letter != letter)
		i++;
	msg = vus_msg_find(VUS_FE, ring_messages[i].id);
	if (msg->needs_vf & ~s->features)
		return true;
	f = vus_valid_ring_request(s, &s->queues[0], msg->id);
	return vus_fe_send_acked(s, &f, err);
}

/* No heading names an order for these messages, and front-ends differ.  Each
 * is first once, and late once; the first kick is written after all of them. */
static const char *const orders[] = { "NBARCKE", "KCRNBAE", "ENBARCK",
				      "ANBKECR", "BANRCEK", "CKREABN" };

VUS_CASE(set_up_order_is_free,
	 .title = "a ring runs in whatever order its set-up messages came",
	 .rules = { "ring_state.any_order" }, .start = VUS_START_MEMORY,
	 .pings = true,
	 .rows = { "usual", "descriptors_first", "enable_first",
		   "addresses_first", "base_first", "size_last" })
{
	struct vus_session *s = vus_fe(t);
	const char *order = orders[t->row];
	struct vus_err err;

	VUS_STEP(t, vus_step_setup_companions(t));
	VUS_SETUP(t, vus_fe_queue_alloc(s, 0, 0, 0, &err), &err);
	for (unsigned i = 0; order[i]; i++)
		VUS_CHECK(t, "ring_state.any_order",
			  send_part(s, order[i], &err),
			  "each message is accepted in this order",
			  "in the order %s: %s", order, err.text);
	/* A kick that is seen before SET_VRING_ENABLE may be discarded. */
	VUS_CHECK(
		t, "ring_state.any_order", vus_fe_barrier(s, &err),
		"the session is alive after the ring was set up in this order",
		"in the order %s: %s", order, err.text);
	VUS_STEP(t, vus_step_ping(t, "ring_state.any_order", 0, t->seed));
}

/* ---- index ---- */

/* Does the message hold no more than a byte of an index? */
static bool has_byte_index(const struct vus_msg *msg)
{
	return vus_payload_ring(msg->request)->as == VUS_AS_VRING;
}

/* The first index that certainly names no ring.  Network back-ends count pairs
 * of rings, so an unknown device may have twice as many; without MQ only an
 * index that no descriptor message can hold is certainly too large. */
static bool first_bad_index(struct vus_session *s, uint64_t *ret,
			    struct vus_err *err)
{
	*ret = 256;
	if (!(s->pf & PF(MQ)))
		return true;
	if (!vus_fe_get_u64(s, VUS_FE_GET_QUEUE_NUM, ret, err))
		return false;
	if (!s->driver || s->ncompanions > 0)
		*ret *= 2;
	return true;
}

/* The indexes that are tried with one message, in this order: those that no
 * descriptor message can hold, whose low bits are 0 or all set; then those just
 * too large, and the largest of a byte. */
#define WORDS       4
#define BAD_INDEXES (WORDS + 3)

static unsigned bad_indexes(uint64_t first, bool byte,
			    uint64_t ret[BAD_INDEXES])
{
	const uint64_t indexes[BAD_INDEXES] = { 256,        65536, 0x80000000,
						UINT32_MAX, first, first + 1,
						UINT8_MAX };
	unsigned n = 0;

	for (unsigned i = byte ? WORDS : 0; i < BAD_INDEXES; i++) {
		if (indexes[i] >= first &&
		    (i < WORDS || indexes[i] <= UINT8_MAX))
			ret[n++] = indexes[i];
	}
	return n;
}

static struct vus_frame indexed_frame(const struct vus_session *s,
				      const struct vus_msg *msg, uint64_t index)
{
	const struct vus_queue *q = &s->queues[0];
	struct vus_frame f;

	if (has_byte_index(msg))
		return vus_vring_fd_frame(s, msg->id, index,
					  msg->ring_fd == VUS_RING_FD_KICK
						  ? q->kick.rd
						  : q->call.wr);
	if (msg->request == &vus_payload_vring_addr) {
		f = vus_vring_addr_frame(s, 0);
		f.body.vring_addr.index = (uint32_t)index;
		return f;
	}
	return vus_vring_state_frame(s, msg->id, (uint32_t)index,
				     msg->value == VUS_VALUE_RING_SIZE ? q->num
								       : 0);
}

/* A ring index selects an entry of a table in the back-end: one that is too
 * large must be refused in every message, and must not reach another ring.
 * libvhost-user checked it in some messages only.  "Multiple queue support"
 * limits the front-end to the reported number, and not the back-end: one that
 * has 256 rings, all that a descriptor message can name, as DPDK has, does no
 * harm.  GET_VRING_BASE cannot be refused in its reply: the back-end may close,
 * or not answer. */
VUS_CASE(ring_index_is_bounded,
	 .title = "a message about a ring that does not exist is refused",
	 .rules = { "ring_state.index_out_of_range",
		    "ring_state.index_beyond_count" },
	 .start = VUS_START_RUNNING,
	 .rows = { "set_vring_num", "set_vring_addr", "set_vring_base",
		   "get_vring_base", "set_vring_kick", "set_vring_call",
		   "set_vring_err", "set_vring_enable" })
{
	const struct vus_msg *msg = vus_msg_by_name(VUS_FE, t->c->rows[t->row]);
	const bool asks = msg->answer == VUS_ANSWER_OWN;
	struct vus_session *s = vus_fe(t);
	uint64_t first, indexes[BAD_INDEXES];
	struct vus_err err;
	unsigned n;

	if (s->driver)
		VUS_PREREQ(t, "ring_state.enabled_runs",
			   vus_fe_ping(s, 0, t->seed, &err), &err);
	VUS_PREREQ(t, "multiqueue.get_reply", first_bad_index(s, &first, &err),
		   &err);
	n = bad_indexes(first, has_byte_index(msg), indexes);
	if (n == 0)
		VUS_SKIP(t, "every index that the message holds is a ring's");
	for (unsigned i = 0; i < n; i++) {
		const struct vus_frame f = indexed_frame(s, msg, indexes[i]);
		const enum vus_outcome outcome =
			vus_fe_classify(s, &f, NULL, NULL);
		const bool fits = indexes[i] <= UINT8_MAX;
		char what[64];

		(void)snprintf(what, sizeof(what), "%s for ring %" PRIu64,
			       msg->name, indexes[i]);
		if (!asks && !vus_step_observable(t, outcome))
			return;
		VUS_EXPECT(t,
			   outcome == VUS_ACCEPTED && fits
				   ? "ring_state.index_beyond_count"
				   : "ring_state.index_out_of_range",
			   outcome,
			   VUS_REFUSED | VUS_CLOSED | (asks ? VUS_SILENT : 0),
			   what);
		if (outcome == VUS_CLOSED &&
		    vus_fe_reconnect(t, "ring_state.index_out_of_range",
				     VUS_START_RUNNING) != VUS_RECONNECT_OK)
			return;
	}
	if (s->driver)
		VUS_STEP(t, vus_step_ping(t, "ring_state.index_out_of_range", 0,
					  t->seed));
}
