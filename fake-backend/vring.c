/* SPDX-License-Identifier: BSD-3-Clause */
/* vring.c — the states of a ring, and the device's share of running it.
 *
 * Spec: "Ring states".  `look` remembers that something happened after which
 * requests may wait; it is kept while the ring may not run, so that nothing
 * made available before the enable is lost. */
#include "device.h"

#include "base/clock.h"
#include "guest_memory.h"
#include "notify.h"

#include <endian.h>
#include <linux/virtio_config.h>
#include <stdatomic.h>
#include <string.h>

/* Requests of one ring handled in one step: a driver that never ceases to
 * offer must not starve the socket and the other rings. */
#define STEP_BUDGET 64

void vus_vq_init(struct vus_vq *vq, struct vus_be *be, unsigned index)
{
	*vq = (struct vus_vq){
		.be = be,
		.index = index,
		.kick = -1,
		.call = -1,
		.err = -1,
		.bad.fd = -1,
		.started = VUS_FAULTY(be, ring_state, begins_started),
	};
}

void vus_vq_reset(struct vus_vq *vq)
{
	vus_fd_close(&vq->kick);
	vus_fd_close(&vq->call);
	vus_fd_close(&vq->err);
	vus_late_cancel(vq);
	vus_vq_init(vq, vq->be, vq->index);
}

/* One part of a ring, whole and in one piece: a part that crosses into
 * another region is refused, which the specification leaves open. */
static void *ring_part(const struct vus_vq *vq, uint64_t user, uint64_t bytes,
		       size_t align)
{
	struct vus_be *be = vq->be;
	uint64_t len = 0;
	void *p = vus_be_ring_part(be, user, bytes, &len);

	if (!p && be->mem.n > 0 &&
	    VUS_FAULTY(be, ring_addr, runs_at_any_address))
		p = vus_be_ring_part(be, be->mem.r[0].row.user_addr, bytes,
				     &len);
	if (p && VUS_FAULTY(be, ring_addr, looks_at_first_bytes))
		len = bytes;
	if (!p || len < bytes || (uintptr_t)p % align != 0)
		return NULL;
	return p;
}

/* As sent, or as a fault has it. */
static uint64_t avail_address(const struct vus_vq *vq)
{
	if (VUS_FAULTY(vq->be, ring_addr, assumes_a_layout))
		return vq->addr.desc + vus_split_desc_bytes(vq->num);
	return vq->addr.avail;
}

bool vus_vq_map(struct vus_vq *vq)
{
	const struct vus_p_vring_addr *a = &vq->addr;
	const void *desc, *avail;
	void *used;

	vq->mapped = false;
	if (!vq->addr_set || vq->num == 0)
		return false;
	desc = ring_part(vq, a->desc, vus_split_desc_bytes(vq->num),
			 _Alignof(struct vring_desc));
	avail = ring_part(vq, avail_address(vq), vus_split_avail_bytes(vq->num),
			  _Alignof(struct vring_avail));
	used = ring_part(vq, a->used, vus_split_used_bytes(vq->num),
			 _Alignof(struct vring_used));
	if (!desc || !avail || !used)
		return false;
	vus_split_device_lay(&vq->ring, vq->num, desc, avail, used);
	if (VUS_FAULTY(vq->be, ring_size, half_the_size) && vq->num > 1)
		vq->ring.num /= 2;
	if (VUS_FAULTY(vq->be, ring_size, wraps_at_1024))
		vq->ring.num = VUS_MIN(vq->num, 1024u);
	vq->mapped = true;
	return true;
}

static enum vus_ring_role role_of(const struct vus_vq *vq)
{
	const struct vus_device *d = vq->be->cfg.device;

	return d->role ? d->role(vq) : VUS_RING_SERVES;
}

/* Is a disabled ring processed all the same? */
static bool runs_disabled(const struct vus_vq *vq)
{
	const struct vus_be *be = vq->be;

	return VUS_FAULTY(be, ring_state, runs_while_disabled) ||
	       (role_of(vq) == VUS_RING_DRAIN &&
		!VUS_FAULTY(be, net, keeps_packets));
}

