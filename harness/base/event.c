/* SPDX-License-Identifier: BSD-3-Clause */
/* event.c — kick, call and error notifiers: an eventfd, or a pipe. */
#include "event.h"

#include "own.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool vus_event_open(enum vus_event_kind kind, struct vus_event *ret,
		    struct vus_err *err)
{
	int fds[2];

	if (kind == VUS_EVENTFD) {
		const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

		if (fd < 0)
			return vus_fail_sys(err, "making an eventfd");
		*ret = (struct vus_event){ .rd = fd, .wr = fd };
		return true;
	}
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return vus_fail_sys(err, "making a pipe");
	*ret = (struct vus_event){ .rd = fds[0], .wr = fds[1] };
	return true;
}

void vus_event_close(struct vus_event *ev)
{
	if (ev->wr == ev->rd)
		ev->wr = -1;
	vus_fd_close(&ev->rd);
	vus_fd_close(&ev->wr);
}

bool vus_event_signal(int wr, uint64_t value, struct vus_err *err)
{
	ssize_t n;

	do
		n = write(wr, &value, sizeof(value));
	while (n < 0 && errno == EINTR);
	/* Full: an event is pending already, and one more says nothing new. */
	if (n == (ssize_t)sizeof(value) || (n < 0 && errno == EAGAIN))
		return true;
	return vus_fail_sys(err, "signalling descriptor %d", wr);
}

unsigned vus_event_drain(int rd, uint64_t *ret_sum)
{
	uint64_t value;
	unsigned n = 0;
	ssize_t got;

	for (;;) {
		got = read(rd, &value, sizeof(value));
		if (got < 0 && errno == EINTR)
			continue;
		if (got != (ssize_t)sizeof(value))
			return n;
		n++;
		if (ret_sum)
			*ret_sum += value;
	}
}
