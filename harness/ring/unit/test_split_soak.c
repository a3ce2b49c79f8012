/* SPDX-License-Identifier: BSD-3-Clause */
/* test_split_soak.c — random requests against a naive account of them, and a
 * driver that changes descriptors while they are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ring_box.h"
#include "unit/waits.h"

#include "base/clock.h"
#include "base/rand.h"

#include <endian.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEGS_MAX 6
#define FLIGHT   64   /* requests on the way at once */
#define ROUNDS   3000 /* of each kind of ring */

/* A request as the driver remembers it. */
struct request {
	bool on_way, taken;
	struct vus_seg segs[SEGS_MAX];
	unsigned n;
	uint32_t readable, writable;
	uint64_t seed; /* of the bytes to read, and inverted of those written */
	uint32_t written;
};

struct soak {
	struct ring_box b;
	struct vus_rand rand;
	struct request by_head[FLIGHT];
	uint16_t order[65536];  /* heads, in the order put */
	unsigned put, popped;   /* of order, both below 65536 */
	uint16_t taken[FLIGHT]; /* popped, not pushed */
	unsigned ntaken;
	unsigned pushed, reaped;
	uint16_t used_event;
	uint16_t told; /* used index at the last call decision */
};

/* A place for the s-th piece of request `head`; some lie over the seam. */
static uint64_t place(unsigned head, unsigned s)
{
	const unsigned cell = head * SEGS_MAX + s;

	return cell == 7 ? BOX_HIGH - 40 : BOX_FAR + 16 + 128 * cell;
}

static uint8_t byte_of(uint64_t seed, uint32_t i)
{
	return (uint8_t)(seed >> (i % 8 * 8)) ^ (uint8_t)i;
}

static void put_bytes(struct soak *k, const struct request *q)
{
	uint32_t at = 0;

	for (unsigned s = 0; s < q->n; s++)
		for (uint32_t i = 0; i < q->segs[s].len; i++)
			*box_at(&k->b, q->segs[s].gpa + i) =
				q->segs[s].write ? 0 : byte_of(q->seed, at++);
}

/* All requests carry their head in the place of their buffers. */
static void offer(struct soak *k)
{
	struct request q = { .on_way = true, .seed = vus_rand_next(&k->rand) };
	const unsigned head = k->b.drv->free_head;
	const bool indirect = vus_rand_below(&k->rand, 3) == 0;
	unsigned in;
	uint16_t got;

	q.n = 1 + (unsigned)vus_rand_below(&k->rand, SEGS_MAX);
	if (k->b.drv->nfree < (indirect ? 1 : q.n))
		return;
	assert_false(k->by_head[head].on_way);
	in = (unsigned)vus_rand_below(&k->rand, q.n + 1);
	for (unsigned s = 0; s < q.n; s++) {
		q.segs[s] = (struct vus_seg){
			.gpa = place(head, s),
			.len = (uint32_t)vus_rand_below(&k->rand, 100),
			.write = s >= q.n - in,
		};
		*(q.segs[s].write ? &q.writable : &q.readable) += q.segs[s].len;
	}
	put_bytes(k, &q);
	if (indirect)
		got = box_offer_table(&k->b, q.segs, q.n,
				      BOX_LOW + 64 + head * 111);
	else
		got = box_offer(&k->b, q.segs, q.n);
	assert_int_equal(got, head);
	k->by_head[head] = q;
	k->order[k->put++] = got;
}

