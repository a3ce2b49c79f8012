/* SPDX-License-Identifier: BSD-3-Clause */
/* size.c — sizes as QEMU reads and prints them. */
#include "size.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char suffixes[] = "BKMGTPE";

bool vus_size_suffix(const char *suffix, uint64_t bare, uint64_t *ret_unit)
{
	const char *at = strchr(suffixes, toupper((unsigned char)suffix[0]));

	(void)bare;
	if (!at || suffix[1] != '\0')
		return false;
	*ret_unit = UINT64_C(1) << (10 * (at - suffixes));
	return true;
}

/* The digits behind the point at *text, as 0 to 1 (many nines round to 1), and
 * passes over them.  They are copied, for strtod would take the suffix E for an
 * exponent; no digit behind the 60th tells two doubles apart. */
static double read_fraction(const char **text)
{
	char digits[64] = "0.";
	size_t n = 2;

	for (++*text; isdigit((unsigned char)**text); ++*text)
		if (n + 1 < sizeof(digits))
			digits[n++] = **text;
	return strtod(digits, NULL);
}

/* A number: digits, 0x and hexadecimal digits, or digits around a point; errno
 * is ERANGE afterwards where the digits are too many, else 0. */
static bool read_number(const char *text, const char **ret_end,
			uint64_t *ret_whole, double *ret_fraction)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
			 isxdigit((unsigned char)text[2]);
	const char *end = text;

	errno = 0;
	if (isdigit((unsigned char)*text)) {
		char *stop;

		*ret_whole = strtoumax(text, &stop, hex ? 16 : 10);
		end = stop;
	} else if (*text != '.' || !isdigit((unsigned char)text[1])) {
		return false;
	}
	if (errno == 0 && !hex && *end == '.')
		*ret_fraction = read_fraction(&end);
	/* QEMU has refused 0x20M since 8.0; 0x20B is all digits. */
	if (hex && errno == 0 && *end != '\0')
		return false;
	*ret_end = end;
	return true;
}

/* `fraction` of `unit`, rounded to the nearest, a half upward. */
static uint64_t fraction_of(double fraction, uint64_t unit)
{
	/* Exact: units are powers of two. */
	const double part = fraction * (double)unit;
	const uint64_t whole = (uint64_t)part;

	return whole + (part - (double)whole >= 0.5);
}

bool vus_size_parse_by(vus_size_suffix_fn *read_suffix, const char *text,
		       uint64_t unit, uint64_t *ret_bytes, struct vus_err *err)
{
	const char *number = text + strspn(text, " \t");
	const char *end = number;
	uint64_t whole = 0, bytes;
	double fraction = 0;

	number += *number == '+';
	if (!read_number(number, &end, &whole, &fraction))
		return vus_fail(err, VUS_ERR_USAGE, "'%s' is not a size", text);
	if (errno == ERANGE)
		return vus_fail(err, VUS_ERR_USAGE,
				"size '%s' is above 2^64-1 bytes", text);
	if (*end && !read_suffix(end, unit, &unit))
		return vus_fail(err, VUS_ERR_USAGE,
				"size '%s': '%s' is not one of the suffixes B "
				"K M G T P E",
				text, end);
	if (fraction > 0 && unit == 1)
		return vus_fail(err, VUS_ERR_USAGE,
				"size '%s' is not a whole number of bytes",
				text);
	if (__builtin_mul_overflow(whole, unit, &bytes) ||
	    __builtin_add_overflow(bytes, fraction_of(fraction, unit), &bytes))
		return vus_fail(err, VUS_ERR_USAGE,
				"size '%s' is above 2^64-1 bytes", text);
	*ret_bytes = bytes;
	return true;
}

bool vus_size_parse(const char *text, uint64_t unit, uint64_t *ret_bytes,
		    struct vus_err *err)
{
	return vus_size_parse_by(vus_size_suffix, text, unit, ret_bytes, err);
}

const char *vus_size_format(uint64_t bytes, char buf[24])
{
	unsigned power = 0;

	while (bytes != 0 && bytes % 1024 == 0 &&
	       power + 2 < sizeof(suffixes)) {
		bytes /= 1024;
		power++;
	}
	if (power == 0)
		snprintf(buf, 24, "%" PRIu64, bytes);
	else
		snprintf(buf, 24, "%" PRIu64 "%c", bytes, suffixes[power]);
	return buf;
}
