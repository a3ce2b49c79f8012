/* SPDX-License-Identifier: BSD-3-Clause */
/* reconnect.c — connections that are lost, and front-ends that connect again.
 */
#include "fixture/watch.h"

#include "base/clock.h"

#include <stdio.h>

/* After how many messages of the front-end the connection is lost. */
static const unsigned losses[] = { 1, 2, 3, 5, 8, 12, 16 };

/* Have so many requests come, in all connections? */
static bool has_sent(struct vus_watch *w)
{
	const unsigned *n = w->judge;
	const struct vus_log_entry *s = NULL;
	unsigned sent = 0;

	while ((s = vus_log_request(&w->log, s)))
		sent++;
	return sent >= *n;
}

/* The connection is lost at any step of the start: the front-end connects
 * again, or reports the device as failed; it neither crashes nor hangs.  It is
 * told to start meanwhile, since it may send little before. */
VUS_CASE(
	a_loss_at_any_step_is_survived, .party = "frontend",
	.title =
		"losing the connection at any step causes no crash and no hang",
	.rules = { "socket.frontend_reconnect_each_step" },
	.stimuli = VUS_BIT(VUS_DO_QUIT),
	.rows = { "1", "2", "3", "5", "8", "12", "16" })
{
	struct vus_watch *w = vus_watch(t);
	unsigned n = losses[t->row];
	struct vus_err err = { 0 };
	bool ended = false;
	int status;

	w->judge = &n;
	w->loses = has_sent;
	VUS_STEP(t, vus_stimulate_optional(t, VUS_DO_START, &status));
	/* If it sends fewer, the connection is lost after the last one. */
	if (w->connections == 1)
		(void)!vus_watch_serve(t, vus_until_closed, NULL,
				       vus_deadline_ms(t->quiet_ms), &err);
	if (w->connections == 1) {
		vus_watch_drop(w);
		/* One that does not connect again may end, or go on without the
		 * device. */
		ended = !vus_watch_accept(t, vus_deadline_ms(t->request_ms),
					  &err) &&
			vus_watch_wait_end(t, vus_now());
	}
	if (!ended)
		VUS_STEP(t, vus_stimulate(t, VUS_DO_QUIT, &status));
	if (!ended && status == 0 && vus_peer_pid(t) > 0 &&
	    !vus_watch_wait_end(t, vus_deadline_ms(t->request_ms)))
		VUS_SKIP(t, "told to quit, the front-end said that it had, and "
			    "it still runs");
	VUS_CHECK(t, "socket.frontend_reconnect_each_step",
		  ended || status >= 0,
		  "the front-end still obeys after it has connected again",
		  "the front-end connected again, and then did not quit when "
		  "told to");
}

/* A back-end is gone, and the front-end writes to its socket before it knows:
 * at a stop, at the latest, when it is told to quit.  How it ends is the
 * runner's to see. */
VUS_CASE(a_back_end_that_went_away_ends_nothing, .party = "frontend",
	 .title = "a write to a back-end that has gone raises no SIGPIPE",
	 .rules = { "socket.frontend_reconnect_each_step",
		    "socket.frontend_sigpipe" },
	 .stimuli = VUS_BIT(VUS_DO_QUIT))
{
	int status = 0;
	bool ended;

	if (vus_peer_pid(t) == 0)
		VUS_SKIP(t, "its process is not ours to see");
	VUS_STEP(t, vus_stimulate_start_and_io(t));
	vus_note(t, "-- drop the connection");
	vus_watch_drop(vus_watch(t));
	ended = vus_watch_wait_end(t, vus_deadline_ms(t->quiet_ms));
	if (!ended)
		VUS_STEP(t, vus_stimulate(t, VUS_DO_QUIT, &status));
	VUS_CHECK(t, "socket.frontend_reconnect_each_step", status >= 0,
		  "the front-end obeys after its back-end has gone",
		  "the back-end went away, and the front-end did not quit when "
		  "told to");
	if (!ended)
		ended = vus_watch_wait_end(t, vus_deadline_ms(t->request_ms));
	if (!ended)
		VUS_SKIP(t, "it still runs after it was told to quit");
	VUS_CHECK(t, "socket.frontend_sigpipe", ended,
		  "the front-end ends by itself, or when it is told to",
		  "it still runs");
}

/* A front-end that connects again starts from the beginning: features, owner,
 * memory and rings, and its device works. */
VUS_CASE(a_new_connection_starts_over, .party = "frontend",
	 .title = "after a reconnection the device works again",
	 .rules = { "owner.set_sent" }, .stimuli = VUS_BIT(VUS_DO_RECONNECT))
{
	struct vus_watch *w = vus_watch(t);
	const struct vus_log_entry *owner = NULL;
	unsigned owners = 0;
	int status;

	VUS_STEP(t, vus_stimulate_start_and_io(t));
	VUS_STEP(t, vus_stimulate_reconnect(t, &status));
	if (status != 0)
		VUS_SKIP(t, "no ring ran after the reconnection (status %d)",
			 status);
	while ((owner = vus_log_next(&w->log, VUS_FE_SET_OWNER, owner)))
		owners += owner->connection + 1 == w->connections;
	VUS_CHECK(t, "owner.set_sent", owners == 1,
		  "SET_OWNER is sent once on each connection",
		  "%u SET_OWNER came on connection %u", owners, w->connections);
}

