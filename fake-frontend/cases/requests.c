/* SPDX-License-Identifier: BSD-3-Clause */
/* requests.c — other shapes of a request, indirect tables, photographs. */
#include "requests.h"

#include "../../harness/base/rand.h"

#include <endian.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* ---- shapes ---- */

bool vus_shape_ping(struct vus_ctx *t, uint64_t seed, struct vus_shape *ret)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	*ret = (struct vus_shape){ 0 };
	if (!vus_step_ours(t, s->driver->ping(s, seed, 0, &ret->ping, &err),
			   &err))
		return false;
	ret->n = ret->ping.nsegs;
	memcpy(ret->segs, ret->ping.segs, ret->n * sizeof(ret->segs[0]));
	return true;
}

bool vus_shape_cut(struct vus_shape *s, unsigned i, uint32_t at)
{
	struct vus_seg *seg = &s->segs[i];

	if (i >= s->n || at == 0 || at >= seg->len || s->n == VUS_SHAPE_MAX)
		return false;
	memmove(seg + 1, seg, (s->n - i) * sizeof(*seg));
	s->n++;
	seg[0].len = at;
	seg[1].gpa += at;
	seg[1].len -= at;
	return true;
}

void vus_shape_spread(struct vus_shape *s, unsigned n)
{
	while (s->n < n) {
		unsigned longest = 0;

		for (unsigned i = 1; i < s->n; i++) {
			if (s->segs[i].len > s->segs[longest].len)
				longest = i;
		}
		if (!vus_shape_cut(s, longest, s->segs[longest].len / 2))
			return;
	}
}

uint32_t vus_shape_writable(const struct vus_shape *s)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < s->n; i++)
		sum += s->segs[i].write ? s->segs[i].len : 0;
	return sum;
}

static uint8_t *host_of(const struct vus_ctx *t, const struct vus_seg *seg)
{
	return vus_guest_host(&vus_fe(t)->guest, seg->gpa, seg->len);
}

void vus_shape_gather(const struct vus_ctx *t, const struct vus_shape *s,
		      uint8_t *buf)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (!s->segs[i].write)
			continue;
		memcpy(buf, host_of(t, &s->segs[i]), s->segs[i].len);
		buf += s->segs[i].len;
	}
}

void vus_shape_fill(const struct vus_ctx *t, const struct vus_shape *s,
		    uint8_t byte)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (s->segs[i].write)
			memset(host_of(t, &s->segs[i]), byte, s->segs[i].len);
	}
}

void vus_shape_prefill(const struct vus_ctx *t, const struct vus_shape *s,
		       uint64_t seed)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (s->segs[i].write)
			vus_rand_fill(seed + i, host_of(t, &s->segs[i]),
				      s->segs[i].len);
	}
}

/* ---- chains ---- */

void vus_chain_at(struct vus_split_driver *ring, const struct vus_seg *segs,
		  unsigned nsegs, const uint16_t *slots)
{
	for (unsigned i = 0; i < nsegs; i++) {
		const bool last = i + 1 == nsegs;

		ring->desc[slots[i]] = (struct vring_desc){
			.addr = htole64(segs[i].gpa),
			.len = htole32(segs[i].len),
			.flags = htole16(
				(uint16_t)((last ? 0 : VRING_DESC_F_NEXT) |
					   (segs[i].write ? VRING_DESC_F_WRITE
							  : 0))),
			.next = htole16(last ? UINT16_MAX : slots[i + 1]),
		};
	}
}

bool vus_step_send_head(struct vus_ctx *t, unsigned queue, uint16_t head)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	vus_split_put(s->queues[queue].ring, head);
	vus_split_publish(s->queues[queue].ring);
	return vus_step_ours(t, vus_fe_kick(s, queue, &err), &err);
}

bool vus_step_send(struct vus_ctx *t, unsigned queue, const struct vus_shape *s,
		   uint16_t *ret_head)
{
	struct vus_split_driver *ring = vus_fe(t)->queues[queue].ring;
	struct vus_err err;
	uint16_t head;

	if (!vus_step_ours(t, vus_split_add(ring, s->segs, s->n, &head, &err),
			   &err))
		return false;
	if (ret_head)
		*ret_head = head;
	return vus_step_send_head(t, queue, head);
}

bool vus_step_shape(struct vus_ctx *t, const char *rule, unsigned queue,
		    const struct vus_shape *s)
{
	return vus_step_send(t, queue, s, NULL) &&
	       vus_step_pong(t, rule, queue, &s->ping);
}

bool vus_step_framing(struct vus_ctx *t)
{
	struct vus_err err = { 0 };
	struct vus_shape shape;
	struct vus_used used;

	if (!vus_shape_ping(t, t->seed ^ 1, &shape))
		return false;
	vus_shape_spread(&shape, VUS_MAX(shape.n, 2));
	if (!vus_step_send(t, 0, &shape, NULL))
		return false;
	if (vus_fe_wait_used(vus_fe(t), 0,
			     vus_deadline_ms(vus_fe(t)->request_ms), &used,
			     &err))
		return true;
	vus_need_failed(t, "split.desc.any_framing", &err, __FILE__, __LINE__);
	return false;
}

bool vus_step_survived(struct vus_ctx *t, const char *rule)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };
	const bool answers = vus_fe_barrier(s, &err);

	if (!vus_check(t, rule, answers || err.kind != VUS_ERR_TIMEOUT,
		       "it answers or closes", __FILE__, __LINE__, "%s",
		       err.text))
		return false;
	if (answers)
		(void)vus_fe_quiet(s, 0, t->quiet_ms);
	return true;
}

