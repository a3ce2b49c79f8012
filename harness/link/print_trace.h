/* SPDX-License-Identifier: BSD-3-Clause */
/* print_trace.h — messages and events as lines on standard error: --verbose. */
#ifndef VUS_LINK_PRINT_TRACE_H
#define VUS_LINK_PRINT_TRACE_H

#include "link.h"

struct vus_print_trace {
	const char *program;    /* how each line begins */
	struct vus_trace trace; /* to hand to a link, while *this stays */
};

void vus_print_trace_init(struct vus_print_trace *s, const char *program);

#endif
