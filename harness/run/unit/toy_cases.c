/* SPDX-License-Identifier: BSD-3-Clause */
/* toy_cases.c — cases for the toy party, one a way in which a case can end. */
#include "toy_cases.h"

#include "base/clock.h"
#include "toy_party.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define TOY_CASE(cname, ...)                                                   \
	static void cname(struct vus_ctx *t);                                  \
	const struct vus_case toy_##cname = { .name = #cname,                  \
					      .file = "cases/toy.c",           \
					      .run = cname,                    \
					      __VA_ARGS__ };                   \
	static void cname(struct vus_ctx *t)

TOY_CASE(passes, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'p') == 'P', "the peer answers P",
		  "no answer");
}

TOY_CASE(fails, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'p') == 'Q', "the peer answers Q",
		  "answered %c", 'P');
}

static bool toy_step(struct vus_ctx *t)
{
	return vus_check(t, TOY_MUST, toy_ask(t, 'p') == 'Q',
			 "the peer answers Q", "answered %c", 'P');
}

TOY_CASE(fails_in_step, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_STEP(t, toy_step(t));
}
const int toy_step_line = __LINE__ - 2;

TOY_CASE(ends_without_verdict, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_STEP(t, toy_ask(t, 'p') == 'Q');
}

TOY_CASE(warns, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_EXPECT(t, TOY_SHOULD, VUS_CLOSED, VUS_ACCEPTED | VUS_REFUSED,
		   "a word");
}

TOY_CASE(skips, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_SKIP(t, "not offered: %d", 7);
}

TOY_CASE(lacks, .rules = { TOY_SHOULD })
{
	struct vus_err err = { .kind = VUS_ERR_TIMEOUT, .text = "no reply" };

	VUS_PREREQ(t, TOY_MUST, false, &err);
}

TOY_CASE(lacks_its_own, .rules = { TOY_MUST })
{
	struct vus_err err = { .kind = VUS_ERR_TIMEOUT, .text = "no reply" };

	VUS_PREREQ(t, TOY_MUST, false, &err);
}

TOY_CASE(lacks_what_worked, .rules = { TOY_SHOULD })
{
	struct vus_err err = { .kind = VUS_ERR_TIMEOUT,
			       .lapsed = true,
			       .text = "no reply" };

	VUS_PREREQ(t, TOY_MUST, false, &err);
}

TOY_CASE(breaks, .rules = { TOY_MUST, TOY_SHOULD })
{
	struct vus_err err = { .kind = VUS_ERR_SYSTEM, .text = "no space" };

	VUS_PREREQ(t, TOY_MUST, false, &err);
}

TOY_CASE(cites_undeclared, .rules = { TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, true, "the rule is declared", "x");
}

TOY_CASE(checks_nothing, .rules = { TOY_MUST, TOY_SHOULD })
{
	(void)toy_ask(t, 'p');
}

TOY_CASE(exits, .rules = { TOY_MUST, TOY_SHOULD })
{
	(void)t;
	_exit(9);
}

TOY_CASE(overruns, .rules = { TOY_MUST, TOY_SHOULD })
{
	(void)toy_ask(t, 'p');
	vus_pause(VUS_NEVER);
}

TOY_CASE(aborts_peer, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_SHOULD, toy_ask(t, 'x') == 0,
		  "the peer does not answer", "it answered");
}

TOY_CASE(aborts_peer_later, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'd') == 'P', "the peer answers P",
		  "no answer");
}

TOY_CASE(stirs_sanitizer, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 's') == 'P', "the peer answers P",
		  "no answer");
}

TOY_CASE(ends_peer, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'e') == 0, "the peer does not answer",
		  "it answered");
}

/* It is not about surviving, and nothing was sent on which the peer may end. */
TOY_CASE(ends_peer_plainly, .rules = { TOY_MUST })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'e') == 0, "the peer does not answer",
		  "it answered");
}

TOY_CASE(ends_peer_that_may_close, .rules = { TOY_MUST })
{
	VUS_EXPECT(t, TOY_MUST,
		   toy_ask(t, 'e') == 0 ? VUS_CLOSED : VUS_ACCEPTED,
		   VUS_REFUSED | VUS_CLOSED, "a word");
}

TOY_CASE(makes_peer_panic, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_EXPECT(t, TOY_MUST,
		   toy_ask(t, 'q') == 0 ? VUS_CLOSED : VUS_ACCEPTED,
		   VUS_REFUSED | VUS_CLOSED, "a word");
}

