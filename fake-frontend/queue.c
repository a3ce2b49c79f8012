/* SPDX-License-Identifier: BSD-3-Clause */
/* queue.c — rings: set up, enabled, kicked, stopped. */
#include "session.h"

#include "base/clock.h"
#include "base/own.h"
#include "honest.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- what is decided ---- */

uint64_t vus_fe_honest_vring_fd_payload(const struct vus_queue *q, uint32_t id)
{
	(void)id;
	return q->index;
}

void vus_fe_honest_place_ring(const struct vus_session *s,
			      const struct vus_queue *q,
			      struct vus_p_vring_addr *ret)
{
	ret->desc = vus_guest_user(&s->guest, q->desc);
	ret->avail = vus_guest_user(&s->guest, q->avail);
	ret->used = vus_guest_user(&s->guest, q->used);
}

uint32_t vus_fe_honest_ring_size(const struct vus_queue *q)
{
	return q->num;
}

bool vus_fe_honest_enable_ring(struct vus_session *s, unsigned index, bool on,
			       struct vus_err *err)
{
	if (!vus_fe_set_state(s, VUS_FE_SET_VRING_ENABLE,
			      s->queues[index].index, on, err))
		return false;
	s->queues[index].enabled = on;
	/* As QEMU does where nothing is acknowledged: a kick that overtook the
	 * message could be thrown away. */
	return (s->pf & PF(REPLY_ACK)) || vus_fe_barrier(s, err);
}

uint32_t vus_fe_honest_stop_num(const struct vus_queue *q)
{
	(void)q;
	return 0;
}

bool vus_fe_honest_add_request(struct vus_session *s, struct vus_queue *q,
			       const struct vus_seg *segs, unsigned nsegs,
			       uint16_t *ret_head, struct vus_err *err)
{
	(void)s;
	return vus_split_add(q->ring, segs, nsegs, ret_head, err);
}

void vus_fe_honest_offer_request(struct vus_queue *q, uint16_t head)
{
	vus_split_put(q->ring, head);
	vus_split_publish(q->ring);
}

/* ---- rings ---- */

bool vus_fe_queue_alloc(struct vus_session *s, unsigned index, unsigned num,
			uint16_t base, struct vus_err *err)
{
	struct vus_queue *q = &s->queues[index];
	struct vus_guest *g = &s->guest;

	q->num = num ? num : s->vq_size;
	q->base = base;
	q->served = false;
	/* The driver's parts lie together, as in most drivers. */
	if (!vus_guest_alloc(g,
			     vus_split_desc_bytes(q->num) +
				     vus_split_avail_bytes(q->num),
			     16, &q->desc, err) ||
	    !vus_guest_alloc(g, vus_split_used_bytes(q->num), 4, &q->used, err))
		return false;
	q->avail = q->desc + vus_split_desc_bytes(q->num);
	vus_event_close(&q->kick);
	vus_event_close(&q->call);
	vus_event_close(&q->err);
	if (!vus_event_open(s->notify, &q->kick, err) ||
	    !vus_event_open(s->notify, &q->call, err) ||
	    !vus_event_open(s->notify, &q->err, err))
		return false;
	if (!q->ring)
		q->ring = calloc(1, sizeof(*q->ring));
	if (!q->ring)
		return vus_fail_sys(err, "memory for a ring");
	vus_fe_queue_reset(s, index, base);
	return true;
}

void vus_fe_queue_reset(struct vus_session *s, unsigned index, uint16_t base)
{
	const struct vus_queue *q = &s->queues[index];
	const struct vus_guest *g = &s->guest;

	vus_split_driver_init(
		q->ring, q->num,
		vus_guest_host(g, q->desc, vus_split_desc_bytes(q->num)),
		vus_guest_host(g, q->avail, vus_split_avail_bytes(q->num)),
		vus_guest_host(g, q->used, vus_split_used_bytes(q->num)), base);
	q->ring->event_idx = s->features & VF(RING_EVENT_IDX);
	vus_fe_queue_watch(s, index);
}

