/* SPDX-License-Identifier: BSD-3-Clause */
/* instance.c — one process under test: started, looked at, ended. */
#include "instance.h"
#include "party.h"
#include "case.h"

#include "base/clock.h"
#include "base/own.h"
#include "link/link.h"
#include "proc/output_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD_IN_CHILD    3 /* {fd} */
#define GRACE_MS       500
#define GRACE_SLOW_MS  5000 /* under a sanitizer */
#define GRACE_STUCK_MS 100  /* its silence was waited for already */
#define TAIL_BYTES     4096
/* Who says such words is about to end, mostly. */
#define LAST_WORDS_MS 300
/* A shell's statuses for a command that it could not run. */
#define SHELL_CANNOT    126
#define SHELL_FINDS_NOT 127
/* A sanitizer's shadow reserves more address space than any daemon does. */
#define SHADOW_BYTES (UINT64_C(1) << 40)

/* Append a word, with the first of each pair replaced by the second. */
static void expand(const char *word, const char *const pairs[][2], size_t n,
		   struct vus_text *ret)
{
	size_t i;

	while (*word) {
		for (i = 0; i < n; i++)
			if (strncmp(word, pairs[i][0], strlen(pairs[i][0])) ==
			    0)
				break;
		if (i < n) {
			vus_text_add(ret, "%s", pairs[i][1]);
			word += strlen(pairs[i][0]);
		} else {
			vus_text_add_bytes(ret, word++, 1);
		}
	}
}

static char **expand_all(const char *const *command,
			 const char *const pairs[][2], size_t npairs)
{
	size_t n = 0;
	char **argv;

	while (command[n])
		n++;
	argv = calloc(n + 1, sizeof(*argv));
	for (size_t i = 0; argv && i < n; i++) {
		struct vus_text word = { 0 };

		vus_text_add(&word, "%s", "");
		expand(command[i], pairs, npairs, &word);
		argv[i] = strdup(vus_text_str(&word));
		vus_text_free(&word);
	}
	return argv;
}

/* The arguments of the embedded peer: its party's words, then this run's; an
 * array on the heap. */
static const char **embedded_words(const struct vus_run_options *opt)
{
	const char *const usual[] = { opt->party->embedded_name,
				      "--socket-path", "{socket}", NULL };
	const char *const *first =
		opt->party->embedded_words ? opt->party->embedded_words : usual;
	size_t n = 0, args = 0;
	const char **words;

	while (first[n])
		n++;
	while (opt->embedded_args && opt->embedded_args[args])
		args++;
	words = calloc(n + args + 1, sizeof(*words));
	if (!words)
		abort();
	memcpy(words, first, n * sizeof(*words));
	if (args > 0)
		memcpy(words + n, opt->embedded_args, args * sizeof(*words));
	return words;
}

/* The words with their placeholders replaced; heap, NULL-terminated. */
static char **make_argv(const struct vus_instance *inst,
			const char *const *command,
			const struct vus_run_options *opt, unsigned worker,
			const struct vus_variant *v)
{
	const enum vus_backing_kind kind = v ? v->memory : VUS_MEMFD;
	char memory[PATH_MAX + 32];
	char dir[PATH_MAX + 8], ctl[PATH_MAX + 8], fd[16], number[16];
	char queues[16];
	const char *const pairs[][2] = {
		{ "{socket}", inst->socket },
		{ "{fd}", fd },
		{ "{dir}", dir },
		{ "{ctl}", ctl },
		{ "{worker}", number },
		{ "{queues}", queues },
		{ "{memory}", memory },
		{ "{device}", opt->device ? opt->device : "" },
	};

	(void)snprintf(dir, sizeof(dir), "%s/dir", inst->folder);
	(void)snprintf(memory, sizeof(memory), "%s%s%s", vus_backing_name(kind),
		       kind == VUS_FILE ? ",mem-path=" : "",
		       kind == VUS_FILE ? dir : "");
	(void)snprintf(ctl, sizeof(ctl), "%s/ctl", inst->folder);
	(void)snprintf(fd, sizeof(fd), "%d", FD_IN_CHILD);
	(void)snprintf(number, sizeof(number), "%u", worker);
	(void)snprintf(queues, sizeof(queues), "%u",
		       v && v->c->queues ? v->c->queues : 1);
	return expand_all(command, pairs, VUS_COUNT(pairs));
}

