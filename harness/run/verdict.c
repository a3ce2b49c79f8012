/* SPDX-License-Identifier: BSD-3-Clause */
/* verdict.c — verdicts by name. */
#include "verdict.h"

#include "base/array.h"

#include <stddef.h>

const char *vus_verdict_name(enum vus_verdict v)
{
	static const char *const names[] = {
		[VUS_PASS] = "pass",     [VUS_FAIL] = "fail",
		[VUS_WARN] = "warn",     [VUS_SKIP] = "skip",
		[VUS_BROKEN] = "broken", [VUS_UNSTABLE] = "unstable",
	};

	return (size_t)v < VUS_COUNT(names) ? names[v] : "?";
}