/* The two flags, as a fault sees them. */
static bool may_run(const struct vus_vq *vq)
{
	const struct vus_be *be = vq->be;

	if (VUS_FAULTY(be, ring_state, needs_ring_zero) && !be->vqs[0].started)
		return false;
	if (VUS_FAULTY(be, status, needs_driver_ok) &&
	    !(be->pf & (PF(STATUS) | PF(RESET_DEVICE))) &&
	    !(be->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return false;
	return vq->started && !vq->bad.lost &&
	       (vq->enabled || runs_disabled(vq));
}

bool vus_vq_running(const struct vus_vq *vq)
{
	return may_run(vq) && vq->live && vq->mapped && !vq->broken;
}

bool vus_vq_polled(const struct vus_vq *vq)
{
	/* Nobody has kicked it: the fault looks by itself. */
	if (VUS_FAULTY(vq->be, ring_state, begins_started) &&
	    vus_vq_running(vq))
		return true;
	return vq->kick_set && vq->kick < 0 && vus_vq_running(vq) &&
	       !VUS_FAULTY(vq->be, ring_fds, kick_needs_descriptor);
}

void vus_vq_start(struct vus_vq *vq)
{
	vq->started = true;
	vq->look = true;
}

void vus_vq_stop(struct vus_vq *vq)
{
	vus_late_at_stop(vq);
	vq->started = false;
	vq->live = false;
	vq->broken = false;
	vq->look = false;
	vq->owed = false;
	vq->bad.was_stopped = true;
	if (VUS_FAULTY(vq->be, ring_stop, keeps_descriptors)) {
		vq->kick = -1;
		vq->call = -1;
	}
	vus_fd_close(&vq->kick);
	vus_fd_close(&vq->call);
	vq->kick_set = false;
	vq->call_set = false;
}

static void break_all(struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++)
		be->vqs[i].broken = true;
}

void vus_vq_mark_broken(struct vus_vq *vq, const char *why)
{
	if (vq->broken)
		return;
	vq->broken = true;
	vq->look = false;
	vus_be_note(vq->be, "ring %u is broken: %s", vq->index, why);
	if (vq->err >= 0 && !VUS_FAULTY(vq->be, ring_fds, breaks_silently))
		vus_notify(vq->err);
}

static void take_position(struct vus_vq *vq)
{
	const struct vus_be *be = vq->be;
	struct vus_split_device *r = &vq->ring;

	if (VUS_FAULTY(be, ring_base, base_to_used))
		r->used->idx = htole16(r->last_avail);
	vus_split_device_begin(r, r->last_avail);
	if (VUS_FAULTY(be, ring_addr, used_idx_from_base))
		r->used_idx = r->signalled = r->last_avail;
	if (VUS_FAULTY(be, ring_base, reduces_base))
		r->last_avail %= (uint16_t)r->num;
	if (VUS_FAULTY(be, ring_restart, repeats_the_last) && vq->bad.runs > 0)
		r->last_avail--;
	if (VUS_FAULTY(be, ring_restart, hides_the_first_call) &&
	    vq->bad.runs > 0)
		r->signalled++;
}

/* The first moment at which a started ring can run.  Its used index is what
 * stands in memory (the base says only where to take the next request), and
 * the features are those negotiated by now, whatever came earlier. */
static void go_live(struct vus_vq *vq)
{
	struct vus_be *be = vq->be;

	if (vq->live || !may_run(vq) || vq->broken || !vus_vq_map(vq))
		return;
	vq->live = true;
	vq->ring.event_idx = (be->features & VF(RING_EVENT_IDX)) != 0;
	vq->ring.indirect = (be->features & VF(RING_INDIRECT_DESC)) != 0;
	vq->ring.on_empty =
		(be->features & (VF(NOTIFY_ON_EMPTY) | VF(VERSION_1))) ==
			VF(NOTIFY_ON_EMPTY) &&
		!VUS_FAULTY(be, split_ring, runs_empty_silently);
	vus_faults_of_ring(&be->cfg.faults, &vq->ring.faults);
	if (VUS_FAULTY(be, features, event_idx_taken_at_base))
		vq->ring.event_idx = vq->bad.event_idx_at_base;
	take_position(vq);
	vq->bad.began = vq->ring.last_avail;
	vq->bad.runs++;
	vq->bad.stopped = false;
}

static bool has_more(const struct vus_vq *vq)
{
	uint16_t idx;

	/* virtio, "Available Buffer Notification Suppression": the look
	 * after arming must not be ordered before it. */
	atomic_thread_fence(memory_order_seq_cst);
	idx = *(const volatile __virtio16 *)&vq->ring.avail->idx;
	return le16toh(idx) != vq->ring.last_avail;
}

/* Let the device do its share, then arm the kicks and look again. */
static void run_ring(struct vus_vq *vq)
{
	vq->look = false;
	vq->budget = STEP_BUDGET;
	if (!has_more(vq))
		vus_lie_about_nothing(vq);
	vq->be->cfg.device->kick(vq->be, vq);
	if (vq->broken)
		return;
	vus_lie_before_arming(vq);
	vus_split_want_kicks(&vq->ring, true);
	if (has_more(vq) && !VUS_FAULTY(vq->be, split_ring, never_looks_again))
		vq->look = true;
}

bool vus_be_run_rings(struct vus_be *be)
{
	bool again = false;

	for (unsigned i = 0; i < be->cfg.queues; i++) {
		struct vus_vq *vq = &be->vqs[i];

		if (!vq->look && !vus_vq_polled(vq))
			continue;
		go_live(vq);
		if (role_of(vq) == VUS_RING_WAITS) {
			vq->look = false;
			continue;
		}
		if (vus_vq_running(vq) && (vq->look || has_more(vq)))
			run_ring(vq);
		again |= vq->look && vus_vq_running(vq);
	}
	return again;
}

void vus_be_kick(struct vus_be *be, unsigned queue)
{
	struct vus_vq *vq = &be->vqs[queue];
	uint64_t value = 1;

	if (vq->kick >= 0 && !vus_notify_take(vq->kick, &value))
		return;
	be->bad.kicked = vus_now();
	if (VUS_FAULTY(be, socket, kick_value_counts) &&
	    (value & UINT32_MAX) == 0)
		return;
	if (VUS_FAULTY(be, ring_state, first_kick_is_lost) && !vq->bad.kicked) {
		vq->bad.kicked = true;
		return;
	}
	if (VUS_FAULTY(be, socket, aborts_with_requests_in_flight)) {
		vq->started = true;
		vus_late_plan(vq, VUS_LATE_LOOK, -1);
		return;
	}
	vus_vq_start(vq);
	(void)vus_be_run_rings(be);
}

void vus_be_remap(struct vus_be *be)
{
	be->lost = false;
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		struct vus_vq *vq = &be->vqs[i];

		if (VUS_FAULTY(be, mem_table, keeps_ring_mappings) && vq->live)
			continue;
		if (VUS_FAULTY(be, mem_table, stops_rings) && vq->started)
			vus_vq_stop(vq);
		if (!vus_vq_map(vq) && vq->live)
			vq->bad.lost =
				VUS_FAULTY(be, mem_table, lost_rings_stay_lost);
		vq->look = vq->started;
	}
}

