/* SPDX-License-Identifier: BSD-3-Clause */
/* json.c — the report for programs: the document as it is. */
#include "document.h"
#include "output.h"

static void json_end(struct vus_output *o, const struct vus_report *r)
{
	if (json_dumpf(r->document->root, o->to,
		       JSON_INDENT(1) | JSON_REAL_PRECISION(6)) != 0 ||
	    fputc('\n', o->to) == EOF)
		o->failed = true;
}

const struct vus_reporter vus_reporter_json = {
	.format = "json",
	.collects = true,
	.end = json_end,
};
