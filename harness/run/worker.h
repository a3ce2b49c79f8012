/* SPDX-License-Identifier: BSD-3-Clause */
/* worker.h — the states of a worker: one instance, and the case that runs
 * against it.
 *
 *	IDLE -> CASE -> JUDGING -> IDLE            the instance serves on
 *	                  |  `-> MAY_END -> ASK    it lives: is it unreachable?
 *	                  `-> ENDING -> CHECK      does it accept again?
 *	                        |  `-> WATCH       does it rest?
 *	                        `-> LEAVE -> TERM -> KILL -> IDLE
 *
 * An event in a state gives an action and the next state: a table, which
 * touches no process.  An action may answer with the next event at once.
 *
 * The last case on an instance is reported only when the instance has shown
 * that it lives (it answered the next case) or has ended: a crash while a
 * connection is torn down belongs to the case that was before. */
#ifndef VUS_RUN_WORKER_H
#define VUS_RUN_WORKER_H

#include <stdbool.h>

enum vus_worker_state {
	VUS_W_IDLE,    /* the next variant may begin */
	VUS_W_CASE,    /* a case's process runs */
	VUS_W_JUDGING, /* at once: what did the case come to? */
	VUS_W_MAY_END, /* the case was not heard; is the instance dying? */
	VUS_W_ASK,     /* it is not: does it serve a new connection? */
	VUS_W_ENDING,  /* at once: how is the instance ended? */
	VUS_W_CHECK,   /* before that: does it serve a new connection? */
	VUS_W_WATCH,   /* nobody is connected: does it rest? */
	VUS_W_LEAVE,   /* all is closed: it may end by itself */
	VUS_W_TERM,    /* SIGTERM sent */
	VUS_W_KILL,    /* SIGKILL sent */
	VUS_W_DONE,    /* nothing more to do */
	VUS_W_NSTATES,
};

enum vus_worker_event {
	VUS_WE_NONE, /* of an action: nothing happens before the next wait */
	/* What is waited for. */
	VUS_WE_PROCESS_ENDED,  /* the process of a case or a check */
	VUS_WE_INSTANCE_ENDED, /* the instance's process */
	VUS_WE_TIMEOUT,        /* the state's time is over */
	/* IDLE: what there is to do. */
	VUS_WE_CASE_DUE,     /* a variant is to run */
	VUS_WE_NO_CASE,      /* none is, and the instance is still there */
	VUS_WE_NOTHING_LEFT, /* neither */
	/* From actions. */
	VUS_WE_NOT_BEGUN,   /* the case or the check has no process */
	VUS_WE_INTERRUPTED, /* the run was, and the case with it */
	VUS_WE_UNHEARD,     /* no answer to the case; the instance lives */
	VUS_WE_CASE_OVER,   /* its result is known */
	VUS_WE_NO_TARGET,   /* there is no target: it could not be run */
	VUS_WE_TARGET_LOST, /* it ended before this case, for good */
	VUS_WE_BLAME_LAST,  /* the case before broke it; this one runs again */
	VUS_WE_JUDGE,       /* the case is judged by its own result */
	VUS_WE_RUN_AGAIN,   /* it failed on a used instance */
	VUS_WE_KEEP,        /* the instance may serve on */
	VUS_WE_REPLACE,     /* it is to end */
	VUS_WE_CHECKED,     /* the answer of a reaccept check is known */
	VUS_WE_TO_DROP,     /* ENDING: it has ended already */
	VUS_WE_TO_LEAVE,    /* ... it ends by itself */
	VUS_WE_TO_CHECK,    /* ... not before a reaccept check */
	VUS_WE_TO_WATCH,    /* ... not before it was seen to rest */
	VUS_WE_TO_TERM,     /* ... it is told to */
	VUS_WE_IN_CHILD,    /* this is the child: leave the machine */
	VUS_WE_NEVENTS,
};

enum vus_worker_action {
	VUS_WA_NONE,
	VUS_WA_BEGIN_CASE,     /* start an instance where none is, and fork */
	VUS_WA_COLLECT,        /* reap the case's process, read its result */
	VUS_WA_END_CASE,       /* the same, by force */
	VUS_WA_SKIP_CASE,      /* report it as not run */
	VUS_WA_LOOK_AT_TARGET, /* see how the target is after the case */
	VUS_WA_LOOK_AT_TARGET_UNHEARD, /* ... after one that was not heard */
	VUS_WA_STOP_RUN,               /* say why there is no target */
	VUS_WA_LOSE_TARGET, /* blame the case before, skip this one */
	VUS_WA_BLAME_LAST,  /* blame the case before, keep this one */
	VUS_WA_JUDGE,       /* the verdict of the case */
	VUS_WA_KEEP_RESULT, /* remember it, and run the case again */
	VUS_WA_BEGIN_CHECK, /* fork a reaccept check */
	VUS_WA_READ_CHECK,  /* reap it, read its answer */
	VUS_WA_JUDGE_CHECK, /* what it says of the last case */
	VUS_WA_CHOOSE_END,  /* how is the instance to end? */
	VUS_WA_SEE_REST,    /* how much processor time has it used? */
	VUS_WA_NOTE_STAY,   /* it does not end by itself */
	VUS_WA_TERMINATE,   /* SIGTERM */
	VUS_WA_KILL,        /* SIGKILL */
	VUS_WA_DROP,        /* report the last case, forget the instance */
	VUS_WA_REAP,        /* the same, after its process has ended */
	VUS_WA_NACTIONS,
};

/* What a state waits for. */
enum vus_worker_wait {
	VUS_WAITS_NOT,          /* for nothing: IDLE, DONE, "at once" */
	VUS_WAITS_FOR_PROCESS,  /* of a case or a check */
	VUS_WAITS_FOR_INSTANCE, /* to end */
};

struct vus_worker_step {
	enum vus_worker_state next;
	enum vus_worker_action action;
	bool known; /* false: the event does not belong to the state */
};

struct vus_worker_step vus_worker_step(enum vus_worker_state state,
				       enum vus_worker_event event);
enum vus_worker_wait vus_worker_waits(enum vus_worker_state state);

/* A case has ended: what is known about it and the target. */
struct vus_case_facts {
	bool heard;      /* it got an answer, or had no need of one */
	bool reused;     /* the instance had served others before */
	bool runs_again; /* it was begun before, on another instance */
	bool restarts;   /* there can be another instance */
	bool lost;       /* the target ended, and there cannot be another */
	bool never_ran; /* the command could not be run at all, or ends alone */
};

/* NO_TARGET, TARGET_LOST, BLAME_LAST or JUDGE. */
enum vus_worker_event vus_worker_case_event(const struct vus_case_facts *facts);

#endif
