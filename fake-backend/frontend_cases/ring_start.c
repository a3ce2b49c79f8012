/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_start.c — when rings are kicked first, and which size is announced. */
#include "fixture/watch.h"

#include "base/clock.h"

#include <stdio.h>

/* ---- the first kick ---- */

struct enabling {
	unsigned quiet_ms;
	bool looks;     /* this is the start in question */
	bool again;     /* a driver has used the rings before */
	unsigned seen;  /* rings whose SET_VRING_ENABLE was delayed */
	bool early;     /* one of them was kicked meanwhile, */
	unsigned which; /* this one */
};

/* Are all requests of its driver completed? */
static bool ring_rests(struct vus_vq *vq)
{
	return vus_vq_map(vq) && vus_ring_idx(&vq->ring.avail->idx) ==
					 vus_ring_idx(&vq->ring.used->idx);
}

/* Delay SET_VRING_ENABLE, and look for a kick.  A kick that came before it does
 * not count: QEMU's descriptors are signalled when they are made.  Nor does one
 * for a request: a driver that continues makes requests at any time. */
static bool delay_enable(struct vus_be *be, struct vus_frame *frame)
{
	struct enabling *e = vus_watch_of_be(be)->judge;
	const struct vus_p_vring_state *state = &frame->body.vring_state;
	struct vus_vq *vq;
	bool kicked;

	if (frame->id != VUS_FE_SET_VRING_ENABLE || !frame->decoded ||
	    state->num != 1 || !e->looks || e->early)
		return false;
	vq = vus_be_vq(be, state->index);
	if (!vq || vq->kick < 0 || vq->enabled || (e->again && !ring_rests(vq)))
		return false;
	vus_be_kick(be, state->index);
	kicked = vus_poll_one(vq->kick, POLLIN, vus_deadline_ms(e->quiet_ms)) >
		 0;
	if (e->again && !ring_rests(vq))
		return false;
	e->seen++;
	e->which = state->index;
	e->early = kicked;
	return false;
}

static bool until_delayed(const struct vus_watch *w, const void *arg)
{
	(void)w;
	return ((const struct enabling *)arg)->seen > 0;
}

enum { FIRST, AFTER_A_STOP, AFTER_A_RESET, AFTER_A_LOSS };

/* Bring the front-end through the start in question. */
static bool start_of_row(struct vus_ctx *t, struct enabling *e)
{
	int status;

	e->looks = t->row == FIRST;
	e->again = t->row != FIRST;
	if (!vus_stimulate_required(t, VUS_DO_START))
		return false;
	if (t->row == AFTER_A_STOP && !vus_stimulate_required(t, VUS_DO_STOP))
		return false;
	e->looks = true;
	switch (t->row) {
	case AFTER_A_STOP:
		return vus_stimulate_required(t, VUS_DO_CONT);
	case AFTER_A_RESET:
		return vus_stimulate_required(t, VUS_DO_RESET);
	case AFTER_A_LOSS:
		return vus_stimulate_reconnect(t, &status);
	default:
		return true;
	}
}

/* Derived from "Ring states": requests that a device takes from a ring that is
 * not enabled yet may be discarded, so the front-end waits for the answer to
 * SET_VRING_ENABLE before the first kick, at every start. */
VUS_CASE(a_ring_is_enabled_before_it_is_kicked, .party = "frontend",
	 .title = "no kick comes until SET_VRING_ENABLE was answered",
	 .rules = { "ring_enable.sync" }, .needs_vf = VF(PROTOCOL_FEATURES),
	 .rows = { "first", "after_a_stop", "after_a_reset", "after_a_loss" })
{
	struct enabling e = { .quiet_ms = t->quiet_ms };
	struct vus_watch *w = vus_watch(t);
	struct vus_err err = { 0 };

	w->judge = &e;
	w->intercept = w->be.intercept = delay_enable;
	VUS_STEP(t, start_of_row(t, &e));
	if (!vus_watch_serve(t, until_delayed, &e,
			     vus_deadline_ms(t->request_ms), &err))
		VUS_SKIP(t,
			 "it enabled no ring with a kick descriptor, or its "
			 "driver uses it already: %s",
			 err.text);
	VUS_CHECK(
		t, "ring_enable.sync", !e.early,
		"a ring is kicked only after SET_VRING_ENABLE was answered",
		"ring %u was kicked before the answer to its SET_VRING_ENABLE",
		e.which);
}

/* ---- the size ---- */

struct part {
	unsigned ring;
	const char *name;
	uint64_t at, len;
};

/* The parts of every ring that was set up; returns how many. */
static unsigned parts_of(const struct vus_be *be,
			 struct part ret[3 * VUS_BE_MAX_QUEUES])
{
	unsigned n = 0;

	for (unsigned i = 0; i < be->cfg.queues; i++) {
		const struct vus_vq *vq = &be->vqs[i];
		const struct vus_p_vring_addr *a = &vq->addr;

		if (!vq->addr_set || vq->num == 0 || !vq->kick_set)
			continue;
		/* Without the words behind the rings, for which older drivers
		 * leave no room. */
		ret[n++] = (struct part){ i, "descriptors", a->desc,
					  vus_split_desc_bytes(vq->num) };
		ret[n++] = (struct part){ i, "available ring", a->avail,
					  vus_split_avail_bytes(vq->num) - 2 };
		ret[n++] = (struct part){ i, "used ring", a->used,
					  vus_split_used_bytes(vq->num) - 2 };
	}
	return n;
}

static bool parts_overlap(const struct part *a, const struct part *b)
{
	return a->at < b->at + b->len && b->at < a->at + a->len;
}

/* A text about two parts that overlap; NULL: there are none. */
static const char *find_overlap(const struct vus_be *be, const struct part *p,
				unsigned n, char buf[160])
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = i + 1; j < n; j++) {
			if (!parts_overlap(&p[i], &p[j]))
				continue;
			(void)snprintf(buf, 160,
				       "%s of ring %u (size %u) and %s of "
				       "ring %u (size %u) overlap",
				       p[i].name, p[i].ring,
				       be->vqs[p[i].ring].num, p[j].name,
				       p[j].ring, be->vqs[p[j].ring].num);
			return buf;
		}
	}
	return NULL;
}

/* Derived from virtio, "Queue size": SET_VRING_NUM has the size that the driver
 * chose, and not the largest one of the device.  Drivers put a ring's parts
 * close together: with another size they overlap. */
VUS_CASE(a_ring_has_room_for_its_size, .party = "frontend",
	 .title = "rings of the announced sizes do not overlap",
	 .rules = { "ring_size.frontend_driver_size" })
{
	const struct vus_be *be = &vus_watch(t)->be;
	struct part parts[3 * VUS_BE_MAX_QUEUES];
	const char *found;
	char words[160];
	unsigned n;

	VUS_STEP(t, vus_stimulate_set_up(t));
	n = parts_of(be, parts);
	if (n == 0)
		VUS_SKIP(t, "the front-end set no ring up");
	found = find_overlap(be, parts, n, words);
	VUS_CHECK(t, "ring_size.frontend_driver_size", !found,
		  "the parts of rings do not overlap", "%s",
		  found ? found : "");
}
