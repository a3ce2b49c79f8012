/* SPDX-License-Identifier: BSD-3-Clause */
/* confirm.h — does a target that ended after its first session always do so? */
#ifndef VUS_RUN_CONFIRM_H
#define VUS_RUN_CONFIRM_H

#include "run.h"

/* Where that is open: plain sessions (connect, one question, disconnect), each
 * with an instance of its own, until it is known.  An instance that stays is
 * w's, with no case on it.  VUS_IN_CHILD in a child; no other failure counts,
 * since the case that follows meets it, too. */
enum vus_fork vus_confirm_kind(struct vus_run *run, struct vus_worker *w);

#endif
