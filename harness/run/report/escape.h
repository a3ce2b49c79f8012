/* SPDX-License-Identifier: BSD-3-Clause */
/* escape.h — text of a peer, made harmless. */
#ifndef VUS_REPORT_ESCAPE_H
#define VUS_REPORT_ESCAPE_H

#include "base/text.h"

/* Append text that came from a peer so that neither a terminal nor a parser
 * takes harm: valid UTF-8 without control characters, line feeds and tabs
 * kept, every other byte as \xNN. */
void vus_report_escape(struct vus_text *ret, const char *text, size_t len);

#endif
