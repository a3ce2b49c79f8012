/* SPDX-License-Identifier: BSD-3-Clause */
/* escape.c — text of a peer, made harmless.
 *
 * What a peer wrote or caused to be written is hostile: it passes through
 * vus_report_escape() before any report shows it. */
#include "escape.h"

#include <stdint.h>

/* Length of the well-formed, harmless UTF-8 character at `s`, or 0. */
static size_t good_char(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char mask, lead, size;
		uint32_t least; /* shorter forms exist for anything below */
	} forms[] = {
		{ 0x80, 0x00, 1, 0 },
		{ 0xe0, 0xc0, 2, 0x80 },
		{ 0xf0, 0xe0, 3, 0x800 },
		{ 0xf8, 0xf0, 4, 0x10000 },
	};
	/* Control characters, marks that turn the direction of writing (they
	 * hide what a terminal shows), surrogates, and what XML forbids. */
	static const struct {
		uint32_t first, last;
	} bad[] = {
		{ 0x0000, 0x0008 }, { 0x000b, 0x001f }, { 0x007f, 0x009f },
		{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xd800, 0xdfff },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xffff }, { 0x110000, 0x1fffff },
	};
	uint32_t c;
	size_t f = 0;

	while (f < VUS_COUNT(forms) && (s[0] & forms[f].mask) != forms[f].lead)
		f++;
	if (f == VUS_COUNT(forms) || forms[f].size > len)
		return 0;
	c = s[0] & (unsigned char)~forms[f].mask;
	for (size_t i = 1; i < forms[f].size; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < forms[f].least)
		return 0;
	for (size_t i = 0; i < VUS_COUNT(bad); i++)
		if (c >= bad[i].first && c <= bad[i].last)
			return 0;
	return forms[f].size;
}

void vus_report_escape(struct vus_text *ret, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < len;) {
		size_t size = good_char(s + i, len - i);

		if (size > 0)
			vus_text_add_bytes(ret, s + i, size);
		else
			vus_text_add(ret, "\\x%02x", s[i]);
		i += VUS_MAX(size, (size_t)1);
	}
}
