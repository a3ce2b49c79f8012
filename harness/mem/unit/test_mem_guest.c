/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_guest.c — regions over backings: where they lie, and who gets what
 * of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem/guest.h"
#include "unit/process_box.h"
#include "mem_box.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct vus_backing_opts *memfd_of(struct vus_backing_opts *o,
					       uint64_t size)
{
	*o = (struct vus_backing_opts){ .kind = VUS_MEMFD, .size = size };
	return o;
}

/* A guest of `n` memfds of these sizes. */
static void stack(struct vus_guest *g, const uint64_t *sizes, unsigned n,
		  uint64_t hole_gpa)
{
	const struct vus_backing_opts *opts[8];
	struct vus_backing_opts store[8];
	struct vus_err err = { 0 };

	assert_true(n <= VUS_COUNT(store));
	for (unsigned i = 0; i < n; i++)
		opts[i] = memfd_of(&store[i], sizes[i]);
	vus_guest_init(g);
	if (!vus_guest_stack(g, opts, n, hole_gpa, &err))
		fail_msg("%s", err.text);
}

/* Where regions must lie: guest address, size, offset and backing. */
struct place {
	uint64_t gpa, size, offset;
	unsigned backing;
};

static void a_stack_has_a_hole_below_four_gib(void **state)
{
	static const struct {
		uint64_t sizes[4], hole;
		struct place places[6];
	} rows[] = {
		{ { MEM_MIB }, 0, { { 0, MEM_MIB, 0, 0 } } },
		/* Without a hole memory goes on over 4 GiB. */
		{ { 5 * MEM_GIB }, 0, { { 0, 5 * MEM_GIB, 0, 0 } } },
		{ { MEM_GIB }, 2 * MEM_GIB, { { 0, MEM_GIB, 0, 0 } } },
		/* Up to its edge is one region; a page more is two. */
		{ { 2 * MEM_GIB }, 2 * MEM_GIB, { { 0, 2 * MEM_GIB, 0, 0 } } },
		{ { 2 * MEM_GIB + MEM_PAGE },
		  2 * MEM_GIB,
		  { { 0, 2 * MEM_GIB, 0, 0 },
		    { 4 * MEM_GIB, MEM_PAGE, 2 * MEM_GIB, 0 } } },
		{ { 5 * MEM_GIB },
		  2 * MEM_GIB,
		  { { 0, 2 * MEM_GIB, 0, 0 },
		    { 4 * MEM_GIB, 3 * MEM_GIB, 2 * MEM_GIB, 0 } } },
		/* Nodes: the hole at the seam, and within the second. */
		{ { 2 * MEM_GIB, MEM_GIB },
		  2 * MEM_GIB,
		  { { 0, 2 * MEM_GIB, 0, 0 },
		    { 4 * MEM_GIB, MEM_GIB, 0, 1 } } },
		{ { MEM_GIB, 2 * MEM_GIB, MEM_GIB },
		  2 * MEM_GIB,
		  { { 0, MEM_GIB, 0, 0 },
		    { MEM_GIB, MEM_GIB, 0, 1 },
		    { 4 * MEM_GIB, MEM_GIB, MEM_GIB, 1 },
		    { 5 * MEM_GIB, MEM_GIB, 0, 2 } } },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		const uint64_t *sizes = rows[i].sizes;
		struct vus_guest g;
		unsigned n = 0, k;

		while (n < 4 && sizes[n])
			n++;
		stack(&g, sizes, n, rows[i].hole);
		assert_int_equal(g.nbackings, n);
		for (k = 0; k < 6 && rows[i].places[k].size; k++) {
			const struct vus_guest_region *r = &g.regions[k];
			const struct place *p = &rows[i].places[k];

			assert_int_equal(r->gpa, p->gpa);
			assert_int_equal(r->size, p->size);
			assert_int_equal(r->offset, p->offset);
			assert_int_equal(r->backing, p->backing);
		}
		assert_int_equal(g.nregions, k);
		vus_guest_close(&g);
	}
}