struct vus_frame vus_fe_vring_addr_frame(const struct vus_session *s,
					 unsigned index)
{
	const struct vus_queue *q = &s->queues[index];
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_VRING_ADDR);

	f.body.vring_addr = (struct vus_p_vring_addr){
		.index = q->index,
		.log = q->log,
	};
	s->decide->place_ring(s, q, &f.body.vring_addr);
	return f;
}

bool vus_fe_queue_send_addr(struct vus_session *s, unsigned index,
			    struct vus_err *err)
{
	const struct vus_frame f = vus_fe_vring_addr_frame(s, index);

	return vus_fe_send_acked(s, &f, err);
}

static bool send_vring_fd(struct vus_session *s, uint32_t id,
			  const struct vus_queue *q, int fd,
			  struct vus_err *err)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	f.body.u64.value = s->decide->vring_fd_payload(q, id);
	f.fds[0] = fd;
	f.nfds = 1;
	return vus_fe_send_acked(s, &f, err);
}

/* A message that was sent is known to have been taken, if that matters. */
static bool was_taken(struct vus_session *s, struct vus_err *err)
{
	return !s->careful || (s->pf & PF(REPLY_ACK)) || vus_fe_barrier(s, err);
}

bool vus_fe_queue_send_fds(struct vus_session *s, unsigned index,
			   struct vus_err *err)
{
	const struct vus_queue *q = &s->queues[index];

	return send_vring_fd(s, VUS_FE_SET_VRING_ERR, q, q->err.wr, err) &&
	       was_taken(s, err) &&
	       send_vring_fd(s, VUS_FE_SET_VRING_CALL, q, q->call.wr, err) &&
	       was_taken(s, err) &&
	       send_vring_fd(s, VUS_FE_SET_VRING_KICK, q, q->kick.rd, err) &&
	       was_taken(s, err);
}

bool vus_fe_queue_setup(struct vus_session *s, unsigned index, unsigned num,
			uint16_t base, struct vus_err *err)
{
	struct vus_queue *q = &s->queues[index];

	if (!vus_fe_queue_alloc(s, index, num, base, err) ||
	    !vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index,
			      s->decide->ring_size(q), err) ||
	    !was_taken(s, err) ||
	    !vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index, base, err) ||
	    !was_taken(s, err) || !vus_fe_queue_send_addr(s, index, err) ||
	    !was_taken(s, err) || !vus_fe_queue_send_fds(s, index, err))
		return false;
	q->set_up = true;
	return true;
}

bool vus_fe_queue_enable(struct vus_session *s, unsigned index, bool on,
			 struct vus_err *err)
{
	return s->decide->enable_ring(s, index, on, err);
}

bool vus_fe_queue_stop(struct vus_session *s, unsigned index,
		       uint32_t *ret_base, struct vus_err *err)
{
	struct vus_frame ask = vus_request_frame(VUS_FE, VUS_FE_GET_VRING_BASE);
	VUS_AUTO_FRAME got = { 0 };

	ask.body.vring_state.index = s->queues[index].index;
	ask.body.vring_state.num = s->decide->stop_num(&s->queues[index]);
	if (!vus_fe_request(s, &ask, &got, err))
		return false;
	if (ret_base)
		*ret_base = got.body.vring_state.num;
	return true;
}

bool vus_fe_kick(struct vus_session *s, unsigned index, struct vus_err *err)
{
	struct vus_queue *q = &s->queues[index];
	VUS_AUTO_TEXT note = { 0 };

	if (s->link.trace && s->link.trace->note) {
		vus_text_add(&note, "kick ring %u", index);
		if (q->ring && q->ring->desc) {
			vus_text_add(&note, ": ");
			vus_split_describe(q->ring, &note);
		}
		s->link.trace->note(s->link.trace->ctx, vus_text_str(&note));
	}
	return vus_event_signal(s->queues[index].kick.wr, 1, err);
}

