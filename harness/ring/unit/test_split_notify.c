/* SPDX-License-Identifier: BSD-3-Clause */
/* test_split_notify.c — who is told, and when, on a split ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ring_box.h"

#include "ring/le16.h"

#include <endian.h>

static const struct vus_seg seg = { BOX_FAR, 8, true };

static void need_event_decides(void **state)
{
	static const struct {
		uint16_t event, now, old;
		bool want;
	} rows[] = {
		{ 0, 0, 0, false },
		{ 0, 1, 0, true },
		{ 1, 1, 0, false },
		{ 1, 2, 0, true },
		{ 0, 2, 1, false },
		{ 4, 5, 0, true },
		{ 5, 5, 0, false },
		{ 2, 5, 0, true },
		{ 9, 5, 0, false },
		{ 65535, 5, 0, false },
		{ 65535, 0, 65535, true },
		{ 65535, 0, 65530, true },
		{ 65535, 3, 65530, true },
		{ 0, 3, 65530, true },
		{ 3, 3, 65530, false },
		{ 3, 4, 65530, true },
		{ 65529, 3, 65530, false },
		{ 65530, 3, 65530, true },
		{ 65530, 65530, 65530, false },
		{ 32767, 32768, 0, true },
		{ 32768, 32768, 0, false },
		{ 4, 5, 6, true },
		{ 5, 5, 6, false },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		assert_int_equal(
			vus_need_event(rows[i].event, rows[i].now, rows[i].old),
			rows[i].want);
}

/* The definition, one index after the other. */
static bool passed(uint16_t event, uint16_t now, uint16_t old)
{
	for (; old != now; old++)
		if (old == event)
			return true;
	return false;
}

static void need_event_agrees_with_its_definition(void **state)
{
	(void)state;
	for (unsigned old = 65520; old < 65520 + 24; old++)
		for (unsigned n = 0; n < 20; n++)
			for (unsigned event = 65500; event < 65580; event++)
				assert_int_equal(
					vus_need_event((uint16_t)event,
						       (uint16_t)(old + n),
						       (uint16_t)old),
					passed((uint16_t)event,
					       (uint16_t)(old + n),
					       (uint16_t)old));
}

/* Serve n more requests. */
static void serve(struct ring_box *b, unsigned n)
{
	while (n-- > 0) {
		uint16_t head = box_offer(b, &seg, 1);

		box_serve(b, head, 0);
		box_reap(b, head, 0);
	}
}

static void calls_follow_the_flag(void **state)
{
	struct ring_box b;

	(void)state;
	box_open(&b, 4, 65534);
	assert_false(vus_split_wants_call(&b.dev));
	serve(&b, 1);
	assert_true(vus_split_wants_call(&b.dev));
	assert_false(vus_split_wants_call(&b.dev));
	vus_split_no_interrupt(b.drv, true);
	serve(&b, 3);
	assert_false(vus_split_wants_call(&b.dev));
	/* used_event means nothing here. */
	vus_split_set_used_event(b.drv, (uint16_t)(b.dev.used_idx));
	serve(&b, 1);
	assert_false(vus_split_wants_call(&b.dev));
	vus_split_no_interrupt(b.drv, false);
	vus_split_set_used_event(b.drv, 1000);
	serve(&b, 1);
	assert_true(vus_split_wants_call(&b.dev));
	/* Bits other than the lowest mean nothing. */
	b.drv->avail->flags = htole16(0xfffe);
	serve(&b, 1);
	assert_true(vus_split_wants_call(&b.dev));
	box_close(&b);
}

/* For every place of used_event around a batch, at bases around the wrap. */
static void calls_follow_used_event(void **state)
{
	static const uint16_t bases[] = { 0, 1, 100, 32766, 65530, 65535 };
	struct ring_box b;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(bases); i++)
		for (unsigned batch = 1; batch <= 8; batch++)
			for (int at = -3; at < 12; at++) {
				box_open(&b, 8, bases[i]);
				b.dev.event_idx = b.drv->event_idx = true;
				/* The flag means nothing here. */
				vus_split_no_interrupt(b.drv, at & 1);
				vus_split_set_used_event(
					b.drv, (uint16_t)(bases[i] + at));
				serve(&b, batch);
				assert_int_equal(vus_split_wants_call(&b.dev),
						 at >= 0 && at < (int)batch);
				box_close(&b);
			}
}