static void user_addresses_are_unlike_all_others(void **state)
{
	static const uint64_t sizes[] = { MEM_GIB, 2 * MEM_GIB, MEM_GIB };
	struct vus_guest g;

	(void)state;
	stack(&g, sizes, 3, 2 * MEM_GIB);
	for (unsigned i = 0; i < g.nregions; i++) {
		const struct vus_guest_region *r = &g.regions[i];
		struct vus_p_region row;

		vus_guest_describe(&g, i, &row);
		assert_int_equal(row.guest_addr, r->gpa);
		assert_int_equal(row.size, r->size);
		assert_int_equal(row.user_addr, r->user);
		assert_int_equal(row.mmap_offset, r->offset);
		assert_int_not_equal(r->user, r->gpa);
		assert_ptr_not_equal((void *)(uintptr_t)r->user, r->host);
		assert_int_equal(r->user % MEM_PAGE, 0);
		for (unsigned k = 0; k < i; k++) {
			const struct vus_guest_region *o = &g.regions[k];

			assert_true(r->user + r->size <= o->user ||
				    o->user + o->size <= r->user);
			/* No one constant makes them of guest addresses,
			 * unless two regions are one behind the other. */
			if (r->backing != o->backing)
				assert_int_not_equal(r->user - r->gpa,
						     o->user - o->gpa);
		}
	}
	/* The two parts of one backing, on both sides of the hole. */
	assert_int_equal(g.regions[2].user,
			 g.regions[1].user + g.regions[1].size);
	vus_guest_close(&g);
}

static void addresses_are_translated(void **state)
{
	static const uint64_t sizes[] = { 3 * MEM_GIB };
	struct vus_guest g;
	uint8_t *low, *high;

	(void)state;
	stack(&g, sizes, 1, 2 * MEM_GIB);
	low = vus_guest_host(&g, 0, 2 * MEM_GIB);
	high = vus_guest_host(&g, 4 * MEM_GIB, MEM_GIB);
	assert_non_null(low);
	assert_ptr_equal(high, low + 2 * MEM_GIB);
	assert_ptr_equal(vus_guest_host(&g, 77, 1), low + 77);
	assert_ptr_equal(vus_guest_host(&g, 2 * MEM_GIB - 1, 1),
			 low + 2 * MEM_GIB - 1);
	assert_null(vus_guest_host(&g, 2 * MEM_GIB - 1, 2));
	assert_null(vus_guest_host(&g, 2 * MEM_GIB, 1));
	assert_null(vus_guest_host(&g, 4 * MEM_GIB - 1, 1));
	assert_null(vus_guest_host(&g, 5 * MEM_GIB, 1));
	assert_null(vus_guest_host(&g, 5 * MEM_GIB - 1, UINT64_MAX));
	assert_null(vus_guest_host(&g, UINT64_MAX, 1));
	assert_int_equal(vus_guest_user(&g, 4 * MEM_GIB + 5),
			 g.regions[1].user + 5);
	assert_int_equal(vus_guest_user(&g, 3 * MEM_GIB), 0);
	/* One descriptor stands behind both. */
	high[9] = 0x99;
	assert_int_equal(
		pread(g.backings[0].fd, low, 1, 2 * (off_t)MEM_GIB + 9), 1);
	assert_int_equal(low[0], 0x99);
	vus_guest_close(&g);
}

static void a_failure_adds_nothing(void **state)
{
	struct vus_backing_opts good, bad;
	const struct vus_backing_opts *opts[] = { memfd_of(&good, MEM_MIB),
						  memfd_of(&bad, 0) };
	const unsigned fds = box_count_fds();
	struct vus_err err = { 0 };
	struct vus_guest g;

	(void)state;
	vus_guest_init(&g);
	assert_false(vus_guest_stack(&g, opts, 2, 0, &err));
	assert_int_equal(err.kind, VUS_ERR_USAGE);
	assert_non_null(strstr(err.text, "size 0"));
	assert_int_equal(g.nbackings, 0);
	assert_int_equal(g.nregions, 0);
	assert_int_equal(g.cursor, 0);
	assert_int_equal(box_count_fds(), fds);
	/* What was there before is kept. */
	assert_true(vus_guest_stack(&g, opts, 1, 0, &err));
	assert_false(vus_guest_stack(&g, opts + 1, 1, 0, &err));
	assert_int_equal(g.nbackings, 1);
	assert_int_equal(g.nregions, 1);
	vus_guest_close(&g);
	assert_int_equal(box_count_fds(), fds);
	vus_guest_close(&g);
}

