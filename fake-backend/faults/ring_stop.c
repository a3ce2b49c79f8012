/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_stop.c — faults of stopping a ring: the answer, and what stops. */
#include "base/clock.h"
#include "deaf.h"
#include "late.h"
#include "ring.h"

#include <endian.h>
#include <fcntl.h>

/* ---- the answer ---- */

static void tell_next_ring(struct vus_vq *vq, struct vus_p_vring_state *ret)
{
	vus_be_honest.tell_ring_base(vq, ret);
	ret->index++;
}

VUS_BE_FAULT(ring_stop, names_another_ring, .rule = "ring_stop.reply",
	     .says = "answers GET_VRING_BASE with the next ring's index")
{
	decide->tell_ring_base = tell_next_ring;
}

static void tell_one_more(struct vus_vq *vq, struct vus_p_vring_state *ret)
{
	vus_be_honest.tell_ring_base(vq, ret);
	ret->num = (uint16_t)(ret->num + 1);
}

VUS_BE_FAULT(ring_stop, off_by_one, .rule = "ring_stop.split_value",
	     .also = "ring_restart.same_base ring_stop.drain ring_stop.repeat",
	     .says = "answers one more than it has taken")
{
	decide->tell_ring_base = tell_one_more;
}

static void tell_reduced(struct vus_vq *vq, struct vus_p_vring_state *ret)
{
	vus_be_honest.tell_ring_base(vq, ret);
	if (vq->num > 0)
		ret->num %= vq->num;
}

VUS_BE_FAULT(ring_stop, reduced, .rule = "ring_stop.split_value",
	     .also = "ring_restart.same_base ring_base.any_16bit",
	     .says = "answers its position modulo the ring's size")
{
	decide->tell_ring_base = tell_reduced;
}

/* What a ring went through. */
struct past {
	bool ran;     /* at all */
	bool stopped; /* and did not run since */
	bool served;  /* took a request */
};

static struct past *past_of(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(struct past));
}

static void remember_run(struct vus_vq *vq)
{
	past_of(vq)->ran = true;
	past_of(vq)->stopped = false;
	vus_be_honest.ring_begin(vq);
}

static void tell_once(struct vus_vq *vq, struct vus_p_vring_state *ret)
{
	vus_be_honest.tell_ring_base(vq, ret);
	if (past_of(vq)->stopped)
		ret->num = 0;
	past_of(vq)->stopped = true;
}

VUS_BE_FAULT(ring_stop, second_answer_is_zero, .rule = "ring_stop.repeat",
	     .says = "answers a second GET_VRING_BASE with 0")
{
	vus_fault_remembers(decide);
	decide->ring_begin = remember_run;
	decide->tell_ring_base = tell_once;
}

static void tell_what_ran(struct vus_vq *vq, struct vus_p_vring_state *ret)
{
	vus_be_honest.tell_ring_base(vq, ret);
	if (!past_of(vq)->ran)
		ret->num = 0;
}

VUS_BE_FAULT(ring_stop, unstarted_is_zero, .rule = "ring_stop.repeat",
	     .says = "answers 0 for a ring that never ran")
{
	vus_fault_remembers(decide);
	decide->ring_begin = remember_run;
	decide->tell_ring_base = tell_what_ran;
}

/* ---- no answer ---- */

/* The id of the frame before this one. */
static uint32_t frame_before(const struct vus_be *be,
			     const struct vus_frame *req)
{
	static const char owner;
	uint32_t *id = vus_fault_state(be, &owner, sizeof(*id));
	const uint32_t last = *id;

	*id = req->id;
	return last;
}

static bool all_stopped(const struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].started)
			return false;
	}
	return true;
}

static void tell_and_go_deaf(struct vus_vq *vq, struct vus_p_vring_state *ret)
{
	vus_be_honest.tell_ring_base(vq, ret);
	if (all_stopped(vq->be))
		vus_fault_deafen(vq->be);
}

VUS_BE_FAULT(ring_stop, deaf, .rule = "ring_stop.still_replies",
	     .also = "ring_stop.repeat reply_ack.alive_after_refusal",
	     .says = "answers nothing while all rings are stopped")
{
	vus_fault_may_be_deaf(decide);
	decide->tell_ring_base = tell_and_go_deaf;
}

static bool takes_or_dies_of_haste(struct vus_be *be,
				   const struct vus_frame *req)
{
	if (frame_before(be, req) == VUS_FE_SET_VRING_KICK &&
	    (req->id == VUS_FE_GET_VRING_BASE ||
	     req->id == VUS_FE_SET_MEM_TABLE))
		vus_die();
	return vus_be_honest.takes_frame(be, req);
}

