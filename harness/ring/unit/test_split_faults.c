/* SPDX-License-Identifier: BSD-3-Clause */
/* test_split_faults.c — each fault of the device shows, and nothing else does.
 */
#include "split_fault_rows.h"

#include "ring/le16.h"

#include <endian.h>

void split_offer(struct ring_box *b, unsigned n)
{
	while (n-- > 0)
		(void)box_offer(b, &SPLIT_IN8, 1);
}

unsigned split_drain(struct ring_box *b, uint32_t written)
{
	unsigned n = 0;

	for (; box_pop(b) == VUS_POP_CHAIN; n++)
		vus_split_push(&b->dev, b->chain.head, written);
	return n;
}

/* ---- the used ring ---- */

static unsigned second_id(struct ring_box *b)
{
	const struct vus_seg two[] = { { BOX_LOW, 1, false }, SPLIT_IN8 };

	(void)box_offer(b, two, 2);
	(void)box_offer(b, two, 2);
	(void)split_drain(b, 0);
	return le32toh(b->drv->used->ring[1].id);
}

static unsigned len_of_5(struct ring_box *b)
{
	split_offer(b, 1);
	(void)split_drain(b, 5);
	return le32toh(b->drv->used->ring[0].len);
}

static unsigned len_of_0(struct ring_box *b)
{
	split_offer(b, 1);
	(void)split_drain(b, 0);
	return le32toh(b->drv->used->ring[0].len);
}

static unsigned used_after_one(struct ring_box *b)
{
	split_offer(b, 1);
	(void)split_drain(b, 0);
	return vus_split_used_pending(b->drv);
}

static unsigned word_behind_used(struct ring_box *b)
{
	split_offer(b, 1);
	(void)split_drain(b, 0);
	return vus_load16(vus_avail_event(b->drv->used, b->drv->num));
}

/* ---- the available ring ---- */

static unsigned served_of_4(struct ring_box *b)
{
	split_offer(b, 4);
	return split_drain(b, 0);
}

static unsigned served_of_num(struct ring_box *b)
{
	split_offer(b, b->drv->num);
	return split_drain(b, 0);
}

static unsigned served_at_wrap(struct ring_box *b)
{
	vus_split_driver_init(b->drv, 8, b->desc, b->avail, b->used, 65535);
	vus_split_device_lay(&b->dev, 8, b->desc, b->avail, b->used);
	vus_split_device_begin(&b->dev, 65535);
	split_offer(b, 2);
	return split_drain(b, 0);
}

static unsigned served_in_lap_two(struct ring_box *b)
{
	split_offer(b, b->drv->num);
	assert_int_equal(split_drain(b, 0), b->drv->num);
	while (vus_split_used_pending(b->drv) > 0) {
		struct vus_used used;

		assert_true(vus_split_reap(b->drv, &used));
	}
	split_offer(b, 1);
	return split_drain(b, 0);
}

static unsigned avail_flags(struct ring_box *b)
{
	split_offer(b, 1);
	(void)split_drain(b, 0);
	return le16toh(b->drv->avail->flags);
}

/* ---- calls ---- */

static unsigned call(struct ring_box *b)
{
	split_offer(b, 1);
	(void)split_drain(b, 0);
	return vus_split_wants_call(&b->dev);
}

static unsigned call_unwanted(struct ring_box *b)
{
	vus_split_no_interrupt(b->drv, true);
	return call(b);
}

static unsigned call_with_event_ahead(struct ring_box *b)
{
	vus_split_set_used_event(b->drv, 1000);
	return call(b);
}

static unsigned call_for_batch(struct ring_box *b)
{
	vus_split_set_used_event(b->drv, 1);
	split_offer(b, 3);
	(void)split_drain(b, 0);
	return vus_split_wants_call(&b->dev);
}

static unsigned call_over_wrap(struct ring_box *b)
{
	vus_split_driver_init(b->drv, 8, b->desc, b->avail, b->used, 65534);
	vus_split_device_lay(&b->dev, 8, b->desc, b->avail, b->used);
	vus_split_device_begin(&b->dev, 65534);
	vus_split_set_used_event(b->drv, 65535);
	split_offer(b, 4);
	(void)split_drain(b, 0);
	return vus_split_wants_call(&b->dev);
}

/* ---- kicks ---- */

static unsigned used_flags(struct ring_box *b)
{
	vus_split_want_kicks(&b->dev, true);
	return le16toh(b->drv->used->flags);
}

