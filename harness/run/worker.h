/* SPDX-License-Identifier: BSD-3-Clause */
/* worker.h — one instance and the case that runs against it.
 *
 *	IDLE ----> CASE ----> IDLE            the instance serves on
 *	            | `-----> SETTLE -> ...   did it die before it heard us?
 *	            |           `-> KNOCK     does it serve anybody?
 *	            `-> KNOCK -> WATCH        all is well when it is over?
 *	            `-------> LEAVE -> TERM -> KILL -> IDLE    it must end
 *
 * The last case on an instance is reported only when the instance has shown
 * that it lives (it answered the next case) or has ended: a crash while a
 * connection is torn down belongs to the case that was before. */
#ifndef VUS_RUN_WORKER_H
#define VUS_RUN_WORKER_H

#include "host.h"
#include "instance.h"
#include "run/report/progress.h"

#include "proc/idle.h"

enum vus_worker_state {
	VUS_W_IDLE,     /* pick the next variant */
	VUS_W_CASE,     /* a case's process runs, until `deadline` */
	VUS_W_MAY_END,  /* the instance may be dying: wait for its end */
	VUS_W_REACCEPT, /* a process asks whether it serves a new connection */
	VUS_W_WATCH,    /* nobody is connected: does it rest? */
	VUS_W_LEAVE,    /* all is closed: it may end by itself */
	VUS_W_TERM,     /* SIGTERM sent */
	VUS_W_KILL,     /* SIGKILL sent */
	VUS_W_DONE,     /* nothing more to do */
};

enum vus_reaccept {
	VUS_REACCEPT_NONE,
	VUS_REACCEPT_DUE,
	VUS_REACCEPT_NO,
	VUS_REACCEPT_YES
};

/* What a variant came to on a target that others had used. */
struct vus_reused_result {
	bool given;
	unsigned served; /* cases before this one */
	char *reason;    /* owned */
	struct vus_end end;
};

struct vus_worker {
	unsigned index;
	enum vus_worker_state state;
	uint64_t deadline; /* of the state, ns */
	struct vus_instance inst;
	struct vus_case_shared *slot; /* shared with the case's process */
	int log;                      /* what the case's process prints */
	struct vus_child proc;
	uint64_t case_began;
	bool overran;
	enum vus_reaccept knock; /* is one due, or what came of the last */
	struct vus_idle idle;
	struct vus_variant *now;     /* running */
	struct vus_variant *pending; /* has run, not reported yet */
	struct vus_variant *again;   /* to run next, on a fresh instance */
	bool retried;                /* `again` was not the case's doing */
	struct vus_reused_result first;
};

/* A run. */
struct vus_run {
	struct vus_target target;
	struct vus_report report;
	struct vus_summary summary;
	struct vus_progress progress;
	const struct vus_variant *last; /* that was reported */
	struct vus_no_target no_target;
	struct vus_output **outputs; /* kept reachable in children */
	struct vus_variant *variants;
	size_t n, next;
	struct vus_probe probe;
	struct vus_worker *workers;
	unsigned nworkers;
	int signals;             /* signalfd: SIGINT, SIGTERM */
	const char *stop;        /* why no more cases are begun, or NULL */
	bool gone;               /* the target is, and will not come back */
	bool lingers;            /* it does not end at disconnect */
	bool met;                /* a first case was judged */
	bool reluctant;          /* it did not serve a second connection */
	bool reaccepts;          /* it did */
	bool *judged, *applying; /* an entry a rule */
	uint64_t began;
};

/* ---- worker.c ---- */

VUS_MUST_CHECK bool vus_worker_open(struct vus_run *run, struct vus_worker *w,
				    unsigned index, struct vus_err *err);
void vus_worker_close(struct vus_run *run, struct vus_worker *w);

/* In IDLE: begin the next variant, or end the instance.  VUS_IN_CHILD: the
 * caller returns up to main with target.child_status. */
enum vus_fork vus_worker_next(struct vus_run *run, struct vus_worker *w);

/* The descriptor that the state waits for, or -1. */
int vus_worker_fd(const struct vus_worker *w);
/* It is readable, or the deadline has passed. */
void vus_worker_event(struct vus_run *run, struct vus_worker *w);

