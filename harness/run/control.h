/* SPDX-License-Identifier: BSD-3-Clause */
/* control.h — gives a front-end under test a stimulus.
 *
 * A back-end is driven by messages; a front-end does things by itself, or on a
 * stimulus.  --control PROGRAM is run as `PROGRAM STIMULUS` with VUSPEC_CTL
 * (the folder of {ctl}'s socket), VUSPEC_PID and VUSPEC_SECONDS (how long it
 * may take) in its environment: status 0 done, 77 cannot.  The embedded
 * front-end gets it over the socket {ctl} itself: a word and a line feed,
 * answered with the status in digits and a line feed. */
#ifndef VUS_RUN_CONTROL_H
#define VUS_RUN_CONTROL_H

#include "party.h"

#include "base/err.h"
#include "spec/stimulus.h"

#include <sys/types.h>

struct vus_stimulus_call {
	int fd;    /* owned; readable when it is done */
	pid_t pid; /* of the control program, 0: a socket */
	int words; /* owned; what the program prints, -1: a socket */
};

/* Is there a way to give one? */
bool vus_stimulus_possible(const struct vus_reach *reach);

/* Begin to give it; the caller goes on serving the front-end until ret->fd is
 * readable, then calls the second. */
VUS_MUST_CHECK bool vus_stimulus_begin(const struct vus_reach *reach,
				       enum vus_stimulus s,
				       struct vus_stimulus_call *ret,
				       struct vus_err *err);
/* The status: 0 done, 77 cannot, others failed; -1: it ended without one.
 * `why` gets the last line that the program printed, "" where there is none. */
int vus_stimulus_end(struct vus_stimulus_call *call, char why[200]);
/* Instead of that: stop waiting for it. */
void vus_stimulus_abandon(struct vus_stimulus_call *call);

#endif
