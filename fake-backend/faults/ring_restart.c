/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_restart.c — faults of starting a stopped ring again. */
#include "ring.h"

/* What a ring went through. */
struct past {
	bool ran, stopped, based;
};

static struct past *past_of(const struct vus_vq *vq)
{
	static const char owner;

	return vus_fault_ring_state(vq, &owner, sizeof(struct past));
}

/* Has it run before?  It has from now on. */
static bool runs_again(const struct vus_vq *vq)
{
	const bool ran = past_of(vq)->ran;

	past_of(vq)->ran = true;
	return ran;
}

static void begin_one_earlier(struct vus_vq *vq)
{
	vus_be_honest.ring_begin(vq);
	if (runs_again(vq))
		vq->ring.last_avail--;
}

VUS_BE_FAULT(ring_restart, repeats_the_last, .rule = "ring_restart.same_base",
	     .also = "ring_restart.kept_base ring_restart.new_base",
	     .says = "takes the last request once more after a restart")
{
	vus_fault_remembers(decide);
	decide->ring_begin = begin_one_earlier;
}

static void tell_and_forget(struct vus_vq *vq, struct vus_p_vring_state *ret)
{
	vus_be_honest.tell_ring_base(vq, ret);
	vq->ring.last_avail = 0;
}

VUS_BE_FAULT(ring_restart, forgets_base, .rule = "ring_restart.kept_base",
	     .also = "ring_stop.repeat",
	     .says = "begins at 0 after a restart without SET_VRING_BASE")
{
	decide->tell_ring_base = tell_and_forget;
}

static enum vus_handled set_first_base(struct vus_vq *vq, uint32_t base)
{
	struct past *past = past_of(vq);

	if (vq->live || base > UINT16_MAX || !past->based) {
		past->based |= !vq->live && base <= UINT16_MAX;
		return vus_be_honest.set_ring_base(vq, base);
	}
	return VUS_OK;
}

VUS_BE_FAULT(ring_restart, first_base_sticks, .rule = "ring_restart.new_base",
	     .says = "ignores SET_VRING_BASE after the first")
{
	vus_fault_remembers(decide);
	decide->set_ring_base = set_first_base;
}

static void begin_signalled(struct vus_vq *vq)
{
	vus_be_honest.ring_begin(vq);
	if (runs_again(vq))
		vq->ring.signalled++;
}

VUS_BE_FAULT(ring_restart, hides_the_first_call, .rule = "ring_restart.notify",
	     .says = "takes the first completion after a restart for "
		     "signalled")
{
	vus_fault_remembers(decide);
	decide->ring_begin = begin_signalled;
}

static void remember_stop(struct vus_vq *vq)
{
	past_of(vq)->stopped = true;
	vus_be_honest.ring_stop(vq);
}

static enum vus_handled start_at_addr(struct vus_vq *vq,
				      const struct vus_p_vring_addr *addr)
{
	const bool live = vq->live;
	const enum vus_handled handled = vus_be_honest.set_ring_addr(vq, addr);

	if (handled == VUS_OK && !live && past_of(vq)->stopped)
		vus_vq_start(vq);
	return handled;
}

VUS_BE_FAULT(ring_restart, starts_at_address, .rule = "ring_restart.needs_kick",
	     .says = "starts a stopped ring at SET_VRING_ADDR")
{
	vus_fault_remembers(decide);
	decide->ring_stop = remember_stop;
	decide->set_ring_addr = start_at_addr;
}
