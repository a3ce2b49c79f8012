/* SPDX-License-Identifier: BSD-3-Clause */
/* spare.h — a guest with spare regions that come and go by slot messages.
 *
 * Region 0 is home, where rings and buffers are; A, B and C lie in files of
 * their own.  A region that is not announced is hidden, so that nothing is
 * allocated from it. */
#ifndef VUS_CASES_SPARE_H
#define VUS_CASES_SPARE_H

#include "layout.h"

enum { VUS_HOME, VUS_A, VUS_B, VUS_C, VUS_NSPARE };

#define VUS_SPARE_SIZE VUS_MIB
/* Guest addresses. */
#define VUS_A_ADDR (1 * VUS_GIB)
#define VUS_B_ADDR (2 * VUS_GIB)
#define VUS_C_ADDR (3 * VUS_GIB)

/* Announce the first `n` of them; start ring 0, too. */
VUS_MUST_CHECK bool vus_spare_announce(struct vus_ctx *t, unsigned n);
VUS_MUST_CHECK bool vus_spare_start(struct vus_ctx *t, unsigned n);

/* ADD_MEM_REG or REM_MEM_REG of a region, acknowledged where that can be, and
 * a barrier. */
VUS_MUST_CHECK bool vus_spare_change(struct vus_session *s, uint32_t id,
				     unsigned region, struct vus_err *err);

/* The frame alone, which asks whether it succeeded. */
struct vus_frame vus_spare_frame(const struct vus_session *s, uint32_t id,
				 unsigned region);

#endif
