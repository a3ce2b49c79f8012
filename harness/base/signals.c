/* SPDX-License-Identifier: BSD-3-Clause */
/* signals.c — signals and descriptors 0 to 2 of the programs. */
#include "signals.h"

#include "own.h"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool vus_signals_block(struct vus_signals *s, int also, struct vus_err *err)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	const struct sigaction ign = { .sa_handler = SIG_IGN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (also)
		sigaddset(&set, also);
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd < 0)
		return vus_fail_sys(err, "signalfd");
	/* An ignored signal would not reach the descriptor. */
	(void)sigaction(SIGTERM, &dfl, &s->term);
	(void)sigaction(SIGINT, &dfl, &s->intr);
	(void)sigaction(SIGPIPE, &ign, &s->pipe);
	(void)sigprocmask(SIG_BLOCK, &set, &s->mask);
	return true;
}

int vus_signals_next(int fd)
{
	struct signalfd_siginfo seen;

	if (read(fd, &seen, sizeof(seen)) != (ssize_t)sizeof(seen))
		return 0;
	return (int)seen.ssi_signo;
}

int vus_signals_restore(struct vus_signals *s)
{
	const int first = vus_signals_next(s->fd);

	/* The signal that ended the program must not be delivered again. */
	while (vus_signals_next(s->fd) != 0)
		continue;
	vus_fd_close(&s->fd);
	(void)sigaction(SIGTERM, &s->term, NULL);
	(void)sigaction(SIGINT, &s->intr, NULL);
	(void)sigaction(SIGPIPE, &s->pipe, NULL);
	(void)sigprocmask(SIG_SETMASK, &s->mask, NULL);
	return first;
}

void vus_stdio_fill(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}
