/* SPDX-License-Identifier: BSD-3-Clause */
/* baseline.h — known deviations of a target, as a file that people review.
 *
 * A line each, tab separated: id, verdict (fail or warn), rule, reason, link.
 * The id is a variant's, or a case's for all of its variants; the last two
 * columns may be missing.  Lines that begin with # and empty ones are kept as
 * they stand.
 *
 * What a line says does not fail the run.  A line whose case ran, and came to
 * something else, has changed: that fails it, also when it got better, so that
 * the file stays true.  Lines of cases that did not run are left alone. */
#ifndef VUS_REPORT_BASELINE_H
#define VUS_REPORT_BASELINE_H

#include "run/result.h"

struct vus_baseline_line {
	char *text; /* the line itself; owned */
	/* Inside a copy of it; id NULL: a comment. */
	const char *id, *rule, *reason, *link;
	char *cells; /* owned */
	enum vus_verdict verdict;
	/* What the run has shown so far. */
	bool ran, confirmed;
	enum vus_verdict now; /* the worst, when it ran */
};

struct vus_baseline {
	const char *path; /* kept by reference */
	struct vus_baseline_line *lines;
	size_t n;
};

/* Kind USAGE names file, line and what is wrong there; a file that is not
 * there is an error unless `may_lack`. */
VUS_MUST_CHECK bool vus_baseline_read(const char *path, bool may_lack,
				      struct vus_baseline *ret,
				      struct vus_err *err);
void vus_baseline_free(struct vus_baseline *b);

/* 3 a failure, 2 an unstable one, 1 a warning, 0 neither. */
int vus_verdict_severity(enum vus_verdict v);

/* A variant has ended: remember it.  Returns the reason (maybe empty) when it
 * is a known deviation, else NULL. */
const char *vus_baseline_note(struct vus_baseline *b,
			      const struct vus_variant *v);

/* The line says of a variant that deviates what it came to. */
bool vus_baseline_line_says(const struct vus_baseline_line *k,
			    const struct vus_variant *v);
/* Lines that ran and came to something else. */
bool vus_baseline_line_changed(const struct vus_baseline_line *k);
/* To something milder. */
bool vus_baseline_line_improved(const struct vus_baseline_line *k);
size_t vus_baseline_changes(const struct vus_baseline *b);
/* One of them is no improvement. */
bool vus_baseline_fails(const struct vus_baseline *b);
/* "fail is now pass: better", for people. */
void vus_baseline_line_describe(const struct vus_baseline_line *k,
				struct vus_text *ret);

/* Write what the variants came to, by way of `b`: its comments, its order, and
 * the reasons and links of what is still seen are kept, and so are lines of
 * what did not run.  The file is replaced as a whole. */
VUS_MUST_CHECK bool vus_baseline_write(const struct vus_baseline *b,
				       const char *path,
				       const struct vus_variant *variants,
				       size_t n, struct vus_err *err);

#endif