static void decisions_are_about_what_is_new(void **state)
{
	struct ring_box b;

	(void)state;
	box_open(&b, 8, 65533);
	b.dev.event_idx = b.drv->event_idx = true;
	/* Init asks for the first. */
	serve(&b, 1);
	assert_true(vus_split_wants_call(&b.dev));
	assert_false(vus_split_wants_call(&b.dev));
	serve(&b, 7);
	assert_false(vus_split_wants_call(&b.dev));
	vus_split_set_used_event(b.drv, 6);
	serve(&b, 1);
	assert_false(vus_split_wants_call(&b.dev));
	serve(&b, 1);
	assert_true(vus_split_wants_call(&b.dev));
	box_close(&b);
}

static void offer(struct ring_box *b, unsigned n)
{
	while (n-- > 0)
		(void)box_offer(b, &seg, 1);
}

static void drain(struct ring_box *b)
{
	struct vus_used used;

	while (box_pop(b) == VUS_POP_CHAIN)
		vus_split_push(&b->dev, b->chain.head, 0);
	while (vus_split_reap(b->drv, &used))
		;
}

static void kicks_follow_the_flag(void **state)
{
	struct ring_box b;

	(void)state;
	box_open(&b, 8, 65535);
	assert_false(vus_split_wants_kick(b.drv)); /* nothing is new */
	offer(&b, 2);
	assert_true(vus_split_wants_kick(b.drv));
	assert_false(vus_split_wants_kick(b.drv));
	vus_split_want_kicks(&b.dev, false);
	assert_int_equal(le16toh(b.drv->used->flags), VRING_USED_F_NO_NOTIFY);
	offer(&b, 2);
	assert_false(vus_split_wants_kick(b.drv));
	vus_split_want_kicks(&b.dev, true);
	assert_int_equal(le16toh(b.drv->used->flags), 0);
	offer(&b, 1);
	assert_true(vus_split_wants_kick(b.drv));
	/* The word behind the used ring is not the device's. */
	assert_int_equal(vus_load16(vus_avail_event(b.drv->used, 8)), 0);
	box_close(&b);
}

static void kicks_follow_avail_event(void **state)
{
	struct ring_box b;

	(void)state;
	for (unsigned base = 65520; base < 65540; base++) {
		box_open(&b, 8, (uint16_t)base);
		b.dev.event_idx = b.drv->event_idx = true;
		vus_split_want_kicks(&b.dev, true);
		offer(&b, 1);
		assert_true(vus_split_wants_kick(b.drv));
		offer(&b, 3); /* it was told, and has not looked yet */
		assert_false(vus_split_wants_kick(b.drv));
		drain(&b);
		vus_split_want_kicks(&b.dev, false);
		offer(&b, 8);
		assert_false(vus_split_wants_kick(b.drv));
		drain(&b);
		vus_split_want_kicks(&b.dev, true);
		offer(&b, 5);
		assert_true(vus_split_wants_kick(b.drv));
		assert_int_equal(b.drv->used->flags, 0);
		box_close(&b);
	}
}

/* An obedient pair never waits for each other: every request is either told
 * of or seen by the look after arming. */
static void nobody_is_stranded(void **state)
{
	struct ring_box b;

	(void)state;
	for (unsigned event = 0; event < 2; event++) {
		unsigned served = 0;
		bool kicked = false;

		box_open(&b, 4, 65000);
		b.dev.event_idx = b.drv->event_idx = event;
		vus_split_want_kicks(&b.dev, true);
		for (unsigned i = 0; i < 3000; i++) {
			offer(&b, 1 + i % 3);
			kicked = vus_split_wants_kick(b.drv);
			assert_true(kicked);
			vus_split_want_kicks(&b.dev, false);
			while (box_pop(&b) == VUS_POP_CHAIN) {
				vus_split_push(&b.dev, b.chain.head, 0);
				served++;
			}
			drain(&b);
			vus_split_want_kicks(&b.dev, true);
			assert_int_equal(box_pop(&b), VUS_POP_NONE);
		}
		assert_int_equal(served, 6000);
		box_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(need_event_decides),
		cmocka_unit_test(need_event_agrees_with_its_definition),
		cmocka_unit_test(calls_follow_the_flag),
		cmocka_unit_test(calls_follow_used_event),
		cmocka_unit_test(decisions_are_about_what_is_new),
		cmocka_unit_test(kicks_follow_the_flag),
		cmocka_unit_test(kicks_follow_avail_event),
		cmocka_unit_test(nobody_is_stranded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
