/* SPDX-License-Identifier: BSD-3-Clause */
/* verdict.c — verdicts and outcomes by name. */
#include "case.h"

#include <stdio.h>
#include <string.h>

const char *vus_verdict_name(enum vus_verdict v)
{
	static const char *const names[] = {
		[VUS_PASS] = "pass",     [VUS_FAIL] = "fail",
		[VUS_WARN] = "warn",     [VUS_SKIP] = "skip",
		[VUS_BROKEN] = "broken",
	};

	return (size_t)v < VUS_COUNT(names) ? names[v] : "?";
}

const char *vus_outcome_names(unsigned mask, char buf[80])
{
	static const char *const names[] = { "accepted", "refused", "closed",
					     "silent",   "stuck",   "garbled" };
	size_t len = 0;
	unsigned left = mask & ((1u << VUS_COUNT(names)) - 1);

	(void)snprintf(buf, 80, "nothing");
	for (unsigned i = 0; left; i++) {
		const char *glue = len == 0 ? "" : ", ";

		if (!(left >> i & 1))
			continue;
		left &= ~(1u << i);
		if (len > 0 && !left)
			glue = " or ";
		len += (size_t)snprintf(buf + len, 80 - len, "%s%s", glue,
					names[i]);
	}
	return buf;
}
