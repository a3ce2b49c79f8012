/* SPDX-License-Identifier: BSD-3-Clause */
/* worker.c — the states of a worker: an event in a state gives an action and
 * the next state. */
#include "worker.h"

#include "base/array.h"

#include <assert.h>

#ifdef NDEBUG
#error "assertions are part of the program"
#endif

/* clang-format off */
static const struct {
	enum vus_worker_state state;
	enum vus_worker_event event;
	enum vus_worker_action action;
	enum vus_worker_state next;
} steps[] = {
#define STEP(s, e, a, n) { VUS_W_##s, VUS_WE_##e, VUS_WA_##a, VUS_W_##n }
	/*   in       on              does                    is then */
	STEP(IDLE,    CASE_DUE,       BEGIN_CASE,             CASE),
	STEP(IDLE,    NO_CASE,        CHOOSE_END,             ENDING),
	STEP(IDLE,    NOTHING_LEFT,   NONE,                   DONE),

	STEP(CASE,    NOT_BEGUN,      NONE,                   IDLE),
	STEP(CASE,    PROCESS_ENDED,  COLLECT,                JUDGING),
	STEP(CASE,    TIMEOUT,        END_CASE,               JUDGING),

	STEP(JUDGING, INTERRUPTED,    SKIP_CASE,              IDLE),
	STEP(JUDGING, UNHEARD,        NONE,                   MAY_END),
	STEP(JUDGING, CASE_OVER,      LOOK_AT_TARGET,         JUDGING),
	STEP(JUDGING, NO_TARGET,      STOP_RUN,               JUDGING),
	STEP(JUDGING, TARGET_LOST,    LOSE_TARGET,            JUDGING),
	STEP(JUDGING, BLAME_LAST,     BLAME_LAST,             JUDGING),
	STEP(JUDGING, JUDGE,          JUDGE,                  JUDGING),
	STEP(JUDGING, RUN_AGAIN,      KEEP_RESULT,            JUDGING),
	STEP(JUDGING, KEEP,           NONE,                   IDLE),
	STEP(JUDGING, REPLACE,        CHOOSE_END,             ENDING),

	STEP(MAY_END, INSTANCE_ENDED, LOOK_AT_TARGET_UNHEARD, JUDGING),
	STEP(MAY_END, TIMEOUT,        BEGIN_CHECK,            ASK),

	STEP(ASK,     PROCESS_ENDED,  READ_CHECK,             ASK),
	STEP(ASK,     TIMEOUT,        READ_CHECK,             ASK),
	STEP(ASK,     NOT_BEGUN,      LOOK_AT_TARGET_UNHEARD, JUDGING),
	STEP(ASK,     CHECKED,        LOOK_AT_TARGET_UNHEARD, JUDGING),

	STEP(ENDING,  TO_DROP,        DROP,                   IDLE),
	STEP(ENDING,  TO_LEAVE,       NONE,                   LEAVE),
	STEP(ENDING,  TO_CHECK,       BEGIN_CHECK,            CHECK),
	STEP(ENDING,  TO_WATCH,       NONE,                   WATCH),
	STEP(ENDING,  TO_TERM,        TERMINATE,              TERM),
	STEP(ENDING,  INSTANCE_ENDED, REAP,                   IDLE),

	STEP(CHECK,   PROCESS_ENDED,  READ_CHECK,             CHECK),
	STEP(CHECK,   TIMEOUT,        READ_CHECK,             CHECK),
	STEP(CHECK,   NOT_BEGUN,      JUDGE_CHECK,            ENDING),
	STEP(CHECK,   CHECKED,        JUDGE_CHECK,            ENDING),

	STEP(WATCH,   INSTANCE_ENDED, REAP,                   IDLE),
	STEP(WATCH,   TIMEOUT,        SEE_REST,               ENDING),

	STEP(LEAVE,   INSTANCE_ENDED, REAP,                   IDLE),
	STEP(LEAVE,   TIMEOUT,        NOTE_STAY,              ENDING),

	STEP(TERM,    INSTANCE_ENDED, REAP,                   IDLE),
	STEP(TERM,    TIMEOUT,        KILL,                   KILL),

	/* Not even SIGKILL ends it at once: keep waiting. */
	STEP(KILL,    INSTANCE_ENDED, REAP,                   IDLE),
	STEP(KILL,    TIMEOUT,        NONE,                   KILL),
#undef STEP
};
/* clang-format on */

struct vus_worker_step vus_worker_step(enum vus_worker_state state,
				       enum vus_worker_event event)
{
	for (size_t i = 0; i < VUS_COUNT(steps); i++)
		if (steps[i].state == state && steps[i].event == event)
			return (struct vus_worker_step){
				.next = steps[i].next,
				.action = steps[i].action,
				.known = true,
			};
	return (struct vus_worker_step){ .next = state };
}

enum vus_worker_wait vus_worker_waits(enum vus_worker_state state)
{
	static const enum vus_worker_wait waits[VUS_W_NSTATES] = {
		[VUS_W_CASE] = VUS_WAITS_FOR_PROCESS,
		[VUS_W_MAY_END] = VUS_WAITS_FOR_INSTANCE,
		[VUS_W_ASK] = VUS_WAITS_FOR_PROCESS,
		[VUS_W_CHECK] = VUS_WAITS_FOR_PROCESS,
		[VUS_W_WATCH] = VUS_WAITS_FOR_INSTANCE,
		[VUS_W_LEAVE] = VUS_WAITS_FOR_INSTANCE,
		[VUS_W_TERM] = VUS_WAITS_FOR_INSTANCE,
		[VUS_W_KILL] = VUS_WAITS_FOR_INSTANCE,
	};

	assert((unsigned)state < VUS_W_NSTATES);
	return waits[state];
}

enum vus_worker_event vus_worker_case_event(const struct vus_case_facts *facts)
{
	if (facts->never_ran)
		return VUS_WE_NO_TARGET;
	if (facts->lost && !facts->heard)
		return VUS_WE_TARGET_LOST;
	/* The instance died, or no longer answers, since the case before. */
	if (!facts->heard && facts->reused && facts->restarts &&
	    !facts->runs_again)
		return VUS_WE_BLAME_LAST;
	return VUS_WE_JUDGE;
}
