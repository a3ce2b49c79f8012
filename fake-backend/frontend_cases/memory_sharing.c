/* SPDX-License-Identifier: BSD-3-Clause */
/* memory_sharing.c — guest memory that a front-end announces is really shared.
 */
#include "fixture/watch.h"

#include "proc/proc.h"

/* The file behind a region, as the front-end's own process has it mapped. */
static bool check_region_file(struct vus_ctx *t, pid_t pid,
			      const struct stat *st, unsigned *seen)
{
	unsigned maps, shared;
	struct vus_err err;

	if (!vus_proc_shares(pid, st, &maps, &shared, &err)) {
		vus_unobservable(t, &err);
		return false;
	}
	*seen += maps;
	return vus_check(t, "memory_fds.private_refused",
			 maps == 0 || shared > 0,
			 "memory that is announced is mapped shared",
			 "the front-end has mapped it privately: what the "
			 "guest writes does not reach the back-end");
}

/* A descriptor does not show how the front-end has mapped its memory.  With
 * share=off QEMU before 11 sends one without an error, and the guest's writes
 * do not reach it.  Memory that the front-end has not mapped itself (another
 * process may be the guest) is not judged. */
VUS_CASE(announced_memory_is_mapped_shared, .party = "frontend",
	 .title = "memory that is announced is not private to the front-end",
	 .rules = { "memory_fds.private_refused" })
{
	const struct vus_watch *w = vus_watch(t);
	const struct vus_log_entry *s = NULL;
	struct vus_err err;
	unsigned seen = 0;
	pid_t pid;

	(void)!vus_stimulate_required(t, VUS_DO_START);
	if (!w->open)
		VUS_SKIP(t, "the front-end closed the connection");
	if (!vus_proc_of_socket(w->be.link.fd, &pid, &err))
		VUS_UNOBSERVABLE(t, &err);
	while ((s = vus_log_request(&w->log, s))) {
		if (s->id != VUS_FE_SET_MEM_TABLE &&
		    s->id != VUS_FE_ADD_MEM_REG)
			continue;
		for (unsigned i = 0; i < VUS_MIN(s->nfds, VUS_MAX_REGIONS); i++)
			VUS_STEP(t, check_region_file(t, pid, &s->fds[i].st,
						      &seen));
	}
	if (seen == 0)
		VUS_SKIP(t, "it has mapped none of the memory it announced");
}
