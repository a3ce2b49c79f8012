/* SPDX-License-Identifier: BSD-3-Clause */
/* vring.c — the states of a ring, and the device's share of running it.
 *
 * Spec: "Ring states".  `look` remembers that something happened after which
 * requests may wait; it is kept while the ring may not run, so that nothing
 * made available before the enable is lost. */
#include "device.h"

#include "honest.h"
#include "notify.h"

#include <endian.h>
#include <stdatomic.h>

/* Requests of one ring handled in one step: a driver that never ceases to
 * offer must not starve the socket and the other rings. */
#define STEP_BUDGET 64

void vus_honest_ring_cleared(__attribute__((unused)) struct vus_vq *vq)
{
}

void vus_vq_init(struct vus_vq *vq, struct vus_be *be, unsigned index)
{
	*vq = (struct vus_vq){
		.be = be,
		.index = index,
		.kick = -1,
		.call = -1,
		.err = -1,
	};
	be->decide->ring_cleared(vq);
}

void vus_vq_reset(struct vus_vq *vq)
{
	vus_fd_close(&vq->kick);
	vus_fd_close(&vq->call);
	vus_fd_close(&vq->err);
	vus_vq_init(vq, vq->be, vq->index);
}

/* A part that crosses into another region is refused, which the specification
 * leaves open. */
void *vus_honest_ring_part(const struct vus_vq *vq, uint64_t user,
			   uint64_t bytes, size_t align)
{
	uint64_t len = 0;
	void *p = vq->be->decide->find_ring_part(vq->be, user, bytes, &len);

	return p && len == bytes && (uintptr_t)p % align == 0 ? p : NULL;
}

bool vus_honest_ring_map(struct vus_vq *vq)
{
	const struct vus_be_decisions *decide = vq->be->decide;
	const struct vus_p_vring_addr *a = &vq->addr;
	const void *desc, *avail;
	void *used;

	vq->mapped = false;
	if (!vq->addr_set || vq->num == 0)
		return false;
	desc = decide->ring_part(vq, a->desc, vus_split_desc_bytes(vq->num),
				 _Alignof(struct vring_desc));
	avail = decide->ring_part(vq, a->avail, vus_split_avail_bytes(vq->num),
				  _Alignof(struct vring_avail));
	used = decide->ring_part(vq, a->used, vus_split_used_bytes(vq->num),
				 _Alignof(struct vring_used));
	if (!desc || !avail || !used)
		return false;
	vus_split_device_lay(&vq->ring, vq->num, desc, avail, used);
	vq->mapped = true;
	return true;
}

bool vus_vq_map(struct vus_vq *vq)
{
	return vq->be->decide->ring_map(vq);
}

static enum vus_ring_role role_of(const struct vus_vq *vq)
{
	const struct vus_device *d = vq->be->cfg.device;

	return d->role ? d->role(vq) : VUS_RING_SERVES;
}

bool vus_honest_ring_runs_disabled(const struct vus_vq *vq)
{
	return role_of(vq) == VUS_RING_DRAIN;
}

bool vus_honest_ring_may_run(const struct vus_vq *vq)
{
	return vq->started &&
	       (vq->enabled || vq->be->decide->ring_runs_disabled(vq));
}

bool vus_vq_running(const struct vus_vq *vq)
{
	return vq->live && vq->mapped && !vq->broken &&
	       vq->be->decide->ring_may_run(vq);
}

bool vus_honest_ring_is_polled(const struct vus_vq *vq)
{
	return vq->kick_set && vq->kick < 0 && vus_vq_running(vq);
}

bool vus_vq_polled(const struct vus_vq *vq)
{
	return vq->be->decide->ring_is_polled(vq);
}

void vus_vq_start(struct vus_vq *vq)
{
	vq->started = true;
	vq->look = true;
}

void vus_honest_ring_stop(struct vus_vq *vq)
{
	vq->started = false;
	vq->live = false;
	vq->broken = false;
	vq->look = false;
	vq->owed = false;
	vus_fd_close(&vq->kick);
	vus_fd_close(&vq->call);
	vq->kick_set = false;
	vq->call_set = false;
}

void vus_vq_stop(struct vus_vq *vq)
{
	vq->be->decide->ring_stop(vq);
}

void vus_honest_ring_break(struct vus_vq *vq, const char *why)
{
	if (vq->broken)
		return;
	vq->broken = true;
	vq->look = false;
	vus_be_note(vq->be, "ring %u is broken: %s", vq->index, why);
	if (vq->err >= 0)
		vus_notify(vq->err);
}

