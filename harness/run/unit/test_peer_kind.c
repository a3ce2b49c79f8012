/* SPDX-License-Identifier: BSD-3-Clause */
/* test_peer_kind.c — what each event says about a peer of each kind. */
#include "run/peer_kind.h"

#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define KIND(name)  VUS_PEER_##name
#define EVENT(name) VUS_PEER_##name

/* Every pair that leads to another kind, or blames a case. */
static const struct {
	enum vus_peer_kind from;
	enum vus_peer_event event;
	enum vus_peer_kind to;
	bool blames_case;
} changes[] = {
	{ KIND(NEW), EVENT(FIRST_JUDGED), KIND(UNKNOWN), false },
	{ KIND(NEW), EVENT(SECOND_SERVED), KIND(SERVES_MANY), false },
	{ KIND(NEW), EVENT(REFUSED_AFTER_CASE), KIND(REFUSES_SECOND), false },
	{ KIND(NEW), EVENT(REFUSED), KIND(REFUSES_SECOND), false },
	{ KIND(NEW), EVENT(ENDED_PLAINLY), KIND(ENDED_ONCE), false },
	{ KIND(NEW), EVENT(ENDED_BY_CASE), KIND(NEW), true },
	{ KIND(NEW), EVENT(LEFT), KIND(ONE_SHOT), false },
	{ KIND(NEW), EVENT(LOST), KIND(GONE), false },
	{ KIND(UNKNOWN), EVENT(SECOND_SERVED), KIND(SERVES_MANY), false },
	{ KIND(UNKNOWN), EVENT(REFUSED_AFTER_CASE), KIND(REFUSES_SECOND),
	  false },
	{ KIND(UNKNOWN), EVENT(REFUSED), KIND(REFUSES_SECOND), false },
	{ KIND(UNKNOWN), EVENT(ENDED_BY_CASE), KIND(UNKNOWN), true },
	{ KIND(UNKNOWN), EVENT(LEFT), KIND(ONE_SHOT), false },
	{ KIND(UNKNOWN), EVENT(LOST), KIND(GONE), false },
	{ KIND(ENDED_ONCE), EVENT(FIRST_JUDGED), KIND(UNKNOWN), false },
	{ KIND(ENDED_ONCE), EVENT(SECOND_SERVED), KIND(SERVES_MANY), false },
	{ KIND(ENDED_ONCE), EVENT(REFUSED_AFTER_CASE), KIND(REFUSES_SECOND),
	  false },
	{ KIND(ENDED_ONCE), EVENT(REFUSED), KIND(REFUSES_SECOND), false },
	{ KIND(ENDED_ONCE), EVENT(ENDED_PLAINLY), KIND(ENDED_TWICE), false },
	{ KIND(ENDED_ONCE), EVENT(ENDED_BY_CASE), KIND(ENDED_ONCE), true },
	{ KIND(ENDED_ONCE), EVENT(LEFT), KIND(ONE_SHOT), false },
	{ KIND(ENDED_ONCE), EVENT(STAYED), KIND(UNKNOWN), false },
	{ KIND(ENDED_ONCE), EVENT(LOST), KIND(GONE), false },
	{ KIND(ENDED_TWICE), EVENT(FIRST_JUDGED), KIND(UNKNOWN), false },
	{ KIND(ENDED_TWICE), EVENT(SECOND_SERVED), KIND(SERVES_MANY), false },
	{ KIND(ENDED_TWICE), EVENT(REFUSED_AFTER_CASE), KIND(REFUSES_SECOND),
	  false },
	{ KIND(ENDED_TWICE), EVENT(REFUSED), KIND(REFUSES_SECOND), false },
	{ KIND(ENDED_TWICE), EVENT(ENDED_PLAINLY), KIND(ONE_SHOT), false },
	{ KIND(ENDED_TWICE), EVENT(ENDED_BY_CASE), KIND(ENDED_TWICE), true },
	{ KIND(ENDED_TWICE), EVENT(LEFT), KIND(ONE_SHOT), false },
	{ KIND(ENDED_TWICE), EVENT(STAYED), KIND(UNKNOWN), false },
	{ KIND(ENDED_TWICE), EVENT(LOST), KIND(GONE), false },
	{ KIND(SERVES_MANY), EVENT(REFUSED_AFTER_CASE), KIND(SERVES_MANY),
	  true },
	{ KIND(SERVES_MANY), EVENT(REFUSED), KIND(REFUSES_LATER), false },
	{ KIND(SERVES_MANY), EVENT(ENDED_BY_CASE), KIND(SERVES_MANY), true },
	{ KIND(SERVES_MANY), EVENT(LEFT), KIND(ONE_SHOT_LATER), false },
	{ KIND(SERVES_MANY), EVENT(LOST), KIND(GONE), false },
	{ KIND(REFUSES_LATER), EVENT(REFUSED_AFTER_CASE), KIND(REFUSES_LATER),
	  true },
	{ KIND(REFUSES_LATER), EVENT(ENDED_BY_CASE), KIND(REFUSES_LATER),
	  true },
	{ KIND(REFUSES_LATER), EVENT(LEFT), KIND(ONE_SHOT_LATER), false },
	{ KIND(REFUSES_LATER), EVENT(LOST), KIND(GONE), false },
	{ KIND(REFUSES_SECOND), EVENT(SECOND_SERVED), KIND(REFUSES_LATER),
	  false },
	{ KIND(REFUSES_SECOND), EVENT(ENDED_PLAINLY), KIND(ONE_SHOT_REFUSES),
	  false },
	{ KIND(REFUSES_SECOND), EVENT(ENDED_BY_CASE), KIND(ONE_SHOT_REFUSES),
	  false },
	{ KIND(REFUSES_SECOND), EVENT(LEFT), KIND(ONE_SHOT_REFUSES), false },
	{ KIND(REFUSES_SECOND), EVENT(LOST), KIND(GONE), false },
	{ KIND(ONE_SHOT), EVENT(SECOND_SERVED), KIND(ONE_SHOT_LATER), false },
	{ KIND(ONE_SHOT), EVENT(REFUSED_AFTER_CASE), KIND(ONE_SHOT_REFUSES),
	  false },
	{ KIND(ONE_SHOT), EVENT(REFUSED), KIND(ONE_SHOT_REFUSES), false },
	{ KIND(ONE_SHOT), EVENT(LOST), KIND(GONE), false },
	{ KIND(ONE_SHOT_LATER), EVENT(REFUSED_AFTER_CASE), KIND(ONE_SHOT_LATER),
	  true },
	{ KIND(ONE_SHOT_LATER), EVENT(LOST), KIND(GONE), false },
	{ KIND(ONE_SHOT_REFUSES), EVENT(SECOND_SERVED), KIND(ONE_SHOT_LATER),
	  false },
	{ KIND(ONE_SHOT_REFUSES), EVENT(LOST), KIND(GONE), false },
	{ KIND(SINGLE), EVENT(LOST), KIND(GONE), false },
};

