/* SPDX-License-Identifier: BSD-3-Clause */
/* split_fault_chains.c — faults of the device in how it reads a chain. */
#include "split_fault_rows.h"

#include <endian.h>
#include <string.h>

#define NEXT     VRING_DESC_F_NEXT
#define WRITE    VRING_DESC_F_WRITE
#define INDIRECT VRING_DESC_F_INDIRECT

static struct vring_desc *table(const struct ring_box *b)
{
	return (struct vring_desc *)(void *)box_at(b, BOX_FAR);
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
	const struct vus_seg five[] = { { BOX_LOW, 1, false },
					SPLIT_IN8,
					SPLIT_IN8,
					SPLIT_IN8,
					SPLIT_IN8 };

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
	split_offer(b, 1);
	(void)split_drain(b, 0);
	return le16toh(b->drv->desc[7].next);
}

static unsigned first_byte(struct ring_box *b)
{
	const struct vus_seg two[] = { { BOX_LOW, 1, false }, SPLIT_IN8 };

	*box_at(b, BOX_LOW) = 7;
	(void)box_offer(b, two, 2);
	assert_int_equal(box_pop(b), VUS_POP_CHAIN);
	assert_int_equal(vus_chain_write(&b->chain, 0, "abc", 3), 3);
	return *box_at(b, BOX_LOW);
}

static unsigned byte_over_old(struct ring_box *b)
{
	const uint8_t two = 2;

	*box_at(b, BOX_FAR) = 0xff;
	split_offer(b, 1);
	assert_int_equal(box_pop(b), VUS_POP_CHAIN);
	assert_int_equal(vus_chain_write(&b->chain, 0, &two, 1), 1);
	return *box_at(b, BOX_FAR);
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

static unsigned len_of_second_entry(struct ring_box *b)
{
	box_desc(table(b), BOX_LOW, 1, NEXT, 2);
	box_desc(table(b) + 1, BOX_LOW, 9, 0, 0);
	box_desc(table(b) + 2, BOX_LOW, 5, 0, 0);
	assert_int_equal(pop_table(b, 3, 0), VUS_POP_CHAIN);
	return b->chain.iov[1].len;
}

static unsigned odd_table(struct ring_box *b)
{
	(void)box_offer_table(b, &SPLIT_IN8, 1, BOX_LOW + 1);
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

/* ---- a hostile driver ---- */

static unsigned wild_head(struct ring_box *b)
{
	box_put_raw(b, 9);
	return box_pop(b);
}

static unsigned wild_next(struct ring_box *b)
{
	box_desc(&b->drv->desc[0], BOX_LOW, 1, NEXT, 9);
	box_put_raw(b, 0);
	return box_pop(b);
}

static unsigned wild_next_in_table(struct ring_box *b)
{
	box_desc(table(b), BOX_LOW, 1, NEXT, 3);
	box_desc(table(b) + 1, BOX_LOW, 1, 0, 0);
	return pop_table(b, 2, 0);
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
	const struct vus_seg two[] = { SPLIT_IN8, { BOX_LOW, 1, false } };

	(void)box_offer(b, two, 2);
	return box_pop(b);
}

static unsigned unasked_table(struct ring_box *b)
{
	b->dev.indirect = false;
	(void)box_offer_table(b, &SPLIT_IN8, 1, BOX_LOW);
	return box_pop(b);
}

static unsigned table_of_17(struct ring_box *b)
{
	(void)box_offer_table(b, &SPLIT_IN8, 1, BOX_LOW);
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

#define BAD_TO_CHAIN VUS_POP_BAD, VUS_POP_CHAIN, false
#define CHAIN_TO_BAD VUS_POP_CHAIN, VUS_POP_BAD, false

const struct split_fault_row split_fault_chains[] = {
	{ SPLIT_FAULT(next_is_neighbour), len_of_second, 7, 3, false },
	{ SPLIT_FAULT(next_without_flag), pieces_without_flag, 1, 2, false },
	{ SPLIT_FAULT(three_segments_only), pieces_of_five, 5, 3, false },
	{ SPLIT_FAULT(short_chains), five, CHAIN_TO_BAD },
	{ SPLIT_FAULT(writes_desc_table), last_next, 0, 1, false },
	{ SPLIT_FAULT(writes_readable), first_byte, 7, 8, false },
	{ SPLIT_FAULT(mixes_old_content), byte_over_old, 2, 3, false },
	{ SPLIT_FAULT(buffer_ends_at_seam), readable_over_seam, 8, 3, false },
	{ SPLIT_FAULT(whole_table), pieces_of_table, 1, 3, false },
	{ SPLIT_FAULT(table_in_order), len_of_second_entry, 5, 9, false },
	{ SPLIT_FAULT(table_aligned), odd_table, CHAIN_TO_BAD },
	{ SPLIT_FAULT(table_all_readable), writable_of_table, 4, 0, false },
	{ SPLIT_FAULT(table_write_flag), readable_of_table, 3, 0, false },
	{ SPLIT_FAULT(table_alone), table_behind_direct, CHAIN_TO_BAD },
	{ SPLIT_FAULT(writes_table), next_in_table, 0, 1, false },
	{ SPLIT_FAULT(table_ends_at_seam), table_over_seam, CHAIN_TO_BAD },
	{ SPLIT_FAULT(head_wraps), wild_head, BAD_TO_CHAIN },
	{ SPLIT_FAULT(next_wraps), wild_next, BAD_TO_CHAIN },
	{ SPLIT_FAULT(next_wraps), wild_next_in_table, BAD_TO_CHAIN },
	{ SPLIT_FAULT(follows_loops), loop_of_one, 0, 1, false },
	{ SPLIT_FAULT(walks_any_jump), jump, BAD_TO_CHAIN },
	{ SPLIT_FAULT(clips_buffers), past_memory, BAD_TO_CHAIN },
	{ SPLIT_FAULT(start_checked_only), past_memory, BAD_TO_CHAIN },
	{ SPLIT_FAULT(skips_holes), past_memory, BAD_TO_CHAIN },
	{ SPLIT_FAULT(buffers_wrap), past_top, BAD_TO_CHAIN },
	{ SPLIT_FAULT(all_else_writable), read_after_write, BAD_TO_CHAIN },
	{ SPLIT_FAULT(tables_unasked), unasked_table, BAD_TO_CHAIN },
	{ SPLIT_FAULT(any_table_length), table_of_17, BAD_TO_CHAIN },
	{ SPLIT_FAULT(nested_tables), nested_table, BAD_TO_CHAIN },
};
const size_t n_split_fault_chains = VUS_COUNT(split_fault_chains);
