/* SPDX-License-Identifier: BSD-3-Clause */
/* test_if.h — tests that not every host can run.  After cmocka.h.
 *
 * Not skip(): in TAP, cmocka 1.1.5 calls a skipped test `not ok`.  What cannot
 * run is known before the first test, and its line says `ok # SKIP`. */
#ifndef VUS_UNIT_TEST_IF_H
#define VUS_UNIT_TEST_IF_H

#include <stddef.h>

static inline void unit_nothing(void **state)
{
	(void)state;
}

/* An element of CMUnitTest[]; `lacks` is a literal. */
#define UNIT_TEST_IF(can, test, lacks)                                         \
	{                                                                      \
		(can) ? #test : #test " # SKIP env: " lacks,                   \
			(can) ? (test) : unit_nothing, NULL, NULL, NULL        \
	}

#endif
