/* SPDX-License-Identifier: BSD-3-Clause */
/* array.h — sizes of tables, and limits that need no type. */
#ifndef VUS_BASE_ARRAY_H
#define VUS_BASE_ARRAY_H

#include <stddef.h>

/* Number of elements of an array (not of a pointer). */
#define VUS_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define VUS_MIN(a, b) ((a) < (b) ? (a) : (b))
#define VUS_MAX(a, b) ((a) > (b) ? (a) : (b))

/* A mask of one bit, 64 bits wide; bit numbers appear only inside such
 * macros. */
#define VUS_BIT(n) (UINT64_C(1) << (n))

#define VUS_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define VUS_MUST_CHECK        __attribute__((warn_unused_result))

#endif
