/* SPDX-License-Identifier: BSD-3-Clause */
/* postconditions.h — what must hold after every case, whatever it was about.
 *
 * A breach is reported under the post-condition's own rule, and only where the
 * case itself has passed: what a check has found says more.  What this host
 * does not let us see is no verdict. */
#ifndef VUS_RUN_POSTCONDITIONS_H
#define VUS_RUN_POSTCONDITIONS_H

#include "result.h"

#include "base/text.h"
#include "proc/proc.h"

/* The session answers, or was closed. */
#define VUS_POSTCONDITION_ALIVE "reply_ack.alive_after_refusal"
/* The next connection is served. */
#define VUS_POSTCONDITION_REACCEPTS "socket.backend_reaccepts"
/* What the session handed over is neither open nor mapped any more. */
#define VUS_POSTCONDITION_RELEASED "fds.disconnect_releases"
/* Without a connection the back-end rests. */
#define VUS_POSTCONDITION_IDLE "socket.idle_quiet"

struct vus_ctx;

extern const char *const vus_postcondition_rules[]; /* NULL behind the last */
bool vus_postcondition_judges(const char *rule);

/* In the runner: `v` broke `rule`, unless it came to something else already. */
void vus_postcondition_breach(struct vus_variant *v, const char *rule,
			      const char *fmt, ...) VUS_PRINTF(3, 4);

/* In the case's process, when its connections are closed and its own
 * descriptors are still open: see that `server` lets go of the files behind
 * `fds`, ours, in time. */
void vus_postcondition_released(struct vus_ctx *t, pid_t server, const int *fds,
				size_t n);

#endif
