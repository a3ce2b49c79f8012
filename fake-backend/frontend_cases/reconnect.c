/* SPDX-License-Identifier: BSD-3-Clause */
/* reconnect.c — connections that are lost, and front-ends that come again. */
#include "fixture/watch.h"

#include "base/clock.h"

#include <stdio.h>

/* After how many messages of the front-end the connection is lost. */
static const unsigned losses[] = { 1, 2, 3, 5, 8, 12, 16 };

/* Once so many requests of it have come, here and in all connections. */
static bool has_said(struct vus_watch *w)
{
	const unsigned *n = w->judge;
	const struct vus_log_entry *s = NULL;
	unsigned said = 0;

	while ((s = vus_log_request(&w->log, s)))
		said++;
	return said >= *n;
}

/* Lost at any step of the start: the front-end comes again, or reports the
 * device as failed; it neither crashes nor hangs.  It is told to start while it
 * is waited for, since it may say little until then. */
VUS_CASE(a_loss_at_any_step_is_survived, .party = "frontend",
	 .title = "losing the connection at any step is no crash and no hang",
	 .rules = { "socket.frontend_reconnect_each_step" },
	 .stimuli = VUS_BIT(VUS_DO_QUIT),
	 .rows = { "1", "2", "3", "5", "8", "12", "16" })
{
	struct vus_watch *w = vus_watch(t);
	unsigned n = losses[t->row];
	struct vus_err err = { 0 };
	int status;

	w->judge = &n;
	w->loses = has_said;
	if (!vus_stimulate_optional(t, VUS_DO_START, &status))
		return;
	/* Of one that says less, behind the last that it said. */
	if (w->connections == 1)
		(void)!vus_watch_serve(t, vus_until_closed, NULL,
				       vus_deadline_ms(t->quiet_ms), &err);
	if (w->connections == 1) {
		vus_watch_drop(w);
		if (!vus_watch_accept(t, vus_deadline_ms(t->request_ms),
				      &err) &&
		    vus_watch_wait_end(t, vus_now())) {
			/* Not again: then it must have said so by ending, or
			 * go on without the device. */
			VUS_OLD_CHECK(t, "socket.frontend_reconnect_each_step",
				      true, "it ended");
			return;
		}
	}
	if (!vus_stimulate(t, VUS_DO_QUIT, &status))
		return;
	VUS_OLD_CHECK(t, "socket.frontend_reconnect_each_step", status >= 0,
		      "came again, and then heard nothing more");
}

/* A front-end that comes again starts from the beginning: features, owner,
 * memory and rings, and its device works. */
VUS_CASE(a_new_connection_starts_over, .party = "frontend",
	 .title = "after a reconnection the device works again",
	 .rules = { "owner.set_sent" }, .stimuli = VUS_BIT(VUS_DO_RECONNECT))
{
	struct vus_watch *w = vus_watch(t);
	const struct vus_log_entry *owner = NULL;
	unsigned owners = 0;
	int status;

	if (!vus_stimulate_start_and_io(t) ||
	    !vus_stimulate_reconnect(t, &status))
		return;
	if (status != 0)
		VUS_SKIP(t, "no ring ran after the reconnection (status %d)",
			 status);
	while ((owner = vus_log_next(&w->log, VUS_FE_SET_OWNER, owner)))
		owners += owner->connection + 1 == w->connections;
	VUS_OLD_CHECK(t, "owner.set_sent", owners == 1,
		      "%u SET_OWNER on connection %u", owners, w->connections);
}

/* Fewer slots than were there before: not enough for the memory that is. */
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
	if (!vus_stimulate_required(t, VUS_DO_HOTPLUG) ||
	    !vus_stimulate_reconnect(t, &status))
		return;
	while ((s = vus_log_next(&w->log, VUS_FE_ADD_MEM_REG, s)))
		added += s->connection + 1 == w->connections;
	VUS_OLD_CHECK(t, "mem_slots.frontend_shrink", added <= 1,
		      "added %u regions to a back-end with one slot", added);
}

/* ---- where rings go on ---- */

/* What a ring had in hand when the connection was lost, and where it is said to
 * go on. */
struct position {
	unsigned completes; /* requests, before it is lost */
	bool asked;         /* SET_VRING_KICK came on the new connection */
	bool right;
	char seen[160];
};

/* Once so many requests were completed, no more are; with one in hand the
 * connection is lost. */
static bool with_a_request(struct vus_watch *w)
{
	const struct position *p = w->judge;
	bool in_hand = false;

	if (w->requests < p->completes)
		return false;
	for (unsigned i = 0; i < w->cfg.queues; i++) {
		struct vus_vq *vq = &w->be.vqs[i];

		vq->broken = true;
		if (vq->started && (vq->mapped || vus_vq_map(vq)))
			in_hand |= vus_ring_idx(&vq->ring.avail->idx) !=
				   vq->ring.last_avail;
	}
	return in_hand;
}

/* The ring is whole when its kick comes: does it go on behind what was
 * completed? */
static bool compare(struct vus_be *be, struct vus_frame *frame)
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
		       "ring %u goes on at %u; %u of its requests were "
		       "completed, and %u made",
		       vq->index, vq->ring.last_avail, used,
		       vus_ring_idx(&vq->ring.avail->idx));
	return false;
}

static bool until_compared(const struct vus_watch *w, const void *arg)
{
	(void)w;
	return ((const struct position *)arg)->asked;
}

/* Where nothing tells which requests were in flight, those that were not
 * completed are done again: rings go on where their used index stands. */
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
	w->loses = with_a_request;
	w->intercept = compare;
	if (!vus_stimulate_required(t, VUS_DO_START))
		return;
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
	VUS_OLD_CHECK(t, "ring_base.frontend_after_loss", p.right, "%s",
		      p.seen);
}
