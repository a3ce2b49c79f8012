/* SPDX-License-Identifier: BSD-3-Clause */
/* repeated_sessions.c — one session after another, each brought up in another
 * order, and a disk that keeps what was written.
 *
 * No heading orders the messages of a bring-up beyond what they need: memory
 * and a size before addresses ("VHOST_USER_SET_VRING_ADDR" is translated by the
 * table), and all that describes a ring before the descriptor that starts it
 * ("Ring states").  Each cycle draws one of these orders, and with it features,
 * the form of the memory table, ring, size, base, what is written, how often
 * the ring is stopped and started again, and how the session ends.  All of it
 * comes from t->seed. */
#include "fixture/sessions.h"
#include "fixture/disk.h"
#include "fixture/rings.h"

#include "base/own.h"
#include "base/rand.h"

#define SLOTS        16 /* places on the disk with a content of their own */
#define SLOT_SECTORS (VUS_DISK_SECTORS / SLOTS)

struct cycle {
	struct vus_rand rand;
	struct vus_disk disk;
	uint64_t seeds[SLOTS]; /* of what was written there; 0: nothing yet */
	unsigned n;            /* number of the cycle */
};

static bool draw_operation(struct cycle *c)
{
	return vus_rand_below(&c->rand, 2) == 1;
}

/* ---- a bring-up in any order ---- */

enum step { MEMORY, NUM, BASE, ADDR, ERR, CALL, KICK, ENABLE, STEPS };

/* Steps that each one needs before it. */
static const unsigned before[STEPS] = {
	[ADDR] = VUS_BIT(MEMORY) | VUS_BIT(NUM),
	[KICK] = VUS_BIT(MEMORY) | VUS_BIT(NUM) | VUS_BIT(BASE) | VUS_BIT(ADDR),
};

static bool send_fd(struct vus_session *s, uint32_t id, int fd,
		    struct vus_err *err)
{
	const struct vus_frame f =
		vus_vring_fd_frame(s, id, s->queues[0].index, fd);

	return vus_fe_send_acked(s, &f, err);
}

static bool take_step(struct vus_session *s, enum step step,
		      struct vus_err *err)
{
	const struct vus_queue *q = &s->queues[0];

	switch (step) {
	case MEMORY:
		return vus_fe_announce_memory(s, err);
	case NUM:
		return vus_fe_set_state(s, VUS_FE_SET_VRING_NUM, q->index,
					q->num, err);
	case BASE:
		return vus_fe_set_state(s, VUS_FE_SET_VRING_BASE, q->index,
					q->base, err);
	case ADDR:
		return vus_fe_queue_send_addr(s, 0, err);
	case ERR:
		return send_fd(s, VUS_FE_SET_VRING_ERR, q->err.wr, err);
	case CALL:
		return send_fd(s, VUS_FE_SET_VRING_CALL, q->call.wr, err);
	case KICK:
		return send_fd(s, VUS_FE_SET_VRING_KICK, q->kick.rd, err);
	default:
		return vus_fe_queue_enable(s, 0, true, err);
	}
}

/* One of the steps of `todo` that needs no other of them before it. */
static enum step draw(struct cycle *c, unsigned todo)
{
	enum step step;

	do
		step = (enum step)vus_rand_below(&c->rand, STEPS);
	while (!(todo & VUS_BIT(step)) || (todo & before[step]));
	return step;
}

/* Start a ring of a random size at a random base. */
static bool start_cycle(struct vus_ctx *t, struct cycle *c, unsigned todo)
{
	struct vus_session *s = vus_fe(t);
	const unsigned num = 4U << vus_rand_below(&c->rand, 6);
	const uint16_t base = (uint16_t)vus_rand_next(&c->rand);
	struct vus_err err = { 0 };

	if (!vus_step_setup(t, vus_fe_queue_alloc(s, 0, num, base, &err), &err))
		return false;
	while (todo) {
		const enum step step = draw(c, todo);

		if (!vus_step_bring_up(t,
				       take_step(s, step, &err) &&
					       vus_is_taken(s, &err),
				       &err))
			return false;
		todo &= ~(unsigned)VUS_BIT(step);
	}
	/* A kick that is seen before the enable may be discarded. */
	if (vus_fe_barrier(s, &err))
		return true;
	vus_prereq_failed(t, "ring_state.start_on_kick", &err);
	return false;
}

/* ---- requests ---- */

static uint64_t sector_of(const struct cycle *c, unsigned slot)
{
	return c->disk.place + (uint64_t)slot * SLOT_SECTORS;
}

static bool is_there(struct vus_ctx *t, struct cycle *c, unsigned slot,
		     bool *ret)
{
	struct vus_blk r;

	if (!vus_disk_prereq(t, VIRTIO_BLK_T_IN, sector_of(c, slot),
			     SLOT_SECTORS, t->seed, &r))
		return false;
	*ret = vus_blk_data_is(vus_fe(t), &r, c->seeds[slot]);
	return true;
}

/* Write and read back in this session, which other cases judge. */
static bool write_slot(struct vus_ctx *t, struct cycle *c, unsigned slot)
{
	struct vus_err err = { 0 };
	struct vus_blk r;
	bool there;

	c->seeds[slot] = vus_rand_next(&c->rand) | 1;
	if (!vus_disk_prereq(t, VIRTIO_BLK_T_OUT, sector_of(c, slot),
			     SLOT_SECTORS, c->seeds[slot], &r) ||
	    !is_there(t, c, slot, &there))
		return false;
	if (there)
		return true;
	(void)vus_fail(&err, VUS_ERR_PROTOCOL,
		       "a read returned other bytes than were just written");
	vus_prereq_failed(t, "blk.in", &err);
	return false;
}

