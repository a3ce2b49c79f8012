/* SPDX-License-Identifier: BSD-3-Clause */
/* output.h — one reporter a format.
 *
 * The runner calls begin once, result as each variant ends, end once (also
 * when interrupted, or when the target never spoke: `no_target` is not NULL
 * and there are no results).  Results arrive in the order in which they end;
 * formats that want another order collect. */
#ifndef VUS_REPORT_OUTPUT_H
#define VUS_REPORT_OUTPUT_H

#include "run/case.h"
#include "run/result.h"

#include <stdio.h>

struct vus_run_options;

struct vus_report {
	const struct vus_run_options *opt;
	const char *target; /* "embedded fake-backend", the command, the path */
	const char *device;
	const struct vus_variant *variants;
	size_t n;
	const struct vus_summary *summary;     /* at end */
	const struct vus_no_target *no_target; /* at end, or NULL */
	bool one_shot; /* the target ends at disconnect */
};

struct vus_output {
	const char *format; /* "human", "json", "junit", "tap" */
	FILE *to;           /* closed by `end` unless it is stdout */
	bool failed;        /* after end: not everything could be written */
	void *state;        /* the reporter's own */
	void (*begin)(struct vus_output *o, const struct vus_report *r);
	void (*result)(struct vus_output *o, const struct vus_report *r,
		       const struct vus_variant *v);
	void (*end)(struct vus_output *o, const struct vus_report *r);
	void (*drop)(struct vus_output *o); /* frees `state` */
};

/* Make one by name, writing to `to` (NULL: stdout); NULL for an unknown
 * format.  Free with vus_output_free(). */
struct vus_output *vus_output_new(const char *format, FILE *to);
/* Without a further word to `to`, which stays open where `end` was not called:
 * the run was refused. */
void vus_output_free(struct vus_output *o);
/* "human, json, junit, tap" */
void vus_output_formats(struct vus_text *ret);

/* What each reporter offers; vus_output_new() knows them by name. */
struct vus_reporter {
	const char *format;
	void (*begin)(struct vus_output *o, const struct vus_report *r);
	void (*result)(struct vus_output *o, const struct vus_report *r,
		       const struct vus_variant *v);
	void (*end)(struct vus_output *o, const struct vus_report *r);
	void (*drop)(struct vus_output *o); /* `state` is not NULL */
};
extern const struct vus_reporter vus_reporter_human;
extern const struct vus_reporter vus_reporter_json;
extern const struct vus_reporter vus_reporter_junit;
extern const struct vus_reporter vus_reporter_tap;

/* Flush and close `o->to` (unless it is stdout), noting failure. */
void vus_output_close(struct vus_output *o);

/* The words every format shares (words.c). */

/* "vuspec test-backend --filter 'mem.x[shm]' -- CMD" */
void vus_report_rerun(const struct vus_report *r, const struct vus_variant *v,
		      struct vus_text *ret);

/* Is this what fails a run?  A warning of a SHOULD does with --level should,
 * every warning with --level may. */
bool vus_report_deviates(const struct vus_run_options *opt,
			 const struct vus_variant *v);
/* The same, unless the baseline has it. */
bool vus_report_fails_run(const struct vus_run_options *opt,
			  const struct vus_variant *v);

/* Is this a crash whose details stay private (no --show-crashes)?  Then a
 * report that may be passed on carries case, rule, signal, fingerprint. */
bool vus_report_private(const struct vus_report *r,
			const struct vus_variant *v);
/* 16 hexadecimal digits: the same crash of the same case has the same ones in
 * every run. */
const char *vus_report_fingerprint(const struct vus_variant *v, char buf[17]);

/* Append text that came from a peer so that neither a terminal nor a parser
 * takes harm: valid UTF-8 without control characters, line feeds and tabs
 * kept, every other byte as \xNN. */
void vus_report_escape(struct vus_text *ret, const char *text, size_t len);

/* vhost-user, "Header" */
void vus_report_heading(const struct vus_rule *rule, struct vus_text *ret);

/* Everything known about a variant's verdict, as labelled texts. */
struct vus_details {
	struct {
		const char *label;    /* "rule", "says", "saw", ... */
		struct vus_text text; /* clean; may have several lines */
		bool verbatim;        /* lines are not to be wrapped */
	} item[12];
	unsigned n;
};

/* Of exchange and stderr the last `max_lines` lines; `hide` leaves out what
 * must stay private. */
void vus_report_details(const struct vus_report *r, const struct vus_variant *v,
			bool hide, unsigned max_lines, struct vus_details *ret);
void vus_details_free(struct vus_details *d);
#define VUS_AUTO_DETAILS                                                       \
	__attribute__((cleanup(vus_details_free))) struct vus_details

#endif