static void serve(struct soak *k)
{
	const enum vus_pop pop = box_pop(&k->b);
	const struct vus_chain *c = &k->b.chain;
	uint8_t buf[SEGS_MAX * 100];
	struct request *q;
	uint32_t part;

	assert_int_equal(pop,
			 k->popped == k->put ? VUS_POP_NONE : VUS_POP_CHAIN);
	if (pop == VUS_POP_NONE)
		return;
	assert_int_equal(c->head, k->order[k->popped++]);
	q = &k->by_head[c->head];
	assert_true(q->on_way && !q->taken);
	assert_int_equal(c->readable, q->readable);
	assert_int_equal(c->writable, q->writable);
	/* In two steps, cut anywhere. */
	part = (uint32_t)vus_rand_below(&k->rand, q->readable + 1);
	assert_int_equal(vus_chain_read(c, 0, buf, part), part);
	assert_int_equal(
		vus_chain_read(c, part, buf + part, sizeof(buf) - part),
		q->readable - part);
	for (uint32_t i = 0; i < q->readable; i++)
		assert_int_equal(buf[i], byte_of(q->seed, i));
	q->written = (uint32_t)vus_rand_below(&k->rand, q->writable + 1);
	for (uint32_t i = 0; i < q->written; i++)
		buf[i] = byte_of(~q->seed, i);
	part = (uint32_t)vus_rand_below(&k->rand, q->written + 1);
	assert_int_equal(
		vus_chain_write(c, part, buf + part, q->written - part),
		q->written - part);
	assert_int_equal(vus_chain_write(c, 0, buf, part), part);
	q->taken = true;
	k->taken[k->ntaken++] = c->head;
}

/* Give back any of those taken. */
static void complete(struct soak *k)
{
	unsigned i;

	if (k->ntaken == 0)
		return;
	i = (unsigned)vus_rand_below(&k->rand, k->ntaken);
	vus_split_push(&k->b.dev, k->taken[i], k->by_head[k->taken[i]].written);
	k->taken[i] = k->taken[--k->ntaken];
	k->pushed++;
}

static void reap(struct soak *k)
{
	struct vus_used used;
	struct request *q;
	uint32_t at = 0;

	assert_int_equal(vus_split_used_pending(k->b.drv),
			 k->pushed - k->reaped);
	if (!vus_split_reap(k->b.drv, &used))
		return;
	assert_true(used.id < FLIGHT);
	q = &k->by_head[used.id];
	assert_true(q->on_way && q->taken);
	assert_int_equal(used.len, q->written);
	for (unsigned s = 0; s < q->n; s++)
		for (uint32_t i = 0; q->segs[s].write && i < q->segs[s].len;
		     i++, at++)
			assert_int_equal(*box_at(&k->b, q->segs[s].gpa + i),
					 at < q->written ? byte_of(~q->seed, at)
							 : 0);
	q->on_way = q->taken = false;
	k->reaped++;
}

static void ask(struct soak *k)
{
	k->used_event =
		(uint16_t)(k->b.dev.used_idx - 3 + vus_rand_below(&k->rand, 9));
	vus_split_set_used_event(k->b.drv, k->used_event);
}

static void decide(struct soak *k)
{
	bool want = false;

	if (!k->b.dev.event_idx)
		want = k->told != k->b.dev.used_idx;
	for (; k->told != k->b.dev.used_idx; k->told++)
		want |= k->b.dev.event_idx && k->told == k->used_event;
	assert_int_equal(vus_split_wants_call(&k->b.dev), want);
}

static void soak(unsigned num, uint16_t base, bool event_idx)
{
	void (*const acts[])(
		struct soak *) = { offer,    offer, serve, serve, complete,
				   complete, reap,  reap,  ask,   decide };
	struct soak *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	box_open(&k->b, num, base);
	k->rand.state = num * 65537u + base + event_idx;
	k->b.dev.event_idx = k->b.drv->event_idx = event_idx;
	k->used_event = k->told = base;
	while (k->reaped < ROUNDS)
		acts[vus_rand_below(&k->rand, VUS_COUNT(acts))](k);
	while (k->popped < k->put)
		serve(k);
	while (k->ntaken > 0)
		complete(k);
	while (k->reaped < k->put)
		reap(k);
	assert_int_equal(k->b.drv->nfree, num);
	assert_int_equal(k->b.dev.last_avail, (uint16_t)(base + k->put));
	box_close(&k->b);
	free(k);
}

