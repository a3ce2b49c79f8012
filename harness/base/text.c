/* SPDX-License-Identifier: BSD-3-Clause */
/* text.c — a string that grows, and matching of names. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and the NUL after them. */
static char *ensure_room(struct vus_text *t, size_t more)
{
	if (t->len + more + 1 > t->cap) {
		const size_t cap = VUS_MAX((t->len + more + 1) * 2, 64);
		char *p = realloc(t->p, cap);

		if (!p)
			abort();
		t->p = p;
		t->cap = cap;
	}
	return t->p + t->len;
}

void vus_text_add(struct vus_text *t, const char *fmt, ...)
{
	const size_t left = t->cap - t->len;
	va_list args, again;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(left ? t->p + t->len : NULL, left, fmt, args);
	va_end(args);
	if (len > 0) {
		if ((size_t)len >= left)
			vsnprintf(ensure_room(t, (size_t)len), (size_t)len + 1,
				  fmt, again);
		t->len += (size_t)len;
	}
	va_end(again);
}

void vus_text_add_bytes(struct vus_text *t, const void *bytes, size_t len)
{
	char *to = ensure_room(t, len);

	if (len > 0)
		memcpy(to, bytes, len);
	to[len] = '\0';
	t->len += len;
}

void vus_text_free(struct vus_text *t)
{
	free(t->p);
	*t = (struct vus_text){ 0 };
}

const char *vus_text_str(const struct vus_text *t)
{
	return t->p ? t->p : "";
}

bool vus_glob(const char *pattern, const char *name)
{
	const char *star = NULL, *retry = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			/* Let the last star take one character more. */
			pattern = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool vus_word(const char *text, char sep, size_t index, char *buf, size_t cap)
{
	size_t len;

	for (; index > 0; index--) {
		text = strchr(text, sep);
		if (!text)
			return false;
		text++;
	}
	len = strcspn(text, (char[]){ sep, '\0' });
	if (len >= cap)
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	return true;
}

/* Braces are harmless unless they list: {a,b} and {1..3}. */
static bool needs_quotes(const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-+=./:,@%{}";

	if (word[0] == '\0' || word[strspn(word, plain)] != '\0')
		return true;
	return strchr(word, '{') && (strchr(word, ',') || strstr(word, ".."));
}

void vus_text_quote(struct vus_text *ret, const char *word)
{
	if (!needs_quotes(word)) {
		vus_text_add(ret, "%s", word);
		return;
	}
	vus_text_add(ret, "'");
	for (; *word; word++) {
		if (*word == '\'')
			vus_text_add(ret, "'\\''");
		else
			vus_text_add_bytes(ret, word, 1);
	}
	vus_text_add(ret, "'");
}

/* Columns of a UTF-8 word, counting a character as one. */
static unsigned text_columns(const char *word, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)word[i] & 0xc0) != 0x80;
	return n;
}

void vus_text_wrap(struct vus_text *ret, const char *text, unsigned indent,
		   unsigned width)
{
	unsigned column = indent;
	bool first = true;

	while (*text) {
		size_t blank = strspn(text, " ");
		size_t len = strcspn(text + blank, " \n");
		unsigned word = text_columns(text + blank, len);

		if (text[blank] == '\n') {
			vus_text_add(ret, "\n%*s", (int)indent, "");
			text += blank + 1;
			column = indent;
			first = true;
			continue;
		}
		if (!first && column + blank + word > width) {
			vus_text_add(ret, "\n%*s", (int)indent, "");
			column = indent;
			blank = 0;
			text += strspn(text, " ");
		}
		vus_text_add_bytes(ret, text, blank + len);
		column += (unsigned)blank + word;
		text += blank + len;
		first = false;
	}
}
