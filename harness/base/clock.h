/* SPDX-License-Identifier: BSD-3-Clause */
/* clock.h — deadlines on the monotonic clock, and waits that keep them.
 *
 * Waits are polls with a deadline. Only vus_pause() waits for nothing else. */
#ifndef VUS_BASE_CLOCK_H
#define VUS_BASE_CLOCK_H

#include <poll.h>
#include <stdint.h>

#define VUS_NEVER UINT64_MAX
#define VUS_MS    UINT64_C(1000000) /* nanoseconds */

/* Monotonic time, ns. */
uint64_t vus_now(void);

/* The instant `ms` milliseconds from now, ns. */
uint64_t vus_deadline_ms(uint64_t ms);

/* Milliseconds until `deadline`, rounded up; 0 when it has passed. */
uint64_t vus_remaining_ms(uint64_t deadline);

/* poll() until `deadline`, begun again after a signal.  Returns the number of
 * ready entries, 0 at the deadline, -1 with errno otherwise. */
int vus_poll(struct pollfd *fds, nfds_t n, uint64_t deadline);

/* Wait for `events` on one descriptor: 1 ready, 0 deadline, -1 error. */
int vus_poll_one(int fd, short events, uint64_t deadline);

/* Let time pass until `deadline`.  Only for what raises no event: memory that
 * another process writes, what /proc says of a process, and a stimulus that
 * must be repeated at intervals. */
void vus_pause(uint64_t deadline);

#endif
