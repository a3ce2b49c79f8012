/* SPDX-License-Identifier: BSD-3-Clause */
/* control.c — gives a front-end under test a stimulus. */
#include "control.h"

#include "base/clock.h"
#include "base/own.h"
#include "link/link.h"
#include "proc/process.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool vus_stimulus_possible(const struct vus_reach *reach)
{
	return reach->embedded || reach->control;
}

static bool send_to_embedded(const struct vus_reach *reach, enum vus_stimulus s,
			     struct vus_stimulus_call *ret, struct vus_err *err)
{
	char path[PATH_MAX + 8], line[32];
	VUS_AUTO_FD fd = -1;
	int len;

	(void)snprintf(path, sizeof(path), "%s/ctl", reach->folder);
	if (!vus_link_connect(path, reach->pidfd, reach->connect_deadline, &fd,
			      err))
		return false;
	len = snprintf(line, sizeof(line), "%s\n", vus_stimulus_name(s));
	if (send(fd, line, (size_t)len, MSG_NOSIGNAL) != len)
		return vus_fail_sys(err, "the stimulus %s",
				    vus_stimulus_name(s));
	ret->fd = vus_fd_take(&fd);
	return true;
}

static bool run_program(const struct vus_reach *reach, enum vus_stimulus s,
			struct vus_stimulus_call *ret, struct vus_err *err)
{
	/* posix_spawnp() takes words that it does not change. */
	char *const argv[] = { (char *)(uintptr_t)reach->control,
			       (char *)(uintptr_t)vus_stimulus_name(s), NULL };
	posix_spawn_file_actions_t actions;
	char pid[16], seconds[24];
	int sys;

	(void)snprintf(pid, sizeof(pid), "%d", reach->pid);
	(void)snprintf(seconds, sizeof(seconds), "%.1f",
		       (double)vus_remaining_ms(reach->stimulus_deadline) /
			       1000);
	if (setenv("VUSPEC_CTL", reach->folder, 1) < 0 ||
	    setenv("VUSPEC_SECONDS", seconds, 1) < 0 ||
	    setenv("VUSPEC_PID", pid, 1) < 0)
		return vus_fail_sys(err, "the environment");
	ret->words = memfd_create("words", MFD_CLOEXEC);
	if (ret->words < 0 || posix_spawn_file_actions_init(&actions) != 0)
		return vus_fail_sys(err, "a file for what it prints");
	sys = posix_spawn_file_actions_adddup2(&actions, ret->words,
					       STDERR_FILENO);
	if (sys == 0)
		sys = posix_spawnp(&ret->pid, argv[0], &actions, NULL, argv,
				   environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (sys != 0)
		return vus_fail(err, VUS_ERR_SYSTEM, "%s: %s", reach->control,
				strerror(sys));
	ret->fd = (int)syscall(SYS_pidfd_open, ret->pid, 0);
	return ret->fd >= 0 || vus_fail_sys(err, "pidfd_open");
}

bool vus_stimulus_begin(const struct vus_reach *reach, enum vus_stimulus s,
			struct vus_stimulus_call *ret, struct vus_err *err)
{
	*ret = (struct vus_stimulus_call){ .fd = -1, .words = -1 };
	if (reach->control)
		return run_program(reach, s, ret, err);
	if (reach->embedded)
		return send_to_embedded(reach, s, ret, err);
	return vus_fail(err, VUS_ERR_USAGE,
			"no --control: the stimulus %s cannot be given",
			vus_stimulus_name(s));
}

static int end_of_program(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int read_answer(int fd)
{
	char line[16] = "";
	ssize_t n = recv(fd, line, sizeof(line) - 1, MSG_DONTWAIT);

	return n > 1 && line[n - 1] == '\n' ? atoi(line) : -1;
}

static void last_line(int fd, char ret[200])
{
	char *text = vus_file_tail(fd, 0, 2000), *end;

	ret[0] = '\0';
	if (!text)
		return;
	end = text + strlen(text);
	while (end > text && end[-1] == '\n')
		*--end = '\0';
	end = strrchr(text, '\n');
	(void)snprintf(ret, 200, "%s", end ? end + 1 : text);
	free(text);
}

void vus_stimulus_abandon(struct vus_stimulus_call *call)
{
	vus_fd_close(&call->fd);
	vus_fd_close(&call->words);
	call->pid = 0;
}

int vus_stimulus_end(struct vus_stimulus_call *call, char why[200])
{
	int status;

	last_line(call->words, why);
	if (call->pid > 0)
		status = end_of_program(call->pid);
	else
		status = read_answer(call->fd);
	vus_stimulus_abandon(call);
	return status;
}