static bool make_instance_folder(struct vus_instance *inst,
				 const struct vus_target *target,
				 unsigned worker, struct vus_err *err)
{
	char path[PATH_MAX + 8];
	int n;

	n = snprintf(inst->folder, sizeof(inst->folder), "%s/%u.%u",
		     target->guardian.folder, worker, target->started);
	if (n < 0 || (size_t)n >= sizeof(inst->folder) ||
	    mkdir(inst->folder, 0700) < 0) {
		inst->folder[0] = '\0';
		return vus_fail_host(err, VUS_HOST_FOLDER,
				     "a folder for the target");
	}
	n = snprintf(inst->socket, sizeof(inst->socket), "%s/s", inst->folder);
	if (n < 0 || (size_t)n >= sizeof(inst->socket))
		return vus_fail(err, VUS_ERR_SYSTEM,
				"%s/s is too long for a socket: set TMPDIR to "
				"a shorter path",
				inst->folder);
	(void)snprintf(path, sizeof(path), "%s/dir", inst->folder);
	if (mkdir(path, 0700) < 0)
		return vus_fail_sys(err, "%s", path);
	(void)snprintf(path, sizeof(path), "%s/out", inst->folder);
	inst->output = open(
		path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (inst->output < 0)
		return vus_fail_sys(err, "%s", path);
	return true;
}

/* In the child: only 0, 1, 2 and, with {fd}, 3 stay open. */
static bool settle_fds(const struct vus_instance *inst, int peer_fd,
		       struct vus_err *err)
{
	int keep = FD_IN_CHILD;
	VUS_AUTO_FD fd = -1;

	if (!vus_child_stdio(inst->output, err))
		return false;
	if (peer_fd >= 0) {
		/* Its own number may be the one that is to be used. */
		fd = fcntl(peer_fd, F_DUPFD_CLOEXEC, FD_IN_CHILD + 1);
		if (fd < 0 || dup2(fd, FD_IN_CHILD) < 0)
			return vus_fail_sys(err, "dup2");
		vus_fd_close(&fd);
		keep++;
	}
	(void)close_range((unsigned)keep, ~0u, CLOSE_RANGE_CLOEXEC);
	return true;
}

/* In the child: run the command; returns only when it cannot be run. */
static int become_command(const struct vus_instance *inst, char **argv,
			  int peer_fd, int exec_error)
{
	struct vus_err err = { 0 };
	/* Above all numbers that settle_fds() hands out. */
	int report = fcntl(exec_error, F_DUPFD_CLOEXEC, FD_IN_CHILD + 8);
	int sys;

	if (settle_fds(inst, peer_fd, &err))
		(void)execvp(argv[0], argv);
	sys = errno;
	if (write(report, &sys, sizeof(sys)) != (ssize_t)sizeof(sys))
		return SHELL_CANNOT;
	return SHELL_FINDS_NOT;
}

/* In the child: all that the embedded peer does. */
static int be_embedded(struct vus_instance *inst, struct vus_target *target)
{
	struct vus_err err = { 0 };
	int argc = 0;

	vus_guardian_leave(&target->guardian);
	if (!settle_fds(inst, -1, &err))
		return 125;
	(void)close_range(FD_IN_CHILD, ~0u, 0);
	inst->output = inst->exec_error = inst->case_fd = inst->listen_fd = -1;
	while (inst->words[argc])
		argc++;
	return target->opt->party->embedded(argc, inst->words);
}

static void free_argv(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

static enum vus_fork spawn(struct vus_instance *inst, struct vus_target *target,
			   int peer_fd, struct vus_err *err)
{
	VUS_AUTO_FD rd = -1;
	VUS_AUTO_FD wr = -1;
	enum vus_fork who;
	int pair[2];

	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0) {
		(void)vus_fail_sys(err, "pipe");
		return VUS_NO_FORK;
	}
	rd = pair[0];
	wr = pair[1];
	who = vus_child_fork(&inst->child, &target->mask, &target->guardian,
			     err);
	if (who == VUS_IN_CHILD) {
		if (target->opt->command) {
			/* A failed exec leaves no state worth unwinding. */
			_exit(become_command(inst, inst->words, peer_fd, wr));
		}
		target->child_status = be_embedded(inst, target);
		/* They were closed with all others. */
		rd = wr = -1;
	} else if (who == VUS_IN_PARENT) {
		inst->exec_error = vus_fd_take(&rd);
	}
	return who;
}

/* Where it connects, or the connection that it is given. */
static bool make_sockets(struct vus_instance *inst,
			 const struct vus_target *target, int *ret_peer_fd,
			 struct vus_err *err)
{
	int pair[2];

	if (target->by_fd) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) <
		    0)
			return vus_fail_sys(err, "socketpair");
		inst->case_fd = pair[0];
		*ret_peer_fd = pair[1];
	}
	/* It may connect as soon as it runs. */
	return !target->opt->listens ||
	       vus_link_listen(inst->socket, &inst->listen_fd, err);
}

static bool make_words(struct vus_instance *inst,
		       const struct vus_run_options *opt, unsigned worker,
		       const struct vus_variant *v, struct vus_err *err)
{
	VUS_AUTO_FREE const char **words =
		opt->command ? NULL : embedded_words(opt);

	inst->words = make_argv(
		inst, words ? words : (const char *const *)opt->command, opt,
		worker, v);
	return inst->words || vus_fail_sys(err, "the command's words");
}

enum vus_fork vus_instance_start(struct vus_instance *inst,
				 struct vus_target *target, unsigned worker,
				 const struct vus_variant *v,
				 struct vus_err *err)
{
	enum vus_fork who = VUS_NO_FORK;
	VUS_AUTO_FD peer_fd = -1;

