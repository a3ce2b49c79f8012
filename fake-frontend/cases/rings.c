/* SPDX-License-Identifier: BSD-3-Clause */
/* rings.c — messages, ring memory and requests of cases about rings. */
#include "rings.h"

#include <endian.h>

/* ---- messages ---- */

static struct vus_frame request(const struct vus_session *s, uint32_t id)
{
	const struct vus_msg *msg = vus_msg_find(VUS_FE, id);
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	if ((s->pf & PF(REPLY_ACK)) &&
	    vus_msg_answer(msg, s->pf) == VUS_ANSWER_ACK)
		f.flags |= VUS_FLAG_NEED_REPLY;
	return f;
}

struct vus_frame vus_ring_state(const struct vus_session *s, uint32_t id,
				uint32_t index, uint32_t num)
{
	struct vus_frame f = request(s, id);

	f.body.vring_state.index = index;
	f.body.vring_state.num = num;
	return f;
}

struct vus_frame vus_ring_event(const struct vus_session *s, uint32_t id,
				uint64_t word, int fd)
{
	struct vus_frame f = request(s, id);

	f.body.vring_fd.value = word;
	f.fds[0] = fd;
	f.nfds = fd >= 0;
	return f;
}

struct vus_frame vus_ring_addr(const struct vus_session *s, unsigned queue)
{
	struct vus_frame f = vus_fe_vring_addr(s, queue);

	f.flags = request(s, f.id).flags;
	return f;
}

/* ---- ring memory ---- */

bool vus_ring_move(struct vus_session *s, unsigned queue, uint16_t base,
		   struct vus_err *err)
{
	const uint64_t page = 4096;
	struct vus_queue *q = &s->queues[queue];
	struct vus_guest *g = &s->guest;

	if (!vus_guest_alloc(g, vus_split_used_bytes(q->num), page, &q->used,
			     err) ||
	    !vus_guest_alloc(g, vus_split_avail_bytes(q->num), page, &q->avail,
			     err) ||
	    !vus_guest_alloc(g, vus_split_desc_bytes(q->num), page, &q->desc,
			     err))
		return false;
	vus_fe_queue_rewind(s, queue, base);
	return true;
}

void vus_ring_blank(struct vus_session *s, unsigned queue, uint16_t from,
		    unsigned n)
{
	const struct vus_queue *q = &s->queues[queue];

	for (unsigned i = 0; i < n; i++)
		q->ring->used->ring[(uint16_t)(from + i) % q->num].id =
			htole32(VUS_RING_UNUSED);
}

/* ---- messages that set a ring up ---- */

bool vus_step_unkicked(struct vus_ctx *t, unsigned queue, uint16_t base)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_queue *q = &s->queues[queue];
	const struct vus_frame call =
		vus_ring_event(s, VUS_FE_SET_VRING_CALL, q->index, q->call.wr);
	struct vus_err err;

	return vus_step_num(t, queue) &&
	       vus_step_need(t, "vbase.set",
			     vus_fe_set_state(s, VUS_FE_SET_VRING_BASE,
					      q->index, base, &err),
			     &err) &&
	       vus_step_need(t, "vaddr.set", vus_fe_queue_addr(s, queue, &err),
			     &err) &&
	       vus_step_need(t, "vfd.replace", vus_fe_send(s, &call, &err),
			     &err);
}

bool vus_step_taken(struct vus_ctx *t, const char *rule,
		    const struct vus_frame *frame)
{
	const enum vus_outcome outcome =
		vus_fe_try(vus_fe(t), frame, NULL, NULL);

	return vus_expect(t, rule, outcome, VUS_ORDERLY,
			  vus_msg_find(frame->channel, frame->id)->name,
			  __FILE__, __LINE__) &&
	       !(outcome & (VUS_REFUSED | VUS_CLOSED));
}

/* ---- requests ---- */

struct batch {
	struct vus_ping pings[VUS_BATCH_MAX];
	uint16_t heads[VUS_BATCH_MAX];
	bool done[VUS_BATCH_MAX];
	unsigned n;
};

/* The next used entry is that of a ping in hand, and the ping is done. */
static bool take_one(struct vus_session *s, unsigned queue, struct batch *b,
		     struct vus_err *err)
{
	const unsigned slot =
		s->queues[queue].ring->used_seen % s->queues[queue].num;
	struct vus_used used;

