/* SPDX-License-Identifier: BSD-3-Clause */
/* test_split_watch.c — what a watch sees a device do, and what it lets pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ring/split_watch.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define NUM 8

/* A ring in a guest's memory, with two buffers: one is read, one written. */
struct box {
	struct vus_guest guest;
	struct vus_split_driver *r;
	struct vus_split_watch *watch;
	struct vus_seg segs[2];
	uint16_t head; /* of the request that is in flight */
	int told;      /* the breach, -1: none */
};

static void tell(void *ctx, unsigned breach, const char *text)
{
	struct box *b = ctx;

	assert_true(strncmp(text, "ring 3: ", 8) == 0);
	assert_int_equal(b->told, -1);
	b->told = (int)breach;
}

static uint64_t alloc(struct box *b, uint64_t len)
{
	struct vus_err err;
	uint64_t gpa;

	assert_true(vus_guest_alloc(&b->guest, len, 16, &gpa, &err));
	return gpa;
}

static uint8_t *at(const struct box *b, uint64_t gpa)
{
	return vus_guest_host(&b->guest, gpa, 1);
}

static void offer(struct box *b, unsigned n)
{
	struct vus_err err;

	assert_true(vus_split_add(b->r, b->segs, n, &b->head, &err));
	vus_split_put(b->r, b->head);
	vus_split_publish(b->r);
}

/* The device's side of it. */
static void push(struct box *b, uint32_t id, uint32_t len)
{
	struct vring_used *used = b->r->used;
	const uint16_t idx = le16toh(used->idx);

	used->ring[idx % NUM].id = htole32(id);
	used->ring[idx % NUM].len = htole32(len);
	used->idx = htole16((uint16_t)(idx + 1));
}

static int reap(struct box *b)
{
	struct vus_used used;

	assert_true(vus_split_reap(b->r, &used));
	return b->told;
}

static int serve(struct box *b, uint32_t id, uint32_t len)
{
	push(b, id, len);
	return reap(b);
}

static void box_open(struct box *b)
{
	const uint64_t desc_bytes = vus_split_desc_bytes(NUM);
	struct vus_split_watch_options options;
	uint64_t desc, avail, used;
	struct vus_err err;

	memset(b, 0, sizeof(*b));
	b->told = -1;
	assert_true(
		vus_guest_plain(&b->guest, VUS_MEMFD, NULL, 1 << 20, 0, &err));
	desc = alloc(b, desc_bytes);
	avail = alloc(b, vus_split_avail_bytes(NUM));
	used = alloc(b, vus_split_used_bytes(NUM));
	b->segs[0] = (struct vus_seg){ alloc(b, 64), 64, false };
	b->segs[1] = (struct vus_seg){ alloc(b, 64), 64, true };
	b->r = malloc(sizeof(*b->r));
	assert_non_null(b->r);
	vus_split_driver_init(b->r, NUM, at(b, desc), at(b, avail), at(b, used),
			      7);
	options = (struct vus_split_watch_options){
		.index = 3,
		.guest = &b->guest,
		.modern = true,
		.tell = tell,
		.ctx = b,
	};
	b->watch = vus_split_watch_new(b->r, &options);
	assert_true(vus_split_is_watched(b->r));
}

static void box_close(struct box *b)
{
	vus_split_watch_free(b->watch);
	free(b->r);
	vus_guest_close(&b->guest);
}

static void honest_requests_pass(void **state)
{
	struct box b;

	(void)state;
	box_open(&b);
	for (unsigned i = 0; i < 3 * NUM; i++) {
		offer(&b, 1 + i % 2);
		*at(&b, b.segs[1].gpa) ^= 0xff;
		assert_int_equal(serve(&b, b.head, i % 2 ? 64 : 0), -1);
	}
	assert_true(vus_split_is_watched(b.r));
	box_close(&b);
}

static void each_breach_is_told_once(void **state)
{
	(void)state;
	for (int what = 0; what <= VUS_RING_OUTSIDE_WRITTEN; what++) {
		struct box b;
		uint32_t len = 64;

		if (what == VUS_RING_TABLE_WRITTEN)
			continue;
		box_open(&b);
		offer(&b, 2);
		assert_int_equal(serve(&b, b.head, 64), -1);
		offer(&b, what == VUS_RING_USED_LEN_ZERO ? 1 : 2);
		if (what == VUS_RING_USED_AHEAD)
			push(&b, b.head, 63);
		if (what == VUS_RING_USED_ID)
			b.head++;
		if (what == VUS_RING_USED_TWICE) {
			offer(&b, 2);
			push(&b, b.head, 64);
			assert_int_equal(reap(&b), -1);
		}
		if (what == VUS_RING_USED_LEN)
			len = 65;
		if (what == VUS_RING_USED_BOUNDS)
			((uint8_t *)b.r->used)[vus_split_used_bytes(NUM)] ^= 1;
		if (what == VUS_RING_AVAIL_WRITTEN)
			b.r->avail->flags ^= 2;
		if (what == VUS_RING_DESC_WRITTEN)
			b.r->desc[b.head].addr ^= 1;
		if (what == VUS_RING_READABLE_WRITTEN)
			*at(&b, b.segs[0].gpa + 63) ^= 1;
		if (what == VUS_RING_OUTSIDE_WRITTEN)
			*at(&b, b.segs[1].gpa + 64) ^= 1;
		assert_int_equal(serve(&b, b.head, len), what);
		assert_false(vus_split_is_watched(b.r));
		box_close(&b);
	}
}

static void ring_that_its_driver_breaks_is_not_judged(void **state)
{
	(void)state;
	for (unsigned row = 0; row < 5; row++) {
		struct box b;

		box_open(&b);
		if (row == 0)
			b.segs[0].gpa = UINT64_C(1) << 40;
		if (row == 1)
			b.r->avail_idx += NUM + 1;
		if (row == 2)
			b.segs[1].gpa = b.segs[0].gpa - 4096;
		if (row == 2)
			b.segs[0].write = true, b.segs[1].write = false;
		if (row == 3)
			vus_split_break(b.r);
		offer(&b, 2);
		if (row == 4) {
			vus_split_put(b.r, b.head);
			vus_split_publish(b.r);
		}
		assert_int_equal(serve(&b, NUM + 1, 99), -1);
		box_close(&b);
	}
}

/* What a ring's base repeats or skips is up to the driver. */
static void base_may_end_the_watch(void **state)
{
	struct box b;

	(void)state;
	box_open(&b);
	offer(&b, 2);
	vus_split_rebase(b.r, 7);
	assert_true(vus_split_is_watched(b.r));
	assert_int_equal(serve(&b, b.head, 64), -1);
	vus_split_rebase(b.r, 8);
	assert_true(vus_split_is_watched(b.r));
	vus_split_rebase(b.r, 7);
	assert_false(vus_split_is_watched(b.r));
	box_close(&b);
}

/* Two requests with one buffer: nobody knows who has written it. */
static void shared_memory_is_not_compared(void **state)
{
	uint16_t first;
	struct box b;

	(void)state;
	box_open(&b);
	offer(&b, 2);
	first = b.head;
	offer(&b, 2);
	*at(&b, b.segs[0].gpa) ^= 1;
	assert_int_equal(serve(&b, first, 64), -1);
	assert_int_equal(serve(&b, b.head, 64), VUS_RING_READABLE_WRITTEN);
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_requests_pass),
		cmocka_unit_test(each_breach_is_told_once),
		cmocka_unit_test(ring_that_its_driver_breaks_is_not_judged),
		cmocka_unit_test(base_may_end_the_watch),
		cmocka_unit_test(shared_memory_is_not_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