TOY_CASE(wants_first, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'r') == 'P', "the peer is used first",
		  "was used before");
}

TOY_CASE(needs_feature, .needs = PF(CONFIGURE_MEM_SLOTS))
{
	(void)t;
}

TOY_CASE(needs_queues, .queues = 3)
{
	(void)t;
}

TOY_CASE(loses_shared_memory, .rules = { TOY_MUST, TOY_SHOULD })
{
	int fd = memfd_create("toy", MFD_CLOEXEC);
	volatile char *p;

	assert_int_equal(ftruncate(fd, 4096), 0);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	vus_shared_range(t, (const void *)(uintptr_t)p, 4096, fd);
	assert_int_equal(ftruncate(fd, 0), 0);
	VUS_CHECK(t, TOY_MUST, p[7] == 0, "the page is readable", "readable");
}

/* A page that the file never had is as one that cannot be had any more. */
TOY_CASE(finds_no_page, .rules = { TOY_MUST, TOY_SHOULD })
{
	int fd = memfd_create("toy", MFD_CLOEXEC);
	volatile char *p;

	assert_int_equal(ftruncate(fd, 4096), 0);
	p = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	vus_shared_range(t, (const void *)(uintptr_t)p, 8192, fd);
	VUS_CHECK(t, TOY_MUST, p[4097] == 0, "the page is readable",
		  "readable");
}

TOY_CASE(loses_own_memory, .rules = { TOY_MUST, TOY_SHOULD })
{
	volatile char *p =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	VUS_CHECK(t, TOY_MUST, p[7] == 0, "the page is readable", "readable");
}

TOY_CASE(makes_peer_deaf, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'n') == 'P', "the peer answers P",
		  "no answer");
}

TOY_CASE(makes_peer_go_away, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'g') == 'P', "the peer answers P",
		  "no answer");
}

TOY_CASE(makes_peer_busy, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'b') == 'P', "the peer answers P",
		  "no answer");
}

TOY_CASE(warns_and_makes_peer_busy, .rules = { TOY_MUST, TOY_SHOULD })
{
	VUS_CHECK(t, TOY_SHOULD, toy_ask(t, 'b') == 'Q', "the peer answers Q",
		  "answered %c", 'P');
}

TOY_CASE(lacks_room, .rules = { TOY_MUST, TOY_SHOULD })
{
	struct vus_err err = { .kind = VUS_ERR_SYSTEM,
			       .sys = ENOSPC,
			       .text = "no space" };

	VUS_SETUP(t, false, &err);
}

/* Our own side fails, and what the case makes of it. */
TOY_CASE(cannot_send, .rules = { TOY_MUST, TOY_SHOULD })
{
	const struct vus_trace *trace = vus_ctx_connection(t, NULL);
	struct vus_err err = { .kind = VUS_ERR_SYSTEM, .text = "sending" };

	trace->trouble(trace->ctx, &err);
	VUS_EXPECT(t, TOY_MUST, VUS_UNKNOWN, VUS_ACCEPTED | VUS_REFUSED,
		   "a word");
}

TOY_CASE(blames_peer_for_ours, .rules = { TOY_MUST, TOY_SHOULD })
{
	const struct vus_trace *trace = vus_ctx_connection(t, NULL);
	struct vus_err err = { .kind = VUS_ERR_SYSTEM,
			       .sys = EMFILE,
			       .text = "sending" };

	trace->trouble(trace->ctx, &err);
	VUS_CHECK(t, TOY_MUST, false, "the peer answers", "no answer");
}

TOY_CASE(is_in_the_way, .rules = { TOY_MUST, TOY_SHOULD })
{
	struct vus_err err = { .kind = VUS_ERR_PROTOCOL,
			       .text = "nothing came back" };

	VUS_SETUP(t, false, &err);
}

TOY_CASE(judges_late_rule_too, .rules = { TOY_MUST, TOY_LATE })
{
	VUS_CHECK(t, TOY_LATE, true, "the late rule holds", "kept");
	VUS_CHECK(t, TOY_MUST, toy_ask(t, 'p') == 'P', "the peer answers P",
		  "no answer");
	VUS_EXPECT(t, TOY_LATE, VUS_CLOSED, VUS_ACCEPTED, "a word");
}

TOY_CASE(judges_late_rule_only, .rules = { TOY_LATE })
{
	VUS_CHECK(t, TOY_LATE, false, "the late rule holds", "broken");
}
