/* SPDX-License-Identifier: BSD-3-Clause */
/* toy_cases.h — cases for the toy party, one a way in which a case can end. */
#ifndef VUS_UNIT_TOY_CASES_H
#define VUS_UNIT_TOY_CASES_H

#include "run/case.h"

extern const struct vus_case toy_passes, toy_fails, toy_fails_in_step,
	toy_ends_without_verdict, toy_warns, toy_skips, toy_lacks,
	toy_lacks_its_own, toy_lacks_what_worked, toy_breaks,
	toy_cites_undeclared, toy_checks_nothing, toy_exits, toy_overruns,
	toy_aborts_peer, toy_aborts_peer_later, toy_stirs_sanitizer,
	toy_ends_peer, toy_wants_first, toy_needs_feature, toy_needs_queues,
	toy_loses_shared_memory, toy_loses_own_memory, toy_finds_no_page,
	toy_lacks_room, toy_is_in_the_way, toy_judges_late_rule_too,
	toy_judges_late_rule_only, toy_makes_peer_deaf, toy_makes_peer_go_away,
	toy_cannot_send, toy_blames_peer_for_ours, toy_makes_peer_busy,
	toy_warns_and_makes_peer_busy, toy_ends_peer_plainly,
	toy_ends_peer_that_may_close, toy_makes_peer_panic;

/* Where toy_fails_in_step calls its step. */
extern const int toy_step_line;

#endif
