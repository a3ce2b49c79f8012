/* SPDX-License-Identifier: BSD-3-Clause */
/* text.h — a string that grows, and matching of names. */
#ifndef VUS_BASE_TEXT_H
#define VUS_BASE_TEXT_H

#include "array.h"

#include <stdbool.h>
#include <stddef.h>

struct vus_text {
	char *p;    /* NUL-terminated, or NULL while empty */
	size_t len; /* without the NUL */
	size_t cap;
};

/* Append; running out of memory aborts. */
void vus_text_add(struct vus_text *t, const char *fmt, ...) VUS_PRINTF(2, 3);
void vus_text_add_bytes(struct vus_text *t, const void *bytes, size_t len);
void vus_text_free(struct vus_text *t);
/* The text as a C string, never NULL; valid until the next call on `t`. */
const char *vus_text_str(const struct vus_text *t);

#define VUS_AUTO_TEXT __attribute__((cleanup(vus_text_free))) struct vus_text

/* Does `name` match `pattern`?  `*` stands for any run of characters, `?` for
 * one; all other characters, also brackets, match themselves. */
bool vus_glob(const char *pattern, const char *name);

/* The `index`th word of a text whose words are separated by `sep`; copies it
 * to `buf`.  False when there is no such word or it does not fit. */
bool vus_word(const char *text, char sep, size_t index, char *buf, size_t cap);

/* 'it'\''s' where a shell needs it, else the word as it stands. */
void vus_text_quote(struct vus_text *ret, const char *word);

/* Append text in lines of at most `width` columns, each after the first
 * indented by `indent`; the first is assumed to begin at that column.  Ends
 * without a line feed. */
void vus_text_wrap(struct vus_text *ret, const char *text, unsigned indent,
		   unsigned width);

#endif
