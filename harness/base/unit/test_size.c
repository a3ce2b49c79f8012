/* SPDX-License-Identifier: BSD-3-Clause */
/* test_size.c — sizes, as QEMU reads and prints them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/size.h"

#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (KIB << 10)
#define GIB (MIB << 10)
#define TIB (GIB << 10)
#define PIB (TIB << 10)
#define EIB (PIB << 10)

static const struct {
	const char *text;
	uint64_t unit, bytes;
} good[] = {
	{ "0", 1, 0 },
	{ "0", MIB, 0 },
	{ "1", 1, 1 },
	{ "4096", 1, 4096 },
	{ "4096", MIB, 4 * GIB },
	{ "4G", MIB, 4 * GIB },
	{ "4G", 1, 4 * GIB },
	{ "12345", 1, 12345 },
	/* Decimal, whatever C thinks of it. */
	{ "010", 1, 10 },
	{ "08", 1, 8 },
	/* Every suffix, in either case; B beats the caller's unit. */
	{ "1b", MIB, 1 },
	{ "1B", MIB, 1 },
	{ "1k", 1, KIB },
	{ "1K", 1, KIB },
	{ "1m", 1, MIB },
	{ "1M", 1, MIB },
	{ "1g", 1, GIB },
	{ "1G", 1, GIB },
	{ "1t", 1, TIB },
	{ "1T", 1, TIB },
	{ "1p", 1, PIB },
	{ "1P", 1, PIB },
	{ "1e", 1, EIB },
	{ "1E", 1, EIB },
	/* Hexadecimal: b and e are digits, the unit still holds. */
	{ "0x0", 1, 0 },
	{ "0x10", 1, 16 },
	{ "0X1F", 1, 31 },
	{ "0xab", 1, 171 },
	{ "0x1e", 1, 30 },
	{ "0x20b", 1, 0x20b },
	{ "0x1", MIB, MIB },
	{ "0xffffffffffffffff", 1, UINT64_MAX },
	/* Fractions. */
	{ "1.5k", 1, 1536 },
	{ "0.5M", 1, 512 * KIB },
	{ "1.5", MIB, MIB + 512 * KIB },
	{ "1.", 1, 1 },
	{ "1.k", 1, KIB },
	{ "1.0", 1, 1 },
	{ "1.00B", 1, 1 },
	{ ".5k", 1, 512 },
	{ ".0", 1, 0 },
	{ "1.5e", 1, EIB + EIB / 2 },
	{ "1.25E", 1, EIB + EIB / 4 },
	/* To the nearest byte, a half upward. */
	{ "0.0004k", 1, 0 },
	{ "0.0005k", 1, 1 },
	{ "0.00048828125k", 1, 1 },
	{ "1.9999k", 1, 2048 },
	{ "12.345M", 1, 12944671 },
	{ "0.99999999999999999999999999999999k", 1, 1024 },
	{ "0.1E", 1, UINT64_C(115292150460684704) },
	/* The largest. */
	{ "18446744073709551615", 1, UINT64_MAX },
	{ "18446744073709551615B", MIB, UINT64_MAX },
	{ "15.9E", 1, UINT64_C(18331451923248866944) },
	{ "15e", 1, 15 * EIB },
	{ "17592186044415", MIB, UINT64_MAX - MIB + 1 },
	/* Blanks and a plus in front, as strtoull has them. */
	{ " 12345", 1, 12345 },
	{ "\t 1k", 1, KIB },
	{ "+5", 1, 5 },
};

static void good_sizes_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < VUS_COUNT(good); i++) {
		struct vus_err err = { 0 };
		uint64_t bytes = 77;

		if (!vus_size_parse(good[i].text, good[i].unit, &bytes, &err))
			fail_msg("'%s': %s", good[i].text, err.text);
		if (bytes != good[i].bytes)
			fail_msg("'%s': %llu, not %llu", good[i].text,
				 (unsigned long long)bytes,
				 (unsigned long long)good[i].bytes);
	}
}