	*inst = VUS_INSTANCE_NONE;
	target->started++;
	if (make_instance_folder(inst, target, worker, err) &&
	    make_sockets(inst, target, &peer_fd, err) &&
	    make_words(inst, target->opt, worker, v, err)) {
		inst->started = vus_now();
		who = spawn(inst, target, peer_fd, err);
	}
	if (who == VUS_IN_CHILD)
		peer_fd = -1;
	else if (who == VUS_NO_FORK)
		vus_instance_drop(inst);
	return who;
}

bool vus_instance_running(const struct vus_instance *inst)
{
	return inst->child.pid > 0;
}

/* An end that the peer is to blame for.  What is being shut down may find its
 * connection closed, and ends as it likes; a front-end may find that it cannot
 * go on. */
static bool died(const struct vus_instance *inst,
		 const struct vus_run_options *opt, int status)
{
	if (!WIFSIGNALED(status))
		return !inst->asked && !opt->listens &&
		       WEXITSTATUS(status) != 0;
	switch (WTERMSIG(status)) {
	case SIGKILL:
		return !inst->killed;
	case SIGTERM:
	case SIGPIPE:
		return !inst->asked;
	default:
		return true;
	}
}

/* What it has said since the last look.  Of what is being shut down only a
 * sanitizer's report counts. */
static void hear(struct vus_instance *inst, struct vus_outcry *ret)
{
	struct vus_outcry now;

	vus_output_scan(inst->output, &inst->scanned, &now);
	*ret = inst->cried;
	inst->cried.kind = VUS_CRIES_NOT;
	if (ret->kind == VUS_CRIES_NOT &&
	    (now.kind == VUS_CRIES_SANITIZER || !inst->asked))
		*ret = now;
}

void vus_instance_check(struct vus_instance *inst, struct vus_target *target,
			struct vus_end *ret)
{
	bool had_ended;
	int status = 0;

	*ret = (struct vus_end){ 0 };
	hear(inst, &ret->cry);
	if (ret->cry.kind == VUS_CRIES_PANIC ||
	    ret->cry.kind == VUS_CRIES_ASSERTION)
		(void)vus_poll_one(inst->child.pidfd, POLLIN,
				   vus_deadline_ms(LAST_WORDS_MS));
	had_ended = ret->ended = vus_child_ended(&inst->child);
	if (had_ended) {
		status = vus_child_reap(&inst->child, &target->guardian);
		vus_exit_text(status, ret->words);
		ret->clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (inst->exec_error < 0 ||
		    read(inst->exec_error, &ret->exec_errno,
			 sizeof(ret->exec_errno)) !=
			    (ssize_t)sizeof(ret->exec_errno))
			ret->exec_errno = 0;
		ret->not_found = WIFEXITED(status) &&
				 (WEXITSTATUS(status) == SHELL_CANNOT ||
				  WEXITSTATUS(status) == SHELL_FINDS_NOT);
	}
	if (had_ended && ret->cry.kind == VUS_CRIES_NOT)
		hear(inst, &ret->cry);
	ret->crashed = ret->cry.kind != VUS_CRIES_NOT ||
		       (had_ended && died(inst, target->opt, status));
	ret->by_status = ret->crashed && ret->cry.kind == VUS_CRIES_NOT &&
			 WIFEXITED(status);
	if (had_ended && WIFSIGNALED(status))
		ret->signum = WTERMSIG(status);
	if (had_ended && inst->killed && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGKILL)
		(void)snprintf(ret->words, sizeof(ret->words),
			       "ended by our SIGKILL, SIGTERM was not enough");
}

static unsigned grace_ms(const struct vus_instance *inst)
{
	unsigned long long pages = 0;
	char path[64], line[128] = "";
	VUS_AUTO_FD fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm",
		       (int)inst->child.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, line, sizeof(line) - 1) > 0)
		pages = strtoull(line, NULL, 10);
	if (pages >= SHADOW_BYTES / (uint64_t)sysconf(_SC_PAGESIZE))
		return GRACE_SLOW_MS;
	return inst->stuck ? GRACE_STUCK_MS : GRACE_MS;
}

unsigned vus_instance_terminate(struct vus_instance *inst)
{
	unsigned grace = grace_ms(inst);

	hear(inst, &inst->cried);
	inst->asked = inst->asked || !vus_child_ended(&inst->child);
	vus_child_signal(&inst->child, SIGTERM);
	return grace;
}

void vus_instance_kill(struct vus_instance *inst)
{
	inst->killed = true;
	vus_child_signal(&inst->child, SIGKILL);
}

off_t vus_instance_output_size(const struct vus_instance *inst)
{
	struct stat st;

	return inst->output >= 0 && fstat(inst->output, &st) == 0 ? st.st_size
								  : 0;
}

char *vus_instance_tail(const struct vus_instance *inst, off_t from)
{
	return vus_file_tail(inst->output, from, TAIL_BYTES);
}

void vus_instance_drop(struct vus_instance *inst)
{
	vus_fd_close(&inst->case_fd);
	vus_fd_close(&inst->listen_fd);
	vus_fd_close(&inst->exec_error);
	vus_fd_close(&inst->output);
	free_argv(inst->words);
	if (inst->folder[0])
		vus_tree_remove(inst->folder);
	*inst = VUS_INSTANCE_NONE;
}
