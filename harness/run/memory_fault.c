/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_fault.c — SIGBUS and SIGSEGV of a case's process become a verdict.
 *
 * The peer can cut the file short that memory shared with it comes from: a
 * fault there is the peer's failure.  Where the file is as long as it was its
 * file system has no page left, which is the host's doing; a fault anywhere
 * else is ours.  The handler runs on a stack of its own and ends the process;
 * all it does is async-signal-safe. */
#include "memory_fault.h"
#include "env.h"

#include "base/array.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_SIZE ((size_t)64 << 10)

/* A signal handler has no other way to its context. */
static struct vus_host *volatile watched;

static void put_text(char *to, size_t cap, const char *text)
{
	size_t i = 0;

	for (; i + 1 < cap && text[i]; i++)
		to[i] = text[i];
	to[i] = '\0';
}

/* The latest one: memory may lie where other memory lay before. */
static const struct vus_host_range *range_of(const struct vus_host *host,
					     uintptr_t at)
{
	unsigned n = VUS_MIN(host->nranges, (unsigned)VUS_HOST_RANGES);

	for (unsigned i = 1; i <= n; i++) {
		const struct vus_host_range *r =
			&host->ranges[(host->nranges - i) % VUS_HOST_RANGES];

		if (at - r->start < r->len)
			return r;
	}
	return NULL;
}

/* The same file, no shorter than it was. */
static bool is_whole(const struct vus_host_range *range)
{
	struct stat now;

	return range->fd >= 0 && fstat(range->fd, &now) == 0 &&
	       now.st_dev == range->was.st_dev &&
	       now.st_ino == range->was.st_ino &&
	       now.st_size >= range->was.st_size;
}

#define NO_PAGE "env: no page is left for guest memory; "
static const char *const no_page[] = {
	[VUS_SHM] = NO_PAGE VUS_REMEDY_SHM_ROOM,
	[VUS_MEMFD] = NO_PAGE VUS_REMEDY_MEMORY,
	[VUS_FILE] = NO_PAGE VUS_REMEDY_FILE_ROOM,
};

static void on_fault(int signum, siginfo_t *info, void *context)
{
	struct vus_host *host = watched;
	struct vus_result *r = &host->slot->r;
	const struct vus_host_range *range =
		range_of(host, (uintptr_t)info->si_addr);
	bool shrank = range && !is_whole(range);
	enum vus_verdict verdict = VUS_BROKEN;
	const char *why = "the case was stopped by SIGSEGV";

	(void)context;
	if (shrank) {
		verdict = VUS_FAIL;
		why = "the peer shrank the memory it shares with us";
	} else if (range) {
		verdict = VUS_SKIP;
		why = no_page[host->memory];
	} else if (signum == SIGBUS) {
		why = "the case was stopped by SIGBUS";
	}
	if (r->verdict != VUS_FAIL && r->verdict != VUS_BROKEN) {
		r->verdict = verdict;
		put_text(r->reason, sizeof(r->reason), why);
	}
	r->finished = true;
	_exit(verdict == VUS_BROKEN ? 128 + signum : 0);
}

bool vus_memory_fault_watch(struct vus_host *host, struct vus_err *err)
{
	struct sigaction act = { .sa_sigaction = on_fault,
				 .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_size = STACK_SIZE };

	/* Lives as long as the process. */
	stack.ss_sp = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack.ss_sp == MAP_FAILED)
		return vus_fail_sys(err, "mmap");
	if (sigaltstack(&stack, NULL) < 0)
		return vus_fail_sys(err, "sigaltstack");
	watched = host;
	(void)sigemptyset(&act.sa_mask);
	if (sigaction(SIGBUS, &act, NULL) < 0 ||
	    sigaction(SIGSEGV, &act, NULL) < 0)
		return vus_fail_sys(err, "sigaction");
	return true;
}
