/* SPDX-License-Identifier: BSD-3-Clause */
/* xml.h — XML written element by element, into a text. */
#ifndef VUS_BASE_XML_H
#define VUS_BASE_XML_H

#include "text.h"

#define VUS_XML_DEPTH 8

struct vus_xml {
	struct vus_text text;
	const char *open[VUS_XML_DEPTH]; /* elements begun and not ended */
	unsigned depth; /* of them, and of those it will stand in */
	bool in_tag;    /* the last one may still have attributes */
	bool full;      /* something stands in it: its end is on a new line */
};

/* An element, a line of its own; `name` stays as it is until its end. */
void vus_xml_start(struct vus_xml *x, const char *name);
void vus_xml_end(struct vus_xml *x);

/* What the last element begun has: attributes first, then text.  Both must be
 * UTF-8 without the characters that XML does not know. */
void vus_xml_attr(struct vus_xml *x, const char *name, const char *value);
void vus_xml_content(struct vus_xml *x, const char *text);

/* An element that was written elsewhere. */
void vus_xml_element(struct vus_xml *x, const char *element);

void vus_xml_free(struct vus_xml *x);
#define VUS_AUTO_XML __attribute__((cleanup(vus_xml_free))) struct vus_xml

#endif
