/* SPDX-License-Identifier: BSD-3-Clause */
/* stimulus.h — telling a front-end under test what to do.
 *
 * A back-end is driven by messages; a front-end does things by itself, or
 * because somebody tells it to.  --control PROGRAM is run as `PROGRAM STIMULUS`
 * with VUSPEC_CTL (the folder of {ctl}'s socket), VUSPEC_PID and VUSPEC_SECONDS
 * (how long it may take) in its environment: status 0 done, 77 cannot.  The
 * embedded front-end is told over the socket {ctl} itself: a word and a line
 * feed, answered with the status in digits and a line feed. */
#ifndef VUS_RUN_STIMULUS_H
#define VUS_RUN_STIMULUS_H

#include "../base/text.h"
#include "party.h"

#include <sys/types.h>

enum vus_stimulus {
	VUS_DO_START,        /* bring the device up */
	VUS_DO_IO,           /* have requests served */
	VUS_DO_STOP,         /* stop the device's rings */
	VUS_DO_CONT,         /* go on where they stopped */
	VUS_DO_RESET,        /* the guest resets the device and starts it */
	VUS_DO_RECONNECT,    /* drop the connection and come again */
	VUS_DO_CONFIG_WRITE, /* the driver writes to configuration space */
	VUS_DO_HOTPLUG,      /* memory is plugged in */
	VUS_DO_UNPLUG,       /* what was plugged in last is taken out */
	VUS_DO_INCOMING,     /* start as a postcopy migration's destination */
	VUS_DO_QUIT,         /* end */
	VUS_NSTIMULI
};

/* "start", "config-write", ... */
const char *vus_stimulus_name(enum vus_stimulus s);
bool vus_stimulus_by_name(const char *name, enum vus_stimulus *ret);
/* Append all of them: "start, io, ..." */
void vus_stimulus_list(struct vus_text *ret);

/* "cannot": the front-end does not know how. */
#define VUS_STIMULUS_CANNOT 77

struct vus_telling {
	int fd;    /* owned; readable when it is done */
	pid_t pid; /* of the control program, 0: a socket */
	int words; /* owned; what the program prints, -1: a socket */
};

/* Can anything be told at all? */
bool vus_stimulus_possible(const struct vus_reach *reach);

/* Begin to tell; the caller goes on serving the front-end until ret->fd is
 * readable, then calls the second. */
VUS_MUST_CHECK bool vus_stimulus_begin(const struct vus_reach *reach,
				       enum vus_stimulus s,
				       struct vus_telling *ret,
				       struct vus_err *err);
/* The status: 0 done, 77 cannot, others failed; -1: it ended without one.
 * `why` gets the last line that the program printed, "" where there is none. */
int vus_stimulus_end(struct vus_telling *telling, char why[200]);
/* In place of that: it is not waited for any more. */
void vus_stimulus_leave(struct vus_telling *telling);

#endif
