/* SPDX-License-Identifier: BSD-3-Clause */
/* template.c — HTML out of a template and JSON. */
#include "template.h"

#include "run/report/escape.h"

#include <stdlib.h>
#include <string.h>

/* An element, and the one around it. */
struct scope {
	const json_t *value;
	const struct scope *outer;
};

struct tag {
	char kind; /* '#', '/', or ' ' for a text */
	char name[32];
	const char *begin, *end; /* of the tag; after it goes on at `end` */
};

void vus_html_escape(struct vus_text *ret, const char *text)
{
	VUS_AUTO_TEXT clean = { 0 };

	vus_report_escape(&clean, text, strlen(text));
	for (const char *p = vus_text_str(&clean); *p; p++) {
		switch (*p) {
		case '&':
			vus_text_add(ret, "&amp;");
			break;
		case '<':
			vus_text_add(ret, "&lt;");
			break;
		case '>':
			vus_text_add(ret, "&gt;");
			break;
		case '"':
			vus_text_add(ret, "&quot;");
			break;
		case '\'':
			vus_text_add(ret, "&#39;");
			break;
		default:
			vus_text_add_bytes(ret, p, 1);
		}
	}
}

static bool next_tag(const char *template, const char *from, const char *end,
		     struct tag *ret)
{
	const char *begin = memmem(from, (size_t)(end - from), "{{", 2);
	const char *close, *name;
	bool alone;

	if (!begin)
		return false;
	close = memmem(begin, (size_t)(end - begin), "}}", 2);
	if (!close || (size_t)(close - begin) > sizeof(ret->name))
		abort();
	name = begin + 2;
	ret->kind = *name == '#' || *name == '/' ? *name++ : ' ';
	(void)snprintf(ret->name, sizeof(ret->name), "%.*s",
		       (int)(close - name), name);
	ret->begin = begin;
	ret->end = close + 2;
	alone = ret->kind != ' ' && (begin == template || begin[-1] == '\n') &&
		ret->end < end && *ret->end == '\n';
	ret->end += alone;
	return true;
}

/* The tag that ends the section whose tag is `open`. */
static struct tag closing_tag(const char *template, const struct tag *open,
			      const char *end)
{
	struct tag tag = *open;

	for (unsigned depth = 1; depth > 0;) {
		if (!next_tag(template, tag.end, end, &tag))
			abort();
		depth += tag.kind == '#';
		depth -= tag.kind == '/';
	}
	if (strcmp(tag.name, open->name) != 0)
		abort();
	return tag;
}

static const json_t *look_up(const struct scope *scope, const char *name)
{
	if (strcmp(name, ".") == 0)
		return scope->value;
	for (; scope; scope = scope->outer) {
		const json_t *found = json_object_get(scope->value, name);

		if (found)
			return found;
	}
	return NULL;
}

static void add_value(const json_t *value, struct vus_text *ret)
{
	if (json_is_string(value))
		vus_html_escape(ret, json_string_value(value));
	else if (json_is_integer(value))
		vus_text_add(ret, "%" JSON_INTEGER_FORMAT,
			     json_integer_value(value));
}

static bool is_shown(const json_t *value)
{
	return json_is_object(value) || json_is_true(value) ||
	       json_integer_value(value) != 0 || json_string_length(value) > 0;
}

/* Where a part of the template stands. */
struct part {
	const char *template, *from, *end;
};

static void fill(struct part part, const struct scope *scope,
		 struct vus_text *ret)
{
	struct tag tag, close;

	while (next_tag(part.template, part.from, part.end, &tag)) {
		const json_t *value = look_up(scope, tag.name), *element;
		struct part inner;
		size_t i;

		vus_text_add_bytes(ret, part.from,
				   (size_t)(tag.begin - part.from));
		part.from = tag.end;
		if (tag.kind != '#') {
			add_value(value, ret);
			continue;
		}
		close = closing_tag(part.template, &tag, part.end);
		inner = (struct part){ part.template, tag.end, close.begin };
		json_array_foreach(value, i, element)
			fill(inner, &(struct scope){ element, scope }, ret);
		if (is_shown(value))
			fill(inner, &(struct scope){ value, scope }, ret);
		part.from = close.end;
	}
	vus_text_add_bytes(ret, part.from, (size_t)(part.end - part.from));
}

void vus_template_fill(const char *template, const json_t *view,
		       struct vus_text *ret)
{
	struct part all = { template, template, template + strlen(template) };

	fill(all, &(struct scope){ view, NULL }, ret);
}
