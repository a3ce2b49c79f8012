/* SPDX-License-Identifier: BSD-3-Clause */
/* keyval.c — QEMU's lists of keys and values: `shm,id=mem,size=4G`. */
#include "keyval.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Copy up to a single comma, with ",," as one comma; *text moves past it. */
static bool take_value(const char **text, char buf[VUS_KEYVAL_MAX],
		       struct vus_err *err)
{
	const char *const start = *text;
	const char *p = start;
	size_t n = 0;

	for (; *p && (*p != ',' || p[1] == ','); p++) {
		p += *p == ',';
		if (n + 1 == VUS_KEYVAL_MAX)
			return vus_fail(err, VUS_ERR_USAGE,
					"'%.40s...' is longer than %d "
					"characters",
					start, VUS_KEYVAL_MAX - 1);
		buf[n++] = *p;
	}
	buf[n] = '\0';
	*text = p + (*p == ',');
	return true;
}

/* The key up to '='; *text moves past it. */
static bool take_key(const char **text, char buf[VUS_KEYVAL_MAX],
		     struct vus_err *err)
{
	const size_t len = strcspn(*text, "=,");

	if (len == 0 || len >= VUS_KEYVAL_MAX)
		return vus_fail(err, VUS_ERR_USAGE,
				"a name is expected before '%.40s'", *text);
	if ((*text)[len] != '=')
		return vus_fail(err, VUS_ERR_USAGE,
				"expected '=' after parameter '%.*s'",
				(int)VUS_MIN(len, 80), *text);
	memcpy(buf, *text, len);
	buf[len] = '\0';
	*text += len + 1;
	return true;
}

bool vus_keyval_read(const char *text, const char *implied,
		     vus_keyval_pair_fn *take, void *ctx, struct vus_err *err)
{
	char key[VUS_KEYVAL_MAX], value[VUS_KEYVAL_MAX];

	if (implied && *text && text[strcspn(text, "=,")] != '=') {
		if (!take_value(&text, value, err) ||
		    !take(ctx, implied, value, err))
			return false;
	}
	while (*text) {
		if (!take_key(&text, key, err) ||
		    !take_value(&text, value, err) ||
		    !take(ctx, key, value, err))
			return false;
	}
	return true;
}

bool vus_keyval_copy(const char *key, const char *value, char *dst, size_t cap,
		     struct vus_err *err)
{
	const size_t len = strlen(value);

	if (len >= cap)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s=%.40s...: %zu characters, at most %zu fit",
				key, value, len, cap - 1);
	memcpy(dst, value, len + 1);
	return true;
}

bool vus_keyval_bool(const char *key, const char *value, bool *ret,
		     struct vus_err *err)
{
	static const struct {
		const char *word;
		bool means;
	} words[] = {
		{ "on", true },     { "yes", true },  { "true", true },
		{ "y", true },      { "off", false }, { "no", false },
		{ "false", false }, { "n", false },
	};

	for (size_t i = 0; i < VUS_COUNT(words); i++) {
		if (strcmp(words[i].word, value) == 0) {
			*ret = words[i].means;
			return true;
		}
	}
	return vus_fail(err, VUS_ERR_USAGE,
			"parameter '%s' expects 'on' or 'off', not '%.80s'",
			key, value);
}

bool vus_keyval_number(const char *key, const char *value, uint64_t min,
		       uint64_t max, uint64_t *ret, struct vus_err *err)
{
	uintmax_t n;
	char *end;

	errno = 0;
	n = strtoumax(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || errno || n < min ||
	    n > max)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s=%.40s: not a number from %" PRIu64
				" to %" PRIu64,
				key, value, min, max);
	*ret = n;
	return true;
}
