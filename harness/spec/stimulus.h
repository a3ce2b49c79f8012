/* SPDX-License-Identifier: BSD-3-Clause */
/* stimulus.h — what a front-end under test can be asked to do, by name. */
#ifndef VUS_SPEC_STIMULUS_H
#define VUS_SPEC_STIMULUS_H

#include "base/text.h"

enum vus_stimulus {
	VUS_DO_START,        /* start the device */
	VUS_DO_IO,           /* send requests */
	VUS_DO_STOP,         /* stop the device's rings */
	VUS_DO_CONT,         /* go on where they stopped */
	VUS_DO_RESET,        /* the guest resets the device and starts it */
	VUS_DO_RECONNECT,    /* close the connection and connect again */
	VUS_DO_CONFIG_WRITE, /* the driver writes to configuration space */
	VUS_DO_HOTPLUG,      /* memory is plugged in */
	VUS_DO_UNPLUG,       /* what was plugged in last is removed */
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

#endif
