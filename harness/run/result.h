/* SPDX-License-Identifier: BSD-3-Clause */
/* result.h — what one variant of one case came to.
 *
 * A case's process writes it into memory it shares with the runner, line by
 * line, so that nothing is lost when it dies.  The structs are plain data. */
#ifndef VUS_RUN_RESULT_H
#define VUS_RUN_RESULT_H

#include "check.h"
#include "verdict.h"

#include "base/text.h"
#include "mem/backing.h"
#include "proc/output_scan.h"
#include "spec/rule.h"

#include <stdbool.h>
#include <sys/types.h>

struct vus_case;

#define VUS_RESULT_EXCHANGE (256 * 1024) /* bytes of decoded exchange kept */
#define VUS_RESULT_RULES    16           /* different rules judged */

/* Written by the case's process. */
struct vus_result {
	bool finished; /* the case's process came to its end */
	enum vus_verdict verdict;
	char rule[64];     /* of the check that failed, or of the need */
	char end_rule[64]; /* that an end of the peer breaks, or "" */
	char reason[512];  /* what the peer did; why skipped */
	char expected[256];
	char seen[256];
	char check[VUS_CHECK_NAME]; /* that failed, by name; or "" */
	char file[96];              /* where the check stands */
	int line;
	char judged[VUS_RESULT_RULES]
		   [64]; /* rules whose checks were evaluated */
	unsigned njudged;
	bool peer_closed;    /* the connection ended before we ended it */
	bool may_close;      /* it was right to close it on something sent */
	bool peer_stuck;     /* it did not answer the last barrier */
	bool released;       /* it was seen whether the peer let go */
	size_t exchange_len; /* bytes written, more than are kept if cut */
	/* Lines, the last ones when full; NUL-terminated.  Reports see a copy
	 * that ends there. */
	char exchange[VUS_RESULT_EXCHANGE];
};

/* What the same variant came to on another instance. */
struct vus_other_result {
	enum vus_verdict verdict;
	char *reason;                    /* owned */
	const struct vus_result *result; /* owned, or NULL */
};

/* One variant to run, and what became of it; filled by the runner. */
struct vus_variant {
	const struct vus_case *c;
	char group[32];
	char id[160]; /* group.name[memory,row=x] */
	enum vus_backing_kind memory;
	unsigned row;
	unsigned repeat; /* 0 .. --repeat - 1 */

	/* Known once it has run. */
	bool done;
	bool not_run; /* the run ended before its turn */
	bool waits;   /* it needs a rule, and is reported at the end */
	bool settled; /* it was reported at the end */
	enum vus_verdict verdict;
	const struct vus_rule *rule; /* that failed or is needed, or NULL */
	const struct vus_result
		*result; /* owned by the runner; NULL if skipped */
	char *reason;    /* owned */
	/* UNSTABLE: it failed as above, and on a fresh instance came to this;
	 * owned, else NULL. */
	struct vus_other_result *other;
	/* A known deviation, which does not fail the run: the reason that the
	 * baseline gives, kept by reference; or NULL. */
	const char *known;
	off_t said;        /* bytes of the peer's output before it began */
	char *peer_stderr; /* owned, its last bytes since then, or NULL */
	char peer_end[96]; /* "exit status 1", "signal 11 (SIGSEGV)", "" */
	bool crashed;      /* findings of this kind stay private */
	char cause[VUS_OUTCRY_LINE]; /* of a crash: its words, "": none */
	double seconds;              /* wall time */
};

/* "verdict counts" of a run. */
struct vus_summary {
	unsigned counts[VUS_BROKEN + 1];
	unsigned judged, applying;      /* rules: judged N of M that apply */
	unsigned known[VUS_BROKEN + 1]; /* of them the baseline has */
	double seconds;
	bool interrupted;
	int interrupt_signal;
	/* Why so little was judged that the run is no pass, or "". */
	char incomplete[256];
};

/* Why a whole run could not take place (exit status 3). */
struct vus_no_target {
	char text[1200];
};

#endif
