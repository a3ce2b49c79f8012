/* SPDX-License-Identifier: BSD-3-Clause */
/* settle.c — the settle window: watching for what a process must not do. */
#include "settle.h"

#include "base/array.h"
#include "base/clock.h"
#include "proc.h"

/* Between two looks at most; the first follow each other faster. */
#define PAUSE_MS 16
/* At one that does not rest.  They are counted, not timed: where no time is
 * left for them there is none for it either. */
#define MOST_LOOKS 150

struct vus_settle vus_settle_begin(pid_t pid, unsigned ms, bool unseen)
{
	return (struct vus_settle){ .until = vus_deadline_ms(ms),
				    .pid = pid,
				    .unseen = unseen,
				    .pause = 1 };
}

bool vus_settle_again(struct vus_settle *v, struct pollfd *fds, nfds_t n)
{
	const bool early = vus_remaining_ms(v->until) > 0;
	const uint64_t soon = vus_deadline_ms(v->pause);
	bool rests = v->unseen;

	if (v->over)
		return false;
	v->pause = VUS_MIN(2 * v->pause, PAUSE_MS);
	if (vus_poll(fds, n, early && v->until < soon ? v->until : soon) > 0 ||
	    early)
		return true;
	if (v->pid > 0)
		rests = vus_proc_is_idle(v->pid, v->unseen);
	/* It may have acted since: one more look is the caller's. */
	v->over = rests || ++v->looks > MOST_LOOKS;
	return true;
}
