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

/* The bytes a suffix stands for, 0 for none that we know. */
static uint64_t suffix_unit(char c)
{
	const char *at = c ? strchr(suffixes, toupper((unsigned char)c)) : NULL;

	return at ? UINT64_C(1) << (10 * (at - suffixes)) : 0;
}

/* The digits behind a decimal point, as a part of 1. */
static double read_fraction(const char **text)
{
	double part = 0, weight = 0.1;

	for (++*text; isdigit((unsigned char)**text); ++*text) {
		part += weight * (**text - '0');
		weight /= 10;
	}
	return part;
}

bool vus_size_parse(const char *text, uint64_t unit, uint64_t *ret_bytes,
		    struct vus_err *err)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *end = text;
	double fraction = 0;
	uintmax_t whole;
	char *stop;

	if (!isdigit((unsigned char)text[0]))
		return vus_fail(err, VUS_ERR_USAGE, "'%s' is not a size", text);
	errno = 0;
	whole = strtoumax(text, &stop, hex ? 16 : 10);
	if (errno == ERANGE)
		return vus_fail(err, VUS_ERR_USAGE,
				"size '%s' is above 2^64-1 bytes", text);
	end = stop;
	if (*end == '.' && !hex)
		fraction = read_fraction(&end);
	if (*end && !(hex && *end == '.')) {
		unit = suffix_unit(*end);
		if (unit == 0 || end[1] != '\0')
			return vus_fail(err, VUS_ERR_USAGE,
					"size '%s': '%s' is not one of the "
					"suffixes B K M G T P E",
					text, end);
	} else if (*end) {
		return vus_fail(err, VUS_ERR_USAGE,
				"size '%s': a hexadecimal number has no "
				"fraction",
				text);
	}
	if (fraction > 0 && unit == 1)
		return vus_fail(err, VUS_ERR_USAGE,
				"size '%s' is not a whole number of bytes",
				text);
	if (whole > UINT64_MAX / unit ||
	    whole * unit > UINT64_MAX - (uint64_t)(fraction * (double)unit))
		return vus_fail(err, VUS_ERR_USAGE,
				"size '%s' is above 2^64-1 bytes", text);
	*ret_bytes = whole * unit + (uint64_t)(fraction * (double)unit + 0.5);
	return true;
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
