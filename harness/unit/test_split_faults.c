/* SPDX-License-Identifier: BSD-3-Clause */
/* test_split_faults.c — each fault of the device shows, and nothing else does.
 *
 * A row looks at a ring in one way, and says what it sees of an honest device
 * and of one with the fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ring_box.h"

#include "../ring/words.h"

#include <endian.h>
#include <string.h>

#define NEXT     VRING_DESC_F_NEXT
#define WRITE    VRING_DESC_F_WRITE
#define INDIRECT VRING_DESC_F_INDIRECT

static const struct vus_seg in8 = { BOX_FAR, 8, true };

static struct vring_desc *table(const struct ring_box *b)
{
	return (struct vring_desc *)(void *)box_at(b, BOX_FAR);
}

static void offer(struct ring_box *b, unsigned n)
{
	while (n-- > 0)
		(void)box_offer(b, &in8, 1);
}

/* Pop and push all; how many there were. */
static unsigned drain(struct ring_box *b, uint32_t written)
{
	unsigned n = 0;

	for (; box_pop(b) == VUS_POP_CHAIN; n++)
		vus_split_push(&b->dev, b->chain.head, written);
	return n;
}

/* ---- the used ring ---- */

static unsigned second_id(struct ring_box *b)
{
	const struct vus_seg two[] = { { BOX_LOW, 1, false }, in8 };

	(void)box_offer(b, two, 2);
	(void)box_offer(b, two, 2);
	(void)drain(b, 0);
	return le32toh(b->drv->used->ring[1].id);
}

static unsigned len_of_5(struct ring_box *b)
{
	offer(b, 1);
	(void)drain(b, 5);
	return le32toh(b->drv->used->ring[0].len);
}

static unsigned len_of_0(struct ring_box *b)
{
	offer(b, 1);
	(void)drain(b, 0);
	return le32toh(b->drv->used->ring[0].len);
}

static unsigned used_after_one(struct ring_box *b)
{
	offer(b, 1);
	(void)drain(b, 0);
	return vus_split_used_pending(b->drv);
}

static unsigned word_behind_used(struct ring_box *b)
{
	offer(b, 1);
	(void)drain(b, 0);
	return vus_load16(vus_avail_event(b->drv->used, b->drv->num));
}

/* ---- the available ring ---- */

static unsigned served_of_4(struct ring_box *b)
{
	offer(b, 4);
	return drain(b, 0);
}

static unsigned served_of_num(struct ring_box *b)
{
	offer(b, b->drv->num);
	return drain(b, 0);
}

static unsigned served_at_wrap(struct ring_box *b)
{
	vus_split_driver_init(b->drv, 8, b->desc, b->avail, b->used, 65535);
	vus_split_device_init(&b->dev, 8, b->desc, b->avail, b->used, 65535);
	offer(b, 2);
	return drain(b, 0);
}

static unsigned avail_flags(struct ring_box *b)
{
	offer(b, 1);
	(void)drain(b, 0);
	return le16toh(b->drv->avail->flags);
}

/* ---- descriptors ---- */

static unsigned len_of_second(struct ring_box *b)
{
	box_desc(&b->drv->desc[0], BOX_LOW, 1, NEXT, 5);
	box_desc(&b->drv->desc[1], BOX_LOW, 3, 0, 0);
	box_desc(&b->drv->desc[5], BOX_LOW, 7, 0, 0);
	box_put_raw(b, 0);
	assert_int_equal(box_pop(b), VUS_POP_CHAIN);
	return b->chain.iov[1].len;
}

static unsigned pieces_without_flag(struct ring_box *b)
{
	box_desc(&b->drv->desc[0], BOX_LOW, 1, 0, 5);
	box_desc(&b->drv->desc[5], BOX_LOW, 7, 0, 0);
	box_put_raw(b, 0);
	assert_int_equal(box_pop(b), VUS_POP_CHAIN);
	return b->chain.niov;
}

