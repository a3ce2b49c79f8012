/* SPDX-License-Identifier: BSD-3-Clause */
/* case.h — what a case is, and the few words it speaks.
 *
 * A case is one function with its metadata as fields; defining it registers
 * it.  It runs in a process of its own, on a connection of its own, before a
 * deadline, and holds no clean-up code: locals own what they hold, and a check
 * that fails returns from the case.
 *
 *	VUS_CASE(mmap_offset_is_respected,
 *		 .title = "a region begins at its mmap offset",
 *		 .rules = { "mem_table.offset_nonzero" },
 *		 .start = VUS_START_RUNNING, .each_memory = true)
 *	{
 *		...
 *		VUS_CHECK(t, "mem_table.offset_nonzero", got == want,
 *			  "read 0x%x from the region's start, not 0x%x", got,
 *want);
 *	}
 *
 * The case's id is GROUP.NAME, GROUP being its file's name without ".c". */
#ifndef VUS_RUN_CASE_H
#define VUS_RUN_CASE_H

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

struct vus_case {
	const char *name;
	const char *file;
	int line;
	const char *party; /* who is tested: "backend" (default), "frontend" */
	const char *title; /* a sentence that is true of a good peer */
	const char *rules[VUS_CASE_RULES]; /* every rule its checks cite */
	enum vus_start start;
	/* Of a front-end under test: what it must acknowledge, and what is not
	 * offered to it. */
	uint64_t needs;    /* protocol features the peer must offer, PF() */
	uint64_t needs_vf; /* virtio features the peer must offer, VF() */
	uint64_t without;  /* protocol features not to acknowledge */
	uint64_t without_vf;
	unsigned queues;     /* rings to set up; 0: one */
	const char *devices; /* "blk invert": only these; NULL: any */
	bool pings;          /* sends requests through a driver */
	bool writes;         /* writes to what the device stores */
	bool each_memory;    /* a variant a kind of memory */
	/* Begun before others, since it takes long, or a peer that fails it
	 * does; one that has served nobody yet is not asked twice then. */
	bool early;
	unsigned stimuli; /* front-ends: what it is told, VUS_BIT(VUS_DO_x) */
	uint64_t min_memory; /* bytes of guest memory it needs, 0: any */
	const char *rows[VUS_CASE_ROWS]; /* names of its rows; none: one run */
	void (*run)(struct vus_ctx *t);
};

/* What a case is handed.  `session` belongs to the party's fixture; cases
 * reach it through a typed accessor of theirs. */
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
	unsigned rounds;     /* effort: repeats of a loop */
	const char *spec;    /* version of the text judged by, NULL: latest */
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

/* End the case unless `cond` holds.  The verdict is fail or warn, by the
 * rule's level; the text says what the peer did. */
#define VUS_CHECK(t, rule, cond, ...)                                          \
	do {                                                                   \
		/* What is told of it must be read when it is known. */        \
		const bool vus_held = (cond);                                  \
                                                                               \
		if (!vus_check((t), (rule), vus_held, #cond, __FILE__,         \
			       __LINE__, __VA_ARGS__))                         \
			return;                                                \
	} while (0)

/* End the case unless `outcome` is one of `allowed` (a mask). */
#define VUS_EXPECT(t, rule, outcome, allowed)                                  \
	do {                                                                   \
		if (!vus_expect((t), (rule), (outcome), (allowed), #outcome,   \
				__FILE__, __LINE__))                           \
			return;                                                \
	} while (0)

/* A step on the way that another case judges: if it fails the case is
 * "skip: needs RULE", with the error's words; kind SYSTEM is broken. */
#define VUS_PREREQ(t, rule, step, err)                                         \
	do {                                                                   \
		if (!(step)) {                                                 \
			vus_prereq_failed((t), (rule), (err), __FILE__,        \
					  __LINE__);                           \
			return;                                                \
		}                                                              \
	} while (0)

/* A step of our own that no good peer can break.  What the host lacks for it is
 * a skip that begins with "env:" and names the remedy (env.h), and so is a step
 * that what the peer did has made impossible (kind PROTOCOL), with that as its
 * reason: another case judges it. */
#define VUS_SETUP(t, step, err)                                                \
	do {                                                                   \
		if (!(step)) {                                                 \
			vus_setup_failed((t), (err), __FILE__, __LINE__);      \
			return;                                                \
		}                                                              \
	} while (0)

#define VUS_SKIP(t, ...)                                                       \
	do {                                                                   \
		vus_skip((t), __VA_ARGS__);                                    \
		return;                                                        \
	} while (0)

/* A look at the peer's process failed: nothing can be judged. */
#define VUS_UNOBSERVABLE(t, err)                                               \
	do {                                                                   \
		vus_unobservable((t), (err));                                  \
		return;                                                        \
	} while (0)

/* The functions behind the macros; helpers of cases may use them, returning
 * false upwards. */
bool vus_check(struct vus_ctx *t, const char *rule, bool holds,
	       const char *expr, const char *file, int line, const char *fmt,
	       ...) VUS_PRINTF(7, 8);
bool vus_expect(struct vus_ctx *t, const char *rule, enum vus_outcome outcome,
		unsigned allowed, const char *expr, const char *file, int line);
void vus_prereq_failed(struct vus_ctx *t, const char *rule,
		       const struct vus_err *err, const char *file, int line);
void vus_setup_failed(struct vus_ctx *t, const struct vus_err *err,
		      const char *file, int line);
void vus_skip(struct vus_ctx *t, const char *fmt, ...) VUS_PRINTF(2, 3);
/* A look at the peer from outside failed: skip, with the remedy where the host
 * is to blame. */
void vus_unobservable(struct vus_ctx *t, const struct vus_err *err);

/* A line of the exchange that is not a frame: "kick ring 0". */
void vus_note(struct vus_ctx *t, const char *fmt, ...) VUS_PRINTF(2, 3);

/* The trace to hand to links; its lines outlive this process's death. */
const struct vus_trace *vus_ctx_trace(struct vus_ctx *t);

/* The peer's process as the runner knows it (embedded or CMD): 0 when only a
 * socket is known.  A pidfd that is readable once it died, or -1. */
int vus_peer_pid(const struct vus_ctx *t);
int vus_peer_pidfd(const struct vus_ctx *t);

/* The process that serves a connected socket, to be watched from outside; 0
 * when it is not ours to watch, or not to be found out. */
int vus_peer_server(struct vus_ctx *t, int fd);

/* For fixtures, when the case is over: the session was closed by the peer, or
 * no longer answers.  The second fails a case that had passed. */
void vus_peer_note_end(struct vus_ctx *t, bool closed, bool stuck);
/* Or before it began: it was waited for, took no connection and did not end. */
void vus_peer_note_unreachable(struct vus_ctx *t);

/* Tell the SIGBUS handler that [addr, addr+len) of the file `fd` is shared
 * with the peer: a fault there ends the case as fail when the file became
 * smaller, elsewhere and otherwise (no page is left for it) as broken. */
void vus_shared_range(struct vus_ctx *t, const void *addr, size_t len, int fd);

#endif