void vus_vq_mark_broken(struct vus_vq *vq, const char *why)
{
	vq->be->decide->ring_break(vq, why);
}

/* Its used index is read from memory (the base says only where to take the
 * next request), and the features are those negotiated by now, whatever came
 * earlier. */
void vus_honest_ring_begin(struct vus_vq *vq)
{
	const uint64_t features = vq->be->features;

	vq->ring.event_idx = (features & VF(RING_EVENT_IDX)) != 0;
	vq->ring.indirect = (features & VF(RING_INDIRECT_DESC)) != 0;
	vq->ring.on_empty =
		(features & (VF(NOTIFY_ON_EMPTY) | VF(VERSION_1))) ==
		VF(NOTIFY_ON_EMPTY);
	vus_split_device_begin(&vq->ring, vq->ring.last_avail);
}

static void go_live(struct vus_vq *vq)
{
	const struct vus_be_decisions *decide = vq->be->decide;

	if (vq->live || !decide->ring_may_run(vq) || vq->broken ||
	    !vus_vq_map(vq))
		return;
	vq->live = true;
	decide->ring_begin(vq);
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
void vus_honest_ring_run(struct vus_vq *vq)
{
	vq->look = false;
	vq->budget = STEP_BUDGET;
	vq->be->cfg.device->kick(vq->be, vq);
	if (vq->broken)
		return;
	vq->be->decide->ring_want_kicks(vq, true);
	vq->look = has_more(vq);
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
			be->decide->ring_run(vq);
		again |= vq->look && vus_vq_running(vq);
	}
	return again;
}

bool vus_honest_take_kicks(struct vus_vq *vq, uint64_t *ret_sum)
{
	return vus_notify_take(vq->kick, ret_sum);
}

void vus_honest_ring_kicked(struct vus_vq *vq,
			    __attribute__((unused)) uint64_t value)
{
	vus_vq_start(vq);
	(void)vus_be_run_rings(vq->be);
}

void vus_be_kick(struct vus_be *be, unsigned queue)
{
	struct vus_vq *vq = &be->vqs[queue];
	uint64_t value = 1;

	if (vq->kick < 0 || be->decide->take_kicks(vq, &value))
		be->decide->ring_kicked(vq, value);
}

void vus_honest_ring_remap(struct vus_vq *vq)
{
	(void)vus_vq_map(vq);
	vq->look = vq->started;
}

void vus_be_remap(struct vus_be *be)
{
	be->lost = false;
	for (unsigned i = 0; i < be->cfg.queues; i++)
		be->decide->ring_remap(&be->vqs[i]);
}

/* ---- for devices ---- */

enum vus_pop vus_honest_ring_pop(struct vus_vq *vq, struct vus_chain *ret,
				 struct vus_err *err)
{
	return vus_split_pop(&vq->ring, vq->be->decide->buffer_regions(vq->be),
			     ret, err);
}

bool vus_vq_pop(struct vus_vq *vq, struct vus_chain *ret)
{
	struct vus_err err;

	if (vq->broken || vq->budget == 0)
		return false;
	switch (vq->be->decide->ring_pop(vq, ret, &err)) {
	case VUS_POP_CHAIN:
		vq->budget--;
		return true;
	case VUS_POP_BAD:
		vus_vq_mark_broken(vq, err.text);
		return false;
	default:
		return false;
	}
}

void vus_honest_ring_push(struct vus_vq *vq, const struct vus_chain *c,
			  uint32_t written)
{
	vus_split_push(&vq->ring, c->head, written);
}

void vus_vq_push(struct vus_vq *vq, const struct vus_chain *c, uint32_t written)
{
	if (vq->be->lost)
		vus_vq_mark_broken(vq, "its memory was cut away");
	else
		vq->be->decide->ring_push(vq, c, written);
}

bool vus_honest_ring_wants_call(struct vus_vq *vq)
{
	return vus_split_wants_call(&vq->ring);
}

void vus_honest_ring_want_kicks(struct vus_vq *vq, bool want)
{
	vus_split_want_kicks(&vq->ring, want);
}

/* A call before SET_VRING_CALL is made up for when the descriptor comes. */
void vus_honest_ring_call(struct vus_vq *vq)
{
	if (vq->call >= 0)
		vus_notify(vq->call);
	else if (!vq->call_set)
		vq->owed = true;
}

void vus_vq_notify(struct vus_vq *vq)
{
	if (vq->be->decide->ring_wants_call(vq))
		vq->be->decide->ring_call(vq);
}
