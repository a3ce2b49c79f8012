/* SPDX-License-Identifier: BSD-3-Clause */
/* server.c — where the fake back-end's connections come from. */
#include "server.h"

#include "base/clock.h"
#include "honest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* How long --client waits for the front-end to listen, ms. */
#define CONNECT_MS 10000
/* How long to rest when the process has run out of descriptors, ms. */
#define SHORTAGE_MS 50

static bool is_listening(int fd, struct vus_err *err, bool *ret)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) < 0)
		return vus_fail_sys(err, "--fd %d", fd);
	*ret = value != 0;
	return true;
}

static bool use_fd(int fd, struct vus_server *s, struct vus_err *err)
{
	bool listening = false;

	if (!is_listening(fd, err, &listening))
		return false;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return vus_fail_sys(err, "--fd %d", fd);
	if (listening)
		s->listen_fd = fd;
	else
		s->connected = fd;
	return true;
}

/* Does somebody listen at this socket? */
static bool has_server(const char *path)
{
	VUS_AUTO_FD fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (fd < 0 || strlen(path) >= sizeof(sun.sun_path))
		return true;
	memcpy(sun.sun_path, path, strlen(path) + 1);
	return connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0 ||
	       errno != ECONNREFUSED;
}

/* Only a socket that nobody serves is taken out of the way. */
bool vus_honest_make_way(const char *path, struct vus_err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return true; /* binding will say what is wrong */
	if (!S_ISSOCK(st.st_mode))
		return vus_fail(err, VUS_ERR_USAGE,
				"%s exists and is not a socket", path);
	if (S_ISSOCK(st.st_mode) && has_server(path))
		return vus_fail(err, VUS_ERR_USAGE,
				"%s is already in use by another process",
				path);
	if (unlink(path) < 0)
		return vus_fail_sys(err, "remove stale %s", path);
	return true;
}

static bool listen_at(const struct vus_be_options *o, struct vus_server *s,
		      struct vus_err *err)
{
	const char *path = o->socket_path;
	struct stat st;

	if (!o->cfg.decide.make_way(path, err) ||
	    !vus_link_listen(path, &s->listen_fd, err))
		return false;
	if (lstat(path, &st) == 0) {
		s->path = path;
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	return true;
}

bool vus_honest_open_server(const struct vus_be_options *o,
			    struct vus_server *ret, struct vus_err *err)
{
	struct vus_server s = VUS_SERVER_NONE;
	bool ok;

	if (!o->socket_path)
		ok = use_fd(o->fd, &s, err);
	else if (o->client)
		ok = vus_link_connect(o->socket_path, -1,
				      vus_deadline_ms(CONNECT_MS), &s.connected,
				      err);
	else
		ok = listen_at(o, &s, err);
	if (ok)
		*ret = s;
	return ok;
}

void vus_server_close(struct vus_server *s)
{
	struct stat st;

	vus_fd_close(&s->listen_fd);
	vus_fd_close(&s->connected);
	if (s->path && lstat(s->path, &st) == 0 && st.st_dev == s->dev &&
	    st.st_ino == s->ino)
		(void)unlink(s->path);
	s->path = NULL;
}

/* Accept without waiting; -1 when the connection is gone or there is no
 * descriptor for it yet. */
static int accept_now(int listen_fd, bool *ret_short)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	*ret_short = fd < 0 && (errno == EMFILE || errno == ENFILE ||
				errno == ENOBUFS || errno == ENOMEM);
	return fd;
}

uint64_t vus_honest_accept_again_at(void)
{
	return vus_deadline_ms(SHORTAGE_MS);
}

enum vus_next vus_server_next(const struct vus_be_options *o,
			      struct vus_server *s, int stop_fd, int *ret_fd,
			      struct vus_err *err)
{
	struct pollfd fds[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = s->listen_fd, .events = POLLIN },
	};
	bool rest = false;

	if (s->connected >= 0) {
		*ret_fd = vus_fd_take(&s->connected);
		return VUS_NEXT_CONNECTION;
	}
	if (s->listen_fd < 0)
		return VUS_NEXT_NONE;
	for (;;) {
		int fd;

		if (vus_poll(fds, rest ? 1 : 2,
			     rest ? o->cfg.decide.accept_again_at()
				  : VUS_NEVER) < 0) {
			(void)vus_fail_sys(err, "wait for a connection");
			return VUS_NEXT_BROKEN;
		}
		if (fds[0].revents != 0)
			return VUS_NEXT_STOPPED;
		fd = accept_now(s->listen_fd, &rest);
		if (fd >= 0) {
			*ret_fd = fd;
			return VUS_NEXT_CONNECTION;
		}
	}
}
