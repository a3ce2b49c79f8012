/* SPDX-License-Identifier: BSD-3-Clause */
/* guardian.c — the process that cleans up after a runner that was killed. */
#include "guardian.h"

#include "base/clock.h"
#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLEAN_UP_MS 1500 /* of the 2 s that are promised */
#define SOCKET_ROOM 24   /* bytes of the longest "/0.123456/s" and a reserve */
#define SOCKET_MAX  107  /* bytes of a Unix socket's path */

enum word { GROUP_STARTED, GROUP_ENDED };

struct record {
	enum word word;
	pid_t group;
};

struct groups {
	pid_t *pid;
	size_t n, cap;
};

static void send_message(const struct vus_guardian *g, enum word word,
			 pid_t group)
{
	struct record r = { .word = word, .group = group };

	if (g && g->fd >= 0)
		(void)send(g->fd, &r, sizeof(r), MSG_NOSIGNAL);
}

void vus_guardian_add(const struct vus_guardian *g, pid_t group)
{
	send_message(g, GROUP_STARTED, group);
}

void vus_guardian_drop(const struct vus_guardian *g, pid_t group)
{
	send_message(g, GROUP_ENDED, group);
}

void vus_guardian_leave(struct vus_guardian *g)
{
	vus_fd_close(&g->fd);
}

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (kind == FTW_DNR)
		(void)chmod(path, 0700);
	(void)remove(path);
	return 0;
}

void vus_tree_remove(const char *path)
{
	if (path[0])
		(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* $TMPDIR, or /tmp where sockets below it would have too long a path. */
static bool make_run_folder(char *path, size_t cap, struct vus_err *err)
{
	const char *tmp = getenv("TMPDIR");
	const char name[] = "/vuspec-XXXXXX";

	if (!tmp || !tmp[0] ||
	    strlen(tmp) + sizeof(name) + SOCKET_ROOM > SOCKET_MAX)
		tmp = "/tmp";
	(void)snprintf(path, cap, "%s%s", tmp, name);
	if (!mkdtemp(path)) {
		path[0] = '\0';
		return vus_fail_host(err, VUS_HOST_FOLDER,
				     "a temporary folder in %s", tmp);
	}
	return true;
}

static void take_message(struct groups *all, const struct record *r)
{
	pid_t *more;

	for (size_t i = 0; i < all->n; i++) {
		if (all->pid[i] != r->group)
			continue;
		if (r->word == GROUP_ENDED)
			all->pid[i] = all->pid[--all->n];
		return;
	}
	if (r->word == GROUP_ENDED)
		return;
	if (all->n == all->cap) {
		all->cap = all->cap ? 2 * all->cap : 64;
		more = realloc(all->pid, all->cap * sizeof(*all->pid));
		if (!more)
			abort();
		all->pid = more;
	}
	all->pid[all->n++] = r->group;
}

/* Groups as the runner names them, until it is gone. */
static void listen_to(int fd, int runner, struct groups *all)
{
	struct pollfd p[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = runner, .events = POLLIN },
	};
	struct record r;
	ssize_t n;

	while (vus_poll(p, 2, VUS_NEVER) > 0) {
		while ((n = recv(fd, &r, sizeof(r), MSG_DONTWAIT)) ==
		       (ssize_t)sizeof(r))
			take_message(all, &r);
		if (n == 0 || p[1].revents)
			return;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
	}
}

static void end_all(const struct groups *all)
{
	uint64_t deadline = vus_deadline_ms(CLEAN_UP_MS);

	for (size_t i = 0; i < all->n; i++) {
		VUS_AUTO_FD leader = pidfd_open(all->pid[i], 0);

		(void)kill(-all->pid[i], SIGKILL);
		if (leader >= 0)
			(void)vus_poll_one(leader, POLLIN, deadline);
	}
}

static void close_stdio(void)
{
	VUS_AUTO_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		(void)dup2(null, fd);
}

/* The guardian's whole life.  Signals of the terminal are the runner's to
 * answer. */
static void guard(int fd, pid_t parent)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
				       SIGPIPE };
	struct groups all = { 0 };
	struct vus_err err = { 0 };
	char folder[PATH_MAX];
	VUS_AUTO_FD runner = -1;

	(void)setsid();
	for (size_t i = 0; i < VUS_COUNT(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	close_stdio();
	runner = pidfd_open(parent, 0);
	if (runner >= 0 && getppid() == parent) {
		if (make_run_folder(folder, sizeof(folder), &err)) {
			(void)send(fd, folder, strlen(folder) + 1,
				   MSG_NOSIGNAL);
			listen_to(fd, runner, &all);
			end_all(&all);
			vus_tree_remove(folder);
		} else {
			/* An empty name, then why. */
			(void)send(fd, "", 1, MSG_NOSIGNAL);
			(void)send(fd, &err, sizeof(err), MSG_NOSIGNAL);
		}
	}
	free(all.pid);
}

enum vus_fork vus_guardian_start(struct vus_guardian *ret, struct vus_err *err)
{
	pid_t parent = getpid();
	int pair[2];
	ssize_t n;

	*ret = (struct vus_guardian){ .fd = -1, .child = VUS_CHILD_NONE };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		(void)vus_fail_sys(err, "socketpair");
		return VUS_NO_FORK;
	}
	(void)fflush(NULL);
	ret->child.pid = fork();
	if (ret->child.pid == 0) {
		(void)close(pair[0]);
		guard(pair[1], parent);
		(void)close(pair[1]);
		return VUS_IN_CHILD;
	}
	(void)close(pair[1]);
	ret->fd = pair[0];
	if (ret->child.pid < 0) {
		(void)vus_fail_sys(err, "fork");
		vus_fd_close(&ret->fd);
		return VUS_NO_FORK;
	}
	ret->child.pidfd = pidfd_open(ret->child.pid, 0);
	n = recv(ret->fd, ret->folder, sizeof(ret->folder) - 1, 0);
	if (n > 1)
		return VUS_IN_PARENT;
	ret->folder[0] = '\0';
	if (n != 1 ||
	    recv(ret->fd, err, sizeof(*err), 0) != (ssize_t)sizeof(*err))
		(void)vus_fail(err, VUS_ERR_SYSTEM,
			       "the guardian did not start");
	vus_guardian_stop(ret);
	return VUS_NO_FORK;
}

void vus_guardian_stop(struct vus_guardian *g)
{
	vus_fd_close(&g->fd);
	if (g->child.pid > 0) {
		if (g->child.pidfd >= 0 &&
		    vus_poll_one(g->child.pidfd, POLLIN,
				 vus_deadline_ms(2 * CLEAN_UP_MS)) != 1)
			(void)kill(g->child.pid, SIGKILL);
		while (waitpid(g->child.pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		vus_fd_close(&g->child.pidfd);
		g->child = VUS_CHILD_NONE;
	}
	/* Still there when somebody killed the guardian. */
	vus_tree_remove(g->folder);
	g->folder[0] = '\0';
}
