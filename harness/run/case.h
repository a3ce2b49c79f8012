/* SPDX-License-Identifier: BSD-3-Clause */
/* case.h — what a case is, and the macros that it uses.
 *
 * A case is one function with its metadata as fields; defining it registers it.
 * It runs in its own process, on its own connection, with a deadline, and needs
 * no clean-up code: local variables own what they hold (VUS_AUTO_FD ...), and a
 * check that fails returns from the case.
 *
 *	VUS_CASE(mmap_offset_is_respected,
 *		 .title = "a region begins at its mmap offset",
 *		 .rules = { "mem_table.offset_nonzero" },
 *		 .start = VUS_START_RUNNING, .each_memory = true)
 *	{
 *		...
 *		VUS_STEP(t, vus_step_ping_offer(t, 0, t->seed, &ping));
 *		VUS_CHECK(t, "mem_table.offset_nonzero", got == want,
 *			  "the request is read at the mmap offset",
 *			  "0x%x was read, not 0x%x", got, want);
 *	}
 *
 * The case's id is GROUP.NAME, GROUP being its file's name without ".c". */
#ifndef VUS_RUN_CASE_H
#define VUS_RUN_CASE_H

#include "check.h"
#include "verdict.h"

#include "base/err.h"
#include "base/text.h"
#include "link/link.h"
#include "link/outcome.h"
#include "mem/backing.h"
#include "spec/rule.h"

/* How far the fixture brings a session before the case begins. */
enum vus_start {
	VUS_START_CONNECTED,  /* nothing sent yet */
	VUS_START_NEGOTIATED, /* features, protocol features, owner */
	VUS_START_MEMORY,     /* + memory announced */
	VUS_START_VRINGS,     /* + rings set up, not enabled */
	VUS_START_RUNNING,    /* + rings enabled */
};

#define VUS_CASE_RULES 16
#define VUS_CASE_ROWS  32

struct vus_ctx;

/* A case as it is declared.  VUS_CASE() sets name, file, line and run; every
 * other field may be left out.  `vuspec list --format json` shows all. */
struct vus_case {
	const char *name; /* a sentence that is true of a good peer */
	const char *file; /* where it is declared */
	int line;
	/* The side that it tests: "backend" (NULL) or "frontend". */
	const char *party;
	const char *title; /* the same in words, for users */
	/* Every rule that its checks cite; the first is the one it is about. */
	const char *rules[VUS_CASE_RULES];
	/* Cases that test back-ends: how far the session is brought. */
	enum vus_start start;

	/* ---- conditions: without them the case is skipped ---- */
	/* Features that the peer must offer or, as a front-end, acknowledge:
	 * PF(MQ) | PF(CONFIG), VF(RING_EVENT_IDX). */
	uint64_t needs;
	uint64_t needs_vf;
	/* Only with these devices, "blk invert"; NULL: with any. */
	const char *devices;
	/* It sends requests, for which there must be a driver of the device. */
	bool pings;
	/* It writes to what the device stores, which must be allowed. */
	bool writes;
	/* It does so also where the probe has seen that nothing is kept, since
	 * it judges that. */
	bool judges_storage;
	/* Front-ends: the stimuli it needs, VUS_BIT(VUS_DO_IO) | ... */
	unsigned stimuli;

	/* ---- the session ---- */
	/* Features that are not acknowledged to a back-end, or not offered to a
	 * front-end, although they usually are. */
	uint64_t without;
	uint64_t without_vf;
	/* Rings that the fixture sets up (VUS_START_VRINGS and later); 0: one.
	 * The peer must have as many. */
	unsigned queues;
	/* Bytes of guest memory that it gets at least, whatever -m says. */
	uint64_t min_memory;

	/* ---- variants and order ---- */
	bool each_memory; /* one variant for each of shm, memfd and file */
	/* One variant for each of these names, t->row; none: one variant. */
	const char *rows[VUS_CASE_ROWS];
	/* Starts right after the first variant of the run, because it takes
	 * long, or makes a bad peer take long. */
	bool early;
	void (*run)(struct vus_ctx *t);
};

/* What a case is passed.  `session` belongs to the party's fixture; cases use
 * it through the fixture's typed accessor. */
