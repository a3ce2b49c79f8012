/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_state.c — faults of a ring's states. */
#include "late.h"
#include "ring.h"

/* ---- the index ---- */

static struct vus_vq *ring_modulo(struct vus_be *be, uint64_t index)
{
	return &be->vqs[index % be->cfg.queues];
}

VUS_BE_FAULT(ring_state, index_wraps, .rule = "ring_state.index_out_of_range",
	     .also = "ring_state.index_beyond_count",
	     .says = "takes a ring index modulo the number of rings")
{
	decide->ring_of = ring_modulo;
}

static struct vus_vq *ring_or_spare(struct vus_be *be, uint64_t index)
{
	if (index >= be->cfg.queues && index <= UINT8_MAX)
		return &be->vqs[VUS_BE_MAX_QUEUES - 1];
	return vus_be_honest.ring_of(be, index);
}

VUS_BE_FAULT(ring_state, has_spare_rings,
	     .rule = "ring_state.index_beyond_count",
	     .says = "takes messages about 256 rings, whatever number it "
		     "tells")
{
	decide->ring_of = ring_or_spare;
}

static bool may_run_with_ring_zero(const struct vus_vq *vq)
{
	return vq->be->vqs[0].started && vus_be_honest.ring_may_run(vq);
}

VUS_BE_FAULT(ring_state, needs_ring_zero, .rule = "ring_state.sparse",
	     .also = "multiqueue.limit_usable",
	     .says = "runs no ring unless ring 0 runs")
{
	decide->ring_may_run = may_run_with_ring_zero;
}

/* ---- taking descriptors ---- */

static bool drops_early_call(struct vus_vq *vq, uint32_t *num)
{
	if (vq->num == 0) {
		vus_fd_close(&vq->kick);
		vus_fd_close(&vq->call);
	}
	return vus_be_honest.takes_ring_size(vq, num);
}

VUS_BE_FAULT(ring_state, drops_early_call, .rule = "ring_state.any_order",
	     .says = "forgets descriptors that came before SET_VRING_NUM")
{
	decide->takes_ring_size = drops_early_call;
}

static void set_err_and_break(struct vus_vq *vq, int fd)
{
	vus_be_honest.set_err(vq, fd);
	vq->broken |= vq->live;
}

VUS_BE_FAULT(ring_state, new_err_breaks, .rule = "ring_state.change_live",
	     .says = "serves a ring no more when its error descriptor "
		     "changes under way")
{
	decide->set_err = set_err_and_break;
}

/* What a ring went through. */
struct past {
	bool kicked, ran, stopped;
};

static struct past *past_of(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(struct past));
}

/* ---- starting ---- */

static void lose_first_kick(struct vus_vq *vq, uint64_t value)
{
	if (past_of(vq)->kicked)
		vus_be_honest.ring_kicked(vq, value);
	past_of(vq)->kicked = true;
}

VUS_BE_FAULT(
	ring_state, first_kick_is_lost, .rule = "ring_state.start_on_kick",
	.also = "ring_state.enabled_runs ring_state.any_order "
		"ring_state.sparse "
		"ring_state.pending_at_enable ring_enable.before_start "
		"ring_size.set ring_addr.set ring_base.set ring_base.any_16bit",
	.says = "does nothing upon a ring's first kick")
{
	vus_fault_remembers(decide);
	decide->ring_kicked = lose_first_kick;
}

static void start_at_once(struct vus_vq *vq)
{
	vq->started = true;
}

/* Nobody kicks it. */
static bool is_polled_while_running(const struct vus_vq *vq)
{
	return vus_vq_running(vq) || vus_be_honest.ring_is_polled(vq);
}

VUS_BE_FAULT(ring_state, begins_started, .rule = "ring_state.initial",
	     .also = "ring_state.stopped_untouched",
	     .says = "has its rings started from the beginning")
{
	decide->ring_cleared = start_at_once;
	decide->ring_is_polled = is_polled_while_running;
}

static void remember_run(struct vus_vq *vq)
{
	past_of(vq)->ran = true;
	vus_be_honest.ring_begin(vq);
}

static enum vus_handled enable_and_start(struct vus_vq *vq, uint32_t value)
{
	const enum vus_handled handled =
		vus_be_honest.set_ring_enable(vq, value);

	if (value == 1 && !past_of(vq)->ran) {
		vus_vq_start(vq);
		vus_fault_plan(vq, vus_fault_look, -1);
	}
	return handled;
}

VUS_BE_FAULT(ring_state, starts_at_enable,
	     .rule = "ring_state.stopped_untouched",
	     .also = "ring_state.initial ring_stop.enable_after",
	     .says = "starts a ring that was never kicked when it is "
		     "enabled")
{
	vus_fault_plans(decide);
	decide->ring_begin = remember_run;
	decide->set_ring_enable = enable_and_start;
}

/* ---- running ---- */

static enum vus_pop give_back_unread(struct vus_vq *vq, struct vus_chain *ret,
				     struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	if (pop != VUS_POP_CHAIN)
		return pop;
	vus_be_honest.ring_push(vq, ret, 0);
	return VUS_POP_NONE;
}

VUS_BE_FAULT(ring_state, executes_nothing, .rule = "ring_state.enabled_runs",
	     .says = "gives requests back as they came")
{
	decide->ring_pop = give_back_unread;
}

static bool never_runs(__attribute__((unused)) const struct vus_vq *vq)
{
	return false;
}

/* All else is as it should be: what only shows that something did not happen
 * passes here.  ci/run_inert.py sees that nothing does. */
VUS_BE_FAULT(
	ring_state, serves_nothing, .rule = "ring_state.enabled_runs",
	.also = "ring_state.start_on_kick status.no_driver_ok_dependency "
		"ring_fds.call_late blk.seg_max split_ring.indirect.one_slot",
	.says = "negotiates, acknowledges, and never looks at a ring")
{
	decide->ring_may_run = never_runs;
}

static bool runs_disabled(__attribute__((unused)) const struct vus_vq *vq)
{
	return true;
}

VUS_BE_FAULT(
	ring_state, runs_while_disabled,
	.rule = "ring_state.disabled_no_effect",
	.also = "ring_enable.set ring_enable.before_start ring_enable.per_ring "
		"features.with_bit30_no_enable reset_device.disables_rings",
	.says = "executes requests of disabled rings")
{
	decide->ring_runs_disabled = runs_disabled;
}

static enum vus_handled enable_without_look(struct vus_vq *vq, uint32_t value)
{
	const enum vus_handled handled =
		vus_be_honest.set_ring_enable(vq, value);

	if (value == 1)
		vq->look = false;
	return handled;
}

VUS_BE_FAULT(ring_state, enable_needs_another_kick,
	     .rule = "ring_state.pending_at_enable",
	     .says = "does not look at a ring when it is enabled")
{
	decide->set_ring_enable = enable_without_look;
}
