/* SPDX-License-Identifier: BSD-3-Clause */
/* event.c — kick, call and error notifiers: an eventfd, or a pipe. */
#include "event.h"

#include "clock.h"
#include "own.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Events in the largest pipe that an ordinary user may create (1 MiB); a
 * descriptor that gives more is not a pipe, and may never end. */
#define DRAIN_MAX (1u << 17)

bool vus_event_open(enum vus_event_kind kind, struct vus_event *ret,
		    struct vus_err *err)
{
	int fds[2];

	if (kind == VUS_EVENTFD) {
		const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

		if (fd < 0)
			return vus_fail_sys(err, "creating an eventfd");
		*ret = (struct vus_event){ .rd = fd, .wr = fd };
		return true;
	}
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return vus_fail_sys(err, "creating a pipe");
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

/* write() to what may be a pipe whose reader is gone: EPIPE, and no SIGPIPE,
 * since a peer that closes its end must not kill this process.  (There are no
 * threads, so the mask is the process's.) */
static ssize_t write_quietly(int fd, const void *buf, size_t len)
{
	const struct timespec none = { 0 };
	sigset_t ours, before, pending;
	ssize_t n;
	int sys;

	sigemptyset(&ours);
	sigaddset(&ours, SIGPIPE);
	sigprocmask(SIG_BLOCK, &ours, &before);
	sigpending(&pending);
	do
		n = write(fd, buf, len);
	while (n < 0 && errno == EINTR);
	sys = errno;
	if (n < 0 && sys == EPIPE && !sigismember(&pending, SIGPIPE))
		while (sigtimedwait(&ours, NULL, &none) < 0 && errno == EINTR)
			;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = sys;
	return n;
}

/* Would write() wait?  (poll() alone calls a pipe full while its last page has
 * room, so that only blocking descriptors are asked.) */
static bool would_block(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_NONBLOCK) &&
	       vus_poll_one(fd, POLLOUT, 0) == 0;
}

bool vus_event_signal(int wr, uint64_t value, struct vus_err *err)
{
	ssize_t n;

	/* Full: an event is pending, and another one adds nothing. */
	if (would_block(wr))
		return true;
	n = write_quietly(wr, &value, sizeof(value));
	if (n == (ssize_t)sizeof(value) || (n < 0 && errno == EAGAIN))
		return true;
	if (n >= 0)
		return vus_fail(err, VUS_ERR_SYSTEM,
				"descriptor %d took %zd of the 8 bytes of an "
				"event",
				wr, n);
	if (errno == EPIPE)
		return vus_fail(err, VUS_ERR_EOF,
				"the reader of pipe %d is gone", wr);
	return vus_fail_sys(err, "signalling descriptor %d", wr);
}

unsigned vus_event_drain(int rd, uint64_t *ret_sum)
{
	unsigned n = 0;

	while (n < DRAIN_MAX && vus_poll_one(rd, POLLIN, 0) > 0) {
		uint64_t value;
		const ssize_t got = read(rd, &value, sizeof(value));

		if (got < 0 && errno == EINTR)
			continue;
		if (got != (ssize_t)sizeof(value))
			break;
		n++;
		if (ret_sum)
			*ret_sum += value;
	}
	return n;
}
