/* SPDX-License-Identifier: BSD-3-Clause */
/* case_program.c — the program under test once more. */
#include "case_program.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors that a program may open beside those that are there. */
#define ROOM 256u

/* How many words an option takes up at `words`, its value with it; 0: it is
 * another one. */
static size_t option_words(char *const *words, const char *option)
{
	const size_t len = strlen(option);

	if (strncmp(words[0], option, len) != 0)
		return 0;
	if (words[0][len] == '=')
		return 1;
	return words[0][len] == '\0' && words[1] ? 2 : 0;
}

size_t vus_case_program_words(const struct vus_reach *reach,
			      const char *ret[VUS_CASE_PROGRAM_WORDS])
{
	char *const *w = reach->words;
	bool found = false;
	size_t n = 0;

	while (w && *w) {
		size_t skip = option_words(w, "--socket-path");

		if (skip == 0)
			skip = option_words(w, "--fd");
		found |= skip > 0;
		if (skip == 0 && n + 1 == VUS_CASE_PROGRAM_WORDS)
			return 0;
		if (skip == 0)
			ret[n++] = *w;
		w += skip > 0 ? skip : 1;
	}
	ret[n] = NULL;
	return found ? n : 0;
}

/* How a process is to begin. */
struct plan {
	const struct vus_reach *reach;
	const char *const *words;
	int fd;             /* it is given, or -1 */
	const char *folder; /* instead of the instance's, NULL: as it is */
	unsigned taken;     /* numbers below are in use */
};

/* In the child: have numbers from `from`, the first free one, up to `taken` in
 * use. */
static bool crowd(int from, unsigned taken)
{
	struct rlimit limit;
	int last;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	limit.rlim_cur = VUS_MAX(limit.rlim_cur, taken + ROOM);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	/* Not closed when the program begins. */
	last = open("/dev/null", O_RDWR);
	while (last >= 0 && (unsigned)last + 1 < taken)
		last = fcntl(last, F_DUPFD, from);
	return last >= 0;
}

/* In the child: 0 to 2 and, if there is one, the descriptor it is given. */
static bool settle_child_fds(const struct vus_case_program *p,
			     const struct plan *plan)
{
	int keep = STDERR_FILENO + 1;
	const int fd = plan->fd;
	int given = -1;

	if (fd >= 0)
		given = fcntl(fd, F_DUPFD_CLOEXEC, VUS_CASE_PROGRAM_FD + 1);
	if (!vus_child_stdio(p->output, NULL) ||
	    dup2(p->errors, STDERR_FILENO) < 0)
		return false;
	if (fd >= 0) {
		if (given < 0 || dup2(given, VUS_CASE_PROGRAM_FD) < 0)
			return false;
		keep = VUS_CASE_PROGRAM_FD + 1;
	}
	return close_range((unsigned)keep, ~0u, 0) == 0 &&
	       (plan->taken == 0 || crowd(keep, plan->taken));
}

/* A word with the instance's folder replaced; heap. */
static char *word_of(const struct plan *plan, const char *word)
{
	const char *old = plan->folder ? plan->reach->folder : NULL, *at;
	struct vus_text text = { 0 };
	char *ret;

	vus_text_add(&text, "%s", "");
	while (old && (at = strstr(word, old))) {
		vus_text_add_bytes(&text, word, (size_t)(at - word));
		vus_text_add(&text, "%s", plan->folder);
		word = at + strlen(old);
	}
	vus_text_add(&text, "%s", word);
	ret = strdup(vus_text_str(&text));
	vus_text_free(&text);
	return ret;
}

/* In the child: become the program, or live its life. */
static int become(const struct vus_case_program *p, const struct plan *plan)
{
	const struct vus_reach *reach = plan->reach;
	char *argv[VUS_CASE_PROGRAM_WORDS];
	int argc = 0;

	/* They are the case's, whose verdict they would write. */
	(void)signal(SIGSEGV, SIG_DFL);
	(void)signal(SIGBUS, SIG_DFL);
	if (!settle_child_fds(p, plan))
		return 126;
	while (plan->words[argc] && argc + 1 < VUS_CASE_PROGRAM_WORDS) {
		argv[argc] = word_of(plan, plan->words[argc]);
		argc++;
	}
	argv[argc] = NULL;
	if (reach->embedded)
		return reach->embedded(argc, argv);
	(void)execvp(argv[0], argv);
	return 127;
}

static bool start_child(struct vus_case_program *ret, const struct plan *plan,
			struct vus_err *err)
{
	VUS_AUTO_CASE_PROGRAM p = VUS_CASE_PROGRAM_NONE;
	sigset_t mask;

	sigemptyset(&mask);
	p.output = memfd_create("output", MFD_CLOEXEC);
	p.errors = memfd_create("errors", MFD_CLOEXEC);
	if (p.output < 0 || p.errors < 0)
		return vus_fail_sys(err, "a file for what a program prints");
	switch (vus_child_fork(&p.child, &mask, NULL, err)) {
	case VUS_IN_CHILD:
		/* Nothing of the case is this process's to unwind. */
		_exit(become(&p, plan));
	case VUS_IN_PARENT:
		*ret = p;
		p = VUS_CASE_PROGRAM_NONE;
		return true;
	default:
		return false;
	}
}

bool vus_case_program_start(struct vus_case_program *ret,
			    const struct vus_reach *reach,
			    const char *const *words, int fd,
			    struct vus_err *err)
{
	const struct plan plan = { .reach = reach, .words = words, .fd = fd };

	return start_child(ret, &plan, err);
}

static bool names_socket(const struct vus_reach *reach)
{
	bool found = false;

	for (char *const *w = reach->words; w && *w; w++)
		found |= reach->socket[0] && strstr(*w, reach->socket);
	return found;
}

bool vus_case_program_start_crowded(struct vus_case_program *ret,
				    const struct vus_reach *reach,
				    const char *folder, unsigned taken,
				    struct vus_err *err)
{
	const struct plan plan = {
		.reach = reach,
		.words = (const char *const *)reach->words,
		.fd = -1,
		.folder = folder,
		.taken = taken,
	};
	struct rlimit limit;

	if (!names_socket(reach))
		return vus_fail(err, VUS_ERR_USAGE,
				"its command line does not name its socket");
	if (taken > 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_max < taken + ROOM) {
		errno = EMFILE;
		return vus_fail_sys(err, "%u open files", taken + ROOM);
	}
	return start_child(ret, &plan, err);
}

bool vus_case_program_ended(struct vus_case_program *p, uint64_t deadline,
			    int *ret_status)
{
	if (p->child.pidfd < 0 ||
	    vus_poll_one(p->child.pidfd, POLLIN, deadline) != 1)
		return false;
	*ret_status = vus_child_reap(&p->child, NULL);
	return true;
}

char *vus_case_program_output(const struct vus_case_program *p)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(p->output, &st) < 0)
		st.st_size = 0;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		abort();
	n = pread(p->output, text, (size_t)st.st_size, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

void vus_case_program_stop(struct vus_case_program *p)
{
	(void)vus_child_reap(&p->child, NULL);
	vus_fd_close(&p->output);
	vus_fd_close(&p->errors);
}
