/* SPDX-License-Identifier: BSD-3-Clause */
/* notify.c — events on descriptors that belong to somebody else. */
#include "notify.h"

#include "base/clock.h"

#include <unistd.h>

/* Events of a pipe taken at once; what is left shows at the next poll. */
#define TAKE_MAX 512

void vus_notify(int fd)
{
	uint64_t one = 1;

	if (vus_poll_one(fd, POLLOUT, 0) > 0 &&
	    write(fd, &one, sizeof(one)) < 0)
		return; /* full, or the reader is gone: nothing is owed */
}

bool vus_notify_take(int fd, uint64_t *ret_sum)
{
	uint64_t value, sum = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned n = 0;

	while (n < TAKE_MAX && vus_poll(&p, 1, 0) > 0 && (p.revents & POLLIN) &&
	       read(fd, &value, sizeof(value)) == (ssize_t)sizeof(value)) {
		sum += value;
		n++;
	}
	if (n > 0 && ret_sum)
		*ret_sum = sum;
	return n > 0;
}
