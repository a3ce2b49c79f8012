/* SPDX-License-Identifier: BSD-3-Clause */
/* test_split_bad.c — everything a driver may not do to a split ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ring_box.h"

#include <endian.h>
#include <string.h>

#define NEXT     VRING_DESC_F_NEXT
#define WRITE    VRING_DESC_F_WRITE
#define INDIRECT VRING_DESC_F_INDIRECT

/* Rings of 8; the table stands in guest memory at BOX_FAR. */
struct bad_chain {
	const char *says; /* within the error; NULL: it is no error */
	uint16_t head;
	struct raw {
		uint64_t addr;
		uint32_t len;
		uint16_t flags, next;
	} desc[8], table[4];
	bool no_indirect;
};

static const struct bad_chain chains[] = {
	{ NULL, 0, { { BOX_LOW, 1, 0, 0 } }, { { 0 } }, false },
	/* ---- places ---- */
	{ "head 8 of a ring of 8", 8, { { 0 } }, { { 0 } }, false },
	{ "head 9 of a ring of 8", 9, { { 0 } }, { { 0 } }, false },
	{ "head 65535 of a ring of 8", 65535, { { 0 } }, { { 0 } }, false },
	{ "next 8 of a ring of 8",
	  0,
	  { { BOX_LOW, 1, NEXT, 8 } },
	  { { 0 } },
	  false },
	{ "next 65535 of a ring of 8",
	  0,
	  { { BOX_LOW, 1, NEXT, 65535 } },
	  { { 0 } },
	  false },
	/* ---- loops ---- */
	{ "more descriptors than the ring's 8",
	  0,
	  { { BOX_LOW, 1, NEXT, 0 } },
	  { { 0 } },
	  false },
	{ "more descriptors than the ring's 8",
	  0,
	  { { BOX_LOW, 0, NEXT, 0 } },
	  { { 0 } },
	  false },
	{ "more descriptors than the ring's 8",
	  1,
	  { { BOX_LOW, 1, NEXT | WRITE, 1 }, { BOX_LOW, 1, NEXT | WRITE, 0 } },
	  { { 0 } },
	  false },
	/* ---- memory ---- */
	{ "leaves memory at 0x200000",
	  0,
	  { { BOX_HIGH + BOX_REGION, 1, 0, 0 } },
	  { { 0 } },
	  false },
	{ "leaves memory at 0x200000",
	  0,
	  { { BOX_HIGH + BOX_REGION - 1, 2, WRITE, 0 } },
	  { { 0 } },
	  false },
	{ "leaves memory at 0x200000",
	  0,
	  { { BOX_LOW, 0x1000000, 0, 0 } },
	  { { 0 } },
	  false },
	{ "leaves memory at 0xffffff",
	  0,
	  { { BOX_FAR - 1, 2, 0, 0 } },
	  { { 0 } },
	  false },
	{ "leaves memory at 0x1100000",
	  0,
	  { { BOX_FAR, UINT32_MAX, 0, 0 } },
	  { { 0 } },
	  false },
	{ "leaves memory at 0x8000000000000000",
	  0,
	  { { UINT64_C(1) << 63, 1, 0, 0 } },
	  { { 0 } },
	  false },
	{ "passes the end of addresses",
	  0,
	  { { UINT64_MAX - 15, 32, 0, 0 } },
	  { { 0 } },
	  false },
	{ "passes the end of addresses",
	  0,
	  { { UINT64_MAX, UINT32_MAX, WRITE, 0 } },
	  { { 0 } },
	  false },
	{ "leaves memory at 0x200000",
	  0,
	  { { BOX_LOW, 1, NEXT, 1 }, { BOX_HIGH + BOX_REGION, 9, 0, 0 } },
	  { { 0 } },
	  false },
	/* ---- directions ---- */
	{ "readable buffer after a writable",
	  0,
	  { { BOX_LOW, 1, NEXT | WRITE, 1 }, { BOX_LOW, 1, 0, 0 } },
	  { { 0 } },
	  false },
	{ "readable buffer after a writable",
	  0,
	  { { BOX_LOW, 1, NEXT, 1 },
	    { BOX_LOW, 0, NEXT | WRITE, 2 },
	    { BOX_LOW, 0, 0, 0 } },
	  { { 0 } },
	  false },
	{ "readable buffer after a writable",
	  0,
	  { { BOX_LOW, 1, NEXT | WRITE, 1 }, { BOX_FAR, 16, INDIRECT, 0 } },
	  { { BOX_LOW, 1, 0, 0 } },
	  false },
	/* ---- indirect tables ---- */
	{ NULL,
	  0,
	  { { BOX_FAR, 16, INDIRECT, 0 } },
	  { { BOX_LOW, 1, 0, 0 } },
	  false },
	{ "INDIRECT was not negotiated",
	  0,
	  { { BOX_FAR, 16, INDIRECT, 0 } },
	  { { BOX_LOW, 1, 0, 0 } },
	  true },
	{ "INDIRECT and NEXT",
	  0,
	  { { BOX_FAR, 16, INDIRECT | NEXT, 1 } },
	  { { BOX_LOW, 1, 0, 0 } },
	  false },
	{ "INDIRECT and NEXT",
	  0,
	  { { BOX_LOW, 1, NEXT, 1 },
	    { BOX_FAR, 16, INDIRECT | NEXT | WRITE, 1 } },
	  { { BOX_LOW, 1, 0, 0 } },
	  false },
	{ "table of 0 bytes",
	  0,
	  { { BOX_FAR, 0, INDIRECT, 0 } },
	  { { BOX_LOW, 1, 0, 0 } },
	  false },
	{ "table of 15 bytes",
	  0,
	  { { BOX_FAR, 15, INDIRECT, 0 } },
	  { { BOX_LOW, 1, 0, 0 } },
	  false },
	{ "table of 17 bytes",
	  0,
	  { { BOX_FAR, 17, INDIRECT, 0 } },
	  { { BOX_LOW, 1, 0, 0 } },
	  false },
	{ "table of 4294967295 bytes",
	  0,
	  { { BOX_FAR, UINT32_MAX, INDIRECT, 0 } },
	  { { 0 } },
	  false },
	{ "leaves memory at 0x1100000",
	  0,
	  { { BOX_FAR, 0xfffffff0, INDIRECT, 0 } },
	  { { BOX_LOW, 1, 0, 0 } },
	  false },
	{ "leaves memory at 0x200000",
	  0,
	  { { BOX_HIGH + BOX_REGION, 16, INDIRECT, 0 } },
	  { { 0 } },
	  false },
	{ "leaves memory at 0x200000",
	  0,
	  { { BOX_HIGH + BOX_REGION - 8, 16, INDIRECT, 0 } },
	  { { 0 } },
	  false },
	{ "leaves memory at 0x200000",
	  0,
	  { { BOX_LOW, 0x200010, INDIRECT, 0 } },
	  { { 0 } },
	  false },
	{ "passes the end of addresses",
	  0,
	  { { UINT64_MAX - 7, 16, INDIRECT, 0 } },
	  { { 0 } },
	  false },
	{ "an indirect table in another",
	  0,
	  { { BOX_FAR, 32, INDIRECT, 0 } },
	  { { BOX_FAR, 16, INDIRECT, 0 } },
	  false },
	{ "an indirect table in another",
	  0,
	  { { BOX_FAR, 32, INDIRECT, 0 } },
	  { { BOX_LOW, 1, NEXT, 1 }, { BOX_FAR, 16, INDIRECT | WRITE, 0 } },
	  false },
	{ "next 2 of an indirect table of 2",
	  0,
	  { { BOX_FAR, 32, INDIRECT, 0 } },
	  { { BOX_LOW, 1, NEXT, 2 } },
	  false },
	{ "next 65535 of an indirect table of 2",
	  0,
	  { { BOX_FAR, 32, INDIRECT, 0 } },
	  { { BOX_LOW, 1, NEXT, 65535 } },
	  false },
	{ "loops in an indirect table",
	  0,
	  { { BOX_FAR, 64, INDIRECT, 0 } },
	  { { BOX_LOW, 1, NEXT, 0 } },
	  false },
	{ "loops in an indirect table",
	  0,
	  { { BOX_FAR, 64, INDIRECT, 0 } },
	  { { BOX_LOW, 1, NEXT | WRITE, 3 },
	    { 0 },
	    { 0 },
	    { BOX_LOW, 0, NEXT | WRITE, 0 } },
	  false },
	{ "leaves memory at 0x200000",
	  0,
	  { { BOX_FAR, 32, INDIRECT, 0 } },
	  { { BOX_HIGH + BOX_REGION, 1, 0, 0 } },
	  false },
	{ "readable buffer after a writable",
	  0,
	  { { BOX_FAR, 32, INDIRECT, 0 } },
	  { { BOX_LOW, 1, NEXT | WRITE, 1 }, { BOX_LOW, 1, 0, 0 } },
	  false },
};

