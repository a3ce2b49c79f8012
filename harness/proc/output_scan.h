/* SPDX-License-Identifier: BSD-3-Clause */
/* output_scan.h — sanitizer reports in what a peer printed. */
#ifndef VUS_PROC_OUTPUT_SCAN_H
#define VUS_PROC_OUTPUT_SCAN_H

#include <stdbool.h>
#include <sys/types.h>

/* Look at whole lines from *from on, and move it behind them.  True when there
 * is a sanitizer's report among them. */
bool vus_output_scan(int fd, off_t *from);

#endif