struct vus_ctx {
	const struct vus_case *c;
	enum vus_backing_kind memory; /* of this variant */
	const char *memory_path;      /* FILE: folder, or NULL */
	uint64_t memory_size;         /* -m, bytes */
	unsigned row;                 /* index into c->rows */
	uint64_t seed;
	unsigned quiet_ms;   /* how long silence must last */
	unsigned request_ms; /* deadline of one request */
	uint64_t deadline;   /* of the whole case, ns */
	unsigned rounds;     /* --effort: how often a loop repeats */
	const char *file;    /* where a verdict is reported, VUS_AT() */
	int line;
	const char *spec; /* version of the specification, NULL: latest */
	void *session;
	void *host; /* the runner's side: run/ only */
};

#define VUS_CASE(cname, ...)                                                   \
	static void cname(struct vus_ctx *t);                                  \
	static const struct vus_case vus_case_##cname = { .name = #cname,      \
							  .file = __FILE__,    \
							  .line = __LINE__,    \
							  .run = cname,        \
							  __VA_ARGS__ };       \
	static const struct vus_case *const vus_entry_##cname                  \
		__attribute__((used, retain, section("vus_cases"))) =          \
			&vus_case_##cname;                                     \
	static void cname(struct vus_ctx *t)

/* Where a verdict that is set from now on is reported: at this line.  The value
 * is `t`, so that a helper of a case file may hand it on:
 *
 *	return vus_step_ping(VUS_AT(t), rule, 0, t->seed); */
#define VUS_AT(t) vus_at((t), __FILE__, __LINE__)

/* End the case unless `cond` holds.  The verdict is fail or warn, by the rule's
 * level.  `want` is a sentence that says what a good peer does ("the call comes
 * within the deadline"); the format and what follows say what was seen. */
