/* SPDX-License-Identifier: BSD-3-Clause */
/* deadlines.c — how long a peer may take, out of the options of a run. */
#include "deadlines.h"

#define REQUESTS_A_CASE 6 /* deadlines of requests within a case's */

unsigned vus_request_ms(const struct vus_run_options *opt)
{
	return opt->timeout_s * 1000 / REQUESTS_A_CASE;
}
