/* SPDX-License-Identifier: BSD-3-Clause */
/* lost.h — memory that a front-end cuts away. */
#ifndef VUS_FAKE_BACKEND_LOST_H
#define VUS_FAKE_BACKEND_LOST_H

#include "backend.h"

#include <signal.h>

/* From now on the memory of `be` may be cut, and the process survives it
 * (lost.c); `ret_old` is how SIGBUS was handled before. */
void vus_lost_guard(struct vus_be *be, struct sigaction *ret_old);
void vus_lost_release(const struct sigaction *old);

#endif