/* ---- for devices ---- */

bool vus_vq_pop(struct vus_vq *vq, struct vus_chain *ret)
{
	struct vus_err err;

	if (vq->broken || vq->budget == 0)
		return false;
	if (vus_faults_any(&vq->be->cfg.faults))
		vus_lie_before_pop(vq);
	if (vq->broken)
		return false;
	switch (vus_split_pop(&vq->ring, vus_be_gpa_regions(vq->be), ret,
			      &err)) {
	case VUS_POP_CHAIN:
		vq->budget--;
		vus_lie_at_pop(vq, ret);
		if (!VUS_FAULTY(vq->be, ring_state, executes_nothing))
			return true;
		vus_split_push(&vq->ring, ret->head, 0);
		return false;
	case VUS_POP_BAD:
		if (VUS_FAULTY(vq->be, address_translation,
			       aborts_on_bad_requests))
			vus_die();
		if (VUS_FAULTY(vq->be, address_translation,
			       bad_requests_break_all) ||
		    VUS_FAULTY(vq->be, split_ring, one_broken_ring_breaks_all))
			break_all(vq->be);
		vus_lie_about_bad(vq, err.text);
		vus_vq_mark_broken(vq, err.text);
		return false;
	default:
		return false;
	}
}

void vus_vq_push(struct vus_vq *vq, const struct vus_chain *c, uint32_t written)
{
	if (vq->be->lost) {
		vus_vq_mark_broken(vq, "its memory was cut away");
		return;
	}
	if (vus_lie_at_push(vq))
		return;
	vus_split_push(&vq->ring, c->head, written);
	vus_lie_after_push(vq);
}

/* The descriptor that completions of this ring are signalled on. */
static int call_of(const struct vus_vq *vq)
{
	return VUS_FAULTY(vq->be, multiqueue, calls_ring_zero)
		       ? vq->be->vqs[0].call
		       : vq->call;
}

void vus_vq_notify(struct vus_vq *vq)
{
	if (!vus_split_wants_call(&vq->ring) || vq->bad.mute ||
	    VUS_FAULTY(vq->be, split_ring, calls_early))
		return;
	if (vq->call >= 0 && VUS_FAULTY(vq->be, ring_fds, blocks_on_full_call))
		(void)vus_poll_one(vq->call, POLLOUT, VUS_NEVER);
	if (vq->call >= 0 && !vus_lie_about_call(vq))
		vus_notify(call_of(vq));
	else if (!vq->call_set)
		vq->owed = true;
	else if (VUS_FAULTY(vq->be, ring_fds, nofd_call_breaks))
		vus_vq_mark_broken(vq, "there is no call descriptor");
}
