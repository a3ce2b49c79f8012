/* SPDX-License-Identifier: BSD-3-Clause */
/* case_result.h — from a case's process, and its peer, to a verdict. */
#ifndef VUS_RUN_CASE_RESULT_H
#define VUS_RUN_CASE_RESULT_H

#include "run.h"

/* Fill the variant from the memory shared with the case's process; `status` is
 * that process's wait status. */
void vus_case_result_collect(struct vus_variant *v, const struct vus_worker *w,
			     int status, const struct vus_run_options *opt);

/* Did the peer crash in this variant?  A program that serves one connection, as
 * its plain sessions have shown, refuses by ending: that its status is not 0
 * then says no more than that it closed the connection, which the case judges.
 */
bool vus_case_crashed_peer(const struct vus_run *run,
			   const struct vus_variant *v,
			   const struct vus_end *end);

/* A program that serves one connection has ended with status 0 before that
 * connection did, in a case that passed and sent nothing but what must be
 * served: that is a finding of its own. */
bool vus_case_lost_session(const struct vus_run *run,
			   const struct vus_variant *v,
			   const struct vus_end *end);
void vus_variant_session_lost(struct vus_variant *v);

/* The peer died or complained: that is a failure of this variant. */
void vus_variant_peer_failed(struct vus_variant *v, const struct vus_end *end,
			     const char *when);

#endif
