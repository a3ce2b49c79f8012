/* SPDX-License-Identifier: BSD-3-Clause */
/* template.h — HTML out of a template and JSON.
 *
 *	{{name}}             the text or number of that name, escaped
 *	{{.}}                the element itself, escaped
 *	{{#name}}..{{/name}} once for each element of an array; once for an
 *	                     object, true, and a text that is not empty
 *
 * Names are looked up in the element of the innermost section, then in those
 * around it.  A section's tag alone on its line leaves no empty line.  Nothing
 * reaches the page without being escaped: there is no tag for that. */
#ifndef VUS_CLI_TEMPLATE_H
#define VUS_CLI_TEMPLATE_H

#include "base/text.h"

#include <jansson.h>

/* A section that does not end is our own bug: it aborts. */
void vus_template_fill(const char *template, const json_t *view,
		       struct vus_text *ret);

/* For text and attributes alike; control characters become \xNN. */
void vus_html_escape(struct vus_text *ret, const char *text);

#endif
