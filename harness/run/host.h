/* SPDX-License-Identifier: BSD-3-Clause */
/* host.h — what stands behind a case in its own process (run/ only). */
#ifndef VUS_RUN_HOST_H
#define VUS_RUN_HOST_H

#include "party.h"
#include "result.h"

#include "link/link.h"

#include <sys/stat.h>
#include <sys/types.h>

#define VUS_HOST_RANGES 128

struct vus_host_connection;
struct vus_monitor;

/* Memory that a case's process shares with the runner. */
struct vus_case_shared {
	struct vus_result r;
	unsigned frames_in; /* frames that came from the peer */
	pid_t server;       /* who serves the connection; 0: not known */
	off_t said;     /* bytes of the peer's output before its first frame */
	bool reaccepts; /* the reaccept check was answered */
	bool unreachable; /* the target took no connection, and lives */
	struct vus_probe probe;
	char no_control[240]; /* why --control cannot be run, "": it can */
};

/* Memory that is shared with the peer. */
struct vus_host_range {
	uintptr_t start, len;
	int fd;          /* the file behind it, not owned, or -1 */
	struct stat was; /* that file, when the range was declared */
};

/* What a monitor has seen; `monitor` is NULL: nothing. */
struct vus_host_breach {
	const struct vus_monitor *monitor;
	bool fails;
	char text[320];
};

struct vus_host {
	struct vus_case_shared *slot;
	struct vus_trace trace;
	int peer_pid, peer_pidfd;
	enum vus_backing_kind memory; /* of the variant */
	struct vus_host_range ranges[VUS_HOST_RANGES];
	unsigned nranges;
	int output;      /* of an instance that had served others, or -1 */
	bool in_trouble; /* our own side failed: what follows says nothing */
	struct vus_host_connection *connections; /* monitoring.c */
	struct vus_host_breach breach;
};

/* Begin: `t` gets this host, faults in shared memory become verdicts. */
VUS_MUST_CHECK bool vus_host_enter(struct vus_host *host,
				   struct vus_case_shared *slot, int peer_pid,
				   int peer_pidfd, struct vus_ctx *t,
				   struct vus_err *err);
/* The case's process came to its end. */
void vus_host_leave(struct vus_host *host);

/* Set the verdict unless one that counts more stands; text is kept. */
bool vus_host_verdict(struct vus_host *host, enum vus_verdict verdict,
		      const char *rule, const char *file, int line);
/* This rule was judged. */
void vus_result_add_judged(struct vus_result *r, const char *rule);

#endif