VUS_BE_FAULT(ring_stop, aborts_on_early_stop, .rule = "ring_stop.race_start",
	     .says = "aborts when a stop or a table comes right behind "
		     "SET_VRING_KICK")
{
	vus_fault_remembers(decide);
	decide->takes_frame = takes_or_dies_of_haste;
}

static bool takes_early_stop(struct vus_be *be, const struct vus_frame *req)
{
	if (frame_before(be, req) == VUS_FE_SET_VRING_KICK &&
	    req->id == VUS_FE_GET_VRING_BASE)
		vus_fault_deafen(be);
	return vus_fault_hears(be, req);
}

VUS_BE_FAULT(ring_stop, early_stop_locks_up, .rule = "ring_stop.race_start",
	     .says = "answers nothing after a stop right behind "
		     "SET_VRING_KICK")
{
	vus_fault_remembers(decide);
	decide->takes_frame = takes_early_stop;
}

static bool takes_one_stop(struct vus_be *be, const struct vus_frame *req)
{
	if (frame_before(be, req) == req->id &&
	    req->id == VUS_FE_GET_VRING_BASE)
		vus_fault_deafen(be);
	return vus_fault_hears(be, req);
}

VUS_BE_FAULT(ring_stop, second_is_mute, .rule = "ring_stop.bounded",
	     .also = "ring_stop.repeat",
	     .says = "never answers a GET_VRING_BASE that comes right behind "
		     "another")
{
	vus_fault_remembers(decide);
	decide->takes_frame = takes_one_stop;
}

static enum vus_pop pop_and_remember(struct vus_vq *vq, struct vus_chain *ret,
				     struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	past_of(vq)->served |= pop == VUS_POP_CHAIN;
	return pop;
}

static bool takes_stop_after_request(struct vus_be *be,
				     const struct vus_frame *req)
{
	const struct vus_vq *vq = NULL;

	if (req->id == VUS_FE_GET_VRING_BASE && req->decoded)
		vq = vus_be_vq(be, req->body.vring_state.index);
	if (vq && vq->live && !past_of(vq)->served)
		vus_fault_deafen(be);
	return vus_fault_hears(be, req);
}

VUS_BE_FAULT(ring_stop, waits_for_a_request, .rule = "ring_stop.empty_rx",
	     .says = "does not answer GET_VRING_BASE before the ring has "
		     "had a request")
{
	vus_fault_remembers(decide);
	decide->takes_frame = takes_stop_after_request;
	decide->ring_pop = pop_and_remember;
}

/* ---- what stops ---- */

