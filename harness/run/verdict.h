/* SPDX-License-Identifier: BSD-3-Clause */
/* verdict.h — what a case can come to. */
#ifndef VUS_RUN_VERDICT_H
#define VUS_RUN_VERDICT_H

enum vus_verdict {
	VUS_PASS,
	VUS_FAIL,
	VUS_UNSTABLE, /* failed on a used instance, and not on a fresh one */
	VUS_WARN,
	VUS_SKIP,
	VUS_BROKEN,
};
const char *vus_verdict_name(enum vus_verdict v);

#endif
