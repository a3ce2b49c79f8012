/* SPDX-License-Identifier: BSD-3-Clause */
/* steps.c — what several cases do on their way: memory, rings, requests. */
#include "steps.h"

#include "../../harness/base/clock.h"

#include <fcntl.h>
#include <unistd.h>

bool vus_step_need(struct vus_ctx *t, const char *rule, bool ok,
		   const struct vus_err *err)
{
	if (!ok)
		vus_need_failed(t, rule, err, __FILE__, __LINE__);
	return ok;
}

bool vus_step_ours(struct vus_ctx *t, bool ok, const struct vus_err *err)
{
	if (!ok)
		vus_broken(t, err, __FILE__, __LINE__);
	return ok;
}

bool vus_step_memory(struct vus_ctx *t)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	return vus_step_need(
		t,
		s->pf & PF(CONFIGURE_MEM_SLOTS) ? "slot.add" : "mem.table_sets",
		vus_fe_share_memory(s, &err) &&
			((s->pf & PF(REPLY_ACK)) || vus_fe_barrier(s, &err)),
		&err);
}

bool vus_step_enable(struct vus_ctx *t, unsigned queue)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	/* Without bit 30 SET_FEATURES has enabled all rings already: only the
	 * start is waited for. */
	if (!(s->features & VF(PROTOCOL_FEATURES)))
		return vus_step_need(t, "vstate.start_on_kick",
				     (s->pf & PF(REPLY_ACK)) ||
					     vus_fe_barrier(s, &err),
				     &err);
	return vus_step_need(t, "venable.set",
			     vus_fe_queue_enable(s, queue, true, &err), &err);
}

bool vus_step_companions(struct vus_ctx *t)
{
	const struct vus_session *s = vus_fe(t);
	const unsigned first = VUS_MAX_QUEUES - s->ncompanions;

	for (unsigned i = first; i < VUS_MAX_QUEUES; i++) {
		if (!s->queues[i].set_up && !vus_step_ring(t, i, 0, 0))
			return false;
	}
	return true;
}

bool vus_step_ring(struct vus_ctx *t, unsigned queue, unsigned num,
		   uint16_t base)
{
	struct vus_err err = { 0 };

	if (queue == 0 && !vus_step_companions(t))
		return false;
	return vus_step_need(
		       t, "vaddr.set",
		       vus_fe_queue_setup(vus_fe(t), queue, num, base, &err),
		       &err) &&
	       vus_step_enable(t, queue);
}

bool vus_step_num(struct vus_ctx *t, unsigned queue)
{
	struct vus_session *s = vus_fe(t);
	const struct vus_queue *q = &s->queues[queue];
	struct vus_err err = { 0 };

	return vus_step_need(t, "vnum.set",
			     vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index,
					      q->num, &err),
			     &err);
}

bool vus_step_arm(struct vus_ctx *t, unsigned queue)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	return vus_step_num(t, queue) &&
	       vus_step_need(t, "vaddr.set", vus_fe_queue_addr(s, queue, &err),
			     &err) &&
	       /* A kick that overtakes the start may be thrown away. */
	       vus_step_need(t, "vstate.start_on_kick",
			     vus_fe_queue_fds(s, queue, &err) &&
				     ((s->pf & PF(REPLY_ACK)) ||
				      vus_fe_barrier(s, &err)),
			     &err);
}

bool vus_step_rearm(struct vus_ctx *t, unsigned queue, uint16_t base)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	return vus_step_need(t, "vbase.set",
			     vus_fe_set_state(s, VUS_FE_SET_VRING_BASE,
					      s->queues[queue].index, base,
					      &err),
			     &err) &&
	       vus_step_arm(t, queue);
}

bool vus_step_restart(struct vus_ctx *t, unsigned queue, uint16_t base)
{
	return vus_step_rearm(t, queue, base) && vus_step_enable(t, queue);
}

bool vus_step_stoppable(struct vus_ctx *t)
{
	const struct vus_session *s = vus_fe(t);

	if (s->queues[0].set_up)
		return vus_step_restart(t, 0, s->queues[0].base);
	return (s->memory_announced || vus_step_memory(t)) &&
	       vus_step_ring(t, 0, 0, 0);
}

bool vus_step_prepare(struct vus_ctx *t, unsigned queue, uint64_t seed,
		      struct vus_ping *ret, uint16_t *ret_head)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	return vus_step_ours(t, s->driver->ping(s, seed, 0, ret, &err), &err) &&
	       vus_step_ours(t,
			     vus_split_add(s->queues[queue].ring, ret->segs,
					   ret->nsegs, ret_head, &err),
			     &err);
}

bool vus_step_offer(struct vus_ctx *t, unsigned queue, uint64_t seed,
		    struct vus_ping *ret)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	uint16_t head;

	if (!vus_step_prepare(t, queue, seed, ret, &head))
		return false;
	vus_split_put(s->queues[queue].ring, head);
	vus_split_publish(s->queues[queue].ring);
	return vus_step_ours(t, vus_fe_kick(s, queue, &err), &err);
}