/* Take the call events that are there. */
static void take_calls(struct vus_queue *q)
{
	q->calls += vus_event_drain(q->call.rd, NULL);
}

static bool peer_left(const struct vus_session *s)
{
	struct pollfd fds[2] = {
		{ .fd = s->link.fd, .events = POLLRDHUP },
		{ .fd = s->link.watch_fd, .events = POLLIN },
	};

	return vus_poll(fds, 2, 0) > 0 &&
	       ((fds[0].revents & (POLLRDHUP | POLLHUP)) || fds[1].revents);
}

/* The device's own index of the used ring is read from memory when a ring
 * starts.  One that begins at 0 shows by the value that it writes first. */
bool vus_fe_used_idx_is_unread(const struct vus_split_driver *ring,
			       struct vus_err *err)
{
	const uint16_t in_ring = (uint16_t)(ring->avail_idx - ring->used_seen);
	const uint16_t idx =
		(uint16_t)(ring->used_seen + vus_split_used_pending(ring));

	if (idx == 0 || idx > in_ring ||
	    (uint16_t)(idx - ring->used_seen) <= in_ring)
		return false;
	(void)vus_fail_code(err, VUS_ERR_PROTOCOL, VUS_USED_IDX_UNREAD,
			    "used.idx was %u when the ring started, and is %u",
			    ring->used_seen, idx);
	return true;
}

static bool reap(struct vus_queue *q, struct vus_used *ret)
{
	if (!vus_split_reap(q->ring, ret))
		return false;
	q->served = true;
	take_calls(q);
	if (q->ring->event_idx)
		vus_split_set_used_event(q->ring, q->ring->used_seen);
	return true;
}

/* A ring that served a request before has no excuse. */
static bool fail_wait(const struct vus_queue *q, enum vus_err_kind kind,
		      struct vus_err *err)
{
	if (kind == VUS_ERR_EOF)
		(void)vus_fail(err, kind,
			       "the peer closed the connection with a request "
			       "in hand");
	else
		(void)vus_fail(err, kind,
			       "no used entry on ring %u: used.idx stays %u",
			       q->index, q->ring->used_seen);
	if (err)
		err->lapsed = q->served;
	return false;
}

bool vus_fe_wait_used(struct vus_session *s, unsigned index, uint64_t deadline,
		      struct vus_used *ret, struct vus_err *err)
{
	struct vus_queue *q = &s->queues[index];
	struct pollfd called = { .fd = q->call.rd, .events = POLLIN };
	struct vus_wait w = vus_link_wait(&s->link, deadline);

	for (;;) {
		if (vus_fe_used_idx_is_unread(q->ring, err))
			return false;
		if (reap(q, ret))
			return true;
		if (peer_left(s))
			return fail_wait(q, VUS_ERR_EOF, err);
		/* A lost call is judged in a case of its own. */
		if (!vus_link_wait_again(&w, &called, 1))
			return fail_wait(q, VUS_ERR_TIMEOUT, err);
		take_calls(q);
	}
}

bool vus_fe_ring_is_quiet(struct vus_session *s, unsigned index, unsigned ms)
{
	const struct vus_queue *q = &s->queues[index];
	struct vus_settle v = vus_link_settle(&s->link, ms, true);

	while (vus_split_used_pending(q->ring) == 0)
		if (!vus_settle_again(&v, NULL, 0))
			return true;
	return false;
}

bool vus_fe_fds_are_quiet(const struct vus_session *s, struct pollfd *fds,
			  unsigned n, unsigned ms)
{
	struct vus_settle v = vus_link_settle(&s->link, ms, true);

	while (vus_poll(fds, n, 0) == 0)
		if (!vus_settle_again(&v, fds, n))
			return true;
	return false;
}
