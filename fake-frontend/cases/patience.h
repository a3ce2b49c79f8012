/* SPDX-License-Identifier: BSD-3-Clause */
/* patience.h — how long a back-end is waited for that does nothing.
 *
 * The deadline of a request is made for a loaded machine.  A process of which
 * every thread sleeps lacks no processor: a message wakes it at once, and until
 * it gets its turn it can be seen to wait for that.  One that sleeps on for
 * long, without having used any processor time, will not answer; nor will one
 * that has used up seconds of it over a single message.  So a stuck back-end is
 * known sooner, and a slow one is waited for as ever. */
#ifndef VUS_CASES_PATIENCE_H
#define VUS_CASES_PATIENCE_H

#include "../../harness/proc/proc.h"
#include "../session.h"

struct vus_patient {
	struct vus_patience asked; /* what the link calls */
	const struct vus_session *s;
	pid_t server;
	bool polls;       /* by nature: the time it uses says nothing */
	unsigned waits;   /* begun so far */
	bool begins;      /* this one has not been looked at yet */
	bool gave_up;     /* on it, and has heard nothing since */
	uint64_t met_ran; /* processor time used up to its first answer */
	struct vus_cpu last;
	uint64_t began_ran; /* processor time used before this wait */
	uint64_t still;     /* when it was first seen as it is */
	uint64_t looked;
};

/* Watch the process that serves `s`, which outlives `p`; 0: not ours to see. */
void vus_patient_open(struct vus_patient *p, struct vus_session *s,
		      pid_t server, bool polls);

#endif
