/* SPDX-License-Identifier: BSD-3-Clause */
/* test_split.c — honest requests over a split ring of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ring_box.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

static const unsigned sizes[] = { 1,   2,   3,   4,   5,    8,    16,   64,
				  100, 128, 256, 512, 1000, 1024, 32768 };

static void parts_have_their_sizes(void **state)
{
	(void)state;
	assert_int_equal(vus_split_desc_bytes(1), 16);
	assert_int_equal(vus_split_avail_bytes(1), 8);
	assert_int_equal(vus_split_used_bytes(1), 14);
	assert_int_equal(vus_split_desc_bytes(32768), 524288);
	assert_int_equal(vus_split_avail_bytes(32768), 65542);
	assert_int_equal(vus_split_used_bytes(32768), 262150);
}

static void init_begins_at_the_base(void **state)
{
	struct ring_box b;

	(void)state;
	box_open(&b, 4, 65533);
	assert_int_equal(le16toh(b.drv->avail->idx), 65533);
	assert_int_equal(le16toh(b.drv->used->idx), 65533);
	assert_int_equal(b.drv->nfree, 4);
	assert_int_equal(b.dev.last_avail, 65533);
	assert_int_equal(b.dev.used_idx, 65533);
	/* The used index comes from memory, the position from the base. */
	b.drv->used->idx = htole16(77);
	vus_split_device_lay(&b.dev, 4, b.desc, b.avail, b.used);
	vus_split_device_begin(&b.dev, 5);
	assert_int_equal(b.dev.last_avail, 5);
	assert_int_equal(b.dev.used_idx, 77);
	assert_int_equal(b.dev.signalled, 77);
	assert_true(b.dev.indirect);
	box_close(&b);
}

static void nothing_offered_is_nothing(void **state)
{
	struct ring_box b;
	struct vus_used used = { .id = 9, .len = 9 };

	(void)state;
	box_open(&b, 4, 0);
	memset(&b.chain, 0x5a, sizeof(b.chain));
	assert_int_equal(box_pop(&b), VUS_POP_NONE);
	assert_int_equal(b.chain.niov, 0x5a5a5a5a);
	assert_false(vus_split_reap(b.drv, &used));
	assert_int_equal(used.id, 9);
	box_close(&b);
}

