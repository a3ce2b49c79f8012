/* SPDX-License-Identifier: BSD-3-Clause */
/* fd_limit.c — a peer that has no descriptors left. */
#include "fd_limit.h"

/* poll() itself fails when it is given more entries than the limit allows, also
 * where they name no descriptor: that would be our doing. */
#define POLLED_MAX 200

bool vus_fd_limit_begin(struct vus_fd_limit *ret, pid_t pid,
			struct vus_err *err)
{
	struct vus_fd_limit s = { .pid = pid };
	struct rlimit now;
	unsigned lowest;

	if (!vus_proc_free_fd(pid, &lowest, err))
		return false;
	if (lowest < POLLED_MAX)
		return vus_fail(
			err, VUS_ERR_SYSTEM,
			"it has too few descriptors (%u) for a limit that "
			"poll() does not exceed",
			lowest);
	if (prlimit(pid, RLIMIT_NOFILE, NULL, &s.was) < 0)
		return vus_fail_sys(err, "reading the peer's limits");
	now = s.was;
	now.rlim_cur = lowest;
	if (prlimit(pid, RLIMIT_NOFILE, &now, NULL) < 0)
		return vus_fail_sys(err, "lowering the peer's limit");
	*ret = s;
	return true;
}

void vus_fd_limit_end(struct vus_fd_limit *s)
{
	if (s->pid > 0)
		(void)prlimit(s->pid, RLIMIT_NOFILE, &s->was, NULL);
	s->pid = 0;
}
