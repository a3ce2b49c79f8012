/* SPDX-License-Identifier: BSD-3-Clause */
/* test_rand.c — repeatable pseudo-random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/array.h"
#include "base/rand.h"

#include <string.h>

/* The published sequence of splitmix64 for this seed: seeds in reports stay
 * good for ever. */
static void the_sequence_is_splitmix64(void **state)
{
	static const uint64_t expected[] = {
		UINT64_C(6457827717110365317),  UINT64_C(3203168211198807973),
		UINT64_C(9817491932198370423),  UINT64_C(4593380528125082431),
		UINT64_C(16408922859458223821),
	};
	struct vus_rand r = { .state = 1234567 };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(expected); i++)
		assert_int_equal(vus_rand_next(&r), expected[i]);
}

static void numbers_stay_below_their_bound(void **state)
{
	static const uint64_t bounds[] = {
		1, 2, 3, 7, 10, 4096, (UINT64_C(1) << 63) + 1, UINT64_MAX,
	};
	struct vus_rand r = { .state = 1 };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(bounds); i++)
		for (unsigned n = 0; n < 1000; n++)
			assert_true(vus_rand_below(&r, bounds[i]) < bounds[i]);
}

static void every_number_comes_as_often(void **state)
{
	struct vus_rand r = { .state = 42 };
	unsigned seen[6] = { 0 };

	(void)state;
	for (unsigned n = 0; n < 60000; n++)
		seen[vus_rand_below(&r, 6)]++;
	for (unsigned i = 0; i < 6; i++)
		assert_in_range(seen[i], 9500, 10500);
	/* 3/4 of 2^64: a plain remainder would be below its third twice as
	 * often as it should. */
	memset(seen, 0, sizeof(seen));
	for (unsigned n = 0; n < 30000; n++)
		seen[vus_rand_below(&r, UINT64_C(3) << 62) >> 62]++;
	for (unsigned i = 0; i < 3; i++)
		assert_in_range(seen[i], 9500, 10500);
}

static void fills_depend_on_seed_and_place_only(void **state)
{
	uint8_t a[64], b[64];

	(void)state;
	vus_rand_fill(7, a, sizeof(a));
	for (size_t len = 0; len <= sizeof(b); len++) {
		memset(b, 0, sizeof(b));
		vus_rand_fill(7, b, len);
		assert_memory_equal(a, b, len);
		for (size_t i = len; i < sizeof(b); i++)
			assert_int_equal(b[i], 0);
	}
	vus_rand_fill(8, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sequence_is_splitmix64),
		cmocka_unit_test(numbers_stay_below_their_bound),
		cmocka_unit_test(every_number_comes_as_often),
		cmocka_unit_test(fills_depend_on_seed_and_place_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