bool vus_step_pong(struct vus_ctx *t, const char *rule, unsigned queue,
		   const struct vus_ping *ping)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	struct vus_used used;
	bool ok = vus_fe_wait_used(s, queue, vus_deadline_ms(t->request_ms),
				   &used, &err) &&
		  s->driver->pong(s, ping, used.len, &err);

	if (!ok && err.kind == VUS_ERR_SYSTEM)
		return vus_step_ours(t, false, &err);
	return vus_check(t, rule, ok, "the request is served", __FILE__,
			 __LINE__, "%s", err.text);
}

bool vus_step_until_used(struct vus_ctx *t, unsigned queue, uint16_t idx,
			 struct vus_err *err)
{
	const struct vus_session *s = vus_fe(t);
	const struct vring_used *used = s->queues[queue].ring->used;
	struct vus_wait w =
		vus_link_wait(&s->link, vus_deadline_ms(t->request_ms));

	while (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) != idx)
		/* The call may be suppressed, and is not ours to take. */
		if (!vus_link_wait_goes_on(&w, NULL, 0))
			return vus_fail(err, VUS_ERR_TIMEOUT,
					"used.idx stays %u, and is not %u",
					used->idx, idx);
	return true;
}

bool vus_step_is_called(const struct vus_ctx *t, unsigned queue)
{
	const struct vus_session *s = vus_fe(t);
	struct pollfd p = { .fd = s->queues[queue].call.rd, .events = POLLIN };

	return vus_link_poll(&s->link, &p, 1, vus_deadline_ms(t->request_ms)) ==
	       1;
}

bool vus_step_ping(struct vus_ctx *t, const char *rule, unsigned queue,
		   uint64_t seed)
{
	struct vus_err err = { 0 };
	bool ok = vus_fe_ping_on(vus_fe(t), queue, seed, &err);

	if (!ok && err.kind == VUS_ERR_SYSTEM)
		return vus_step_ours(t, false, &err);
	return vus_check(t, rule, ok, "the request is served", __FILE__,
			 __LINE__, "%s", err.text);
}

bool vus_probe_pipe(int *ret_rd, int *ret_wr, struct vus_err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return vus_fail_sys(err, "making a pipe");
	*ret_rd = fds[0];
	*ret_wr = fds[1];
	return true;
}

struct vus_vigil vus_step_release(const struct vus_ctx *t)
{
	return vus_link_vigil(&vus_fe(t)->link, VUS_RELEASE_MS, false);
}

static bool becomes_ready(const struct vus_ctx *t, struct pollfd *p)
{
	struct vus_vigil v = vus_step_release(t);

	while (vus_poll(p, 1, 0) == 0)
		if (!vus_vigil_goes_on(&v, p, 1))
			return false;
	return true;
}

bool vus_pipe_released(const struct vus_ctx *t, int rd)
{
	struct pollfd p = { .fd = rd };

	return becomes_ready(t, &p) && (p.revents & POLLHUP);
}

bool vus_pipe_is_unread(const struct vus_ctx *t, int wr)
{
	struct pollfd p = { .fd = wr };

	return becomes_ready(t, &p) && (p.revents & POLLERR);
}

bool vus_step_is_mute(const struct vus_ctx *t, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return vus_fe_silent(vus_fe(t), &p, 1, t->quiet_ms);
}

bool vus_step_has_time(const struct vus_ctx *t)
{
	return vus_left_ms(t->deadline) > 3 * t->request_ms;
}

uint64_t vus_step_unoffered(uint64_t offered, unsigned from, unsigned to)
{
	for (unsigned bit = from; bit <= to; bit++) {
		if (!(offered & VUS_BIT(bit)))
			return VUS_BIT(bit);
	}
	return 0;
}

struct vus_frame vus_step_region_behind(const struct vus_session *s,
					uint32_t id)
{
	struct vus_frame f = vus_fe_mem_reg(s, id, 0);
	struct vus_p_region *r = &f.body.mem_reg.region;

	r->guest_addr += r->size;
	r->user_addr += r->size;
	return f;
}

struct vus_frame vus_step_asking(uint32_t id, uint64_t value)
{
	struct vus_frame f = vus_request_frame(VUS_FE, id);

	f.flags |= VUS_FLAG_NEED_REPLY;
	f.body.u64.value = value;
	return f;
}

enum vus_outcome vus_step_try(struct vus_ctx *t, const struct vus_frame *frame,
			      const struct vus_twist *twist)
{
	struct vus_session *s = vus_fe(t);
	struct vus_frame f = *frame;

	if (s->pf & PF(REPLY_ACK))
		f.flags |= VUS_FLAG_NEED_REPLY;
	else
		f.flags &= ~VUS_FLAG_NEED_REPLY;
	return vus_fe_try(s, &f, twist, NULL);
}

bool vus_step_told(struct vus_ctx *t, enum vus_outcome outcome)
{
	if (outcome != VUS_SILENT || (vus_fe(t)->pf & PF(REPLY_ACK)))
		return true;
	vus_skip(t, "the back-end does not offer REPLY_ACK, and is silent");
	return false;
}

bool vus_step_counts_rings(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	uint64_t n;

	if (!(s->pf & PF(MQ))) {
		vus_skip(t, "the back-end does not offer REPLY_ACK or MQ");
		return false;
	}
	return vus_check(t, rule,
			 vus_fe_get_u64(s, VUS_FE_GET_QUEUE_NUM, &n, &err),
			 "GET_QUEUE_NUM is answered", __FILE__, __LINE__, "%s",
			 err.text);
}