#define VUS_CHECK(t, rule, cond, want, ...)                                    \
	do {                                                                   \
		/* What was seen must be read when it is known. */             \
		const bool vus_held = (cond);                                  \
                                                                               \
		if (!vus_check_at(VUS_AT(t), VUS_CHECK_SITE(#want), (rule),    \
				  vus_held, (want), __VA_ARGS__))              \
			return;                                                \
	} while (0)

/* End the case unless `outcome` is one of `allowed` (a mask); `what` names what
 * was sent ("SET_VRING_NUM with 3 descriptors"). */
#define VUS_EXPECT(t, rule, outcome, allowed, what)                            \
	do {                                                                   \
		const enum vus_outcome vus_seen = (outcome);                   \
                                                                               \
		if (!vus_expect_at(VUS_AT(t), VUS_CHECK_SITE(#what), (rule),   \
				   vus_seen, (allowed), (what)))               \
			return;                                                \
	} while (0)

/* End the case when a step, a call that returns false once it has set the
 * case's verdict, returns false.  What the step judges is reported at this
 * line. */
#define VUS_STEP(t, step)                                                      \
	do {                                                                   \
		(void)VUS_AT(t);                                               \
		if (!(step)) {                                                 \
			vus_step_ended((t));                                   \
			return;                                                \
		}                                                              \
	} while (0)

/* A step on the way that another case judges: if it fails the case is
 * "skip: needs RULE", with the error's words; kind SYSTEM is broken.  If the
 * rule is among the case's own, or the same had worked before in this session
 * (err.lapsed), the case fails by that rule.  A run in which nothing else
 * explains the need fails by it, too (needs.h). */
#define VUS_PREREQ(t, rule, step, err)                                         \
	do {                                                                   \
		if (!(step)) {                                                 \
			vus_prereq_failed(VUS_AT(t), (rule), (err));           \
			return;                                                \
		}                                                              \
	} while (0)

/* A step of our own, which no good peer can make fail: the case is broken.  If
 * the host lacks something for it, the case is a skip that begins with "env:"
 * and names the remedy (env.h); if the peer has made it impossible (kind
 * PROTOCOL), a skip with that reason: another case judges it. */
#define VUS_SETUP(t, step, err)                                                \
	do {                                                                   \
		if (!(step)) {                                                 \
			vus_setup_failed(VUS_AT(t), (err));                    \
			return;                                                \
		}                                                              \
	} while (0)

#define VUS_SKIP(t, ...)                                                       \
	do {                                                                   \
		vus_skip((t), __VA_ARGS__);                                    \
		return;                                                        \
	} while (0)

/* The peer's process cannot be observed: nothing can be judged. */
#define VUS_UNOBSERVABLE(t, err)                                               \
	do {                                                                   \
		vus_unobservable((t), (err));                                  \
		return;                                                        \
	} while (0)

/* The functions behind the macros, for steps and helpers, which return false
 * upwards.  They report at the place that the case gave last. */
struct vus_ctx *vus_at(struct vus_ctx *t, const char *file, int line);
#define vus_check(t, rule, holds, want, ...)                                   \
	vus_check_at((t), VUS_CHECK_SITE(#want), (rule), (holds), (want),      \
		     __VA_ARGS__)
bool vus_check_at(struct vus_ctx *t, const struct vus_check_site *site,
		  const char *rule, bool holds, const char *want,
		  const char *fmt, ...) VUS_PRINTF(6, 7);
#define vus_expect(t, rule, outcome, allowed, what)                            \
	vus_expect_at((t), VUS_CHECK_SITE(#what), (rule), (outcome),           \
		      (allowed), (what))
bool vus_expect_at(struct vus_ctx *t, const struct vus_check_site *site,
		   const char *rule, enum vus_outcome outcome, unsigned allowed,
		   const char *what);
void vus_step_ended(struct vus_ctx *t);
/* Does the case name the rule among those its checks cite? */
bool vus_case_cites(const struct vus_case *c, const char *rule);
/* What the case does from now on harms nobody but the front-end that does it:
 * an end of the peer is a breach of this rule, whose level decides. */
void vus_end_breaks(struct vus_ctx *t, const char *rule);
/* What the case has sent, or does from now on, may end the session, and no
 * vus_expect() says so. */
void vus_may_close(struct vus_ctx *t);
void vus_prereq_failed(struct vus_ctx *t, const char *rule,
		       const struct vus_err *err);
void vus_setup_failed(struct vus_ctx *t, const struct vus_err *err);
void vus_skip(struct vus_ctx *t, const char *fmt, ...) VUS_PRINTF(2, 3);
/* The peer cannot be observed from outside: skip, with the remedy if the host
 * is the cause. */
void vus_unobservable(struct vus_ctx *t, const struct vus_err *err);

/* A line of the exchange that is not a frame: "kick ring 0". */
void vus_note(struct vus_ctx *t, const char *fmt, ...) VUS_PRINTF(2, 3);

/* The trace for links; its lines outlive this process. */
const struct vus_trace *vus_ctx_trace(struct vus_ctx *t);

/* For fixtures: the trace of a connection that begins, whose frames the
 * monitors watch (monitor/monitor.h).  All links of the connection use it, and
 * no other.  `device` (or NULL) is what --device names. */
const struct vus_trace *vus_ctx_connection(struct vus_ctx *t,
					   const char *device);

/* The peer's process as the runner knows it (embedded or CMD); 0: only a socket
 * is known.  A pidfd that is readable once it has ended, or -1. */
int vus_peer_pid(const struct vus_ctx *t);
int vus_peer_pidfd(const struct vus_ctx *t);

/* The process that serves a connected socket, to be observed from outside; 0:
 * it cannot be observed, or is not known. */
int vus_peer_server(struct vus_ctx *t, int fd);

/* For fixtures, when the case is over: the peer closed the session, or no
 * longer answers.  The latter fails a case that had passed. */
void vus_peer_note_end(struct vus_ctx *t, bool closed, bool stuck);
/* Or before it began: the peer accepted no connection, and did not exit. */
void vus_peer_note_unreachable(struct vus_ctx *t);
/* The program that steers the peer cannot be run: no case can be judged. */
void vus_note_no_control(struct vus_ctx *t, const struct vus_err *err);

/* Tell the SIGBUS handler that [addr, addr+len) of the file `fd` is shared with
 * the peer: an access there fails the case when the file became smaller, and
 * skips it when the host has no page left.  Other faults break the case. */
void vus_shared_range(struct vus_ctx *t, const void *addr, size_t len, int fd);

#endif
