/* SPDX-License-Identifier: BSD-3-Clause */
/* xml.c — XML written element by element, into a text. */
#include "xml.h"

#include <assert.h>
#include <string.h>

static void close_tag(struct vus_xml *x)
{
	if (x->in_tag)
		vus_text_add(&x->text, ">");
	x->in_tag = false;
}

static void new_line(struct vus_xml *x)
{
	if (x->text.len > 0)
		vus_text_add(&x->text, "\n%*s", (int)x->depth, "");
}

void vus_xml_start(struct vus_xml *x, const char *name)
{
	assert(x->depth < VUS_XML_DEPTH);
	close_tag(x);
	new_line(x);
	vus_text_add(&x->text, "<%s", name);
	x->open[x->depth++] = name;
	x->in_tag = true;
	x->full = false;
}

void vus_xml_end(struct vus_xml *x)
{
	const char *name;

	assert(x->depth > 0);
	name = x->open[--x->depth];
	if (x->in_tag) {
		vus_text_add(&x->text, "/>");
	} else {
		if (x->full)
			new_line(x);
		vus_text_add(&x->text, "</%s>", name);
	}
	x->in_tag = false;
	x->full = true;
}

/* Of blanks only the simple one comes back from an attribute as it was. */
static const char *name_of(char c, bool attribute)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\r':
		return "&#13;";
	case '"':
		return attribute ? "&quot;" : NULL;
	case '\n':
		return attribute ? "&#10;" : NULL;
	case '\t':
		return attribute ? "&#9;" : NULL;
	default:
		return NULL;
	}
}

static void escape(struct vus_xml *x, const char *text, bool attribute)
{
	for (; *text; text++) {
		const char *name = name_of(*text, attribute);

		vus_text_add_bytes(&x->text, name ? name : text,
				   name ? strlen(name) : 1);
	}
}

void vus_xml_attr(struct vus_xml *x, const char *name, const char *value)
{
	assert(x->in_tag);
	vus_text_add(&x->text, " %s=\"", name);
	escape(x, value, true);
	vus_text_add(&x->text, "\"");
}

void vus_xml_content(struct vus_xml *x, const char *text)
{
	close_tag(x);
	escape(x, text, false);
}

void vus_xml_element(struct vus_xml *x, const char *element)
{
	close_tag(x);
	new_line(x);
	vus_text_add_bytes(&x->text, element, strlen(element));
	x->full = true;
}

void vus_xml_free(struct vus_xml *x)
{
	vus_text_free(&x->text);
	*x = (struct vus_xml){ 0 };
}
