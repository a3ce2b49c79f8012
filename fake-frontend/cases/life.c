/* SPDX-License-Identifier: BSD-3-Clause */
/* life.c — whole sessions, and what comes after them. */
#include "steps.h"

/* The smoke session: every step that all other cases build upon, each judged
 * by a case of its own.  Here only the verified request is judged. */
VUS_CASE(a_session_goes_from_start_to_stop,
	 .title = "bring-up, a verified request and a stop work in one session",
	 .rules = { "vstate.enabled_runs" }, .start = VUS_START_RUNNING,
	 .pings = true)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err;

	VUS_PING(t, "vstate.enabled_runs", 0, t->seed);
	VUS_NEED(t, "vstop.reply", vus_fe_queue_stop(s, 0, NULL, &err), &err);
	VUS_NEED(t, "vstop.still_replies", vus_fe_barrier(s, &err), &err);
}
