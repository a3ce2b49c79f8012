/* SPDX-License-Identifier: BSD-3-Clause */
/* details.c — a record of the document as labelled texts, for people.
 *
 * The terminal, JUnit and TAP show the same: the rule and its heading, what was
 * expected and seen, the exchange, the peer's own words, its end, and the
 * command that runs just this variant again. */
#include "details.h"

#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct vus_text *label(struct vus_details *d, const char *name)
{
	if (d->n == VUS_COUNT(d->item))
		abort(); /* a label more than the struct has room for */
	d->item[d->n].label = name;
	return &d->item[d->n++].text;
}

static void add_text(struct vus_details *d, const char *name, const char *text)
{
	if (text[0] != '\0')
		vus_text_add(label(d, name), "%s", text);
}

/* How many earlier lines are not shown, when there are any. */
static struct vus_text *add_verbatim(struct vus_details *d, const char *name,
				     size_t skip, bool cut)
{
	struct vus_text *t = label(d, name);

	d->item[d->n - 1].verbatim = true;
	if (skip > 0 || cut)
		vus_text_add(t, "(%s%zu earlier lines left out)\n",
			     cut ? "more than " : "", skip);
	return t;
}

/* Is it a message that the rule is about: its heading names it, or the rule is
 * about memory and the message announces some? */
static bool is_about(const json_t *record, const char *line)
{
	static const char *const announce[] = { "SET_MEM_TABLE", "ADD_MEM_REG",
						"REM_MEM_REG" };
	const char *rule = vus_json_text(record, "rule");
	char name[64], heading[80];

	if (strncmp(line, "-> ", 3) != 0 ||
	    !vus_word(line, ' ', 1, name, sizeof(name)))
		return false;
	(void)snprintf(heading, sizeof(heading), "VHOST_USER_%s", name);
	if (strstr(vus_json_text(record, "heading"), heading))
		return true;
	if (strncmp(rule, "mem_", 4) != 0 &&
	    strncmp(rule, "address_translation.", 20) != 0)
		return false;
	for (size_t i = 0; i < VUS_COUNT(announce); i++)
		if (strcmp(name, announce[i]) == 0)
			return true;
	return false;
}

/* Of the lines that are left out, at most so many are shown all the same. */
#define KEPT 3

static void add_kept(struct vus_text *t, const json_t *record,
		     const json_t *lines, size_t n)
{
	size_t from = n, kept = 0;

	for (size_t i = n; i-- > 0 && kept < KEPT;)
		if (is_about(record,
			     json_string_value(json_array_get(lines, i)))) {
			from = i;
			kept++;
		}
	for (size_t i = from; i < n; i++) {
		const char *line = json_string_value(json_array_get(lines, i));

		if (is_about(record, line))
			vus_text_add(t, "%s\n", line);
	}
	if (kept > 0)
		vus_text_add(t, "...\n");
}

/* The last `max` lines, and what the rule is about of those before. */
static void add_exchange(struct vus_details *d, const char *name,
			 const json_t *record, size_t max)
{
	const json_t *lines = json_object_get(record, "exchange");
	bool cut = vus_json_flag(record, "exchange_cut");
	size_t n = json_array_size(lines), first;
	struct vus_text *t;

	while (n > 0 && json_string_length(json_array_get(lines, n - 1)) == 0)
		n--;
	if (n == 0)
		return;
	first = n > max ? n - max : 0;
	t = add_verbatim(d, name, first, cut);
	add_kept(t, record, lines, first);
	for (size_t i = first; i < n; i++)
		vus_text_add(t, "%s%s",
			     json_string_value(json_array_get(lines, i)),
			     i + 1 < n ? "\n" : "");
}

/* The same of a text. */
static void add_stderr(struct vus_details *d, const char *text, size_t max)
{
	size_t len = strlen(text), lines = 1, skip;

	while (len > 0 && text[len - 1] == '\n')
		len--;
	if (len == 0)
		return;
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	skip = lines > max ? lines - max : 0;
	for (size_t left = skip; left > 0; left--) {
		size_t line = strcspn(text, "\n") + 1;

		text += line;
		len -= line;
	}
	vus_text_add_bytes(add_verbatim(d, "stderr", skip, false), text, len);
}

static void add_rule(struct vus_details *d, const json_t *record)
{
	vus_text_add(label(d, "rule"), "%s, %s: %s",
		     vus_json_text(record, "rule"),
		     vus_json_text(record, "level"),
		     vus_json_text(record, "heading"));
	add_text(d, "says", vus_json_text(record, "says"));
	add_text(d, "because", vus_json_text(record, "because"));
}

/* An outcome's sentence names what was expected and seen already. */
static void add_unless_said(struct vus_details *d, const json_t *record,
			    const char *name)
{
	const char *text = vus_json_text(record, name);

	if (!strstr(vus_json_text(record, "reason"), text))
		add_text(d, name, text);
}

static void add_evidence(struct vus_details *d, const json_t *record,
			 size_t max_lines)
{
	const json_t *fresh = json_object_get(record, "fresh");
	const char *file = vus_json_text(record, "file");

	add_text(d, "saw", vus_json_text(record, "reason"));
	add_unless_said(d, record, "expected");
	add_unless_said(d, record, "seen");
	if (file[0] != '\0')
		vus_text_add(label(d, "at"), "%s:%" JSON_INTEGER_FORMAT, file,
			     vus_json_number(record, "line"));
	add_exchange(d, "exchange", record, max_lines);
	if (fresh)
		add_exchange(d, "fresh", fresh, max_lines);
	add_stderr(d, vus_json_text(record, "stderr"), max_lines);
}

void vus_record_details(const json_t *record, unsigned max_lines,
			struct vus_details *ret)
{
	bool hide = vus_json_flag(record, "private");
	bool skip = strcmp(vus_json_text(record, "verdict"),
			   vus_verdict_name(VUS_SKIP)) == 0;

	*ret = (struct vus_details){ 0 };
	if (json_object_get(record, "heading"))
		add_rule(ret, record);
	if (!hide)
		add_evidence(ret, record, max_lines);
	add_text(ret, "peer", vus_json_text(record, "peer_end"));
	if (vus_json_flag(record, "crashed"))
		vus_text_add(label(ret, "crash"), "fingerprint %s",
			     vus_json_text(record, "fingerprint"));
	if (hide)
		vus_text_add(label(ret, "private"),
			     "exchange and stderr are shown on a terminal, and "
			     "with --show-crashes; tell the peer's maintainers "
			     "first");
	if (!skip) {
		add_text(ret, "again", vus_json_text(record, "rerun"));
		ret->item[ret->n - 1].verbatim = true;
	}
}

void vus_report_details(const struct vus_report *r, const struct vus_variant *v,
			bool hide, unsigned max_lines, struct vus_details *ret)
{
	json_t *record = vus_record_new(r, v, hide);

	vus_record_details(record, max_lines, ret);
	json_decref(record);
}

void vus_details_free(struct vus_details *d)
{
	for (unsigned i = 0; i < d->n; i++)
		vus_text_free(&d->item[i].text);
	d->n = 0;
}
