/* SPDX-License-Identifier: BSD-3-Clause */
/* cause.h — what did not pass, by its cause.
 *
 * A cause is a rule; a crash's is the rule with the crash's fingerprint; what
 * has no rule is told apart by its reason.  Variants that were skipped because
 * they need a rule are counted under it. */
#ifndef VUS_REPORT_CAUSE_H
#define VUS_REPORT_CAUSE_H

#include "run/result.h"

/* What a deviation does, the gravest first. */
enum vus_harm {
	VUS_HARM_CRASH,
	VUS_HARM_CORRUPTION,
	VUS_HARM_HANG,
	VUS_HARM_LEAK,
	VUS_HARM_MUST, /* fails, and nothing of the above is known of it */
	VUS_HARM_SHOULD,
	VUS_HARM_OURS, /* vuspec's own failure */
};

struct vus_cause {
	enum vus_harm harm;           /* the gravest that was seen */
	enum vus_verdict verdict;     /* of the variant with that harm */
	const struct vus_rule *rule;  /* or NULL */
	char print[17];               /* of a crash, or "" */
	char *reason;                 /* owned: of what has no rule, or "" */
	const struct vus_variant **v; /* owned: what shows it, in order */
	unsigned rows;                /* of `v` */
	unsigned cases, known, needed;
};

struct vus_causes {
	struct vus_cause *p; /* owned */
	size_t n;
};

/* Is it one of those that have a cause: neither a pass nor a skip? */
bool vus_verdict_is_bad(enum vus_verdict v);
enum vus_harm vus_variant_harm(const struct vus_variant *v);
/* "crash", "hang", ... or the level of the rule. */
const char *vus_harm_word(enum vus_harm harm, const struct vus_rule *rule);
/* A text that is the same for all variants of one cause; nothing for a pass,
 * and for a skip that needs no rule. */
void vus_variant_cause(const struct vus_variant *v, struct vus_text *ret);

/* A reason without what differs from run to run: paths, long numbers. */
void vus_reason_squeeze(const char *reason, struct vus_text *ret);

void vus_causes_add(struct vus_causes *all, const struct vus_variant *v);
/* When all were added: count what was skipped for need of a cause, and put the
 * gravest first; known ones come last. */
void vus_causes_sort(struct vus_causes *all,
		     const struct vus_variant *const *skipped, size_t n);
void vus_causes_free(struct vus_causes *all);

#endif
