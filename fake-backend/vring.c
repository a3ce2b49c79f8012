/* SPDX-License-Identifier: BSD-3-Clause */
/* vring.c — the states of a ring, and the device's share of running it.
 *
 * Spec: "Ring states".  `look` remembers that something happened after which
 * requests may wait; it is kept while the ring may not run, so that nothing
 * made available before the enable is lost. */
#include "device.h"

#include "notify.h"

#include <endian.h>
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
	};
}

void vus_vq_reset(struct vus_vq *vq)
{
	vus_fd_close(&vq->kick);
	vus_fd_close(&vq->call);
	vus_fd_close(&vq->err);
	vus_vq_init(vq, vq->be, vq->index);
}

/* One part of a ring, whole and in one piece: a part that crosses into
 * another region is refused, which the specification leaves open. */
static void *ring_part(const struct vus_vq *vq, uint64_t user, uint64_t bytes,
		       size_t align)
{
	uint64_t len = 0;
	void *p = vus_regions_user(&vq->be->mem, user, bytes, &len);

	if (!p || len < bytes || (uintptr_t)p % align != 0)
		return NULL;
	return p;
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
	avail = ring_part(vq, a->avail, vus_split_avail_bytes(vq->num),
			  _Alignof(struct vring_avail));
	used = ring_part(vq, a->used, vus_split_used_bytes(vq->num),
			 _Alignof(struct vring_used));
	if (!desc || !avail || !used)
		return false;
	vq->ring.num = vq->num;
	vq->ring.desc = desc;
	vq->ring.avail = avail;
	vq->ring.used = used;
	vq->mapped = true;
	return true;
}

bool vus_vq_running(const struct vus_vq *vq)
{
	return vq->started && vq->enabled && vq->live && vq->mapped &&
	       !vq->broken;
}

bool vus_vq_polled(const struct vus_vq *vq)
{
	return vq->kick_set && vq->kick < 0 && vus_vq_running(vq);
}

void vus_vq_start(struct vus_vq *vq)
{
	vq->started = true;
	vq->look = true;
}

void vus_vq_stop(struct vus_vq *vq)
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

void vus_vq_break(struct vus_vq *vq, const char *why)
{
	if (vq->broken)
		return;
	vq->broken = true;
	vq->look = false;
	vus_be_note(vq->be, "ring %u is broken: %s", vq->index, why);
	if (vq->err >= 0)
		vus_notify(vq->err);
}

/* The first moment at which a started ring can run.  Its used index is what
 * stands in memory (the base says only where to take the next request), and
 * the features are those negotiated by now, whatever came earlier. */
static void go_live(struct vus_vq *vq)
{
	struct vus_be *be = vq->be;

	if (vq->live || !vq->started || !vq->enabled || vq->broken)
		return;
	if (!vus_vq_map(vq))
		return;
	vq->live = true;
	vq->ring.used_idx = le16toh(vq->ring.used->idx);
	vq->ring.signalled = vq->ring.used_idx;
	vq->ring.event_idx = (be->features & VF(RING_EVENT_IDX)) != 0;
	vq->ring.indirect = (be->features & VF(RING_INDIRECT_DESC)) != 0;
}

static bool more(const struct vus_vq *vq)
{
	uint16_t idx;

	/* virtio, "Available Buffer Notification Suppression": the look
	 * after arming must not be ordered before it. */
	atomic_thread_fence(memory_order_seq_cst);
	idx = *(const volatile __virtio16 *)&vq->ring.avail->idx;
	return le16toh(idx) != vq->ring.last_avail;
}

/* Let the device do its share, then arm the kicks and look again. */
static void run(struct vus_vq *vq)
{
	vq->look = false;
	vq->budget = STEP_BUDGET;
	vq->be->cfg.device->kick(vq->be, vq);
	if (vq->broken)
		return;
	vus_split_want_kicks(&vq->ring, true);
	if (more(vq))
		vq->look = true;
}

bool vus_be_settle(struct vus_be *be)
{
	bool again = false;

	for (unsigned i = 0; i < be->cfg.queues; i++) {
		struct vus_vq *vq = &be->vqs[i];

		if (!vq->look && !vus_vq_polled(vq))
			continue;
		go_live(vq);
		if (vus_vq_running(vq) && (vq->look || more(vq)))
			run(vq);
		again |= vq->look && vus_vq_running(vq);
	}
	return again;
}

void vus_be_kick(struct vus_be *be, unsigned queue)
{
	struct vus_vq *vq = &be->vqs[queue];

	if (vq->kick >= 0)
		(void)vus_notify_take(vq->kick, NULL);
	vus_vq_start(vq);
	(void)vus_be_settle(be);
}

void vus_be_remap(struct vus_be *be)
{
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		struct vus_vq *vq = &be->vqs[i];

		(void)vus_vq_map(vq);
		vq->look = vq->started;
	}
}

/* ---- for devices ---- */

bool vus_vq_pop(struct vus_vq *vq, struct vus_chain *ret)
{
	struct vus_err err;

	if (vq->broken || vq->budget == 0)
		return false;
	switch (vus_split_pop(&vq->ring, &vq->be->mem, ret, &err)) {
	case VUS_POP_CHAIN:
		vq->budget--;
		return true;
	case VUS_POP_BAD:
		vus_vq_break(vq, err.text);
		return false;
	default:
		return false;
	}
}

void vus_vq_push(struct vus_vq *vq, const struct vus_chain *c, uint32_t written)
{
	vus_split_push(&vq->ring, c->head, written);
}

void vus_vq_notify(struct vus_vq *vq)
{
	if (!vus_split_wants_call(&vq->ring))
		return;
	if (vq->call >= 0)
		vus_notify(vq->call);
	else if (!vq->call_set)
		vq->owed = true;
}
