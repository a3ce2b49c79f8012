/* SPDX-License-Identifier: BSD-3-Clause */
/* text.c — a string that grows, and matching of names. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and the NUL behind them. */
static char *room(struct vus_text *t, size_t more)
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
			vsnprintf(room(t, (size_t)len), (size_t)len + 1, fmt,
				  again);
		t->len += (size_t)len;
	}
	va_end(again);
}

void vus_text_add_bytes(struct vus_text *t, const void *bytes, size_t len)
{
	char *to = room(t, len);

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
