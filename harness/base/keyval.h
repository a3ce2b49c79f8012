/* SPDX-License-Identifier: BSD-3-Clause */
/* keyval.h — QEMU's lists of keys and values: `shm,id=mem,size=4G`. */
#ifndef VUS_BASE_KEYVAL_H
#define VUS_BASE_KEYVAL_H

#include "err.h"

#include <stddef.h>
#include <stdint.h>

#define VUS_KEYVAL_MAX 1024 /* bytes of a key or value, with its NUL */

/* Called for each pair; false ends the parsing, err says why. */
typedef bool vus_keyval_pair_fn(void *ctx, const char *key, const char *value,
				struct vus_err *err);

/* Hand every pair of `text` to `take`, in order.  A first word without '=' is
 * the value of the key `implied` (NULL: such a word is refused); ",," is a
 * comma inside a value; nothing, and one comma at the end, are no pair.  Kind
 * USAGE: a key without '=', an empty key, what is too long. */
VUS_MUST_CHECK bool vus_keyval_read(const char *text, const char *implied,
				    vus_keyval_pair_fn *take, void *ctx,
				    struct vus_err *err);

/* Copy a value to `dst` of `cap` bytes, with its NUL. */
VUS_MUST_CHECK bool vus_keyval_copy(const char *key, const char *value,
				    char *dst, size_t cap, struct vus_err *err);

/* on, yes, true, y; off, no, false, n. */
VUS_MUST_CHECK bool vus_keyval_bool(const char *key, const char *value,
				    bool *ret, struct vus_err *err);

/* A decimal number from `min` to `max`. */
VUS_MUST_CHECK bool vus_keyval_number(const char *key, const char *value,
				      uint64_t min, uint64_t max, uint64_t *ret,
				      struct vus_err *err);

#endif