static void try_chain(const struct bad_chain *c, uint16_t base)
{
	struct ring_box b;

	box_open(&b, 8, base);
	b.dev.indirect = !c->no_indirect;
	for (unsigned i = 0; i < 8; i++)
		box_desc(&b.drv->desc[i], c->desc[i].addr, c->desc[i].len,
			 c->desc[i].flags, c->desc[i].next);
	for (unsigned i = 0; i < 4; i++)
		box_desc((struct vring_desc *)(void *)box_at(&b, BOX_FAR) + i,
			 c->table[i].addr, c->table[i].len, c->table[i].flags,
			 c->table[i].next);
	box_put_raw(&b, c->head);
	if (!c->says) {
		assert_int_equal(box_pop(&b), VUS_POP_CHAIN);
		box_close(&b);
		return;
	}
	assert_int_equal(box_pop(&b), VUS_POP_BAD);
	assert_int_equal(b.err.kind, VUS_ERR_PROTOCOL);
	assert_int_not_equal(b.err.code, 0);
	if (!strstr(b.err.text, c->says))
		fail_msg("'%s' does not say '%s'", b.err.text, c->says);
	/* Nothing was taken, and it is as bad the next time. */
	assert_int_equal(b.dev.last_avail, base);
	assert_int_equal(vus_split_pop(&b.dev, &b.mem, &b.chain, NULL),
			 VUS_POP_BAD);
	box_close(&b);
}