static enum vus_pop pop_five(struct ring_box *b)
{
	const struct vus_seg five[] = {
		{ BOX_LOW, 1, false }, in8, in8, in8, in8
	};

	(void)box_offer(b, five, 5);
	return box_pop(b);
}

static unsigned pieces_of_five(struct ring_box *b)
{
	assert_int_equal(pop_five(b), VUS_POP_CHAIN);
	return b->chain.niov;
}

static unsigned five(struct ring_box *b)
{
	return pop_five(b);
}

static unsigned last_next(struct ring_box *b)
{
	offer(b, 1);
	(void)drain(b, 0);
	return le16toh(b->drv->desc[7].next);
}

static unsigned first_byte(struct ring_box *b)
{
	const struct vus_seg two[] = { { BOX_LOW, 1, false }, in8 };

	*box_at(b, BOX_LOW) = 7;
	(void)box_offer(b, two, 2);
	assert_int_equal(box_pop(b), VUS_POP_CHAIN);
	assert_int_equal(vus_chain_write(&b->chain, 0, "abc", 3), 3);
	return *box_at(b, BOX_LOW);
}

static unsigned readable_over_seam(struct ring_box *b)
{
	const struct vus_seg seg = { BOX_HIGH - 3, 8, false };

	(void)box_offer(b, &seg, 1);
	assert_int_equal(box_pop(b), VUS_POP_CHAIN);
	return (unsigned)b->chain.readable;
}

/* ---- indirect tables ---- */

/* Offer descriptor 0 as a table of `n` entries at BOX_FAR, filled before. */
static enum vus_pop pop_table(struct ring_box *b, unsigned n, uint16_t flags)
{
	box_desc(&b->drv->desc[0], BOX_FAR, n * 16, INDIRECT | flags, 0);
	box_put_raw(b, 0);
	return box_pop(b);
}

static unsigned pieces_of_table(struct ring_box *b)
{
	for (unsigned i = 0; i < 3; i++)
		box_desc(table(b) + i, BOX_LOW, 1, 0, 0);
	assert_int_equal(pop_table(b, 3, 0), VUS_POP_CHAIN);
	return b->chain.niov;
}

static unsigned odd_table(struct ring_box *b)
{
	(void)box_offer_table(b, &in8, 1, BOX_LOW + 1);
	return box_pop(b);
}

static unsigned writable_of_table(struct ring_box *b)
{
	box_desc(table(b), BOX_LOW, 1, NEXT, 1);
	box_desc(table(b) + 1, BOX_LOW, 4, WRITE, 0);
	assert_int_equal(pop_table(b, 2, 0), VUS_POP_CHAIN);
	return (unsigned)b->chain.writable;
}

static unsigned readable_of_table(struct ring_box *b)
{
	box_desc(table(b), BOX_LOW, 3, 0, 0);
	assert_int_equal(pop_table(b, 1, WRITE), VUS_POP_CHAIN);
	return (unsigned)b->chain.readable;
}

static unsigned table_behind_direct(struct ring_box *b)
{
	box_desc(table(b), BOX_LOW, 3, 0, 0);
	box_desc(&b->drv->desc[1], BOX_LOW, 3, NEXT, 0);
	box_desc(&b->drv->desc[0], BOX_FAR, 16, INDIRECT, 0);
	box_put_raw(b, 1);
	return box_pop(b);
}

static unsigned next_in_table(struct ring_box *b)
{
	box_desc(table(b), BOX_LOW, 3, 0, 0);
	assert_int_equal(pop_table(b, 1, 0), VUS_POP_CHAIN);
	return le16toh(table(b)->next);
}

