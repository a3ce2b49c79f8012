/* SPDX-License-Identifier: BSD-3-Clause */
/* lost.c — memory that a front-end cut away under us.
 *
 * A file may shrink while it is mapped; the next access is a SIGBUS.  The page
 * gets memory of our own in its place, so that the access comes to an end, and
 * no request is given back until memory is announced again: what was read or
 * written since is worth nothing. */
#include "lost.h"

#include "honest.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

/* A signal handler has no other way to its context. */
static struct vus_be *volatile guarded;
static uintptr_t page_size;

static bool is_mapped(const struct vus_regions *t, uintptr_t at)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct vus_map *map = &t->r[i].map;

		if (at - (uintptr_t)map->addr < map->size)
			return true;
	}
	return false;
}

bool vus_honest_replace_lost_page(uintptr_t page, size_t size)
{
	return mmap((void *)page, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) != MAP_FAILED;
}

static void on_bus(int signum, siginfo_t *info, void *context)
{
	const uintptr_t at = (uintptr_t)info->si_addr;
	struct vus_be *be = guarded;

	(void)context;
	if (be && is_mapped(&be->mem, at) &&
	    be->decide->replace_lost_page(at & ~(page_size - 1), page_size)) {
		be->lost = true;
		return;
	}
	/* The access is tried again, and ends the process. */
	(void)signal(signum, SIG_DFL);
}

void vus_lost_guard(struct vus_be *be, struct sigaction *ret_old)
{
	struct sigaction act = { .sa_sigaction = on_bus,
				 .sa_flags = SA_SIGINFO };

	page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
	guarded = be;
	(void)sigemptyset(&act.sa_mask);
	(void)sigaction(SIGBUS, &act, ret_old);
}

void vus_lost_release(const struct sigaction *old)
{
	(void)sigaction(SIGBUS, old, NULL);
	guarded = NULL;
}
