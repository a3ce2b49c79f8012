/* SPDX-License-Identifier: BSD-3-Clause */
/* show.h — messages and events as lines on standard error: --verbose. */
#ifndef VUS_LINK_SHOW_H
#define VUS_LINK_SHOW_H

#include "link.h"

struct vus_show {
	const char *program;    /* how each line begins */
	struct vus_trace trace; /* to hand to a link, while *this stays */
};

void vus_show_init(struct vus_show *s, const char *program);

#endif