static unsigned table_over_seam(struct ring_box *b)
{
	struct vring_desc t;

	box_desc(&t, BOX_LOW, 3, NEXT, 1);
	memcpy(box_at(b, BOX_HIGH - 16), &t, sizeof(t));
	box_desc(&t, BOX_LOW, 3, 0, 0);
	memcpy(box_at(b, BOX_HIGH), &t, sizeof(t));
	box_desc(&b->drv->desc[0], BOX_HIGH - 16, 32, INDIRECT, 0);
	box_put_raw(b, 0);
	return box_pop(b);
}

/* ---- calls ---- */

static unsigned call(struct ring_box *b)
{
	offer(b, 1);
	(void)drain(b, 0);
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
	offer(b, 3);
	(void)drain(b, 0);
	return vus_split_wants_call(&b->dev);
}

static unsigned call_over_wrap(struct ring_box *b)
{
	vus_split_driver_init(b->drv, 8, b->desc, b->avail, b->used, 65534);
	vus_split_device_init(&b->dev, 8, b->desc, b->avail, b->used, 65534);
	vus_split_set_used_event(b->drv, 65535);
	offer(b, 4);
	(void)drain(b, 0);
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
	offer(b, 1);
	return vus_split_wants_kick(b->drv);
}

/* ---- a hostile driver ---- */

static unsigned wild_head(struct ring_box *b)
{
	box_put_raw(b, 9);
	return box_pop(b);
}

static unsigned loop_of_one(struct ring_box *b)
{
	box_desc(&b->drv->desc[0], BOX_LOW, 1, NEXT, 0);
	box_put_raw(b, 0);
	return !box_pop_ends(b);
}

static unsigned jump(struct ring_box *b)
{
	b->drv->avail->idx = htole16(9);
	return box_pop(b);
}

static unsigned past_memory(struct ring_box *b)
{
	const struct vus_seg seg = { BOX_HIGH + BOX_REGION - 1, 2, false };

	(void)box_offer(b, &seg, 1);
	return box_pop(b);
}

static unsigned past_top(struct ring_box *b)
{
	const struct vus_seg seg = { UINT64_MAX - 1, 4, false };

	(void)box_offer(b, &seg, 1);
	return box_pop(b);
}

static unsigned read_after_write(struct ring_box *b)
{
	const struct vus_seg two[] = { in8, { BOX_LOW, 1, false } };

	(void)box_offer(b, two, 2);
	return box_pop(b);
}

static unsigned unasked_table(struct ring_box *b)
{
	b->dev.indirect = false;
	(void)box_offer_table(b, &in8, 1, BOX_LOW);
	return box_pop(b);
}

static unsigned table_of_17(struct ring_box *b)
{
	(void)box_offer_table(b, &in8, 1, BOX_LOW);
	b->drv->desc[0].len = htole32(17);
	return box_pop(b);
}

static unsigned nested_table(struct ring_box *b)
{
	box_desc(table(b), BOX_FAR + 64, 16, INDIRECT, 0);
	box_desc(table(b) + 4, BOX_LOW, 1, 0, 0);
	return pop_table(b, 2, 0);
}

/* ---- the rows ---- */

