/* SPDX-License-Identifier: BSD-3-Clause */
/* clock.c — deadlines on the monotonic clock, and waits that keep them. */
#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

uint64_t vus_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) +
	       (uint64_t)ts.tv_nsec;
}

uint64_t vus_deadline_ms(uint64_t ms)
{
	const uint64_t now = vus_now();

	return ms > (VUS_NEVER - now) / VUS_MS ? VUS_NEVER : now + ms * VUS_MS;
}

uint64_t vus_remaining_ms(uint64_t deadline)
{
	const uint64_t now = vus_now();

	if (deadline <= now)
		return 0;
	return (deadline - now - 1) / VUS_MS + 1;
}

int vus_poll(struct pollfd *fds, nfds_t n, uint64_t deadline)
{
	for (;;) {
		const uint64_t left = vus_remaining_ms(deadline);
		const int ms = deadline == VUS_NEVER ? -1
			       : left > INT_MAX      ? INT_MAX
						     : (int)left;
		const int ready = poll(fds, n, ms);

		if (ready > 0 || (ready < 0 && errno != EINTR))
			return ready;
		if (ready == 0 && vus_remaining_ms(deadline) == 0)
			return 0;
	}
}

int vus_poll_one(int fd, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	return vus_poll(&p, 1, deadline);
}

void vus_pause(uint64_t deadline)
{
	(void)vus_poll(NULL, 0, deadline);
}