uint16_t vus_used_idx(const struct vus_ctx *t, unsigned queue)
{
	const struct vring_used *used = vus_fe(t)->queues[queue].ring->used;

	return le16toh(__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE));
}

bool vus_step_any_used(const struct vus_ctx *t, unsigned queue,
		       struct vus_err *err)
{
	const struct vus_session *s = vus_fe(t);
	struct vus_wait w =
		vus_link_wait(&s->link, vus_deadline_ms(t->request_ms));

	while (vus_split_used_pending(s->queues[queue].ring) == 0)
		if (!vus_link_wait_goes_on(&w, NULL, 0))
			return vus_fail(err, VUS_ERR_TIMEOUT,
					"no used entry came");
	return true;
}

/* How often used.idx is looked at between looks at the clock. */
#define LOOKS 1024

bool vus_watch_used(const struct vus_ctx *t, unsigned queue, uint16_t idx,
		    struct vus_err *err)
{
	const uint64_t deadline = vus_deadline_ms(t->request_ms);

	for (unsigned i = 1; (int16_t)(vus_used_idx(t, queue) - idx) < 0; i++) {
		if (i % LOOKS != 0)
			continue;
		if (vus_left_ms(deadline) == 0)
			return vus_fail(err, VUS_ERR_TIMEOUT,
					"used.idx stays %u",
					vus_used_idx(t, queue));
		/* On a loaded machine the peer may want this processor. */
		(void)sched_yield();
	}
	return true;
}

void vus_reap_all(struct vus_ctx *t, unsigned queue)
{
	struct vus_split_driver *ring = vus_fe(t)->queues[queue].ring;
	struct vus_used used;

	while (vus_split_reap(ring, &used))
		;
	vus_split_set_used_event(ring, ring->used_seen);
}

unsigned vus_pings_that_fit(struct vus_ctx *t, unsigned queue)
{
	struct vus_session *s = vus_fe(t);
	const uint64_t cursor = s->guest.cursor;
	struct vus_ping ping;
	struct vus_err err;

	if (!vus_step_ours(t, s->driver->ping(s, 0, 0, &ping, &err), &err))
		return 0;
	s->guest.cursor = cursor;
	return s->queues[queue].ring->nfree / ping.nsegs;
}

/* ---- indirect tables ---- */

static const struct vring_desc junk = {
	.addr = UINT64_MAX,
	.len = UINT32_MAX,
	.flags = UINT16_MAX,
	.next = UINT16_MAX,
};

bool vus_step_table(struct vus_ctx *t, unsigned queue,
		    const struct vus_shape *s, unsigned n,
		    struct vus_table *ret)
{
	struct vus_session *fe = vus_fe(t);
	struct vus_err err;

	*ret = (struct vus_table){ .n = n };
	for (unsigned i = s->n; i < VUS_TABLE_MAX; i++)
		ret->e[i] = junk;
	return vus_step_ours(t,
			     vus_guest_alloc(&fe->guest, sizeof(ret->e) + 16,
					     16, &ret->gpa, &err),
			     &err) &&
	       vus_step_ours(t,
			     vus_split_add_indirect(fe->queues[queue].ring,
						    s->segs, s->n, ret->e,
						    ret->gpa, &ret->head, &err),
			     &err);
}

void vus_table_store(struct vus_ctx *t, unsigned queue,
		     const struct vus_table *table)
{
	struct vus_session *fe = vus_fe(t);
	struct vring_desc *d = &fe->queues[queue].ring->desc[table->head];
	const size_t len = table->n * sizeof(table->e[0]);

	/* Byte by byte: it may lie over two regions. */
	for (size_t i = 0; i < len; i++)
		*(uint8_t *)vus_guest_host(&fe->guest, table->gpa + i, 1) =
			((const uint8_t *)table->e)[i];
	d->addr = htole64(table->gpa);
	d->len = htole32((uint32_t)len);
}

bool vus_step_send_table(struct vus_ctx *t, unsigned queue,
			 struct vus_table *table)
{
	vus_table_store(t, queue, table);
	return vus_step_send_head(t, queue, table->head);
}

/* ---- photographs ---- */

void vus_photo_take(struct vus_photo *p, const void *at, size_t len)
{
	*p = (struct vus_photo){ .at = at, .len = len, .was = malloc(len + 1) };
	if (!p->was)
		abort();
	memcpy(p->was, at, len);
}

void vus_photo_drop(struct vus_photo *p)
{
	free(p->was);
	p->was = NULL;
}

size_t vus_photo_changed(const struct vus_photo *p)
{
	size_t i = 0;

	while (i < p->len && p->at[i] == p->was[i])
		i++;
	return i;
}

/* ---- set-up ---- */

bool vus_step_negotiate(struct vus_ctx *t, uint64_t without_vf)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	if (!vus_fe_negotiate(s, vus_fe_wants(t) & ~without_vf,
			      vus_fe_wants_pf(t), &err)) {
		vus_need_failed(t, "feat.get_reply", &err, __FILE__, __LINE__);
		return false;
	}
	return vus_step_memory(t);
}

bool vus_step_offered(struct vus_ctx *t, uint64_t vf, const char *name)
{
	if ((vus_fe(t)->offered & vf) == vf)
		return true;
	vus_skip(t, "the back-end does not offer %s", name);
	return false;
}
