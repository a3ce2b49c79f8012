/* SPDX-License-Identifier: BSD-3-Clause */
/* idle.c — does a process use the processor while it has nothing to do? */
#include "idle.h"

#include "base/clock.h"

#define BUSY_PERCENT 50
/* The end of a session may take time: unmapping, writing back.  A process spins
 * when it has used all of this without one quiet window. */
#define SPIN_RAN_NS   (300 * VUS_MS)
#define SPIN_WATCH_NS (500 * VUS_MS)
/* Where so much could not be had by then, nothing is said. */
#define GIVE_UP_NS (10000 * VUS_MS)
/* None of them quiet, and so much used: it polls.  One that only waits for a
 * processor may still become idle. */
#define POLLING_WINDOWS 3
#define POLLED_RAN_NS   (40 * VUS_MS)

static uint64_t grown(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* Of the `ns` between two readings; the time of a thread that ended is lost. */
static unsigned percent(const struct vus_cpu *from, const struct vus_cpu *to,
			uint64_t ns)
{
	uint64_t ran = grown(from->ran, to->ran);
	uint64_t could = grown(grown(from->waited, to->waited), ns);

	if (ran >= could)
		return ran > 0 ? 100 : 0;
	return (unsigned)(ran * 100 / could);
}

bool vus_idle_begin(struct vus_idle *w, pid_t pid)
{
	struct vus_err err;

	*w = (struct vus_idle){ .pid = pid };
	if (pid <= 0 || !vus_proc_cpu(pid, &w->first, &err))
		return false;
	w->last = w->first;
	w->began = w->last_at = vus_now();
	return true;
}

enum vus_cpu_use vus_idle_sample(struct vus_idle *w)
{
	const struct vus_cpu before = w->last;
	const uint64_t before_at = w->last_at;
	struct vus_err err;

	if (!vus_proc_cpu(w->pid, &w->last, &err))
		return VUS_CPU_UNKNOWN;
	w->last_at = vus_now();
	if (!w->last.runnable &&
	    percent(&before, &w->last, w->last_at - before_at) < BUSY_PERCENT)
		return VUS_CPU_IDLE;
	if (grown(w->first.ran, w->last.ran) >= SPIN_RAN_NS &&
	    w->last_at - w->began >= SPIN_WATCH_NS)
		return VUS_CPU_SPINS;
	return w->last_at - w->began < GIVE_UP_NS ? VUS_CPU_BUSY
						  : VUS_CPU_UNKNOWN;
}

enum vus_cpu_use vus_idle_wait(struct vus_idle *w, int end_fd)
{
	enum vus_cpu_use rest;

	do {
		(void)vus_poll_one(end_fd, POLLIN,
				   vus_deadline_ms(VUS_IDLE_WINDOW_MS));
		rest = vus_idle_sample(w);
	} while (rest == VUS_CPU_BUSY);
	return rest;
}

unsigned vus_idle_percent(const struct vus_idle *w)
{
	return percent(&w->first, &w->last, w->last_at - w->began);
}

bool vus_idle_is_polling(pid_t pid)
{
	unsigned windows = 0;
	enum vus_cpu_use rest;
	struct vus_idle w;

	if (!vus_idle_begin(&w, pid))
		return false;
	do {
		vus_pause(vus_deadline_ms(VUS_IDLE_WINDOW_MS));
		rest = vus_idle_sample(&w);
		if (rest == VUS_CPU_IDLE)
			return false;
	} while (rest != VUS_CPU_UNKNOWN &&
		 (++windows < POLLING_WINDOWS ||
		  grown(w.first.ran, w.last.ran) < POLLED_RAN_NS));
	return true;
}