/* Chains of `n` descriptors, the last `in` of them writable, 3 bytes each. */
static void one_shape(struct ring_box *b, unsigned n, unsigned in)
{
	struct vus_seg segs[16];
	uint8_t out[48], got[48];
	uint16_t head;

	for (unsigned i = 0; i < n; i++) {
		segs[i] = (struct vus_seg){ .gpa = BOX_FAR + 5 * i,
					    .len = 3,
					    .write = i >= n - in };
		memset(box_at(b, segs[i].gpa), (int)(i + 1), 3);
	}
	head = box_offer(b, segs, n);
	assert_int_equal(box_pop(b), VUS_POP_CHAIN);
	assert_int_equal(b->chain.head, head);
	assert_int_equal(b->chain.niov, n);
	assert_int_equal(b->chain.readable, 3 * (n - in));
	assert_int_equal(b->chain.writable, 3 * in);
	assert_int_equal(vus_chain_read(&b->chain, 0, got, sizeof(got)),
			 3 * (n - in));
	for (unsigned i = 0; i < 3 * (n - in); i++)
		assert_int_equal(got[i], i / 3 + 1);
	for (unsigned i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(0x80 + i);
	assert_int_equal(vus_chain_write(&b->chain, 0, out, sizeof(out)),
			 3 * in);
	for (unsigned i = 0; i < 3 * in; i++)
		assert_int_equal(box_at(b, segs[n - in + i / 3].gpa)[i % 3],
				 0x80 + i);
	vus_split_push(&b->dev, head, 3 * in);
	box_reap(b, head, 3 * in);
	assert_int_equal(b->drv->nfree, b->drv->num);
}

static void all_shapes_of_chains(void **state)
{
	struct ring_box b;

	(void)state;
	box_open(&b, 16, 65500);
	for (unsigned n = 1; n <= 16; n++)
		for (unsigned in = 0; in <= n; in++)
			one_shape(&b, n, in);
	box_close(&b);
}

static void chains_are_read_and_written_at_offsets(void **state)
{
	const struct vus_seg segs[] = { { BOX_LOW, 3, false },
					{ BOX_LOW + 16, 4, false },
					{ BOX_LOW + 32, 2, true },
					{ BOX_LOW + 48, 5, true } };
	struct ring_box b;
	uint8_t got[8] = { 0 };

	(void)state;
	box_open(&b, 4, 0);
	memcpy(box_at(&b, BOX_LOW), "abc", 3);
	memcpy(box_at(&b, BOX_LOW + 16), "defg", 4);
	(void)box_offer(&b, segs, 4);
	assert_int_equal(box_pop(&b), VUS_POP_CHAIN);
	assert_int_equal(vus_chain_read(&b.chain, 2, got, 3), 3);
	assert_memory_equal(got, "cde", 3);
	assert_int_equal(vus_chain_read(&b.chain, 3, got, 8), 4);
	assert_memory_equal(got, "defg", 4);
	assert_int_equal(vus_chain_read(&b.chain, 7, got, 8), 0);
	assert_int_equal(vus_chain_read(&b.chain, SIZE_MAX, got, 8), 0);
	assert_int_equal(vus_chain_write(&b.chain, 1, "XYZ", 3), 3);
	assert_memory_equal(box_at(&b, BOX_LOW + 32), "\0X", 2);
	assert_memory_equal(box_at(&b, BOX_LOW + 48), "YZ\0", 3);
	assert_int_equal(vus_chain_write(&b.chain, 6, "PQRS", 4), 1);
	assert_int_equal(box_at(&b, BOX_LOW + 48)[4], 'P');
	assert_int_equal(vus_chain_write(&b.chain, 7, "P", 1), 0);
	box_close(&b);
}

/* Where the indexes begin so that the second of three laps passes 65535.  Of
 * a size that is no power of 2, two entries around the wrap share a slot; such
 * rings are not legal, and merely must do no harm. */
static uint16_t base_before_wrap(unsigned num)
{
	return num & (num - 1) ? 0 : (uint16_t)(65536 - num - num / 2);
}

/* A full ring at once, thrice. */
static void rings_of_every_size_fill_and_wrap(void **state)
{
	const struct vus_seg seg = { BOX_FAR, 8, true };
	struct ring_box b;

	(void)state;
	for (size_t s = 0; s < VUS_COUNT(sizes); s++) {
		const unsigned num = sizes[s];
		uint16_t *heads = calloc(num, sizeof(*heads));

		assert_non_null(heads);
		box_open(&b, num, base_before_wrap(num));
		for (unsigned lap = 0; lap < 3; lap++) {
			for (unsigned i = 0; i < num; i++)
				heads[i] = box_offer(&b, &seg, 1);
			assert_int_equal(b.drv->nfree, 0);
			assert_false(vus_split_add(b.drv, &seg, 1, &heads[0],
						   &b.err));
			assert_int_equal(b.err.kind, VUS_ERR_USAGE);
			for (unsigned i = 0; i < num; i++)
				box_serve(&b, heads[i], i);
			assert_int_equal(box_pop(&b), VUS_POP_NONE);
			assert_int_equal(vus_split_used_pending(b.drv), num);
			for (unsigned i = 0; i < num; i++)
				box_reap(&b, heads[i], i);
			assert_int_equal(b.drv->nfree, num);
		}
		box_close(&b);
		free(heads);
	}
}

static void indexes_run_through_all_values(void **state)
{
	const struct vus_seg seg = { BOX_FAR, 8, true };
	struct ring_box b;

	(void)state;
	for (unsigned num = 1; num <= 4; num++) {
		box_open(&b, num, 0);
		for (unsigned i = 0; i < 70000; i++) {
			uint16_t head = box_offer(&b, &seg, 1);

			box_serve(&b, head, i);
			box_reap(&b, head, i);
		}
		assert_int_equal(b.dev.last_avail, 70000 - 65536);
		assert_int_equal(le16toh(b.drv->used->idx), 70000 - 65536);
		box_close(&b);
	}
}

static void chains_as_long_as_the_limit(void **state)
{
	struct vus_seg *segs = calloc(VUS_CHAIN_MAX, sizeof(*segs));
	struct ring_box b;
	uint16_t head;

	(void)state;
	assert_non_null(segs);
	for (unsigned i = 0; i < VUS_CHAIN_MAX; i++)
		segs[i] = (struct vus_seg){ BOX_LOW + i, 1, i > 0 };
	box_open(&b, VUS_CHAIN_MAX, 65535);
	head = box_offer(&b, segs, VUS_CHAIN_MAX);
	box_serve(&b, head, 1);
	assert_int_equal(b.chain.niov, VUS_CHAIN_MAX);
	assert_int_equal(b.chain.writable, VUS_CHAIN_MAX - 1);
	box_reap(&b, head, 1);
	/* The table needs one descriptor, and may be longer than the ring. */
	box_close(&b);
	box_open(&b, 2, 0);
	head = box_offer_table(&b, segs, VUS_CHAIN_MAX, BOX_FAR);
	box_serve(&b, head, 1);
	assert_int_equal(b.chain.niov, VUS_CHAIN_MAX);
	box_reap(&b, head, 1);
	assert_int_equal(b.drv->nfree, 2);
	box_close(&b);
	free(segs);
}

static void tables_stand_at_any_address(void **state)
{
	const struct vus_seg segs[] = { { BOX_LOW, 3, false },
					{ BOX_LOW + 16, 4, true },
					{ BOX_LOW + 32, 1, true } };
	struct ring_box b;

	(void)state;
	box_open(&b, 4, 0);
	for (unsigned at = 0; at < 17; at++) {
		uint16_t head = box_offer_table(&b, segs, 3, BOX_FAR + at);

		/* The WRITE flag of what refers to a table means nothing. */
		if (at & 1)
			b.drv->desc[head].flags |= htole16(VRING_DESC_F_WRITE);
		box_serve(&b, head, 5);
		assert_int_equal(b.chain.niov, 3);
		assert_int_equal(b.chain.readable, 3);
		assert_int_equal(b.chain.writable, 5);
		assert_ptr_equal(b.chain.iov[1].host, box_at(&b, BOX_LOW + 16));
		box_reap(&b, head, 5);
	}
	box_close(&b);
}

/* Direct descriptors in front; in the table links that go back and forth, and
 * entries that nothing links. */
static void tables_are_followed_by_next(void **state)
{
	struct vring_desc *t;
	struct ring_box b;

	(void)state;
	box_open(&b, 4, 0);
	t = (struct vring_desc *)(void *)box_at(&b, BOX_FAR);
	memset(t, 0xff, 8 * sizeof(*t));
	box_desc(&b.drv->desc[3], BOX_LOW, 1, VRING_DESC_F_NEXT, 0);
	box_desc(&b.drv->desc[0], BOX_FAR, 128, VRING_DESC_F_INDIRECT, 0xffff);
	box_desc(&t[0], BOX_LOW + 1, 2, VRING_DESC_F_NEXT, 5);
	box_desc(&t[5], BOX_LOW + 2, 3, 3, 2);
	box_desc(&t[2], BOX_LOW + 3, 4, VRING_DESC_F_WRITE, 7);
	box_put_raw(&b, 3);
	assert_int_equal(box_pop(&b), VUS_POP_CHAIN);
	assert_int_equal(b.chain.head, 3);
	assert_int_equal(b.chain.niov, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_ptr_equal(b.chain.iov[i].host, box_at(&b, BOX_LOW + i));
		assert_int_equal(b.chain.iov[i].len, i + 1);
		assert_int_equal(b.chain.iov[i].write, i >= 2);
	}
	box_close(&b);
}

static void buffers_go_over_adjoining_regions(void **state)
{
	const struct vus_seg segs[] = { { BOX_HIGH - 3, 8, false },
					{ BOX_LOW, 2 * BOX_REGION, true } };
	struct ring_box b;
	uint8_t got[8];

	(void)state;
	box_open(&b, 4, 0);
	memcpy(box_at(&b, BOX_HIGH - 3), "abc", 3);
	memcpy(box_at(&b, BOX_HIGH), "defgh", 5);
	(void)box_offer(&b, segs, 2);
	assert_int_equal(box_pop(&b), VUS_POP_CHAIN);
	assert_int_equal(b.chain.niov, 4);
	assert_ptr_equal(b.chain.iov[0].host, box_at(&b, BOX_HIGH - 3));
	assert_int_equal(b.chain.iov[0].len, 3);
	assert_ptr_equal(b.chain.iov[1].host, box_at(&b, BOX_HIGH));
	assert_int_equal(b.chain.iov[1].len, 5);
	assert_int_equal(b.chain.iov[2].len, BOX_REGION);
	assert_int_equal(b.chain.readable, 8);
	assert_int_equal(b.chain.writable, 2 * BOX_REGION);
	assert_int_equal(vus_chain_read(&b.chain, 0, got, 8), 8);
	assert_memory_equal(got, "abcdefgh", 8);
	assert_int_equal(vus_chain_write(&b.chain, BOX_REGION - 1, "XY", 2), 2);
	assert_int_equal(box_at(&b, BOX_HIGH - 1)[0], 'X');
	assert_int_equal(box_at(&b, BOX_HIGH)[0], 'Y');
	box_close(&b);
}

/* The seam at each byte of the table's second entry. */
static void tables_go_over_adjoining_regions(void **state)
{
	const struct vus_seg segs[] = { { BOX_FAR, 3, false },
					{ BOX_FAR + 16, 4, true },
					{ BOX_FAR + 32, 1, true } };
	struct vring_desc copy[3];
	struct ring_box b;

	(void)state;
	box_open(&b, 4, 0);
	for (unsigned in = 16; in <= 32; in++) {
		const uint8_t *raw = (const uint8_t *)copy;
		uint16_t head;

		assert_true(vus_split_add_indirect(
			b.drv, segs, 3, copy, BOX_HIGH - in, &head, &b.err));
		for (unsigned i = 0; i < sizeof(copy); i++)
			*box_at(&b, BOX_HIGH - in + i) = raw[i];
		box_put_raw(&b, head);
		box_serve(&b, head, 0);
		assert_int_equal(b.chain.niov, 3);
		assert_int_equal(b.chain.iov[1].len, 4);
		assert_int_equal(b.chain.iov[2].len, 1);
		box_reap(&b, head, 0);
	}
	box_close(&b);
}

static void memory_is_used_to_its_last_byte(void **state)
{
	const struct vus_seg segs[] = { { BOX_FAR, BOX_REGION, false },
					{ BOX_TOP, BOX_REGION, false },
					{ UINT64_MAX, 1, true } };
	struct ring_box b;

	(void)state;
	box_open(&b, 4, 0);
	(void)box_offer(&b, segs, 3);
	assert_int_equal(box_pop(&b), VUS_POP_CHAIN);
	assert_int_equal(b.chain.readable, 2 * BOX_REGION);
	assert_int_equal(vus_chain_write(&b.chain, 0, "z", 1), 1);
	assert_int_equal(*box_at(&b, UINT64_MAX), 'z');
	box_close(&b);
}

/* Empty buffers are none, wherever they point; they keep their direction. */
static void empty_buffers_are_tolerated(void **state)
{
	const struct vus_seg segs[] = { { UINT64_MAX, 0, false },
					{ BOX_LOW, 2, false },
					{ BOX_FAR - 1, 0, true },
					{ BOX_LOW, 1, true } };
	struct ring_box b;

	(void)state;
	box_open(&b, 8, 0);
	(void)box_offer(&b, segs, 4);
	assert_int_equal(box_pop(&b), VUS_POP_CHAIN);
	assert_int_equal(b.chain.niov, 2);
	assert_int_equal(b.chain.readable, 2);
	assert_int_equal(b.chain.writable, 1);
	(void)box_offer(&b, segs, 1);
	assert_int_equal(box_pop(&b), VUS_POP_CHAIN);
	assert_int_equal(b.chain.niov, 0);
	box_close(&b);
}

static void the_free_list_survives_strange_ids(void **state)
{
	const struct vus_seg segs[] = { { BOX_LOW, 2, false },
					{ BOX_LOW, 2, true } };
	struct ring_box b;
	uint16_t head;

	(void)state;
	box_open(&b, 4, 0);
	head = box_offer(&b, segs, 2);
	assert_int_equal(head, 0);
	/* Out of range, in the middle of a chain, free. */
	b.drv->used->ring[0].id = htole32(4);
	b.drv->used->ring[1].id = htole32(UINT32_MAX);
	b.drv->used->ring[2].id = htole32(1);
	b.drv->used->ring[3].id = htole32(3);
	b.drv->used->idx = htole16(4);
	box_reap(&b, 4, 0);
	box_reap(&b, UINT32_MAX, 0);
	box_reap(&b, 1, 0);
	box_reap(&b, 3, 0);
	assert_int_equal(b.drv->nfree, 2);
	assert_int_equal(b.drv->strays, 4);
	/* What is missing may be what they were meant for. */
	head = 7;
	assert_false(vus_split_add(b.drv, (struct vus_seg[3]){ 0 }, 3, &head,
				   &b.err));
	assert_int_equal(b.err.kind, VUS_ERR_PROTOCOL);
	assert_int_equal(head, 7);
	/* The chain itself, and once more. */
	b.drv->used->ring[0].id = b.drv->used->ring[1].id = 0;
	b.drv->used->idx = htole16(6);
	box_reap(&b, 0, 0);
	box_reap(&b, 0, 0);
	assert_int_equal(b.drv->nfree, 4);
	assert_false(vus_split_add(b.drv, segs, 0, &head, &b.err));
	assert_int_equal(b.err.kind, VUS_ERR_USAGE);
	assert_int_equal(head, 7);
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_have_their_sizes),
		cmocka_unit_test(init_begins_at_the_base),
		cmocka_unit_test(nothing_offered_is_nothing),
		cmocka_unit_test(all_shapes_of_chains),
		cmocka_unit_test(chains_are_read_and_written_at_offsets),
		cmocka_unit_test(rings_of_every_size_fill_and_wrap),
		cmocka_unit_test(indexes_run_through_all_values),
		cmocka_unit_test(chains_as_long_as_the_limit),
		cmocka_unit_test(tables_stand_at_any_address),
		cmocka_unit_test(tables_are_followed_by_next),
		cmocka_unit_test(buffers_go_over_adjoining_regions),
		cmocka_unit_test(tables_go_over_adjoining_regions),
		cmocka_unit_test(memory_is_used_to_its_last_byte),
		cmocka_unit_test(empty_buffers_are_tolerated),
		cmocka_unit_test(the_free_list_survives_strange_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
