/* SPDX-License-Identifier: BSD-3-Clause */
/* outcome.c — outcomes by name. */
#include "outcome.h"

#include "base/array.h"

#include <stdio.h>

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
