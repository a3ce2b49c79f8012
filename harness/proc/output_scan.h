/* SPDX-License-Identifier: BSD-3-Clause */
/* output_scan.h — the last words of a program that goes wrong, in what a peer
 * printed. */
#ifndef VUS_PROC_OUTPUT_SCAN_H
#define VUS_PROC_OUTPUT_SCAN_H

#include <stdbool.h>
#include <sys/types.h>

#define VUS_OUTCRY_LINE 160 /* bytes of it that are kept, with the NUL */

enum vus_outcry_kind {
	VUS_CRIES_NOT,
	VUS_CRIES_SANITIZER, /* a sanitizer's report */
	VUS_CRIES_PANIC,     /* of a language's run time; a traceback */
	VUS_CRIES_ASSERTION, /* one that failed */
};

struct vus_outcry {
	enum vus_outcry_kind kind;
	char line[VUS_OUTCRY_LINE]; /* the first of its kind */
};

/* Look at whole lines from *from on, and move it behind them. */
void vus_output_scan(int fd, off_t *from, struct vus_outcry *ret);

/* The line without what differs from run to run: addresses and numbers. */
void vus_outcry_cause(const char *line, char ret[VUS_OUTCRY_LINE]);

#endif