/* Stop what runs at once (interrupt). */
void vus_worker_stop(struct vus_worker *w, bool now);

/* Enter a state that lasts `ms` at most; 0: for ever. */
void vus_worker_enter(struct vus_worker *w, enum vus_worker_state state,
		      uint64_t ms);
/* The last case on this instance has nothing to fear from it any more. */
void vus_worker_report(struct vus_run *run, struct vus_worker *w);
/* What the peer said last, for a verdict that needs explaining. */
void vus_worker_tail(const struct vus_worker *w, struct vus_variant *v);

/* ---- ending.c: an instance's last steps ---- */

/* Let go of the instance: what must hold after the last case is looked at;
 * then it may leave by itself, then it must. */
void vus_worker_end_instance(struct vus_run *run, struct vus_worker *w);
/* The states from WATCH on. */
void vus_instance_end_event(struct vus_run *run, struct vus_worker *w,
			    bool late);
/* The knock at its end was answered, or not. */
void vus_instance_end_reaccept_done(struct vus_run *run, struct vus_worker *w);
/* It lives and did not hear the case that came next. */
void vus_instance_end_unreachable(struct vus_run *run, struct vus_worker *w);

/* ---- knock.c: does the instance serve a new connection? ---- */

/* Make one due, if there is a way to find out; the worker is IDLE then, and
 * vus_worker_next() begins it. */
bool vus_reaccept_plan(const struct vus_run *run, struct vus_worker *w);
enum vus_fork vus_reaccept_start(struct vus_run *run, struct vus_worker *w);
/* Its process is readable, or `late`: true when it has ended, and w->knock
 * says how. */
bool vus_reaccept_ended(struct vus_run *run, struct vus_worker *w, bool late);

/* ---- casework.c: a process of ours that speaks to the target ---- */

/* How long a peer may take to answer a request. */
unsigned vus_request_ms(const struct vus_run_options *opt);

enum vus_case_work { VUS_WORK_PROBE, VUS_WORK_CASE, VUS_WORK_REACCEPT };

/* Fork one against w's instance; `v` is a CASE's. */
enum vus_fork vus_case_process_start(struct vus_run *run, struct vus_worker *w,
				     enum vus_case_work work,
				     const struct vus_variant *v,
				     uint64_t connect_deadline,
				     struct vus_err *err);

/* ---- collect.c: what it came to ---- */

/* Fill the variant from the slot; `status` is the process's wait status. */
void vus_case_result_collect(struct vus_variant *v, const struct vus_worker *w,
			     int status, const struct vus_run_options *opt);
/* The peer died or complained: that is a failure of this variant. */
void vus_variant_peer_failed(struct vus_variant *v, const struct vus_end *end,
			     const char *when);
void vus_variant_reason(struct vus_variant *v, const char *fmt, ...)
	VUS_PRINTF(2, 3);
/* Forget what a run of it came to; or only what was said in it. */
void vus_variant_clear(struct vus_variant *v);
void vus_variant_drop_exchange(struct vus_variant *v);

/* Why it need not run, or NULL; `buf` holds the text (screen.c). */
const char *vus_precondition_skip(const struct vus_run *run,
				  const struct vus_variant *v, char buf[200]);

/* ---- summary.c ---- */

/* It is done: count it and tell the outputs. */
void vus_run_report(struct vus_run *run, struct vus_variant *v);
void vus_run_skip(struct vus_run *run, struct vus_variant *v,
		  const char *reason);
void vus_run_progress(struct vus_run *run);
/* A rule was judged by the runner itself. */
void vus_run_judged(struct vus_run *run, const char *rule);
/* At the end: "judged N of M rules that apply". */
void vus_run_count_rules(struct vus_run *run);
int vus_run_status(const struct vus_run *run);

/* ---- probe.c ---- */

/* First session of the run, on worker 0.  VUS_NO_FORK: there is no target,
 * run->no_target says why, *ret_status which exit status. */
enum vus_fork vus_probe_target(struct vus_run *run, int *ret_status);
/* Say so: what was run, what happened, what to try. */
void vus_run_no_target(struct vus_run *run, const struct vus_worker *w,
		       const struct vus_end *end);

#endif
