/* SPDX-License-Identifier: BSD-3-Clause */
/* split_notify.c — faults of split rings: calls and kicks. */
#include "split_ring.h"

#include "fake-backend/notify.h"

/* ---- calls ---- */

static bool is_due(const struct vus_vq *vq)
{
	return vq->ring.used_idx != vq->ring.signalled;
}

static bool call_with_event_only(struct vus_vq *vq)
{
	return vus_be_honest.ring_wants_call(vq) && vq->ring.event_idx;
}

VUS_BE_FAULT(split_ring, never_calls, .rule = "split_ring.call.flag_clear",
	     .says = "never signals a completion where EVENT_IDX is off")
{
	decide->ring_wants_call = call_with_event_only;
}

static bool call_whatever_the_flag(struct vus_vq *vq)
{
	const bool due = is_due(vq);
	const bool wanted = vus_be_honest.ring_wants_call(vq);

	return vq->ring.event_idx ? wanted : due;
}

VUS_BE_FAULT(split_ring, ignores_no_interrupt,
	     .rule = "split_ring.call.flag_set",
	     .says = "signals completions in spite of NO_INTERRUPT")
{
	decide->ring_wants_call = call_whatever_the_flag;
}

static bool call_by_event(struct vus_vq *vq)
{
	struct vus_split_device *r = &vq->ring;
	const bool negotiated = r->event_idx;
	bool wanted;

	r->event_idx = true;
	wanted = vus_be_honest.ring_wants_call(vq);
	r->event_idx = negotiated;
	return wanted;
}

VUS_BE_FAULT(split_ring, event_without_idx,
	     .rule = "split_ring.call.used_event_off",
	     .says = "obeys used_event where EVENT_IDX is off")
{
	decide->ring_wants_call = call_by_event;
}

static bool call_whatever_the_event(struct vus_vq *vq)
{
	const bool due = is_due(vq);
	const bool wanted = vus_be_honest.ring_wants_call(vq);

	return vq->ring.event_idx ? due : wanted;
}

VUS_BE_FAULT(split_ring, calls_every_time,
	     .rule = "split_ring.call.event_quiet",
	     .says = "signals every completion whatever used_event says")
{
	decide->ring_wants_call = call_whatever_the_event;
}

static bool call_without_event_only(struct vus_vq *vq)
{
	return vus_be_honest.ring_wants_call(vq) && !vq->ring.event_idx;
}

VUS_BE_FAULT(split_ring, misses_event, .rule = "split_ring.call.event_hit",
	     .says = "never signals that used_event was reached")
{
	decide->ring_wants_call = call_without_event_only;
}

static bool call_at_end_of_batch(struct vus_vq *vq)
{
	const struct vus_split_device *r = &vq->ring;
	const uint16_t event = vus_load16(&r->avail->ring[r->num]);

	return vus_be_honest.ring_wants_call(vq) &&
	       (!r->event_idx || (uint16_t)(event + 1) == r->used_idx);
}

VUS_BE_FAULT(split_ring, event_at_end_only,
	     .rule = "split_ring.call.event_batch",
	     .says = "signals used_event only where a batch ends with it")
{
	decide->ring_wants_call = call_at_end_of_batch;
}

static bool call_unless_wrapped(struct vus_vq *vq)
{
	const uint16_t old = vq->ring.signalled;

	return vus_be_honest.ring_wants_call(vq) &&
	       (!vq->ring.event_idx || vq->ring.used_idx >= old);
}

VUS_BE_FAULT(split_ring, event_no_wrap, .rule = "split_ring.call.event_wrap",
	     .says = "never signals a batch that wraps")
{
	decide->ring_wants_call = call_unless_wrapped;
}

static bool call_by_signed_event(struct vus_vq *vq)
{
	const struct vus_split_device *r = &vq->ring;
	const int16_t event = (int16_t)vus_load16(&r->avail->ring[r->num]);
	const int16_t old = (int16_t)r->signalled, now = (int16_t)r->used_idx;
	const bool wanted = vus_be_honest.ring_wants_call(vq);

	return r->event_idx ? old <= event && event < now : wanted;
}

VUS_BE_FAULT(split_ring, event_as_signed, .rule = "split_ring.call.event_wrap",
	     .says = "compares used_event with used.idx as signed numbers")
{
	decide->ring_wants_call = call_by_signed_event;
}

static bool call_behind_event(struct vus_vq *vq)
{
	const struct vus_split_device *r = &vq->ring;
	const uint16_t event = vus_load16(&r->avail->ring[r->num]);
	const bool due = is_due(vq), wanted = vus_be_honest.ring_wants_call(vq);

	return r->event_idx ? due && (int16_t)(r->used_idx - event) > 0
			    : wanted;
}

