/* SPDX-License-Identifier: BSD-3-Clause */
/* test_inet_sum.c — the checksum of IP and ICMP headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/inet_sum.h"

/* The example of RFC 1071, section 3. */
static void the_example_of_the_rfc(void **state)
{
	static const uint8_t data[] = { 0x00, 0x01, 0xf2, 0x03,
					0xf4, 0xf5, 0xf6, 0xf7 };
	static const uint8_t want[] = { 0x22, 0x0d }; /* ~0xddf2 */
	const uint16_t sum = vus_inet_sum(data, sizeof(data));

	(void)state;
	assert_memory_equal(&sum, want, sizeof(want));
}

static void data_with_their_checksum_give_zero(void **state)
{
	uint8_t data[9] = { 0, 0, 3, 4, 5, 0xff, 7, 8, 9 };
	uint16_t sum;

	(void)state;
	for (size_t len = 2; len <= sizeof(data); len++) {
		memset(data, 0, 2);
		sum = vus_inet_sum(data, len);
		memcpy(data, &sum, sizeof(sum));
		assert_int_equal(vus_inet_sum(data, len), 0);
		data[len / 2 + (len == 2)] ^= 1;
		if (len > 2)
			assert_int_not_equal(vus_inet_sum(data, len), 0);
		data[len / 2 + (len == 2)] ^= 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_rfc),
		cmocka_unit_test(data_with_their_checksum_give_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
