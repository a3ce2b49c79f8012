/* SPDX-License-Identifier: BSD-3-Clause */
/* process.c — children of the runner: forked, watched by pidfd, reaped. */
#include "process.h"
#include "guardian.h"

#include "base/clock.h"
#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals a runner may block or ignore, which a program expects untouched. */
static void reset_signals(const sigset_t *mask)
{
	static const int signals[] = { SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
				       SIGPIPE, SIGCHLD, SIGUSR1 };

	for (size_t i = 0; i < VUS_COUNT(signals); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
}

enum vus_fork vus_child_fork(struct vus_child *ret, const sigset_t *mask,
			     const struct vus_guardian *guardian,
			     struct vus_err *err)
{
	pid_t parent = getpid();
	struct vus_child child = VUS_CHILD_NONE;

	/* What is still in a buffer would be written by both. */
	(void)fflush(NULL);
	child.pid = fork();
	if (child.pid < 0) {
		(void)vus_fail_sys(err, "fork");
		return VUS_NO_FORK;
	}
	if (child.pid == 0) {
		(void)setpgid(0, 0);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1); /* it died before we asked to die with it */
		vus_guardian_add(guardian, getpid());
		reset_signals(mask);
		return VUS_IN_CHILD;
	}
	/* Both set it, so that neither can be too late. */
	(void)setpgid(child.pid, child.pid);
	child.pidfd = pidfd_open(child.pid, 0);
	if (child.pidfd < 0) {
		(void)vus_fail_sys(err, "pidfd_open");
		(void)vus_child_reap(&child, guardian);
		return VUS_NO_FORK;
	}
	*ret = child;
	return VUS_IN_PARENT;
}

bool vus_child_ended(const struct vus_child *child)
{
	return child->pidfd >= 0 && vus_poll_one(child->pidfd, POLLIN, 0) == 1;
}

void vus_child_signal(const struct vus_child *child, int signum)
{
	if (child->pid > 0)
		(void)kill(-child->pid, signum);
}

int vus_child_reap(struct vus_child *child, const struct vus_guardian *guardian)
{
	int status = 0;

	if (child->pid <= 0)
		return 0;
	/* As long as it is not reaped its number is nobody else's. */
	vus_child_signal(child, SIGKILL);
	vus_guardian_drop(guardian, child->pid);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	vus_fd_close(&child->pidfd);
	*child = VUS_CHILD_NONE;
	return status;
}

void vus_orphans_adopt(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* The first child of this process, or 0. */
static pid_t any_child(void)
{
	char path[64], text[32] = "";
	VUS_AUTO_FD fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children",
		       (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

void vus_orphans_end(void)
{
	pid_t pid;

	while ((pid = any_child()) > 0) {
		(void)kill(pid, SIGKILL);
		if (waitpid(pid, NULL, 0) < 0 && errno != EINTR)
			break;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0);
}

void vus_exit_text(int status, char buf[96])
{
	const char *name;

	if (WIFEXITED(status)) {
		(void)snprintf(buf, 96, "exit status %d", WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		name = sigabbrev_np(WTERMSIG(status));
		(void)snprintf(buf, 96, "signal %d (SIG%s)", WTERMSIG(status),
			       name ? name : "?");
	} else {
		(void)snprintf(buf, 96, "wait status 0x%x", (unsigned)status);
	}
}

bool vus_child_stdio(int out, struct vus_err *err)
{
	VUS_AUTO_FD null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0)
		return vus_fail_sys(err, "/dev/null");
	if (dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		return vus_fail_sys(err, "dup2");
	return true;
}

char *vus_file_tail(int fd, off_t from, size_t max)
{
	struct stat st;
	char *text, *line;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= from)
		return NULL;
	if ((uint64_t)(st.st_size - from) > max)
		from = st.st_size - (off_t)max;
	text = malloc(max + 1);
	if (!text)
		return NULL;
	n = pread(fd, text, max, from);
	if (n <= 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	line = from > 0 && (size_t)n == max ? strchr(text, '\n') : NULL;
	if (line && line[1])
		memmove(text, line + 1, strlen(line + 1) + 1);
	return text;
}
