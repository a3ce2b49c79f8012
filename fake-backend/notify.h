/* SPDX-License-Identifier: BSD-3-Clause */
/* notify.h — events on descriptors that belong to somebody else.
 *
 * A front-end shares its open file descriptions with us, blocking or not; we
 * never change their flags, and we never block on them. */
#ifndef VUS_FAKE_BACKEND_NOTIFY_H
#define VUS_FAKE_BACKEND_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Signal; nothing happens when it is full (an event is pending already) or
 * when nobody reads it any more. */
void vus_notify(int fd);

/* Take the pending events; true when there was one.  *ret_sum (may be NULL)
 * is the sum of their values. */
bool vus_notify_take(int fd, uint64_t *ret_sum);

#endif