static const struct {
	const char *text;
	uint64_t unit;
	const char *says;
} bad[] = {
	{ "", 1, "'' is not a size" },
	{ " ", 1, "' ' is not a size" },
	{ "-1", 1, "'-1' is not a size" },
	{ "-0", 1, "'-0' is not a size" },
	{ "+-1", 1, "'+-1' is not a size" },
	{ "++1", 1, "'++1' is not a size" },
	{ "+ 1", 1, "'+ 1' is not a size" },
	{ "k", 1, "'k' is not a size" },
	{ ".", 1, "'.' is not a size" },
	{ ".k", 1, "'.k' is not a size" },
	{ "inf", 1, "'inf' is not a size" },
	{ "nan", 1, "'nan' is not a size" },
	{ "0x1.8", 1, "'0x1.8' is not a size" },
	{ "0x20M", 1, "'0x20M' is not a size" },
	{ "0x1 ", 1, "'0x1 ' is not a size" },
	{ "0x", 1, "size '0x': 'x' is not one of the suffixes" },
	{ "0xg", 1, "size '0xg': 'xg' is not one of the suffixes" },
	{ "1e3", 1, "size '1e3': 'e3' is not one of the suffixes" },
	{ "1.5e1k", 1, "size '1.5e1k': 'e1k' is not one of the suffixes" },
	{ "1kB", 1, "size '1kB': 'kB' is not one of the suffixes" },
	{ "1KiB", 1, "size '1KiB': 'KiB' is not one of the suffixes" },
	{ "1Z", 1, "size '1Z': 'Z' is not one of the suffixes" },
	{ "1 ", 1, "size '1 ': ' ' is not one of the suffixes" },
	{ "1.2.3k", 1, "size '1.2.3k': '.3k' is not one of the suffixes" },
	{ "1,5k", 1, "size '1,5k': ',5k' is not one of the suffixes" },
	{ "1.5", 1, "size '1.5' is not a whole number of bytes" },
	{ "1.5B", MIB, "size '1.5B' is not a whole number of bytes" },
	{ ".1", 1, "size '.1' is not a whole number of bytes" },
	{ "18446744073709551616", 1, "is above 2^64-1 bytes" },
	{ "0x10000000000000000", 1, "is above 2^64-1 bytes" },
	{ "17592186044416", MIB, "is above 2^64-1 bytes" },
	{ "16E", 1, "size '16E' is above 2^64-1 bytes" },
	{ "20E", 1, "size '20E' is above 2^64-1 bytes" },
	{ "15.99999999999999999999999E", 1, "is above 2^64-1 bytes" },
};

static void bad_sizes_are_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < VUS_COUNT(bad); i++) {
		struct vus_err err = { 0 };
		uint64_t bytes = 77;

		if (vus_size_parse(bad[i].text, bad[i].unit, &bytes, &err))
			fail_msg("'%s' was read as %llu", bad[i].text,
				 (unsigned long long)bytes);
		assert_int_equal(err.kind, VUS_ERR_USAGE);
		if (!strstr(err.text, bad[i].says))
			fail_msg("'%s': %s", bad[i].text, err.text);
		assert_int_equal(bytes, 77);
		assert_false(
			vus_size_parse(bad[i].text, bad[i].unit, &bytes, NULL));
	}
}

static void sizes_are_printed_in_the_largest_unit(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ 1023, "1023" },
		{ KIB, "1K" },
		{ KIB + 1, "1025" },
		{ 1536, "1536" },
		{ 16 * MIB, "16M" },
		{ 4 * GIB, "4G" },
		{ 4097, "4097" },
		{ 3 * TIB, "3T" },
		{ 5 * PIB, "5P" },
		{ 15 * EIB, "15E" },
		{ UINT64_MAX, "18446744073709551615" },
	};
	char buf[24];

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		uint64_t back = 77;

		assert_string_equal(vus_size_format(rows[i].bytes, buf),
				    rows[i].text);
		/* What is printed is read as the same. */
		assert_true(vus_size_parse(buf, 1, &back, NULL));
		assert_int_equal(back, rows[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_sizes_are_read),
		cmocka_unit_test(bad_sizes_are_refused_in_words),
		cmocka_unit_test(sizes_are_printed_in_the_largest_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