	if (!vus_split_reap(s->queues[queue].ring, &used))
		return vus_fail(err, VUS_ERR_PROTOCOL, "used.idx went back");
	for (unsigned i = 0; i < b->n; i++) {
		if (b->done[i] || b->heads[i] != used.id)
			continue;
		b->done[i] = true;
		return s->driver->pong(s, &b->pings[i], used.len, err);
	}
	if (used.id == VUS_RING_UNUSED)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"used.idx covers slot %u, which was not "
				"written",
				slot);
	return vus_fail(err, VUS_ERR_PROTOCOL,
			"used slot %u names descriptor %u, which heads no "
			"request in hand",
			slot, used.id);
}

static bool take_all(struct vus_ctx *t, unsigned queue, struct batch *b,
		     struct vus_err *err)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_split_driver *ring = s->queues[queue].ring;

	if (!vus_step_until_used(t, queue, (uint16_t)(ring->used_seen + b->n),
				 err))
		return false;
	for (unsigned i = 0; i < b->n; i++) {
		if (!take_one(s, queue, b, err))
			return false;
	}
	return true;
}

bool vus_step_batch(struct vus_ctx *t, const char *rule, unsigned queue,
		    unsigned n, uint64_t seed)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[queue].ring;
	const uint64_t cursor = s->guest.cursor;
	struct vus_err err = { 0 };
	struct batch b = { .n = n };

	vus_ring_blank(s, queue, ring->used_seen, n);
	for (unsigned i = 0; i < n; i++) {
		if (!vus_step_prepare(t, queue, seed + i, &b.pings[i],
				      &b.heads[i]))
			return false;
		vus_split_put(ring, b.heads[i]);
	}
	vus_split_publish(ring);
	if (!vus_fe_kick(s, queue, &err)) {
		vus_broken(t, &err, __FILE__, __LINE__);
		return false;
	}
	if (!vus_check(t, rule, take_all(t, queue, &b, &err),
		       "each request comes back once", __FILE__, __LINE__, "%s",
		       err.text))
		return false;
	s->guest.cursor = cursor;
	return true;
}

bool vus_step_once(struct vus_ctx *t, const char *rule, unsigned queue,
		   uint64_t seed)
{
	const struct vus_split_driver *ring = vus_fe(t)->queues[queue].ring;

	bool quiet;

	if (!vus_step_ping(t, rule, queue, seed))
		return false;
	quiet = vus_fe_quiet(vus_fe(t), queue, t->quiet_ms);
	return vus_check(t, rule, quiet, "one used entry for one request",
			 __FILE__, __LINE__,
			 "one request was offered, and %u used entries came",
			 1 + vus_split_used_pending(ring));
}

bool vus_step_serve_and_stop(struct vus_ctx *t, unsigned n, uint32_t *ret_base)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	for (unsigned i = 0; i < n; i++)
		if (!vus_step_need(t, "vstate.enabled_runs",
				   vus_fe_ping_on(s, 0, t->seed + i, &err),
				   &err))
			return false;
	return vus_step_need(t, "vstop.reply",
			     vus_fe_queue_stop(s, 0, ret_base, &err), &err);
}

/* ---- watching ---- */

static bool behind_a_barrier(struct vus_ctx *t)
{
	struct vus_err err = { 0 };

	return vus_step_need(t, "feat.get_any_time",
			     vus_fe_barrier(vus_fe(t), &err), &err);
}

bool vus_step_idle(struct vus_ctx *t, const char *rule, unsigned queue,
		   const char *what)
{
	if (!behind_a_barrier(t))
		return false;
	return vus_check(t, rule, vus_fe_quiet(vus_fe(t), queue, t->quiet_ms),
			 "the ring stays idle", __FILE__, __LINE__, "%s", what);
}

enum vus_fate vus_step_fate(struct vus_ctx *t, unsigned queue,
			    const struct vus_ping *ping)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	struct vus_used used;

	if (s->driver->silent) {
		vus_skip(t, "memory does not show what this device executed");
		return VUS_FATE_UNKNOWN;
	}
	if (!behind_a_barrier(t))
		return VUS_FATE_UNKNOWN;
	if (vus_fe_quiet(s, queue, t->quiet_ms) ||
	    !vus_fe_wait_used(s, queue, vus_now(), &used, &err))
		return VUS_FATE_WAITS;
	if (s->driver->pong(s, ping, used.len, &err))
		return VUS_FATE_EXECUTED;
	vus_note(t, "ring %u gave a request back without effect: %s", queue,
		 err.text);
	return VUS_FATE_RETURNED;
}

bool vus_step_unexecuted(struct vus_ctx *t, const char *rule, unsigned queue,
			 const struct vus_ping *ping, const char *what)
{
	const enum vus_fate fate = vus_step_fate(t, queue, ping);

	return fate != VUS_FATE_UNKNOWN &&
	       vus_check(t, rule, fate != VUS_FATE_EXECUTED,
			 "the request is not executed", __FILE__, __LINE__,
			 "%s", what);
}
