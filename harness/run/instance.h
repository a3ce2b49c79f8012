/* SPDX-License-Identifier: BSD-3-Clause */
/* instance.h — one process under test: CMD, or the embedded peer. */
#ifndef VUS_RUN_INSTANCE_H
#define VUS_RUN_INSTANCE_H

#include "options.h"
#include "result.h"

#include "proc/guardian.h"
#include "proc/output_scan.h"
#include "proc/process.h"

#include <limits.h>
#include <signal.h>

#define VUS_SOCKET_PATH 108 /* bytes, with the NUL (unix(7)) */

/* What all instances of a run have in common. */
struct vus_target {
	const struct vus_run_options *opt;
	struct vus_guardian guardian;
	sigset_t mask;    /* of signals, for children */
	bool by_fd;       /* the command contains {fd} */
	int listen_fd;    /* --socket and we listen there, else -1 */
	int child_status; /* in a child: what main returns */
	unsigned started; /* instances so far */
};

/* Which cases an instance has served; ids, "": none. */
struct vus_served_cases {
	char last[160];
	char hostile[160]; /* the last that is about surviving harm */
};

struct vus_instance {
	struct vus_child child; /* pid 0: not running */
	char folder[PATH_MAX];
	char socket[VUS_SOCKET_PATH];
	char **words;    /* arguments that started it, owned */
	int output;      /* its standard output and error, -1: none */
	off_t scanned;   /* bytes of output that were looked at */
	int exec_error;  /* an errno can be read here when exec failed */
	int listen_fd;   /* where it connects, -1: it listens itself */
	int case_fd;     /* {fd}: the end for the case, -1: none */
	unsigned served; /* cases, the probe included */
	struct vus_served_cases before;
	uint64_t started;        /* ns */
	bool asked;              /* we sent SIGTERM */
	bool killed;             /* we sent SIGKILL */
	struct vus_outcry cried; /* heard, and not told yet */
	bool spoiled;            /* not fit for another case */
	bool stuck;   /* it neither answered the last case nor closed */
	pid_t server; /* who serves its connections; 0: not known */
};

#define VUS_INSTANCE_NONE                                                      \
	((struct vus_instance){ .child = VUS_CHILD_NONE,                       \
				.output = -1,                                  \
				.exec_error = -1,                              \
				.case_fd = -1,                                 \
				.listen_fd = -1 })

/* How an instance ended, or what it printed while it ran. */
struct vus_end {
	bool ended;
	bool clean; /* by itself, status 0 */
	/* Nobody asked it to: a signal, a status of a back-end that is not 0,
	 * or the words of a program that goes wrong. */
	bool crashed;
	bool by_status;        /* and nothing but the status says so */
	int signum;            /* what it died of, 0: no signal */
	struct vus_outcry cry; /* these words */
	int exec_errno;        /* not 0: the command could not be run */
	bool not_found;        /* a shell says that it cannot run its command */
	char words[96];        /* "exit status 1"; "" while it lives */
};

/* Start one, for a variant first of all (NULL: the probe).  In the child of an
 * embedded peer: VUS_IN_CHILD, when its main has returned; target->child_status
 * is its status. */
enum vus_fork vus_instance_start(struct vus_instance *inst,
				 struct vus_target *target, unsigned worker,
				 const struct vus_variant *v,
				 struct vus_err *err);

bool vus_instance_running(const struct vus_instance *inst);

/* Look without waiting: has it ended, and has it complained since the last
 * look?  An ended one is reaped; its output can still be read. */
void vus_instance_check(struct vus_instance *inst, struct vus_target *target,
			struct vus_end *ret);

/* Ask it to end: SIGTERM to its group.  Returns the grace time, ms. */
unsigned vus_instance_terminate(struct vus_instance *inst);
void vus_instance_kill(struct vus_instance *inst);

/* How many bytes it has printed so far, 0: none, or not known. */
off_t vus_instance_output_size(const struct vus_instance *inst);

/* The last lines of its output behind byte `from`; heap, or NULL. */
char *vus_instance_tail(const struct vus_instance *inst, off_t from);

/* After its end: remove its folder, close all. */
void vus_instance_drop(struct vus_instance *inst);

#endif