VUS_BE_FAULT(split_ring, calls_behind_event,
	     .rule = "split_ring.call.event_quiet",
	     .says = "signals every completion from used_event on, which it "
		     "takes to lie less than 32768 ahead")
{
	decide->ring_wants_call = call_behind_event;
}

static bool call_by_flag_too(struct vus_vq *vq)
{
	const uint16_t flags = vus_load16(&vq->ring.avail->flags);

	return vus_be_honest.ring_wants_call(vq) &&
	       !(flags & VRING_AVAIL_F_NO_INTERRUPT);
}

VUS_BE_FAULT(split_ring, flag_with_event,
	     .rule = "split_ring.call.event_flag_ignored",
	     .says = "obeys NO_INTERRUPT along with EVENT_IDX")
{
	decide->ring_wants_call = call_by_flag_too;
}

/* What the driver wished. */
struct wish {
	uint16_t event, flags;
};

static bool call_by_old_wish(struct vus_vq *vq)
{
	static const char owner;
	const struct vus_split_device *r = &vq->ring;
	struct wish *last = vus_fault_ring_state(vq, &owner, sizeof(*last));
	const struct wish old = *last;
	const uint16_t signalled = r->signalled;

	if (!is_due(vq))
		return false;
	*last = (struct wish){
		.event = vus_load16(&r->avail->ring[r->num]),
		.flags = vus_load16(&r->avail->flags),
	};
	(void)vus_be_honest.ring_wants_call(vq);
	if (r->event_idx)
		return vus_need_event(old.event, r->used_idx, signalled);
	return !(old.flags & VRING_AVAIL_F_NO_INTERRUPT);
}

VUS_BE_FAULT(split_ring, stale_call_flags,
	     .rule = "split_ring.call.fresh_flags",
	     .says = "obeys what the driver wished one completion ago")
{
	vus_fault_remembers(decide);
	decide->ring_wants_call = call_by_old_wish;
}

static enum vus_pop call_at_once(struct vus_vq *vq, struct vus_chain *ret,
				 struct vus_err *err)
{
	const enum vus_pop pop = vus_be_honest.ring_pop(vq, ret, err);

	if (pop == VUS_POP_CHAIN && vq->call >= 0) {
		vus_notify(vq->call);
		vus_fault_gap();
	}
	return pop;
}

static bool is_called_already(struct vus_vq *vq)
{
	(void)vus_be_honest.ring_wants_call(vq);
	return false;
}

VUS_BE_FAULT(split_ring, calls_early, .rule = "split_ring.call.after_used",
	     .says = "signals a completion before it is in the used ring, "
		     "and then not")
{
	decide->ring_pop = call_at_once;
	decide->ring_wants_call = is_called_already;
}

static void begin_without_on_empty(struct vus_vq *vq)
{
	vus_be_honest.ring_begin(vq);
	vq->ring.on_empty = false;
}

VUS_BE_FAULT(split_ring, runs_empty_silently,
	     .rule = "split_ring.call.notify_on_empty",
	     .says = "obeys NO_INTERRUPT for its last descriptors, "
		     "NOTIFY_ON_EMPTY or not")
{
	decide->ring_begin = begin_without_on_empty;
}

/* ---- kicks ---- */

static void want_with_odd_flag(struct vus_vq *vq, bool want)
{
	struct vring_used *used = vq->ring.used;

	vus_be_honest.ring_want_kicks(vq, want);
	if (!vq->ring.event_idx)
		vus_store16(&used->flags, vus_load16(&used->flags) | 2);
}

VUS_BE_FAULT(split_ring, odd_used_flags, .rule = "split_ring.kick.flags_values",
	     .says = "sets bit 1 in the flags of the used ring")
{
	decide->ring_want_kicks = want_with_odd_flag;
}

static void want_with_flag(struct vus_vq *vq, bool want)
{
	if (vq->ring.event_idx)
		vus_store16(&vq->ring.used->flags, VRING_USED_F_NO_NOTIFY);
	vus_be_honest.ring_want_kicks(vq, want);
}

VUS_BE_FAULT(split_ring, flags_with_event,
	     .rule = "split_ring.kick.flags_zero_event",
	     .says = "sets NO_NOTIFY along with EVENT_IDX")
{
	decide->ring_want_kicks = want_with_flag;
}

static void want_none(struct vus_vq *vq, __attribute__((unused)) bool want)
{
	vus_be_honest.ring_want_kicks(vq, false);
}

VUS_BE_FAULT(split_ring, never_arms, .rule = "split_ring.kick.armed",
	     .says = "waits for kicks it has not asked for")
{
	decide->ring_want_kicks = want_none;
}
