/* SPDX-License-Identifier: BSD-3-Clause */
/* session.c — a session begins and ends. */
#include "session.h"

#include "base/own.h"
#include "ring/split_watch.h"

#include <string.h>

void vus_fe_init(struct vus_session *s, int fd, unsigned request_ms,
		 const struct vus_trace *trace)
{
	memset(s, 0, sizeof(*s));
	vus_link_open(&s->link, fd, VUS_FE, true, trace);
	s->back = VUS_LINK_NONE;
	s->request_ms = request_ms;
	s->nqueues = 1;
	s->vq_size = 64;
	s->connection = 1;
	s->decide = &vus_fe_honest;
	s->notify = VUS_EVENTFD;
	vus_guest_init(&s->guest);
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++) {
		s->queues[i].index = i;
		s->queues[i].kick = VUS_EVENT_NONE;
		s->queues[i].call = VUS_EVENT_NONE;
		s->queues[i].err = VUS_EVENT_NONE;
	}
}

void vus_fe_close(struct vus_session *s)
{
	vus_link_close(&s->link);
	vus_link_close(&s->back);
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++) {
		vus_event_close(&s->queues[i].kick);
		vus_event_close(&s->queues[i].call);
		vus_event_close(&s->queues[i].err);
		vus_split_watch_free(s->queues[i].watch);
		s->queues[i].watch = NULL;
		vus_free_ptr(&s->queues[i].ring);
	}
	vus_free_ptr(&s->driver_state);
	s->prepared = false;
	vus_guest_close(&s->guest);
}
