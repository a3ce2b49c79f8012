/* SPDX-License-Identifier: BSD-3-Clause */
/* run.h — what a run holds, and its workers: data, and the few ways in which
 * all files of a run change it. */
#ifndef VUS_RUN_RUN_H
#define VUS_RUN_RUN_H

#include "host.h"
#include "instance.h"
#include "peer_kind.h"
#include "reporting.h"
#include "used_result.h"
#include "worker.h"

#include "proc/idle.h"

/* Does the instance accept a new connection? */
enum vus_reaccept {
	VUS_REACCEPT_UNASKED,
	VUS_REACCEPT_NO,
	VUS_REACCEPT_YES,
};

/* Why a variant runs, for the first time or once more. */
enum vus_attempt {
	VUS_ATTEMPT_FIRST,
	VUS_ATTEMPT_UNHEARD, /* the instance was broken by the case before */
	VUS_ATTEMPT_FRESH,   /* it failed on a used instance */
};

struct vus_worker {
	unsigned index;
	enum vus_worker_state state;
	uint64_t deadline; /* of the state, ns */
	struct vus_instance inst;
	unsigned grace_ms;            /* it has to end after SIGTERM */
	struct vus_case_shared *slot; /* shared with the case's process */
	int log;                      /* what the case's process prints */
	struct vus_child proc;        /* of a case, a check or the probe */
	uint64_t case_began;          /* ns */
	bool overran;                 /* the case did not end in time */
	struct vus_variant *now;      /* running, or being judged */
	struct vus_case_facts facts;  /* of `now`, while it is judged */
	struct vus_end end;           /* the same: of its instance */
	struct vus_variant *pending;  /* has run, not reported yet */
	struct vus_variant *again;    /* to run next, on a fresh instance */
	enum vus_attempt attempt;     /* of `now` or `again` */
	struct vus_used_result used;  /* of ATTEMPT_FRESH */
	enum vus_reaccept reaccept;   /* what the last check has shown */
	struct vus_idle idle;
};

struct vus_run {
	struct vus_target target;
	struct vus_probe probe;
	enum vus_peer_kind peer;
	bool ends_alone;    /* whatever is done to it ... */
	double ends_within; /* ... so many seconds */
	bool lives_on;      /* it was tried, and does not */
	bool stays; /* an instance was waited for that did not end by itself */
	struct vus_variant *variants;
	size_t n, next;
	const char *stop; /* why no more cases are begun, or NULL */
	struct vus_no_target no_target;
	bool cannot_steer; /* --control is why */
	struct vus_reporting out;
	struct vus_worker *workers;
	unsigned nworkers;
	int signals; /* signalfd: SIGINT, SIGTERM */
};

/* What the kind of the run's peer means. */
const struct vus_peer_policy *vus_run_policy(const struct vus_run *run);
/* It is learned about.  Returns whether the last case on that instance is to
 * blame. */
bool vus_run_peer_event(struct vus_run *run, enum vus_peer_event event);

/* It is done: count it and tell the outputs. */
void vus_run_report(struct vus_run *run, struct vus_variant *v);
void vus_run_skip(struct vus_run *run, struct vus_variant *v,
		  const char *reason);

#endif