static void broken_chains_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < VUS_COUNT(chains); i++) {
		try_chain(&chains[i], 0);
		try_chain(&chains[i], 65535);
	}
}

static void index_jumps_are_refused(void **state)
{
	static const unsigned nums[] = { 1, 2, 3, 8, 1000, 32768 };
	struct ring_box b;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(nums); i++) {
		const unsigned num = nums[i];
		const unsigned jumps[] = { num + 1, 40000, 65535 };

		for (size_t j = 0; j < 3; j++) {
			box_open(&b, num, 65530);
			b.drv->avail->idx =
				htole16((uint16_t)(65530 + jumps[j]));
			assert_int_equal(box_pop(&b), VUS_POP_BAD);
			assert_int_equal(b.err.code, VUS_BAD_INDEX);
			assert_non_null(strstr(b.err.text, "went from 65530"));
			/* A whole ring of empty descriptors is legal. */
			b.drv->avail->idx = htole16((uint16_t)(65530 + num));
			for (unsigned n = 0; n < num; n++)
				assert_int_equal(box_pop(&b), VUS_POP_CHAIN);
			assert_int_equal(box_pop(&b), VUS_POP_NONE);
			box_close(&b);
		}
	}
}

/* More buffers than a request has room for, over both kinds of links. */
static void too_long_chains_are_refused(void **state)
{
	const unsigned n = VUS_CHAIN_MAX + 1;
	struct vring_desc *t;
	struct ring_box b;

	(void)state;
	box_open(&b, 2048, 0);
	t = (struct vring_desc *)(void *)box_at(&b, BOX_FAR);
	for (unsigned i = 0; i < n; i++) {
		const uint16_t flags = i + 1 < n ? NEXT : 0;

		box_desc(&b.drv->desc[i], BOX_LOW, 1, flags, (uint16_t)(i + 1));
		box_desc(&t[i], BOX_LOW, 1, flags, (uint16_t)(i + 1));
	}
	box_put_raw(&b, 0);
	assert_int_equal(box_pop(&b), VUS_POP_BAD);
	assert_non_null(strstr(b.err.text, "more than 1024 buffers"));
	box_desc(&b.drv->desc[0], BOX_FAR, n * 16, INDIRECT, 0);
	assert_int_equal(box_pop(&b), VUS_POP_BAD);
	assert_non_null(strstr(b.err.text, "more than 1024 buffers"));
	/* Cut into more pieces than there is room for. */
	box_desc(&t[n - 2], BOX_HIGH - 1, 2, 0, 0);
	assert_int_equal(box_pop(&b), VUS_POP_BAD);
	assert_non_null(strstr(b.err.text, "more than 1024 buffers"));
	box_desc(&t[n - 2], BOX_HIGH - 1, 1, 0, 0);
	assert_int_equal(box_pop(&b), VUS_POP_CHAIN);
	box_close(&b);
}