static void stop_all(struct vus_vq *vq)
{
	struct vus_be *be = vq->be;

	for (unsigned i = 0; i < be->cfg.queues; i++) {
		if (be->vqs[i].started)
			vus_be_honest.ring_stop(&be->vqs[i]);
	}
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(ring_stop, stops_all, .rule = "ring_stop.only_that_ring",
	     .says = "stops every ring when one is stopped")
{
	decide->ring_stop = stop_all;
}

static void stop_and_disable(struct vus_vq *vq)
{
	vus_be_honest.ring_stop(vq);
	vq->enabled = false;
}

VUS_BE_FAULT(ring_stop, disables, .rule = "ring_stop.keeps_enable",
	     .says = "disables a ring when it stops")
{
	decide->ring_stop = stop_and_disable;
}

static void stop_and_keep_descriptors(struct vus_vq *vq)
{
	/* Lost sight of, and open. */
	vq->kick = vq->call = -1;
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(ring_stop, keeps_descriptors, .rule = "ring_stop.fds_dropped",
	     .also = "fds.disconnect_releases",
	     .says = "never closes the descriptors of a stopped ring")
{
	decide->ring_stop = stop_and_keep_descriptors;
}

static void stop_and_keep_kick(struct vus_vq *vq)
{
	vq->kick = -1;
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(ring_stop, keeps_kick, .rule = "ring_stop.fds_dropped",
	     .also = "fds.disconnect_releases",
	     .says = "never closes the kick descriptor of a stopped ring")
{
	decide->ring_stop = stop_and_keep_kick;
}

/* Serve a stopped ring, and come back while it stays so. */
static void run_stopped(struct vus_vq *vq, __attribute__((unused)) int *fd)
{
	if (vq->live)
		return;
	if (vq->mapped && !vq->broken) {
		vq->budget = 1;
		vq->be->cfg.device->kick(vq->be, vq);
	}
	vus_fault_plan(vq, run_stopped, -1);
}

static void stop_and_run(struct vus_vq *vq)
{
	if (vq->live)
		vus_fault_plan(vq, run_stopped, -1);
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(
	ring_stop, goes_on, .rule = "ring_stop.stops",
	.also = "ring_stop.no_late_write ring_stop.drain ring_stop.fds_dropped "
		"ring_stop.enable_after ring_restart.needs_kick",
	.says = "looks at a stopped ring again, late")
{
	vus_fault_plans(decide);
	decide->ring_stop = stop_and_run;
}

/* The head of the request that was taken at the stop. */
static uint16_t *head_taken(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(uint16_t));
}

static void give_back(struct vus_vq *vq, __attribute__((unused)) int *fd)
{
	if (vq->mapped)
		vus_split_push(&vq->ring, *head_taken(vq), 0);
}

static void stop_and_complete(struct vus_vq *vq)
{
	struct vus_chain chain;

	vq->budget = 1;
	if (vq->live && vq->mapped && vus_vq_pop(vq, &chain)) {
		*head_taken(vq) = chain.head;
		vus_fault_plan(vq, give_back, -1);
	}
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(ring_stop, completes_late, .rule = "ring_stop.drain",
	     .also = "ring_stop.stops ring_stop.no_late_write",
	     .says = "answers with a request in hand, which it completes "
		     "later")
{
	vus_fault_plans(decide);
	decide->ring_stop = stop_and_complete;
}

static void write_used(struct vus_vq *vq, __attribute__((unused)) int *fd)
{
	const struct vus_split_device *r = &vq->ring;

	if (vq->mapped)
		r->used->ring[r->used_idx % r->num].len = htole32(0xa5a5a5a5);
}

static void stop_and_write(struct vus_vq *vq)
{
	if (vq->live)
		vus_fault_plan(vq, write_used, -1);
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(ring_stop, writes_late, .rule = "ring_stop.no_late_write",
	     .also = "ring_stop.drain",
	     .says = "writes into the used ring some time after the stop")
{
	vus_fault_plans(decide);
	decide->ring_stop = stop_and_write;
}

static void stop_and_call(struct vus_vq *vq)
{
	if (vq->live && vq->call >= 0)
		vus_fault_plan(vq, vus_fault_signal,
			       fcntl(vq->call, F_DUPFD_CLOEXEC, 0));
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(ring_stop, calls_late, .rule = "ring_stop.no_late_call",
	     .says = "signals the old call descriptor some time after the "
		     "stop")
{
	vus_fault_plans(decide);
	decide->ring_stop = stop_and_call;
}

static void send_request(struct vus_vq *vq, __attribute__((unused)) int *fd)
{
	struct vus_frame f =
		vus_request_frame(VUS_BE, VUS_BE_CONFIG_CHANGE_MSG);
	struct vus_err err;

	if (vq->be->back.fd >= 0)
		(void)!vus_link_send(&vq->be->back, &f, NULL, vus_now(), &err);
}

static void stop_and_request(struct vus_vq *vq)
{
	if (vq->live && vq->be->back.fd >= 0)
		vus_fault_plan(vq, send_request, -1);
	vus_be_honest.ring_stop(vq);
}

VUS_BE_FAULT(ring_stop, requests_late, .rule = "ring_stop.no_late_request",
	     .says = "sends CONFIG_CHANGE on its channel some time after "
		     "the stop")
{
	vus_fault_plans(decide);
	decide->ring_stop = stop_and_request;
}

static void remember_stop(struct vus_vq *vq)
{
	past_of(vq)->stopped = true;
	vus_be_honest.ring_stop(vq);
}

static enum vus_handled enable_and_restart(struct vus_vq *vq, uint32_t value)
{
	const enum vus_handled handled =
		vus_be_honest.set_ring_enable(vq, value);

	if (value == 1 && past_of(vq)->stopped) {
		vus_vq_start(vq);
		vus_fault_plan(vq, vus_fault_look, -1);
	}
	return handled;
}

VUS_BE_FAULT(ring_stop, enable_restarts, .rule = "ring_stop.enable_after",
	     .also = "ring_restart.needs_kick ring_state.stopped_untouched",
	     .says = "starts a stopped ring when it is enabled")
{
	vus_fault_plans(decide);
	decide->ring_stop = remember_stop;
	decide->set_ring_enable = enable_and_restart;
}