static void wrong_regions_are_refused(void **state)
{
	static const struct {
		uint64_t gpa, size, offset;
		const char *says;
	} rows[] = {
		{ MEM_GIB, 0, 0, "size 0" },
		{ MEM_GIB, MEM_MIB + 1, 0, "1048577 in memory of 1048576" },
		{ MEM_GIB, MEM_MIB, 1, "offset 1 and size 1048576" },
		{ MEM_GIB, 1, MEM_MIB, "offset 1048576" },
		{ MEM_GIB, 1, UINT64_MAX, "offset 18446744073709551615" },
		{ MEM_GIB, UINT64_MAX, 2, "size 18446744073709551615" },
		{ UINT64_MAX, 2, 0, "0xffffffffffffffff" },
		/* The one that is there is [8M, 8M + 4K). */
		{ 8 * MEM_MIB, 1, 0, "overlaps the region at 0x800000" },
		{ 8 * MEM_MIB + 4095, 1, 0, "0x800fff + 0x1 overlaps" },
		{ 8 * MEM_MIB - 1, 2, 0, "0x7fffff + 0x2 overlaps" },
		{ 8 * MEM_MIB - 1, MEM_MIB, 0, "overlaps" },
	};
	struct vus_backing_opts opts;
	struct vus_err err = { 0 };
	struct vus_guest g;
	unsigned b;

	(void)state;
	vus_guest_init(&g);
	assert_true(
		vus_guest_add_backing(&g, memfd_of(&opts, MEM_MIB), &b, &err));
	assert_true(
		vus_guest_add_region(&g, b, 8 * MEM_MIB, MEM_PAGE, 0, &err));
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		assert_false(vus_guest_add_region(&g, b, rows[i].gpa,
						  rows[i].size, rows[i].offset,
						  &err));
		assert_int_equal(err.kind, VUS_ERR_USAGE);
		assert_int_equal(g.nregions, 1);
		if (!strstr(err.text, rows[i].says))
			fail_msg("without '%s': %s", rows[i].says, err.text);
	}
	/* On both sides of it, and up to the last address, all is well. */
	assert_true(
		vus_guest_add_region(&g, b, 8 * MEM_MIB - 4096, 4096, 0, &err));
	assert_true(
		vus_guest_add_region(&g, b, 8 * MEM_MIB + 4096, 1, 7, &err));
	assert_true(
		vus_guest_add_region(&g, b, UINT64_MAX - 4095, 4096, 0, &err));
	vus_guest_close(&g);
}

static void there_is_a_most_of_regions_and_backings(void **state)
{
	struct vus_backing_opts opts;
	struct vus_err err = { 0 };
	struct vus_guest g;
	unsigned b;

	(void)state;
	vus_guest_init(&g);
	for (unsigned i = 0; i < VUS_GUEST_MAX_REGIONS; i++) {
		assert_true(vus_guest_add_backing(&g, memfd_of(&opts, MEM_PAGE),
						  &b, &err));
		assert_true(vus_guest_add_region(&g, b, i * MEM_PAGE, MEM_PAGE,
						 0, &err));
	}
	assert_false(vus_guest_add_backing(&g, &opts, &b, &err));
	assert_non_null(strstr(err.text, "65 of at most 64"));
	assert_false(vus_guest_add_region(&g, 0, MEM_GIB, 1, 0, &err));
	assert_non_null(strstr(err.text, "65 of at most 64"));
	vus_guest_close(&g);
}

static void the_plain_guest_is_one_shared_backing(void **state)
{
	(void)state;
	for (unsigned k = 0; k < VUS_NBACKINGS; k++) {
		struct vus_err err = { 0 };
		struct vus_guest g;

		vus_guest_init(&g);
		if (!vus_guest_plain(&g, (enum vus_backing_kind)k, "/tmp",
				     MEM_MIB, 0, &err))
			fail_msg("%s", err.text);
		assert_int_equal(g.nbackings, 1);
		assert_int_equal(g.backings[0].kind, k);
		assert_true(g.backings[0].shared);
		assert_int_equal(mem_stat(g.backings[0].fd).st_nlink, 0);
		vus_guest_close(&g);
	}
}

static void the_offset_in_a_file_is_announced(void **state)
{
	const struct vus_backing_opts opts = {
		.kind = VUS_FILE,
		.path = "/tmp",
		.size = 2 * MEM_PAGE,
		.offset = 3 * MEM_PAGE,
		.share = VUS_ON,
	};
	struct vus_p_region row;
	struct vus_guest g;
	unsigned b;

	(void)state;
	vus_guest_init(&g);
	assert_true(vus_guest_add_backing(&g, &opts, &b, NULL));
	assert_true(vus_guest_add_region(&g, b, 0, MEM_PAGE, MEM_PAGE, NULL));
	vus_guest_describe(&g, 0, &row);
	assert_int_equal(row.mmap_offset, 4 * MEM_PAGE);
	*(uint8_t *)vus_guest_host(&g, 5, 1) = 0x55;
	{
		uint8_t byte = 0;

		assert_int_equal(pread(g.backings[0].fd, &byte, 1,
				       (off_t)row.mmap_offset + 5),
				 1);
		assert_int_equal(byte, 0x55);
	}
	vus_guest_close(&g);
}

/* ---- what is set aside ---- */

static uint64_t set_aside(struct vus_guest *g, uint64_t len, uint64_t align)
{
	struct vus_err err = { 0 };
	uint64_t at;

	if (!vus_guest_alloc(g, len, align, &at, &err))
		fail_msg("%s", err.text);
	assert_int_equal(at % align, 0);
	assert_non_null(vus_guest_host(g, at, len));
	return at;
}