static struct vus_peer_step expected(enum vus_peer_kind from,
				     enum vus_peer_event event)
{
	for (size_t i = 0; i < VUS_COUNT(changes); i++)
		if (changes[i].from == from && changes[i].event == event)
			return (struct vus_peer_step){
				.next = changes[i].to,
				.blames_case = changes[i].blames_case,
			};
	return (struct vus_peer_step){ .next = from };
}

static void every_event_in_every_kind(void **state)
{
	(void)state;
	for (unsigned k = 0; k < VUS_PEER_NKINDS; k++) {
		for (unsigned e = 0; e < VUS_PEER_NEVENTS; e++) {
			const struct vus_peer_step want = expected(k, e);
			const struct vus_peer_step got = vus_peer_step(k, e);

			if (got.next != want.next ||
			    got.blames_case != want.blames_case)
				fail_msg("kind %u, event %u: %u %u, not %u %u",
					 k, e, got.next, got.blames_case,
					 want.next, want.blames_case);
		}
	}
}

/* The kinds tell apart what used to be three facts: did it serve a second
 * connection, did it refuse one, did it end by itself? */
struct facts {
	bool served, refused, ended;
};

static void learn(struct facts *f, enum vus_peer_event event)
{
	f->served |= event == VUS_PEER_SECOND_SERVED;
	f->ended |=
		event == VUS_PEER_LEFT ||
		(event == VUS_PEER_ENDED_BY_CASE && f->refused && !f->served);
	f->refused |= event == VUS_PEER_REFUSED ||
		      (event == VUS_PEER_REFUSED_AFTER_CASE && !f->served);
}