/* A table as large as a region with a loop of empty buffers in it. */
static void empty_loops_end_soon(void **state)
{
	struct ring_box b;

	(void)state;
	box_open(&b, 32768, 0);
	for (unsigned i = 0; i < 32768; i++)
		box_desc(&b.drv->desc[i], BOX_LOW, 0, NEXT,
			 (uint16_t)((i + 1) % 32768));
	box_put_raw(&b, 0);
	assert_int_equal(box_pop(&b), VUS_POP_BAD);
	box_desc(&b.drv->desc[0], BOX_FAR, BOX_REGION, INDIRECT, 0);
	box_desc((struct vring_desc *)(void *)box_at(&b, BOX_FAR), BOX_LOW, 0,
		 NEXT, 0);
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(box_pop(&b), VUS_POP_BAD);
	box_close(&b);
}

/* 2^32 bytes are the limit: eight times half a GiB of one region. */
static void sums_above_2_32_are_refused(void **state)
{
	struct vus_p_region row = {
		.guest_addr = UINT64_C(1) << 40,
		.size = UINT64_C(1) << 31,
		.user_addr = UINT64_C(1) << 40,
	};
	struct vus_split_device *dev;
	struct ring_box b;
	struct vus_regions big = { .n = 0 };

	(void)state;
	box_open(&b, 8, 0);
	dev = &b.dev;
	/* Only the table matters: nothing is read or written there. */
	big.r[big.n++] =
		(struct vus_region){ .row = row, .host = box_at(&b, BOX_LOW) };
	box_desc(&b.drv->desc[0], row.guest_addr, 1u << 31, NEXT, 1);
	box_desc(&b.drv->desc[1], row.guest_addr, 1u << 31, WRITE, 2);
	box_desc(&b.drv->desc[2], row.guest_addr, 1, WRITE, 0);
	box_put_raw(&b, 0);
	box_put_raw(&b, 0);
	assert_int_equal(vus_split_pop(dev, &big, &b.chain, &b.err),
			 VUS_POP_CHAIN);
	assert_int_equal(b.chain.readable, UINT64_C(1) << 31);
	assert_int_equal(b.chain.writable, UINT64_C(1) << 31);
	b.drv->desc[1].flags |= htole16(NEXT);
	assert_int_equal(vus_split_pop(dev, &big, &b.chain, &b.err),
			 VUS_POP_BAD);
	assert_non_null(strstr(b.err.text, "more than 2^32 bytes"));
	box_close(&b);
}

/* Undefined flags, and a used ring that the driver scribbles over, mean
 * nothing to the device. */
static void meaningless_words_are_ignored(void **state)
{
	struct ring_box b;

	(void)state;
	box_open(&b, 8, 0);
	for (unsigned bit = 3; bit < 16; bit++) {
		box_desc(&b.drv->desc[0], BOX_LOW, 1, (uint16_t)(1u << bit),
			 65535);
		box_put_raw(&b, 0);
		memset(b.used, 0xee, (size_t)vus_split_used_bytes(8));
		box_serve(&b, 0, 0);
		assert_int_equal(le16toh(b.drv->used->idx), bit - 2);
	}
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_chains_are_refused),
		cmocka_unit_test(index_jumps_are_refused),
		cmocka_unit_test(too_long_chains_are_refused),
		cmocka_unit_test(empty_loops_end_soon),
		cmocka_unit_test(sums_above_2_32_are_refused),
		cmocka_unit_test(meaningless_words_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
