/* SPDX-License-Identifier: BSD-3-Clause */
/* moved.c — a ping with a buffer where the case wants it. */
#include "moved.h"

static bool lay_out(struct vus_ctx *t, uint64_t seed, struct vus_moved *ret)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	const bool ok = s->driver->ping(s, seed, 0, &ret->home, &err);

	ret->away = ret->home;
	return vus_step_ours(t, ok, &err);
}

/* The largest of its buffers that the device writes, or reads. */
static bool choose(struct vus_moved *m, bool write)
{
	uint32_t largest = 0;

	for (unsigned i = 0; i < m->home.nsegs; i++) {
		const struct vus_seg *seg = &m->home.segs[i];

		if (seg->write == write && seg->len > largest) {
			largest = seg->len;
			m->seg = i;
		}
	}
	return largest > 0;
}

bool vus_moved_take(struct vus_ctx *t, uint64_t seed, bool write,
		    struct vus_moved *ret)
{
	if (!lay_out(t, seed, ret))
		return false;
	if (choose(ret, write))
		return true;
	vus_skip(t, "a request to this device has no %s buffer",
		 write ? "writable" : "readable");
	return false;
}

uint32_t vus_moved_len(const struct vus_moved *m)
{
	return m->home.segs[m->seg].len;
}

/* Byte by byte: either side may lie over regions that are no neighbours in our
 * own process, and where there is no memory nothing is copied. */
static void copy(const struct vus_guest *g, uint64_t to, uint64_t from,
		 uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		const uint8_t *src = vus_guest_host(g, from + i, 1);
		uint8_t *dst = vus_guest_host(g, to + i, 1);

		if (src && dst)
			*dst = *src;
	}
}

void vus_moved_to(struct vus_ctx *t, struct vus_moved *m, uint64_t gpa)
{
	const struct vus_seg *home = &m->home.segs[m->seg];

	copy(&vus_fe(t)->guest, gpa, home->gpa, home->len);
	m->away.segs[m->seg].gpa = gpa;
}

bool vus_moved_offer(struct vus_ctx *t, unsigned queue,
		     const struct vus_moved *m)
{
	struct vus_session *s = vus_fe(t);
	struct vus_split_driver *ring = s->queues[queue].ring;
	struct vus_err err = { 0 };
	uint16_t head;

	if (!vus_step_ours(t,
			   vus_split_add(ring, m->away.segs, m->away.nsegs,
					 &head, &err),
			   &err))
		return false;
	vus_split_put(ring, head);
	vus_split_publish(ring);
	return vus_step_ours(t, vus_fe_kick(s, queue, &err), &err);
}

bool vus_moved_pong(struct vus_ctx *t, const char *rule, unsigned queue,
		    const struct vus_moved *m)
{
	const struct vus_seg *home = &m->home.segs[m->seg];
	const struct vus_seg *away = &m->away.segs[m->seg];
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	struct vus_used used;
	bool ok = vus_fe_wait_used(s, queue, vus_deadline_ms(t->request_ms),
				   &used, &err);

	if (ok && away->write)
		copy(&s->guest, home->gpa, away->gpa, home->len);
	ok = ok && s->driver->pong(s, &m->home, used.len, &err);
	if (!ok && err.kind == VUS_ERR_SYSTEM)
		return vus_step_ours(t, false, &err);
	return vus_check(t, rule, ok, "the request is served", __FILE__,
			 __LINE__, "%s", err.text);
}

bool vus_moved_serve(struct vus_ctx *t, const char *rule, unsigned queue,
		     const struct vus_moved *m)
{
	return vus_moved_offer(t, queue, m) &&
	       vus_moved_pong(t, rule, queue, m);
}

void vus_moved_settle(struct vus_ctx *t, unsigned queue)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (vus_fe_barrier(s, &err))
		(void)vus_fe_quiet(s, queue, t->quiet_ms);
}

static bool send_astray(struct vus_ctx *t, struct vus_moved *m, uint64_t gpa,
			uint64_t len)
{
	m->away.segs[m->seg].gpa = gpa;
	if (len != VUS_OWN_LEN)
		m->away.segs[m->seg].len = (uint32_t)len;
	if (!vus_moved_offer(t, 0, m))
		return false;
	vus_moved_settle(t, 0);
	return true;
}

bool vus_moved_astray(struct vus_ctx *t, uint64_t gpa, uint64_t len)
{
	struct vus_moved m;

	return vus_moved_take(t, t->seed, true, &m) &&
	       send_astray(t, &m, gpa, len);
}

bool vus_moved_lost(struct vus_ctx *t, uint64_t gpa, uint64_t len)
{
	struct vus_moved m;

	if (!lay_out(t, t->seed, &m))
		return false;
	/* A request has a buffer of one kind at least. */
	(void)(choose(&m, true) || choose(&m, false));
	return send_astray(t, &m, gpa, len);
}