static const struct row {
	const char *name;
	size_t fault;
	unsigned (*look)(struct ring_box *b);
	unsigned honest, faulty;
	bool event_idx;
} rows[] = {
#define F(name)      #name, offsetof(struct vus_split_faults, name)
#define BAD_TO_CHAIN VUS_POP_BAD, VUS_POP_CHAIN, false
#define CHAIN_TO_BAD VUS_POP_CHAIN, VUS_POP_BAD, false
	{ F(used_id_is_slot), second_id, 2, 1, false },
	{ F(used_len_too_large), len_of_5, 5, 5 + (1 << 20), false },
	{ F(used_len_for_read), len_of_0, 0, 1, false },
	{ F(used_len_missing), len_of_5, 5, 0, false },
	{ F(used_slot_skips), len_of_5, 5, 0, false },
	{ F(used_twice), used_after_one, 1, 2, false },
	{ F(used_ahead), used_after_one, 1, 2, false },
	{ F(writes_past_used), word_behind_used, 0, 0xa5a5, false },
	{ F(one_of_a_batch), served_of_4, 4, 1, false },
	{ F(skips_an_entry), served_of_num, 8, 7, false },
	{ F(full_ring_is_empty), served_of_num, 8, 0, false },
	{ F(sticks_at_wrap), served_at_wrap, 2, 0, false },
	{ F(writes_avail), avail_flags, 0, 0x8000, false },
	{ F(next_is_neighbour), len_of_second, 7, 3, false },
	{ F(next_without_flag), pieces_without_flag, 1, 2, false },
	{ F(three_segments_only), pieces_of_five, 5, 3, false },
	{ F(short_chains), five, CHAIN_TO_BAD },
	{ F(writes_desc_table), last_next, 0, 1, false },
	{ F(writes_readable), first_byte, 7, 8, false },
	{ F(buffer_ends_at_seam), readable_over_seam, 8, 3, false },
	{ F(whole_table), pieces_of_table, 1, 3, false },
	{ F(table_aligned), odd_table, CHAIN_TO_BAD },
	{ F(table_all_readable), writable_of_table, 4, 0, false },
	{ F(table_write_flag), readable_of_table, 3, 0, false },
	{ F(table_alone), table_behind_direct, CHAIN_TO_BAD },
	{ F(writes_table), next_in_table, 0, 1, false },
	{ F(table_ends_at_seam), table_over_seam, CHAIN_TO_BAD },
	{ F(never_calls), call, 1, 0, false },
	{ F(ignores_no_interrupt), call_unwanted, 0, 1, false },
	{ F(event_without_idx), call_with_event_ahead, 1, 0, false },
	{ F(calls_every_time), call_with_event_ahead, 0, 1, true },
	{ F(misses_event), call, 1, 0, true },
	{ F(event_at_end_only), call_for_batch, 1, 0, true },
	{ F(event_no_wrap), call_over_wrap, 1, 0, true },
	{ F(flag_with_event), call_unwanted, 1, 0, true },
	{ F(stale_wish), call_unwanted, 0, 1, false },
	{ F(stale_wish), call_with_event_ahead, 0, 1, true },
	{ F(odd_used_flags), used_flags, 0, 2, false },
	{ F(flags_with_event), used_flags, 0, 1, true },
	{ F(never_arms), kick, 1, 0, false },
	{ F(never_arms), kick, 1, 0, true },
	{ F(index_wraps), wild_head, BAD_TO_CHAIN },
	{ F(follows_loops), loop_of_one, 0, 1, false },
	{ F(walks_any_jump), jump, BAD_TO_CHAIN },
	{ F(clips_buffers), past_memory, BAD_TO_CHAIN },
	{ F(start_checked_only), past_memory, BAD_TO_CHAIN },
	{ F(skips_holes), past_memory, BAD_TO_CHAIN },
	{ F(buffers_wrap), past_top, BAD_TO_CHAIN },
	{ F(all_else_writable), read_after_write, BAD_TO_CHAIN },
	{ F(tables_unasked), unasked_table, BAD_TO_CHAIN },
	{ F(any_table_length), table_of_17, BAD_TO_CHAIN },
	{ F(nested_tables), nested_table, BAD_TO_CHAIN },
#undef F
};

static unsigned look(const struct row *row, bool faulty)
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

static void every_fault_shows(void **state)
{
	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		const unsigned honest = look(&rows[i], false);
		const unsigned faulty = look(&rows[i], true);

		if (honest != rows[i].honest || faulty != rows[i].faulty)
			fail_msg("%s: %u and %u seen, not %u and %u",
				 rows[i].name, honest, faulty, rows[i].honest,
				 rows[i].faulty);
	}
}

static void every_fault_has_a_row(void **state)
{
	bool seen[sizeof(struct vus_split_faults) / sizeof(bool)] = { false };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++)
		seen[rows[i].fault / sizeof(bool)] = true;
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