/* Fewer slots than before: too few for the memory that is there. */
VUS_CASE(fewer_slots_after_a_reconnection_are_noticed, .party = "frontend",
	 .title = "memory is not announced beyond the slots that are left",
	 .rules = { "mem_slots.frontend_shrink" },
	 .needs = PF(CONFIGURE_MEM_SLOTS), .stimuli = VUS_BIT(VUS_DO_RECONNECT))
{
	struct vus_watch *w = vus_watch(t);
	unsigned added = 0;
	int status = 0;
	const struct vus_log_entry *s = NULL;

	(void)!vus_stimulate_start_and_io(t);
	w->cfg.slots = 1;
	VUS_STEP(t, vus_stimulate_required(t, VUS_DO_HOTPLUG));
	VUS_STEP(t, vus_stimulate_reconnect(t, &status));
	while ((s = vus_log_next(&w->log, VUS_FE_ADD_MEM_REG, s)))
		added += s->connection + 1 == w->connections;
	VUS_CHECK(t, "mem_slots.frontend_shrink", added <= 1,
		  "at most as many regions are added as the back-end has slots",
		  "%u regions were added to a back-end with one slot", added);
}

/* ---- where rings continue ---- */

/* The requests of a ring when the connection was lost, and the base that the
 * front-end then sets. */
struct position {
	unsigned completes; /* requests, before it is lost */
	bool asked;         /* SET_VRING_KICK came on the new connection */
	bool right;
	char seen[160];
};

/* Once so many requests are completed, no more are; with one pending, the
 * connection is lost. */
static bool has_pending_request(struct vus_watch *w)
{
	const struct position *p = w->judge;
	bool pending = false;

	if (w->requests < p->completes)
		return false;
	for (unsigned i = 0; i < w->cfg.queues; i++) {
		struct vus_vq *vq = &w->be.vqs[i];

		vq->broken = true;
		if (vq->started && (vq->mapped || vus_vq_map(vq)))
			pending |= vus_ring_idx(&vq->ring.avail->idx) !=
				   vq->ring.last_avail;
	}
	return pending;
}

/* All parts of the ring are set when its kick comes: does it continue after the
 * requests that were completed? */
static bool check_position(struct vus_be *be, struct vus_frame *frame)
{
	struct position *p = vus_watch_of_be(be)->judge;
	const uint64_t value = frame->body.vring_fd.value;
	struct vus_vq *vq;
	uint16_t used;

	if (frame->id != VUS_FE_SET_VRING_KICK || !frame->decoded || !p ||
	    (p->asked && !p->right))
		return false;
	vq = vus_be_vq(be, value & VUS_VRING_IDX_MASK);
	if (!vq || !vus_vq_map(vq))
		return false;
	used = vus_ring_idx(&vq->ring.used->idx);
	p->asked = true;
	p->right = vq->ring.last_avail == used;
	(void)snprintf(p->seen, sizeof(p->seen),
		       "ring %u continues at %u; %u of its requests were "
		       "completed, and %u were made",
		       vq->index, vq->ring.last_avail, used,
		       vus_ring_idx(&vq->ring.avail->idx));
	return false;
}

static bool until_compared(const struct vus_watch *w, const void *arg)
{
	(void)w;
	return ((const struct position *)arg)->asked;
}

/* Without a record of requests in flight, those that were not completed are
 * executed again: rings continue at their used index. */
VUS_CASE(rings_resume_at_their_used_index, .party = "frontend",
	 .title = "after a loss a ring's base is its used index",
	 .rules = { "ring_base.frontend_after_loss" },
	 .rows = { "none_completed", "one_completed" })
{
	struct vus_watch *w = vus_watch(t);
	struct position p = { .completes = t->row };
	struct vus_err err = { 0 };
	int status;

	w->judge = &p;
	w->loses = has_pending_request;
	w->intercept = check_position;
	VUS_STEP(t, vus_stimulate_required(t, VUS_DO_START));
	/* Firmware reads its disk by itself. */
	(void)!(vus_watch_serve(t, vus_until_set_up, NULL,
				vus_deadline_ms(t->request_ms), &err) &&
		vus_watch_serve(t, vus_until_closed, NULL,
				vus_deadline_ms(4 * (uint64_t)t->quiet_ms),
				&err));
	if (w->open && w->connections == 1 &&
	    !vus_stimulate(t, VUS_DO_IO, &status))
		return;
	if (w->connections == 1 &&
	    !vus_watch_accept(t, vus_deadline_ms(t->request_ms), &err))
		VUS_SKIP(t, "it did not come again: %s", err.text);
	if (!vus_watch_serve(t, until_compared, &p,
			     vus_deadline_ms(t->request_ms), &err))
		VUS_SKIP(t, "it started no ring again: %s", err.text);
	VUS_CHECK(t, "ring_base.frontend_after_loss", p.right,
		  "after a loss a ring's base is its used index", "%s", p.seen);
}
