/* SPDX-License-Identifier: BSD-3-Clause */
/* ends_alone.h — does the target end by itself, whatever is done to it? */
#ifndef VUS_RUN_ENDS_ALONE_H
#define VUS_RUN_ENDS_ALONE_H

#include "run.h"

/* The worker's instance has ended.  Once in a run, unless its end says what
 * went wrong: another instance is left alone for as long as that one has lived,
 * and half as long again.  If it ends, too, nothing is judged by any end: there
 * is no target, the run stops. */
bool vus_target_ends_alone(struct vus_run *run, const struct vus_worker *w,
			   const struct vus_end *end);

#endif
