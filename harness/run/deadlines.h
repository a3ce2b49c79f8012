/* SPDX-License-Identifier: BSD-3-Clause */
/* deadlines.h — how long a peer may take, out of the options of a run. */
#ifndef VUS_RUN_DEADLINES_H
#define VUS_RUN_DEADLINES_H

#include "options.h"

/* To answer one request, ms: the share of --timeout that leaves a case time for
 * several. */
unsigned vus_request_ms(const struct vus_run_options *opt);

#endif