static unsigned kick(struct ring_box *b)
{
	vus_split_want_kicks(&b->dev, true);
	split_offer(b, 1);
	return vus_split_wants_kick(b->drv);
}

/* ---- the rows ---- */

static const struct split_fault_row rows[] = {
	{ SPLIT_FAULT(used_id_is_slot), second_id, 2, 1, false },
	{ SPLIT_FAULT(used_len_too_large), len_of_5, 5, 5 + (1 << 20), false },
	{ SPLIT_FAULT(used_len_for_read), len_of_0, 0, 1, false },
	{ SPLIT_FAULT(used_len_missing), len_of_5, 5, 0, false },
	{ SPLIT_FAULT(used_slot_skips), len_of_5, 5, 0, false },
	{ SPLIT_FAULT(used_twice), used_after_one, 1, 2, false },
	{ SPLIT_FAULT(used_ahead), used_after_one, 1, 2, false },
	{ SPLIT_FAULT(writes_event_unasked), word_behind_used, 0, 0xa5a5,
	  false },
	{ SPLIT_FAULT(one_of_a_batch), served_of_4, 4, 1, false },
	{ SPLIT_FAULT(skips_an_entry), served_of_num, 8, 7, false },
	{ SPLIT_FAULT(full_ring_is_empty), served_of_num, 8, 0, false },
	{ SPLIT_FAULT(sticks_at_wrap), served_at_wrap, 2, 0, false },
	{ SPLIT_FAULT(stops_after_a_lap), served_in_lap_two, 1, 0, false },
	{ SPLIT_FAULT(writes_avail), avail_flags, 0, 0x8000, false },
	{ SPLIT_FAULT(never_calls), call, 1, 0, false },
	{ SPLIT_FAULT(ignores_no_interrupt), call_unwanted, 0, 1, false },
	{ SPLIT_FAULT(event_without_idx), call_with_event_ahead, 1, 0, false },
	{ SPLIT_FAULT(calls_every_time), call_with_event_ahead, 0, 1, true },
	{ SPLIT_FAULT(misses_event), call, 1, 0, true },
	{ SPLIT_FAULT(event_at_end_only), call_for_batch, 1, 0, true },
	{ SPLIT_FAULT(event_no_wrap), call_over_wrap, 1, 0, true },
	{ SPLIT_FAULT(flag_with_event), call_unwanted, 1, 0, true },
	{ SPLIT_FAULT(stale_wish), call_unwanted, 0, 1, false },
	{ SPLIT_FAULT(stale_wish), call_with_event_ahead, 0, 1, true },
	{ SPLIT_FAULT(odd_used_flags), used_flags, 0, 2, false },
	{ SPLIT_FAULT(flags_with_event), used_flags, 0, 1, true },
	{ SPLIT_FAULT(never_arms), kick, 1, 0, false },
	{ SPLIT_FAULT(never_arms), kick, 1, 0, true },
};

static unsigned look(const struct split_fault_row *row, bool faulty)
{
	struct ring_box b;
	unsigned seen;

	box_open(&b, 8, 0);
	b.dev.event_idx = b.drv->event_idx = row->event_idx;
	((bool *)(void *)&b.dev.faults)[row->fault / sizeof(bool)] = faulty;
	seen = row->look(&b);
	box_close(&b);
	return seen;
}

static void shows(const struct split_fault_row *row)
{
	const unsigned honest = look(row, false);
	const unsigned faulty = look(row, true);

	if (honest != row->honest || faulty != row->faulty)
		fail_msg("%s: %u and %u seen, not %u and %u", row->name, honest,
			 faulty, row->honest, row->faulty);
}

static void every_fault_shows(void **state)
{
	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		shows(&rows[i]);
	for (size_t i = 0; i < n_split_fault_chains; i++)
		shows(&split_fault_chains[i]);
}

static void every_fault_has_a_row(void **state)
{
	bool seen[sizeof(struct vus_split_faults) / sizeof(bool)] = { false };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		seen[rows[i].fault / sizeof(bool)] = true;
	for (size_t i = 0; i < n_split_fault_chains; i++)
		seen[split_fault_chains[i].fault / sizeof(bool)] = true;
	for (size_t i = 0; i < sizeof(seen); i++)
		if (!seen[i])
			fail_msg("the fault at byte %zu has no row", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_shows),
		cmocka_unit_test(every_fault_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
