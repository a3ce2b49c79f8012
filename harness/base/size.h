/* SPDX-License-Identifier: BSD-3-Clause */
/* size.h — sizes as QEMU reads and prints them. */
#ifndef VUS_BASE_SIZE_H
#define VUS_BASE_SIZE_H

#include "err.h"

#include <stdint.h>

/* Read a size as QEMU does: a decimal number with an optional fraction and an
 * optional suffix B, K, M, G, T, P or E in either case (powers of 1024), or a
 * 0x number without either.  Without a suffix the number counts `unit` bytes,
 * a power of two (`-m 4096` is MiB: unit 1 << 20).  "1e3" is no size, "010" is
 * ten, and a fraction of bytes is refused.  Outputs are untouched on failure
 * (kind USAGE: empty, negative, trailing garbage, above 2^64-1). */
VUS_MUST_CHECK bool vus_size_parse(const char *text, uint64_t unit,
				   uint64_t *ret_bytes, struct vus_err *err);

/* What stands behind the number of a size (never empty), as bytes to count in;
 * `bare` is the unit without a suffix.  False: it is no suffix. */
typedef bool vus_size_suffix_fn(const char *suffix, uint64_t bare,
				uint64_t *ret_unit);

/* QEMU's: one letter of the above. */
vus_size_suffix_fn vus_size_suffix;

/* The same as vus_size_parse() with another reading of suffixes. */
VUS_MUST_CHECK bool vus_size_parse_by(vus_size_suffix_fn *read_suffix,
				      const char *text, uint64_t unit,
				      uint64_t *ret_bytes, struct vus_err *err);

/* "4G", "16M", "4097" — the largest unit that divides; `buf` of 24 bytes. */
const char *vus_size_format(uint64_t bytes, char buf[24]);

#endif
