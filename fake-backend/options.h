/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h — the fake back-end's command line. */
#ifndef VUS_FAKE_BACKEND_OPTIONS_H
#define VUS_FAKE_BACKEND_OPTIONS_H

#include "backend.h"

#define VUS_BE_FAULTS_MAX 16 /* --fault words */

enum vus_be_mode {
	VUS_BE_SERVE,
	VUS_BE_PRINT_CAPABILITIES,
	VUS_BE_LIST_FAULTS,
	VUS_BE_LIST_VALUE_FAULTS,
	VUS_BE_LIST_DEVICES,
	VUS_BE_HELP,
	VUS_BE_VERSION,
};

struct vus_be_options {
	enum vus_be_mode mode;
	const char *socket_path; /* NULL: `fd` */
	int fd;                  /* --fd, -1: none */
	bool client;             /* connect to socket_path */
	bool once;               /* end with the first connection */
	bool without_acks, without_slots;
	bool verbose;       /* frames and notes to standard error */
	const char *record; /* frames and notes to this file, or NULL */
	/* --fault, in this order. */
	const char *faults[VUS_BE_FAULTS_MAX];
	unsigned nfaults;
	struct vus_be_config cfg;
};

/* Kind USAGE says which word cannot be followed, and why. */
VUS_MUST_CHECK bool vus_be_options(int argc, char **argv,
				   struct vus_be_options *ret,
				   struct vus_err *err);

extern const char vus_be_usage[];

#endif