static void random_requests_agree(void **state)
{
	static const unsigned nums[] = { 1, 2, 8, 16, 64 };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(nums); i++) {
		soak(nums[i], 0, false);
		soak(nums[i], 64000, true);
		soak(nums[i], 65535, false);
	}
	/* No wrap: two slots of the ring are one there. */
	soak(3, 0, true);
	soak(7, 0, false);
}

/* ---- descriptors that change ---- */

/* The driver's evil half: legal and illegal words in turn, until killed. */
static _Noreturn void flip(volatile struct vring_desc *ring,
			   volatile struct vring_desc *table)
{
	static const struct vring_desc faces[] = {
		{ BOX_LOW, 64, VRING_DESC_F_NEXT, 1 },
		{ BOX_HIGH + BOX_REGION - 8, 4096, VRING_DESC_F_WRITE, 9 },
		{ BOX_HIGH - 8, 16, VRING_DESC_F_NEXT, 0 },
		{ BOX_FAR, 64, VRING_DESC_F_INDIRECT, 65535 },
		{ UINT64_MAX - 1, UINT32_MAX, 0, 3 },
		{ BOX_FAR, 48, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 2 },
	};
	struct vus_rand rand = { .state = 1 };

	for (;;) {
		const unsigned i = (unsigned)vus_rand_below(&rand, 4);
		const struct vring_desc *face =
			&faces[vus_rand_below(&rand, VUS_COUNT(faces))];
		volatile struct vring_desc *d =
			vus_rand_below(&rand, 2) ? &ring[i] : &table[i];

		/* One field at a time, so that faces mix. */
		switch (vus_rand_below(&rand, 4)) {
		case 0:
			d->addr = face->addr;
			break;
		case 1:
			d->len = face->len;
			break;
		case 2:
			d->flags = face->flags;
			break;
		default:
			d->next = face->next;
		}
	}
}

/* Is [host, host+len) within one region's mapping? */
static bool mapped(const struct vus_regions *mem, const uint8_t *host,
		   uint32_t len)
{
	for (unsigned i = 0; i < mem->n; i++)
		if (host >= mem->r[i].host &&
		    host + len <= mem->r[i].host + mem->r[i].row.size)
			return true;
	return false;
}

static void check_chain(const struct ring_box *b)
{
	const struct vus_chain *c = &b->chain;
	uint64_t sums[2] = { 0, 0 };
	bool wrote = false;

	assert_true(c->niov <= VUS_CHAIN_MAX);
	for (unsigned i = 0; i < c->niov; i++) {
		assert_true(mapped(&b->mem, c->iov[i].host, c->iov[i].len));
		assert_true(!wrote || c->iov[i].write);
		wrote = c->iov[i].write;
		sums[wrote] += c->iov[i].len;
	}
	assert_int_equal(sums[0], c->readable);
	assert_int_equal(sums[1], c->writable);
}

static void changing_descriptors_pass_no_check(void **state)
{
	struct vring_desc *ring = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const uint64_t deadline = vus_deadline_ms(UNIT_LONG_MS);
	unsigned seen[3] = { 0 };
	struct ring_box b;
	int status;
	pid_t pid;

	(void)state;
	assert_ptr_not_equal(ring, MAP_FAILED);
	box_open(&b, 4, 0);
	b.dev.desc = ring;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		flip(ring, (struct vring_desc *)(void *)box_at(&b, BOX_FAR));
	}
	/* All may be done before the other had its turn: then they go on. */
	for (unsigned i = 0;
	     i < 300000 || (seen[VUS_POP_CHAIN] == 0 && vus_now() < deadline);
	     i++) {
		enum vus_pop pop;

		b.drv->avail->ring[b.dev.last_avail % 4] = htole16(i % 4);
		b.drv->avail->idx = htole16((uint16_t)(b.dev.last_avail + 1));
		pop = box_pop(&b);
		seen[pop]++;
		if (pop == VUS_POP_CHAIN)
			check_chain(&b);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(seen[VUS_POP_NONE], 0);
	assert_true(seen[VUS_POP_CHAIN] > 0);
	box_close(&b);
	munmap(ring, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_requests_agree),
		cmocka_unit_test(changing_descriptors_pass_no_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
