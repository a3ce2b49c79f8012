/* SPDX-License-Identifier: BSD-3-Clause */
/* peer_kind.h — what a run has learned about how its target serves connections.
 *
 * A run begins without that knowledge.  Each event moves the peer from one kind
 * to the next, by one table; what a kind means for the cases that follow is a
 * row of another one.  Nothing here touches a process. */
#ifndef VUS_RUN_PEER_KIND_H
#define VUS_RUN_PEER_KIND_H

#include <stdbool.h>

enum vus_peer_kind {
	VUS_PEER_NEW,            /* no case has been judged yet */
	VUS_PEER_UNKNOWN,        /* nor has any shown how it serves another */
	VUS_PEER_SERVES_MANY,    /* it served a second connection */
	VUS_PEER_REFUSES_SECOND, /* it lived, and did not serve one */
	VUS_PEER_REFUSES_LATER,  /* it has done both */
	/* It ended by itself after one plain session, or after two: does it
	 * always? */
	VUS_PEER_ENDED_ONCE,
	VUS_PEER_ENDED_TWICE,
	VUS_PEER_ONE_SHOT,       /* it ends by itself after any session */
	VUS_PEER_ONE_SHOT_LATER, /* the same, though it served a second one */
	/* It ends by itself after a session, but one that lived did not serve
	 * a second connection. */
	VUS_PEER_ONE_SHOT_REFUSES,
	VUS_PEER_SINGLE, /* {fd}: there is only the connection it is given */
	VUS_PEER_GONE,   /* it ended, and cannot be started again */
	VUS_PEER_NKINDS,
};

enum vus_peer_event {
	VUS_PEER_FIRST_JUDGED,  /* the first case has its verdict */
	VUS_PEER_SECOND_SERVED, /* an instance answered a further session */
	/* An instance lives and left a further connection without an answer;
	 * there is a case before it that can be blamed. */
	VUS_PEER_REFUSED_AFTER_CASE,
	/* The same, without such a case, or without a reaccept check. */
	VUS_PEER_REFUSED,
	VUS_PEER_CHECK_ANSWERED, /* a reaccept check was served */
	/* An instance ended by itself, status 0 ... */
	VUS_PEER_ENDED_PLAINLY, /* ... after a session in which nothing was
				 * tried */
	VUS_PEER_ENDED_BY_CASE, /* ... after a case's session */
	VUS_PEER_LEFT,          /* ... as a front-end does in the end */
	VUS_PEER_STAYED,        /* it did not, after a session like the first */
	VUS_PEER_LOST,          /* it ended, and cannot be started again */
	VUS_PEER_NEVENTS,
};

/* Where an event leads. */
struct vus_peer_step {
	enum vus_peer_kind next;
	/* The case before it broke the reaccept rule: what the peer did for
	 * other cases it no longer did after this one. */
	bool blames_case;
};

/* What a kind means for the run. */
struct vus_peer_policy {
	const char *name;
	bool first_alone;  /* other workers wait for the first case */
	bool is_confirmed; /* more plain sessions show if it always ends */
	bool fresh;        /* each case gets an instance of its own */
	bool leaves;       /* an instance ends by itself after its session */
	bool one_shot;     /* ... and that is reported as the peer's way */
	bool is_watched;   /* without a connection it must rest */
	bool is_asked;     /* a last instance must serve a new connection */
	/* No second connection was ever served: a case that needs one cannot
	 * judge by it. */
	bool refuses_second;
	bool gone; /* no further case can run */
};

struct vus_peer_step vus_peer_step(enum vus_peer_kind kind,
				   enum vus_peer_event event);
const struct vus_peer_policy *vus_peer_policy(enum vus_peer_kind kind);

#endif
