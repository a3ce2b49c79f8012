/* SPDX-License-Identifier: BSD-3-Clause */
/* toctou.c — ring memory that changes between the check of a field and its use.
 *
 * A process of our own writes good and bad values in turn into the fields of a
 * request.  Chance decides which of them the device sees, and it may do with a
 * bad one what it likes; but it must use the value that it has checked. */
#include "fixture/places.h"
#include "fixture/sessions.h"
#include "fixture/shapes.h"

#include "base/rand.h"
#include "proc/process.h"
#include "ring/split_watch.h"

#include <endian.h>
#include <unistd.h>

/* Requests of a round, all of which change. */
#define REQUESTS 8
/* Buffers are this near to the end of memory, and the bad length exceeds it by
 * this much, in bytes: a device moves that quickly. */
#define NEAR_END (UINT64_C(256) << 10)
#define TOO_LONG (UINT32_C(1) << 20)
/* How long to wait for a round, ms: a broken ring completes nothing. */
#define ROUND_MS 5
/* How long to wait for the process that changes them, ms. */
#define LATE_MS 5

/* A field of 16, 32 or 64 bits, with a valid and an invalid value. */
struct flip {
	void *at;
	unsigned size;
	uint64_t good, bad;
};

struct flips {
	struct flip of[REQUESTS];
	unsigned n;
};

static void store(const struct flip *f, uint64_t value)
{
	if (f->size == 2)
		__atomic_store_n((uint16_t *)f->at, htole16((uint16_t)value),
				 __ATOMIC_RELAXED);
	else if (f->size == 4)
		__atomic_store_n((uint32_t *)f->at, htole32((uint32_t)value),
				 __ATOMIC_RELAXED);
	else
		__atomic_store_n((uint64_t *)f->at, htole64(value),
				 __ATOMIC_RELAXED);
}

static void pass_time(uint64_t n)
{
	while (n-- > 0)
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* The process that changes them.  Bad values are there for an eighth of the
 * time, or the ring would break at its first request. */
_Noreturn static void flip_for_ever(const struct flips *flips, uint64_t seed)
{
	struct vus_rand rand = { seed };

	for (;;) {
		for (unsigned i = 0; i < flips->n; i++)
			store(&flips->of[i], flips->of[i].bad);
		pass_time(vus_rand_below(&rand, 200));
		for (unsigned i = 0; i < flips->n; i++)
			store(&flips->of[i], flips->of[i].good);
		pass_time(vus_rand_below(&rand, 1400));
	}
}

static bool start_flipping(struct vus_ctx *t, struct vus_child *child,
			   const struct flips *flips, uint64_t seed)
{
	VUS_AUTO_EVENT runs = VUS_EVENT_NONE;
	struct vus_err err = { 0 };
	sigset_t none;

	if (!vus_step_setup(t, vus_event_open(VUS_EVENTFD, &runs, &err), &err))
		return false;
	sigemptyset(&none);
	switch (vus_child_fork(child, &none, NULL, &err)) {
	case VUS_IN_CHILD:
		(void)!vus_event_signal(runs.wr, 1, &err);
		flip_for_ever(flips, seed);
	case VUS_IN_PARENT:
		/* A loaded machine may run it late. */
		(void)vus_poll_one(runs.rd, POLLIN, vus_deadline_ms(LATE_MS));
		return true;
	default:
		vus_setup_failed(t, &err);
		return false;
	}
}

static void stop_flipping(struct vus_child *child)
{
	(void)vus_child_reap(child, NULL);
}
#define AUTO_CHILD __attribute__((cleanup(stop_flipping))) struct vus_child

/* ---- what changes ---- */

enum what { LENGTH, ADDRESS, NEXT, FLAGS, HEAD, TABLE };

/* The field that changes in a request whose descriptors begin at `head`: in its
 * second descriptor, which is one of data, if it has one. */
static struct flip flip_of(const struct vus_ctx *t, enum what what,
			   uint16_t head, unsigned slot)
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	struct vring_desc *first = &ring->desc[head], *d = first;

	if (le16toh(first->flags) & VRING_DESC_F_NEXT)
		d = &ring->desc[le16toh(first->next)];
	switch (what) {
	case LENGTH:
		return (struct flip){ &d->len, 4, le32toh(d->len), TOO_LONG };
	case ADDRESS:
		return (struct flip){ &d->addr, 8, le64toh(d->addr),
				      UINT64_MAX - 4095 };
	case NEXT:
		return (struct flip){ &first->next, 2, le16toh(first->next),
				      UINT16_MAX };
	case FLAGS:
		return (struct flip){ &d->flags, 2, le16toh(d->flags),
				      le16toh(d->flags) ^ VRING_DESC_F_WRITE };
	case HEAD:
		return (struct flip){ &ring->avail->ring[slot % ring->num], 2,
				      head, UINT16_MAX };
	default:
		return (struct flip){ &first->len, 4, le32toh(first->len),
				      le32toh(first->len) * 4096 + 1 };
	}
}

