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

/* ---- rings ---- */

bool vus_fe_queue_alloc(struct vus_session *s, unsigned index, unsigned num,
			uint16_t base, struct vus_err *err)
{
	struct vus_queue *q = &s->queues[index];
	struct vus_guest *g = &s->guest;

	q->num = num ? num : s->vq_size;
	q->base = base;
	if (!vus_guest_alloc(g, vus_split_desc_bytes(q->num), 16, &q->desc,
			     err) ||
	    !vus_guest_alloc(g, vus_split_avail_bytes(q->num), 2, &q->avail,
			     err) ||
	    !vus_guest_alloc(g, vus_split_used_bytes(q->num), 4, &q->used, err))
		return false;
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
}

struct vus_frame vus_fe_vring_addr_frame(const struct vus_session *s,
					 unsigned index)
{
	const struct vus_queue *q = &s->queues[index];
	struct vus_frame f = vus_request_frame(VUS_FE, VUS_FE_SET_VRING_ADDR);

	f.body.vring_addr = (struct vus_p_vring_addr){
		.index = q->index,
		.desc = vus_guest_user(&s->guest, q->desc),
		.avail = vus_guest_user(&s->guest, q->avail),
		.used = vus_guest_user(&s->guest, q->used),
		.log = q->log,
	};
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

bool vus_fe_queue_send_fds(struct vus_session *s, unsigned index,
			   struct vus_err *err)
{
	const struct vus_queue *q = &s->queues[index];

	return send_vring_fd(s, VUS_FE_SET_VRING_ERR, q, q->err.wr, err) &&
	       send_vring_fd(s, VUS_FE_SET_VRING_CALL, q, q->call.wr, err) &&
	       send_vring_fd(s, VUS_FE_SET_VRING_KICK, q, q->kick.rd, err);
}

bool vus_fe_queue_setup(struct vus_session *s, unsigned index, unsigned num,
			uint16_t base, struct vus_err *err)
{
	struct vus_queue *q = &s->queues[index];

	if (!vus_fe_queue_alloc(s, index, num, base, err) ||
	    !vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index,
			      s->decide->ring_size(q), err) ||
	    !vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index, base, err) ||
	    !vus_fe_queue_send_addr(s, index, err) ||
	    !vus_fe_queue_send_fds(s, index, err))
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

bool vus_fe_wait_used(struct vus_session *s, unsigned index, uint64_t deadline,
		      struct vus_used *ret, struct vus_err *err)
{
	struct vus_queue *q = &s->queues[index];
	struct pollfd called = { .fd = q->call.rd, .events = POLLIN };
	struct vus_wait w = vus_link_wait(&s->link, deadline);

	for (;;) {
		if (vus_split_reap(q->ring, ret)) {
			take_calls(q);
			if (q->ring->event_idx)
				vus_split_set_used_event(q->ring,
							 q->ring->used_seen);
			return true;
		}
		if (peer_left(s))
			return vus_fail(err, VUS_ERR_EOF,
					"the peer closed the connection with "
					"a request in hand");
		/* A lost call is judged in a case of its own. */
		if (!vus_link_wait_again(&w, &called, 1))
			return vus_fail(err, VUS_ERR_TIMEOUT,
					"no used entry on ring %u: used.idx "
					"stays %u",
					q->index, q->ring->used_seen);
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