static void what_is_set_aside_never_overlaps(void **state)
{
	static const uint64_t sizes[] = { MEM_MIB };
	static const uint64_t aligns[] = { 1, 2, 16, 4096, 1, 64 };
	struct vus_guest g;
	uint64_t end = 0;

	(void)state;
	stack(&g, sizes, 1, 0);
	/* The first page is left alone, where there is plenty. */
	assert_int_equal(set_aside(&g, 1, 1), MEM_PAGE);
	for (unsigned i = 0; i < 100; i++) {
		const uint64_t len = 1 + i * 37 % 999;
		const uint64_t at =
			set_aside(&g, len, aligns[i % VUS_COUNT(aligns)]);

		assert_true(at >= end);
		end = at + len;
	}
	vus_guest_close(&g);
}

static void it_is_zeroed(void **state)
{
	static const uint64_t sizes[] = { MEM_MIB };
	struct vus_guest g;
	const uint8_t *bytes;

	(void)state;
	stack(&g, sizes, 1, 0);
	memset(g.backings[0].addr, 0xee, MEM_MIB);
	bytes = vus_guest_host(&g, set_aside(&g, 1000, 16), 1000);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(bytes[i], 0);
	assert_int_equal(bytes[1000], 0xee);
	vus_guest_close(&g);
}

static void a_region_is_filled_to_its_last_byte(void **state)
{
	static const uint64_t sizes[] = { 2 * MEM_PAGE, 3 * MEM_PAGE };
	struct vus_err err = { 0 };
	struct vus_guest g;
	uint64_t at = 77;

	(void)state;
	/* Not plenty: from address 0 on. */
	stack(&g, sizes, 2, 0);
	assert_int_equal(set_aside(&g, 5000, 1), 0);
	/* 8 bytes behind each stay unused. */
	assert_int_equal(set_aside(&g, 3184, 1), 5008);
	/* Over a seam nothing is set aside, and nothing behind is lost. */
	assert_int_equal(set_aside(&g, 1, 1), 8200);
	assert_int_equal(set_aside(&g, 3 * MEM_PAGE - 17, 1), 8209);
	assert_false(vus_guest_alloc(&g, 1, 1, &at, &err));
	assert_int_equal(err.kind, VUS_ERR_SYSTEM);
	assert_int_equal(at, 77);
	assert_non_null(strstr(err.text, "1 bytes more"));
	vus_guest_close(&g);
}

static void what_does_not_fit_is_refused(void **state)
{
	static const uint64_t lens[] = { MEM_MIB + 1, MEM_GIB, INT64_MAX,
					 UINT64_MAX - 4095, UINT64_MAX };
	static const uint64_t sizes[] = { MEM_MIB };
	struct vus_err err = { 0 };
	struct vus_guest g;
	uint64_t at;

	(void)state;
	stack(&g, sizes, 1, 0);
	for (size_t i = 0; i < VUS_COUNT(lens); i++)
		assert_false(vus_guest_alloc(&g, lens[i], 1, &at, &err));
	/* An alignment that only address 0 has. */
	assert_false(vus_guest_alloc(&g, 1, UINT64_C(1) << 63, &at, &err));
	assert_int_equal(g.cursor, MEM_PAGE);
	set_aside(&g, MEM_MIB - MEM_PAGE, 1);
	vus_guest_close(&g);
}

static void above_the_hole_there_is_room_too(void **state)
{
	static const uint64_t sizes[] = { 3 * MEM_GIB };
	struct vus_guest g;

	(void)state;
	stack(&g, sizes, 1, 2 * MEM_GIB);
	g.cursor = 2 * MEM_GIB - 10;
	assert_int_equal(set_aside(&g, 11, 1), 4 * MEM_GIB);
	assert_int_equal(set_aside(&g, 1, 4096), 4 * MEM_GIB + 4096);
	vus_guest_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stack_has_a_hole_below_four_gib),
		cmocka_unit_test(user_addresses_are_unlike_all_others),
		cmocka_unit_test(addresses_are_translated),
		cmocka_unit_test(a_failure_adds_nothing),
		cmocka_unit_test(wrong_regions_are_refused),
		cmocka_unit_test(there_is_a_most_of_regions_and_backings),
		cmocka_unit_test(the_plain_guest_is_one_shared_backing),
		cmocka_unit_test(the_offset_in_a_file_is_announced),
		cmocka_unit_test(what_is_set_aside_never_overlaps),
		cmocka_unit_test(it_is_zeroed),
		cmocka_unit_test(a_region_is_filled_to_its_last_byte),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(above_the_hole_there_is_room_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
