/* SPDX-License-Identifier: BSD-3-Clause */
/* watch.h — a back-end that watches: what a case about a front-end is handed.
 *
 * It is our honest back-end, unless the case says otherwise; it serves in the
 * case's own process, while the case waits for what the front-end does. */
#ifndef VUS_FAKE_BACKEND_WATCH_H
#define VUS_FAKE_BACKEND_WATCH_H

#include "../../harness/run/party.h"
#include "../../harness/run/stimulus.h"
#include "../backend.h"
#include "seen.h"

struct vus_watch {
	struct vus_be_config cfg; /* of the next connection */
	struct vus_be be;         /* of this one, while `open` */
	bool open;
	unsigned connections; /* that were accepted */
	struct vus_log log;
	unsigned requests; /* that rings have completed, in all connections */
	uint16_t used[VUS_BE_MAX_QUEUES]; /* index up to which they count */
	bool counts[VUS_BE_MAX_QUEUES];   /* the ring was seen running */
	struct vus_trace trace;
	const struct vus_trace *exchange;
	struct vus_reach reach;
	char why[200]; /* what a control said that failed last, or "" */
	bool (*intercept)(struct vus_be *be, struct vus_frame *frame);
	/* Asked after each step: shall the connection be lost?  Once. */
	bool (*loses)(struct vus_watch *w);
	void *judge; /* for them, be->judge */
};

extern const struct vus_party vus_frontend_party;

struct vus_watch *vus_watch(const struct vus_ctx *t);
/* In an intercept: of the case. */
struct vus_watch *vus_watch_of(struct vus_be *be);

/* Accept the next connection (the first one was accepted by the fixture, unless
 * the case starts at VUS_START_CONNECTED with .rows of its own making). */
VUS_MUST_CHECK bool vus_watch_accept(struct vus_ctx *t, uint64_t deadline,
				     struct vus_err *err);
/* Close our end, as a back-end that dies does. */
void vus_watch_drop(struct vus_watch *w);

/* Where a ring's index stands now; others may be moving it. */
uint16_t vus_ring_idx(const __virtio16 *idx);

/* What is waited for; true: it is there. */
typedef bool vus_until(const struct vus_watch *w, const void *arg);

/* Serve until `until` holds.  False: kind TIMEOUT, EOF (the front-end closed
 * the connection, or ended), SYSTEM. */
VUS_MUST_CHECK bool vus_serve(struct vus_ctx *t, vus_until *until,
			      const void *arg, uint64_t deadline,
			      struct vus_err *err);

/* Some of them. */
vus_until vus_until_closed;     /* the connection has ended */
vus_until vus_until_negotiated; /* SET_PROTOCOL_FEATURES, or SET_FEATURES */
vus_until vus_until_set_up;     /* a ring has its parts, and is enabled */
vus_until vus_until_started;    /* a ring runs */
vus_until vus_until_served;     /* a request was served; arg: more than these,
				 * const unsigned * */
vus_until vus_until_asked;      /* arg: const uint32_t *, a message's id */

/* Tell the front-end and serve until it is done.  Front-ends that cannot be
 * told are waited for where they start and work by themselves.  False: the
 * case's verdict is set. */
VUS_MUST_CHECK bool vus_does(struct vus_ctx *t, enum vus_stimulus s);
/* The same, in a case that judges what becomes of it: *ret_status is the
 * control's (-1: none came before the deadline). */
VUS_MUST_CHECK bool vus_tell(struct vus_ctx *t, enum vus_stimulus s,
			     int *ret_status);
/* The same, where it is no matter whether it can: VUS_STIMULUS_CANNOT. */
VUS_MUST_CHECK bool vus_told(struct vus_ctx *t, enum vus_stimulus s,
			     int *ret_status);

/* It drops its connection and comes again, as told; where it cannot be told so
 * the connection is lost by our doing.  The status as vus_tell() has it: 0 when
 * a ring runs again. */
VUS_MUST_CHECK bool vus_reconnects(struct vus_ctx *t, int *ret_status);

/* Start it, and wait until a ring is set up: one that is told to start may do
 * so in its own time, when its firmware comes to it. */
VUS_MUST_CHECK bool vus_does_set_up(struct vus_ctx *t);

/* Does it start?  For cases that judge just that: false when the verdict is
 * set, since it cannot be told to. */
VUS_MUST_CHECK bool vus_starts(struct vus_ctx *t, bool *ret);

/* Start it and have requests served; then nothing is left to be said. */
VUS_MUST_CHECK bool vus_does_start_and_io(struct vus_ctx *t);

/* Bring the whole life of the device behind us: start, requests, stop, end. */
VUS_MUST_CHECK bool vus_does_everything(struct vus_ctx *t);

/* Wait for the front-end's process to end, serving it meanwhile; false: it
 * lives on.  How it ended is the runner's to see. */
VUS_MUST_CHECK bool vus_watch_ended(struct vus_ctx *t, uint64_t deadline);

#endif
