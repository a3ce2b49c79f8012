/* SPDX-License-Identifier: BSD-3-Clause */
/* world.c — the descriptors a fuzzed front-end can send, and its memory. */
#include "world.h"

#include "base/event.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int checked(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		_exit(1);
	}
	return result;
}

static int memory(uint64_t size)
{
	int fd = checked(memfd_create("fuzz", MFD_CLOEXEC), "memfd_create");

	(void)checked(ftruncate(fd, (off_t)size), "ftruncate");
	return fd;
}

static int read_only(int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return checked(open(path, O_RDONLY | O_CLOEXEC), path);
}

static void make(struct vus_world *w)
{
	int pair[2];

	/* As every program does that writes to the sockets and pipes of others.
	 */
	(void)signal(SIGPIPE, SIG_IGN);
	w->fds[VUS_WORLD_GUEST] = memory(VUS_WORLD_MEMORY);
	w->fds[VUS_WORLD_SHORT] = memory(4096);
	w->fds[VUS_WORLD_READONLY] = read_only(w->fds[VUS_WORLD_SHORT]);
	w->fds[VUS_WORLD_EVENT] =
		checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
	w->fds[VUS_WORLD_FULL] =
		checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
	(void)checked(pipe2(pair, O_CLOEXEC | O_NONBLOCK), "pipe2");
	(void)close(pair[0]);
	w->fds[VUS_WORLD_PIPE] = pair[1];
	(void)checked(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
		      "socketpair");
	w->fds[VUS_WORLD_SOCKET] = pair[1]; /* pair[0] stays open unused */
	w->fds[VUS_WORLD_FOLDER] =
		checked(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "/");
}

const struct vus_world *vus_world(void)
{
	static struct vus_world world;
	static bool made;

	if (!made)
		make(&world);
	made = true;
	return &world;
}

void vus_world_clean(const struct vus_world *w)
{
	(void)checked(fallocate(w->fds[VUS_WORLD_GUEST],
				FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				(off_t)VUS_WORLD_MEMORY),
		      "fallocate");
	(void)checked(fallocate(w->fds[VUS_WORLD_SHORT],
				FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				4096),
		      "fallocate");
	(void)vus_event_drain(w->fds[VUS_WORLD_EVENT], NULL);
	(void)vus_event_drain(w->fds[VUS_WORLD_FULL], NULL);
	(void)eventfd_write(w->fds[VUS_WORLD_FULL], UINT64_MAX - 1);
}

int vus_world_fd(const struct vus_world *w, unsigned which)
{
	return fcntl(w->fds[which % VUS_WORLD_NFDS], F_DUPFD_CLOEXEC, 0);
}
