/* SPDX-License-Identifier: BSD-3-Clause */
/* peer_kind.c — the table of what a run learns about its target. */
#include "peer_kind.h"

#include "base/array.h"

#include <assert.h>

#ifdef NDEBUG
#error "assertions are part of the program"
#endif

/* Short names, for the tables. */
enum {
	NEW = VUS_PEER_NEW,
	UNKNOWN = VUS_PEER_UNKNOWN,
	MANY = VUS_PEER_SERVES_MANY,
	REFUSES = VUS_PEER_REFUSES_SECOND,
	LATER = VUS_PEER_REFUSES_LATER,
	ONCE = VUS_PEER_ENDED_ONCE,
	TWICE = VUS_PEER_ENDED_TWICE,
	ONE = VUS_PEER_ONE_SHOT,
	ONE_L = VUS_PEER_ONE_SHOT_LATER,
	ONE_R = VUS_PEER_ONE_SHOT_REFUSES,
	SINGLE = VUS_PEER_SINGLE,
	GONE = VUS_PEER_GONE,
	same, /* the kind stays */
	blame /* it stays, and the case that was before broke the rule */
};

/* clang-format off */
/*
 * A peer that was seen to serve a second connection is expected to do so after
 * every case: `blame`.  Of one that was not, only the kind is learned.  Three
 * plain sessions, each followed by a clean end, make a one-shot peer; an end
 * after a case is that case's doing, unless the peer was seen to serve no second
 * connection. */
static const unsigned char steps[VUS_PEER_NKINDS][VUS_PEER_NEVENTS] = {
/*	     FIRST_   SECOND_  REFUSED_ REFUSED  CHECK_   ENDED_   ENDED_
 *	     JUDGED   SERVED   AFTER_C.          ANSWERED PLAINLY  BY_CASE
 *	     LEFT     STAYED   LOST */
[NEW]    = { UNKNOWN, MANY,    REFUSES, REFUSES, same,    ONCE,    blame,
	     ONE,     same,    GONE },
[UNKNOWN]= { same,    MANY,    REFUSES, REFUSES, same,    same,    blame,
	     ONE,     same,    GONE },
[MANY]   = { same,    same,    blame,   LATER,   same,    same,    blame,
	     ONE_L,   same,    GONE },
[REFUSES]= { same,    LATER,   same,    same,    same,    ONE_R,   ONE_R,
	     ONE_R,   same,    GONE },
[LATER]  = { same,    same,    blame,   same,    same,    same,    blame,
	     ONE_L,   same,    GONE },
[ONCE]   = { UNKNOWN, MANY,    REFUSES, REFUSES, same,    TWICE,   blame,
	     ONE,     UNKNOWN, GONE },
[TWICE]  = { UNKNOWN, MANY,    REFUSES, REFUSES, same,    ONE,     blame,
	     ONE,     UNKNOWN, GONE },
[ONE]    = { same,    ONE_L,   ONE_R,   ONE_R,   same,    same,    same,
	     same,    same,    GONE },
[ONE_L]  = { same,    same,    blame,   same,    same,    same,    same,
	     same,    same,    GONE },
[ONE_R]  = { same,    ONE_L,   same,    same,    same,    same,    same,
	     same,    same,    GONE },
[SINGLE] = { same,    same,    same,    same,    same,    same,    same,
	     same,    same,    GONE },
[GONE]   = { same,    same,    same,    same,    same,    same,    same,
	     same,    same,    same },
};
/* clang-format on */

static const struct vus_peer_policy policies[VUS_PEER_NKINDS] = {
	[NEW] = { .name = "new", .first_alone = true, .is_watched = true },
	[UNKNOWN] = { .name = "unknown", .is_watched = true },
	[MANY] = { .name = "serves many",
		   .is_watched = true,
		   .is_asked = true },
	[REFUSES] = { .name = "refuses a second connection",
		      .fresh = true,
		      .is_watched = true,
		      .refuses_second = true },
	[LATER] = { .name = "refuses connections later",
		    .fresh = true,
		    .is_watched = true },
	[ONCE] = { .name = "ended once",
		   .first_alone = true,
		   .is_confirmed = true,
		   .is_watched = true },
	[TWICE] = { .name = "ended twice",
		    .first_alone = true,
		    .is_confirmed = true,
		    .is_watched = true },
	[ONE] = { .name = "one-shot",
		  .fresh = true,
		  .leaves = true,
		  .one_shot = true },
	[ONE_L] = { .name = "one-shot later",
		    .fresh = true,
		    .leaves = true,
		    .one_shot = true },
	[ONE_R] = { .name = "one-shot, or refuses",
		    .fresh = true,
		    .leaves = true,
		    .one_shot = true,
		    .refuses_second = true },
	[SINGLE] = { .name = "single connection",
		     .fresh = true,
		     .leaves = true },
	[GONE] = { .name = "gone", .is_watched = true, .gone = true },
};

struct vus_peer_step vus_peer_step(enum vus_peer_kind kind,
				   enum vus_peer_event event)
{
	unsigned step;

	assert((unsigned)kind < VUS_PEER_NKINDS);
	assert((unsigned)event < VUS_PEER_NEVENTS);
	step = steps[kind][event];
	return (struct vus_peer_step){
		.next = step < VUS_PEER_NKINDS ? (enum vus_peer_kind)step
					       : kind,
		.blames_case = step == blame,
	};
}

const struct vus_peer_policy *vus_peer_policy(enum vus_peer_kind kind)
{
	assert((unsigned)kind < VUS_COUNT(policies));
	return &policies[kind];
}