/* Put requests into the ring; *ret has the fields of them that change. */
static bool lay_chain(struct vus_ctx *t, enum what what, uint64_t seed,
		      struct flips *ret)
{
	struct vus_split_driver *ring = vus_fe(t)->queues[0].ring;
	struct vus_guest *g = &vus_fe(t)->guest;
	const struct vus_guest_region *home = vus_place_home(g);
	struct vus_shape shape;
	struct vus_table table;
	struct vus_err err;
	uint16_t head;

	g->cursor = home->gpa + home->size - NEAR_END;
	*ret = (struct flips){ 0 };
	vus_split_break(ring);
	while (ret->n < REQUESTS && ring->nfree >= VUS_PING_SEGS) {
		const unsigned slot = ring->avail_idx;

		if (!vus_shape_ping(t, seed + ret->n, &shape))
			return false;
		if (what == TABLE) {
			if (!vus_step_table_build(t, 0, &shape, shape.n,
						  &table))
				return false;
			vus_table_write(t, 0, &table);
			head = table.head;
		} else if (!vus_step_setup(t,
					   vus_split_add(ring, shape.segs,
							 shape.n, &head, &err),
					   &err)) {
			return false;
		}
		vus_split_put(ring, head);
		ret->of[ret->n++] = flip_of(t, what, head, slot);
	}
	return true;
}

/* ---- the case ---- */

/* Until all are done, the connection is closed, or the time is over. */
static void wait_random(const struct vus_ctx *t, unsigned n)
{
	const uint64_t deadline = vus_deadline_ms(ROUND_MS);
	const struct vus_session *s = vus_fe(t);

	while (vus_split_used_pending(s->queues[0].ring) < n &&
	       vus_remaining_ms(deadline) > 0 &&
	       vus_poll_one(s->link.fd, POLLRDHUP, vus_now()) == 0)
		vus_pause(VUS_MIN(deadline, vus_deadline_ms(1)));
}

/* One round; false: the verdict is set, or the back-end serves no other
 * connection. */
static bool flip_once(struct vus_ctx *t, enum what what, uint64_t seed)
{
	static const char rule[] = "split_ring.hardening.double_fetch";
	struct vus_session *s = vus_fe(t);
	AUTO_CHILD child = VUS_CHILD_NONE;
	struct vus_err err = { 0 };
	struct flips flips;
	bool answers;

	if (!lay_chain(t, what, seed, &flips) ||
	    !start_flipping(t, &child, &flips, seed))
		return false;
	vus_split_publish(s->queues[0].ring);
	if (!vus_step_setup(t, vus_fe_kick(s, 0, &err), &err))
		return false;
	wait_random(t, flips.n);
	stop_flipping(&child);
	answers = vus_fe_barrier(s, &err);
	if (!vus_check(t, rule, answers || err.kind != VUS_ERR_TIMEOUT,
		       "the back-end answers, or closes the connection", "%s",
		       err.text))
		return false;
	return vus_fe_reconnect(t, rule, VUS_START_RUNNING) == VUS_RECONNECT_OK;
}

/* "derived": a driver may write its ring at any moment, also between the check
 * of a field and its use.  Each field must be read once, or checked where it is
 * used: otherwise a length that was valid when it was checked exceeds memory
 * when it is used. */
VUS_CASE(changing_requests_are_survived,
	 .title = "requests that change while they are read do no harm to the "
		  "device",
	 .rules = { "split_ring.hardening.double_fetch" },
	 .start = VUS_START_RUNNING, .needs_vf = VF(RING_INDIRECT_DESC),
	 .pings = true,
	 .rows = { "length", "address", "next", "flags", "head", "table" })
{
	for (unsigned i = 0; i <= t->rounds / 500; i++) {
		if (!flip_once(t, t->row, t->seed + i * REQUESTS))
			return;
	}
	VUS_STEP(t, vus_step_ping(t, "split_ring.hardening.double_fetch", 0,
				  t->seed));
}
