/* SPDX-License-Identifier: BSD-3-Clause */
/* connect.c — connecting to a socket that may not be there yet, listening,
 * accepting. */
#include "link.h"

#include "base/clock.h"
#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Between two attempts at a socket that exists and does not listen yet; there
 * is no event for that. */
#define RETRY_MS 2
/* Between two attempts at one that does not exist: its folder is watched, and
 * this is for symbolic links and for folders that are created again. */
#define LOOK_MS 50

static bool unix_address(const char *path, struct sockaddr_un *ret,
			 struct vus_err *err)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret->sun_path))
		return vus_fail(err, VUS_ERR_USAGE,
				"socket path of %zu characters, at most %zu "
				"fit: %.80s...",
				strlen(path), sizeof(ret->sun_path) - 1, path);
	strcpy(ret->sun_path, path);
	return true;
}

/* Watches the folder of `path`, so that the socket's appearance is seen. */
static int watch_folder(const char *path)
{
	VUS_AUTO_FD fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path) + 2];
	const char *slash = strrchr(path, '/');

	if (fd < 0)
		return -1;
	if (slash)
		snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - path),
			 path);
	else
		snprintf(folder, sizeof(folder), ".");
	if (inotify_add_watch(fd, folder, IN_CREATE | IN_MOVED_TO) < 0)
		return -1;
	return vus_fd_take(&fd);
}

/* Wait for a change after which the next attempt may succeed. */
static bool wait_to_retry(int folder_fd, int watch_fd, int why,
			  uint64_t deadline, const char *path,
			  struct vus_err *err)
{
	const bool watched = why == ENOENT && folder_fd >= 0;
	struct pollfd fds[2] = {
		{ .fd = watch_fd, .events = POLLIN },
		{ .fd = watched ? folder_fd : -1, .events = POLLIN },
	};
	const uint64_t until = vus_deadline_ms(watched ? LOOK_MS : RETRY_MS);
	char events[4096];

	if (vus_poll(fds, 2, VUS_MIN(deadline, until)) < 0)
		return vus_fail_sys(err, "waiting for %s", path);
	if (fds[0].revents)
		return vus_fail(err, VUS_ERR_EOF,
				"the process ended before it listened at %s",
				path);
	if (fds[1].revents)
		(void)!read(folder_fd, events, sizeof(events));
	if (vus_remaining_ms(deadline) == 0)
		return vus_fail(err, VUS_ERR_TIMEOUT, "%s: %s", path,
				why == ENOENT   ? "no socket appeared"
				: why == EAGAIN ? "the backlog is full"
						: "nothing listens there");
	return true;
}

/* One attempt: a connected descriptor, or -1.  A blocking socket would wait for
 * ever when the backlog is full, so it is made blocking afterwards. */
static int try_connect(const struct sockaddr_un *addr)
{
	VUS_AUTO_FD fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0)
		return -1;
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return vus_fd_take(&fd);
}

bool vus_link_connect(const char *path, int watch_fd, uint64_t deadline,
		      int *ret_fd, struct vus_err *err)
{
	VUS_AUTO_FD folder_fd = -1;
	struct sockaddr_un addr;

	if (!unix_address(path, &addr, err))
		return false;
	for (bool first = true;; first = false) {
		const int fd = try_connect(&addr);

		if (fd >= 0) {
			*ret_fd = fd;
			return true;
		}
		if (errno != ENOENT && errno != ECONNREFUSED &&
		    errno != EAGAIN && errno != EINTR)
			return vus_fail_sys(err, "connecting to %s", path);
		/* It may have appeared before the watch was set up. */
		if (first) {
			folder_fd = watch_folder(path);
			continue;
		}
		if (!wait_to_retry(folder_fd, watch_fd, errno, deadline, path,
				   err))
			return false;
	}
}

bool vus_link_listen(const char *path, int *ret_fd, struct vus_err *err)
{
	struct sockaddr_un addr;
	VUS_AUTO_FD fd = -1;
	mode_t mask;
	int bound;

	if (!unix_address(path, &addr, err))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return vus_fail_sys(err, "making a socket");
	mask = umask(0177);
	bound = bind(fd, (const struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (bound < 0)
		return vus_fail_sys(err, "binding to %s", path);
	if (listen(fd, 16) < 0) {
		vus_fail_sys(err, "listening at %s", path);
		unlink(path);
		return false;
	}
	*ret_fd = vus_fd_take(&fd);
	return true;
}

bool vus_link_accept(int listen_fd, int watch_fd, uint64_t deadline,
		     int *ret_fd, struct vus_err *err)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = listen_fd, .events = POLLIN },
			{ .fd = watch_fd, .events = POLLIN },
		};
		const int ready = vus_poll(p, 2, deadline);
		int fd;

		if (ready < 0)
			return vus_fail_sys(err, "waiting for a connection");
		if (ready == 0)
			return vus_fail(err, VUS_ERR_TIMEOUT,
					"no peer connected");
		if (p[0].revents == 0)
			return vus_fail(err, VUS_ERR_EOF,
					"the process ended and has not "
					"connected");
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			*ret_fd = fd;
			return true;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			return vus_fail_sys(err, "accepting a connection");
	}
}
