/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_paint.c — the pattern that shows who wrote where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem/guest.h"

#include <string.h>

#define SIZE  4096u
#define CLEAN UINT64_MAX

/* Regions whose guest addresses and sizes are no multiples of a word. */
static const struct {
	uint64_t gpa, size;
} regions[] = {
	{ 0, 64 },     { 101, 1 },     { 203, 7 },
	{ 1001, 100 }, { 2048, 1024 }, { 5003, 13 },
};

static void make(struct vus_guest *g)
{
	const struct vus_backing_opts opts = { .kind = VUS_MEMFD,
					       .size = 2 * SIZE };
	uint64_t offset = 0;
	unsigned b;

	vus_guest_init(g);
	assert_true(vus_guest_add_backing(g, &opts, &b, NULL));
	for (size_t i = 0; i < VUS_COUNT(regions); i++) {
		/* A byte between two shows what was written too far. */
		assert_true(vus_guest_add_region(
			g, b, regions[i].gpa, regions[i].size, ++offset, NULL));
		offset += regions[i].size;
	}
}

static void paint_stays_where_nobody_writes(void **state)
{
	struct vus_guest g;

	(void)state;
	make(&g);
	for (unsigned i = 0; i < g.nregions; i++)
		vus_guest_paint(&g, i, 77);
	for (unsigned i = 0; i < g.nregions; i++) {
		const struct vus_guest_region *r = &g.regions[i];

		assert_int_equal(vus_guest_unpainted(&g, i, 77), CLEAN);
		assert_int_equal(
			vus_guest_unpainted_part(&g, r->gpa, r->size, 77),
			CLEAN);
		assert_int_equal(r->host[-1], 0);
		assert_int_equal(r->host[r->size], 0);
	}
	vus_guest_close(&g);
}

static void one_changed_byte_is_found(void **state)
{
	struct vus_guest g;

	(void)state;
	make(&g);
	for (unsigned i = 0; i < g.nregions; i++) {
		const struct vus_guest_region *r = &g.regions[i];

		vus_guest_paint(&g, i, 5);
		for (uint64_t at = 0; at < r->size; at++) {
			r->host[at] ^= 0x40;
			assert_int_equal(vus_guest_unpainted(&g, i, 5),
					 r->gpa + at);
			/* The first of several. */
			r->host[r->size - 1] ^= 0x01;
			assert_int_equal(vus_guest_unpainted(&g, i, 5),
					 r->gpa + at);
			r->host[r->size - 1] ^= 0x01;
			r->host[at] ^= 0x40;
		}
		assert_int_equal(vus_guest_unpainted(&g, i, 5), CLEAN);
	}
	vus_guest_close(&g);
}

static void seeds_and_addresses_have_patterns_of_their_own(void **state)
{
	struct vus_guest g;

	(void)state;
	make(&g);
	vus_guest_paint(&g, 4, 1);
	assert_int_equal(vus_guest_unpainted(&g, 4, 2), regions[4].gpa);
	/* The same bytes a word further are not the pattern. */
	memmove(g.regions[4].host, g.regions[4].host + 8, 1016);
	assert_int_equal(vus_guest_unpainted(&g, 4, 1), regions[4].gpa);
	vus_guest_close(&g);
}

/* Every way to cut a region into two parts gives the same bytes. */
static void parts_join_without_a_seam(void **state)
{
	const unsigned region = 3;
	const uint64_t gpa = regions[3].gpa, size = regions[3].size;
	struct vus_guest g;

	(void)state;
	make(&g);
	for (uint64_t cut = 0; cut <= size; cut++) {
		memset(g.regions[region].host, 0, (size_t)size);
		if (cut > 0)
			vus_guest_paint_part(&g, gpa, cut, 9);
		if (cut < size)
			vus_guest_paint_part(&g, gpa + cut, size - cut, 9);
		assert_int_equal(vus_guest_unpainted(&g, region, 9), CLEAN);
		for (uint64_t len = 1; len <= size - cut; len += 3)
			assert_int_equal(
				vus_guest_unpainted_part(&g, gpa + cut, len, 9),
				CLEAN);
	}
	vus_guest_close(&g);
}

static void a_part_touches_only_its_bytes(void **state)
{
	struct vus_guest g;
	uint8_t *host;

	(void)state;
	make(&g);
	host = g.regions[3].host;
	vus_guest_paint_part(&g, regions[3].gpa + 11, 13, 3);
	for (uint64_t at = 0; at < regions[3].size; at++)
		if (at < 11 || at >= 24)
			assert_int_equal(host[at], 0);
	/* What lies outside of a part is not looked at. */
	assert_int_equal(
		vus_guest_unpainted_part(&g, regions[3].gpa + 11, 13, 3),
		CLEAN);
	assert_int_equal(
		vus_guest_unpainted_part(&g, regions[3].gpa + 11, 14, 3),
		regions[3].gpa + 24);
	vus_guest_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paint_stays_where_nobody_writes),
		cmocka_unit_test(one_changed_byte_is_found),
		cmocka_unit_test(
			seeds_and_addresses_have_patterns_of_their_own),
		cmocka_unit_test(parts_join_without_a_seam),
		cmocka_unit_test(a_part_touches_only_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
