/* SPDX-License-Identifier: BSD-3-Clause */
/* monitor.h — what must hold for every message of every session.
 *
 * A monitor is one row of monitors.def: the rule, the side that must keep it,
 * and a function that looks at one frame.  It runs in every case and in vuspec
 * trace.  What a side does once the other has sent what the tables do not
 * allow is left to the cases that do so. */
#ifndef VUS_MONITOR_MONITOR_H
#define VUS_MONITOR_MONITOR_H

#include "state.h"

struct vus_monitor {
	const char *name;
	const char *rule;
	bool frontend; /* the side that it watches */
	const char *want;
};

extern const struct vus_monitor vus_monitors[];
extern const size_t vus_nmonitors;

/* What is watched of a ring, by enum vus_ring_breach (ring/split_watch.h). */
extern const struct vus_monitor vus_ring_monitors[];
extern const size_t vus_nring_monitors;

/* Does a monitor watch over this rule? */
bool vus_monitor_judges(const char *rule);

/* The monitors of one connection. */
struct vus_monitoring {
	struct vus_state state;
	bool watches[2];      /* which sides: [true] is the front-end */
	bool queues_are_many; /* GET_QUEUE_NUM may count pairs of rings */
	/* A monitor's rule is broken; `text` says by what. */
	void (*tell)(void *ctx, const struct vus_monitor *monitor,
		     const struct vus_frame *frame, const char *text);
	void *ctx;
	unsigned breaches;
};

/* Each frame of the connection, on any channel, in order. */
void vus_monitor_frame(struct vus_monitoring *m, const struct vus_frame *f,
		       bool from_frontend);

#endif
