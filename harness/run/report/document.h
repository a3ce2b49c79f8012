/* SPDX-License-Identifier: BSD-3-Clause */
/* document.h — a run's results, once, for every reporter.
 *
 * The document is the JSON report: docs/report.schema.json describes it.  A
 * record is made as a variant's result comes in, and kept where a reporter
 * collects; the rest follows when the run has ended.  Every text in it is clean
 * (vus_report_escape()). */
#ifndef VUS_REPORT_DOCUMENT_H
#define VUS_REPORT_DOCUMENT_H

#include "run/result.h"

#include <jansson.h>
#include <stdint.h>
#include <time.h>

struct vus_report;

struct vus_document {
	json_t **results; /* one a variant; NULL: it did not run */
	size_t n;
	bool collects;
	json_t *record; /* of the result that came last */
	uint64_t began; /* ns, by the clock that deadlines have */
	time_t at;      /* the same, by the calendar */
	json_t *root;   /* after vus_document_end() */
};

/* Running out of memory aborts. */
struct vus_document *vus_document_new(size_t n, bool collects);
void vus_document_free(struct vus_document *d);
/* A variant has ended: make its record.  One that is tried again replaces what
 * was said first. */
void vus_document_add(struct vus_document *d, const struct vus_report *r,
		      const struct vus_variant *v);
/* No more results will come: make the root. */
void vus_document_end(struct vus_document *d, const struct vus_report *r);

/* A record of its own; `hide` leaves out what must stay private. */
json_t *vus_record_new(const struct vus_report *r, const struct vus_variant *v,
		       bool hide);

/* A string of hostile bytes, clean. */
json_t *vus_json_clean(const char *s, size_t len);
/* A string of an object, "" for whatever is none. */
const char *vus_json_text(const json_t *object, const char *key);
json_int_t vus_json_number(const json_t *object, const char *key);
bool vus_json_flag(const json_t *object, const char *key);

#endif