static void agree(const struct facts *f, enum vus_peer_kind kind)
{
	const struct vus_peer_policy *p = vus_peer_policy(kind);
	const struct vus_peer_step check =
		vus_peer_step(kind, VUS_PEER_REFUSED_AFTER_CASE);

	assert_int_equal(p->one_shot, f->ended);
	assert_int_equal(p->leaves, f->ended);
	assert_int_equal(p->fresh, f->ended || f->refused);
	assert_int_equal(p->is_watched, !f->ended);
	assert_int_equal(p->is_asked, !f->ended && f->served && !f->refused);
	assert_int_equal(p->refuses_second, f->refused && !f->served);
	assert_int_equal(check.blames_case, f->served);
	assert_false(p->gone);
}

/* All histories of six events, plain sessions and their ends aside. */
static void kinds_hold_all_that_was_learned(void **state)
{
	static const enum vus_peer_event all[] = {
		VUS_PEER_FIRST_JUDGED,
		VUS_PEER_SECOND_SERVED,
		VUS_PEER_REFUSED_AFTER_CASE,
		VUS_PEER_REFUSED,
		VUS_PEER_CHECK_ANSWERED,
		VUS_PEER_ENDED_BY_CASE,
		VUS_PEER_LEFT,
	};
	enum { EVENTS = VUS_COUNT(all), LENGTH = 6 };
	unsigned histories = 1;

	(void)state;
	for (unsigned i = 0; i < LENGTH; i++)
		histories *= EVENTS;
	for (unsigned h = 0; h < histories; h++) {
		enum vus_peer_kind kind = VUS_PEER_NEW;
		struct facts f = { 0 };

		for (unsigned i = 0, rest = h; i < LENGTH; i++) {
			const enum vus_peer_event event = all[rest % EVENTS];

			rest /= EVENTS;
			kind = vus_peer_step(kind, event).next;
			learn(&f, event);
			agree(&f, kind);
		}
	}
}

/* One clean end proves nothing, nor do two. */
static void three_plain_sessions_make_a_one_shot_peer(void **state)
{
	enum vus_peer_kind kind = VUS_PEER_NEW;

	(void)state;
	for (int i = 0; i < 2; i++) {
		kind = vus_peer_step(kind, VUS_PEER_ENDED_PLAINLY).next;
		assert_false(vus_peer_policy(kind)->one_shot);
		assert_true(vus_peer_policy(kind)->is_confirmed);
		assert_int_equal(vus_peer_step(kind, VUS_PEER_STAYED).next,
				 VUS_PEER_UNKNOWN);
	}
	kind = vus_peer_step(kind, VUS_PEER_ENDED_PLAINLY).next;
	assert_true(vus_peer_policy(kind)->one_shot);
}

static void one_connection_teaches_nothing(void **state)
{
	const struct vus_peer_policy *p = vus_peer_policy(VUS_PEER_SINGLE);

	(void)state;
	assert_true(p->fresh && p->leaves);
	assert_false(p->one_shot || p->is_watched || p->is_asked || p->gone);
	for (unsigned e = 0; e < VUS_PEER_LOST; e++)
		assert_int_equal(vus_peer_step(VUS_PEER_SINGLE, e).next,
				 VUS_PEER_SINGLE);
}

static void each_kind_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned a = 0; a < VUS_PEER_NKINDS; a++)
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(vus_peer_policy(a)->name,
						vus_peer_policy(b)->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_in_every_kind),
		cmocka_unit_test(kinds_hold_all_that_was_learned),
		cmocka_unit_test(three_plain_sessions_make_a_one_shot_peer),
		cmocka_unit_test(one_connection_teaches_nothing),
		cmocka_unit_test(each_kind_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