static bool check_slot(struct vus_ctx *t, struct cycle *c, unsigned slot)
{
	bool there;

	return c->seeds[slot] == 0 ||
	       (is_there(t, c, slot, &there) &&
		vus_check(t, "blk.out", there,
			  "a read returns what an earlier session wrote",
			  "in session %u, sector %llu holds other bytes", c->n,
			  (unsigned long long)sector_of(c, slot)));
}

/* Guest memory of each request is used again for the next. */
static bool serve_operation(struct vus_ctx *t, struct cycle *c)
{
	struct vus_guest *g = &vus_fe(t)->guest;
	const uint64_t cursor = g->cursor;

	for (unsigned i = 0; i < 6; i++) {
		const unsigned slot = (unsigned)vus_rand_below(&c->rand, SLOTS);

		if (!(draw_operation(c) ? write_slot : check_slot)(t, c, slot))
			return false;
		g->cursor = cursor;
	}
	return true;
}

static bool check_all(struct vus_ctx *t, struct cycle *c)
{
	struct vus_guest *g = &vus_fe(t)->guest;
	const uint64_t cursor = g->cursor;

	for (unsigned slot = 0; slot < SLOTS; slot++) {
		if (!check_slot(t, c, slot))
			return false;
		g->cursor = cursor;
	}
	return true;
}

/* ---- a session ---- */

static bool negotiate_cycle(struct vus_ctx *t, struct cycle *c)
{
	static const uint64_t vf[] = { VF(RING_EVENT_IDX),
				       VF(RING_INDIRECT_DESC),
				       VF(PROTOCOL_FEATURES) };
	static const uint64_t pf[] = { PF(REPLY_ACK), PF(CONFIGURE_MEM_SLOTS) };
	uint64_t wants = vus_fe_wanted_features(t),
		 wants_pf = vus_fe_wanted_protocol_features(t);
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	for (size_t i = 0; i < VUS_COUNT(vf); i++)
		wants &= draw_operation(c) ? UINT64_MAX : ~vf[i];
	for (size_t i = 0; i < VUS_COUNT(pf); i++)
		wants_pf &= draw_operation(c) ? UINT64_MAX : ~pf[i];
	if (!vus_step_bring_up(t, vus_fe_negotiate(s, wants, wants_pf, &err),
			       &err))
		return false;
	/* Any of the device's rings, which are all alike. */
	if (s->nqueues > 0)
		s->queues[0].index =
			(unsigned)vus_rand_below(&c->rand, s->nqueues);
	return true;
}

/* GET_VRING_BASE, sometimes for a ring that was disabled before. */
static bool stop_cycle(struct vus_ctx *t, struct cycle *c)
{
	struct vus_session *s = vus_fe(t);
	const bool disables =
		(s->features & VF(PROTOCOL_FEATURES)) && draw_operation(c);
	struct vus_err err = { 0 };

	return vus_step_prereq(t, "ring_enable.set",
			       !disables ||
				       vus_fe_queue_enable(s, 0, false, &err),
			       &err) &&
	       vus_step_prereq(t, "ring_stop.reply",
			       vus_fe_queue_stop(s, 0, NULL, &err), &err);
}

static bool run_session(struct vus_ctx *t, struct cycle *c)
{
	const unsigned restarts = (unsigned)vus_rand_below(&c->rand, 3);
	unsigned todo = VUS_BIT(STEPS) - 1;

	if (!(vus_fe(t)->features & VF(PROTOCOL_FEATURES)))
		todo &= ~(unsigned)VUS_BIT(ENABLE);
	if (!start_cycle(t, c, todo) || !check_all(t, c) ||
	    !serve_operation(t, c))
		return false;
	todo &= ~(unsigned)VUS_BIT(MEMORY);
	for (unsigned i = 0; i < restarts; i++)
		if (!stop_cycle(t, c) || !start_cycle(t, c, todo) ||
		    !serve_operation(t, c))
			return false;
	/* Some sessions end without a stop. */
	return draw_operation(c) || stop_cycle(t, c);
}

/* virtio 5.2.6: a write that came back with status 0 is done.  It stays
 * so however the session ends, and in whatever order the next one is brought
 * up. */
VUS_CASE(disk_keeps_what_sessions_wrote,
	 .title = "what was written is read in later sessions, brought up in "
		  "any order",
	 .rules = { "blk.out", "socket.backend_reaccepts" },
	 .start = VUS_START_NEGOTIATED, .needs = PF(CONFIG), .devices = "blk",
	 .pings = true, .writes = true)
{
	struct cycle c = { .rand = { t->seed } };
	/* 1,000 with --effort full. */
	const unsigned cycles = VUS_MAX(t->rounds / 200, 3);

	VUS_STEP(t, vus_disk_find_scratch(t, &c.disk));
	for (c.n = 1; c.n <= cycles; c.n++)
		if (!vus_step_reconnect(t, "socket.backend_reaccepts",
					VUS_START_CONNECTED) ||
		    !negotiate_cycle(t, &c) || !run_session(t, &c))
			return;
}
