/* SPDX-License-Identifier: BSD-3-Clause */
/* queue_watch.c — rings that are watched, where somebody listens. */
#include "session.h"

#include "ring/split_watch.h"

void vus_fe_queue_watch(struct vus_session *s, unsigned index)
{
	struct vus_queue *q = &s->queues[index];
	const struct vus_trace *trace = s->link.trace;

	vus_split_watch_free(q->watch);
	q->watch = q->ring->watch = NULL;
	q->ring->watcher = NULL;
	/* With IN_ORDER one entry may stand for many. */
	if (!trace || !trace->ring || (s->features & VF(IN_ORDER)))
		return;
	q->watch = vus_split_watch_new(
		q->ring,
		&(struct vus_split_watch_options){
			.index = index,
			.guest = &s->guest,
			.indirect = s->features & VF(RING_INDIRECT_DESC),
			.modern = s->features & VF(VERSION_1),
			.tell = trace->ring,
			.ctx = trace->ctx,
		});
}

bool vus_fe_queue_is_watched(const struct vus_session *s, unsigned index)
{
	const struct vus_queue *q = &s->queues[index];

	return vus_split_is_watched(q->ring) &&
	       vus_guest_host(&s->guest, q->used,
			      vus_split_used_bytes(q->num)) == q->ring->used;
}

void vus_fe_queue_rebase(struct vus_session *s, unsigned number, uint16_t base)
{
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++)
		if (s->queues[i].index == number &&
		    vus_fe_queue_is_watched(s, i))
			vus_split_rebase(s->queues[i].ring, base);
}
