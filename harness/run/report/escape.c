/* SPDX-License-Identifier: BSD-3-Clause */
/* escape.c — the words that all reporters share.
 *
 * What a peer wrote or caused to be written is hostile: it passes through
 * vus_report_escape() before any report shows it. */
#include "output.h"

#include "run/options.h"
#include "run/select.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct vus_reporter *const reporters[] = {
	&vus_reporter_human,
	&vus_reporter_json,
	&vus_reporter_junit,
	&vus_reporter_tap,
};

struct vus_output *vus_output_new(const char *format, FILE *to)
{
	for (size_t i = 0; i < VUS_COUNT(reporters); i++) {
		const struct vus_reporter *rep = reporters[i];
		struct vus_output *o;

		if (strcmp(rep->format, format) != 0)
			continue;
		o = calloc(1, sizeof(*o));
		if (!o)
			abort();
		*o = (struct vus_output){
			.format = rep->format,
			.to = to ? to : stdout,
			.begin = rep->begin,
			.result = rep->result,
			.end = rep->end,
			.drop = rep->drop,
		};
		return o;
	}
	return NULL;
}

void vus_output_free(struct vus_output *o)
{
	if (!o)
		return;
	if (o->state)
		o->drop(o);
	free(o);
}

void vus_output_formats(struct vus_text *ret)
{
	for (size_t i = 0; i < VUS_COUNT(reporters); i++)
		vus_text_add(ret, "%s%s", i > 0 ? ", " : "",
			     reporters[i]->format);
}

void vus_output_close(struct vus_output *o)
{
	if (fflush(o->to) != 0 || ferror(o->to))
		o->failed = true;
	if (o->to != stdout && fclose(o->to) != 0)
		o->failed = true;
	o->to = NULL;
}

/* Length of the well-formed, harmless UTF-8 character at `s`, or 0. */
static size_t good_char(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char mask, lead, size;
		uint32_t least; /* shorter forms exist for anything below */
	} forms[] = {
		{ 0x80, 0x00, 1, 0 },
		{ 0xe0, 0xc0, 2, 0x80 },
		{ 0xf0, 0xe0, 3, 0x800 },
		{ 0xf8, 0xf0, 4, 0x10000 },
	};
	/* Control characters, marks that turn the direction of writing (they
	 * hide what a terminal shows), surrogates, and what XML forbids. */
	static const struct {
		uint32_t first, last;
	} bad[] = {
		{ 0x0000, 0x0008 }, { 0x000b, 0x001f }, { 0x007f, 0x009f },
		{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xd800, 0xdfff },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xffff }, { 0x110000, 0x1fffff },
	};
	uint32_t c;
	size_t f = 0;

	while (f < VUS_COUNT(forms) && (s[0] & forms[f].mask) != forms[f].lead)
		f++;
	if (f == VUS_COUNT(forms) || forms[f].size > len)
		return 0;
	c = s[0] & (unsigned char)~forms[f].mask;
	for (size_t i = 1; i < forms[f].size; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < forms[f].least)
		return 0;
	for (size_t i = 0; i < VUS_COUNT(bad); i++)
		if (c >= bad[i].first && c <= bad[i].last)
			return 0;
	return forms[f].size;
}

void vus_report_escape(struct vus_text *ret, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < len;) {
		size_t size = good_char(s + i, len - i);

		if (size > 0)
			vus_text_add_bytes(ret, s + i, size);
		else
			vus_text_add(ret, "\\x%02x", s[i]);
		i += VUS_MAX(size, (size_t)1);
	}
}

void vus_report_rerun(const struct vus_report *r, const struct vus_variant *v,
		      struct vus_text *ret)
{
	const struct vus_run_options *opt = r->opt;

	if (opt->rerun)
		vus_text_add(ret, "%s", opt->rerun);
	else
		vus_text_add(ret, "vuspec test-%s", vus_case_party(v->c));
	vus_text_add(ret, " --filter ");
	vus_text_quote(ret, v->id);
	if (!opt->command)
		return;
	vus_text_add(ret, " --");
	for (char *const *word = opt->command; *word; word++) {
		vus_text_add(ret, " ");
		vus_text_quote(ret, *word);
	}
}

bool vus_report_fails_run(const struct vus_run_options *opt,
			  const struct vus_variant *v)
{
	return !v->known && vus_report_deviates(opt, v);
}

bool vus_report_deviates(const struct vus_run_options *opt,
			 const struct vus_variant *v)
{
	if (v->verdict != VUS_WARN)
		return v->verdict == VUS_FAIL;
	if (opt->level >= 2)
		return true;
	return opt->level == 1 && v->rule && v->rule->level == VUS_SHOULD;
}

bool vus_report_private(const struct vus_report *r, const struct vus_variant *v)
{
	return v->crashed && !r->opt->show_crashes;
}

static uint64_t fnv1a(uint64_t hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) *
		       UINT64_C(0x100000001b3);
	return (hash ^ '\n') * UINT64_C(0x100000001b3);
}

/* Addresses and process ids differ from run to run; of the peer's words only
 * a sanitizer's summary line ("kind file:line function") does not. */
const char *vus_report_fingerprint(const struct vus_variant *v, char buf[17])
{
	static const char mark[] = "SUMMARY: ";
	const char *said = v->peer_stderr ? strstr(v->peer_stderr, mark) : NULL;
	const char *rule = v->rule ? v->rule->id : "";
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char id[128];

	vus_case_id(v->c, id);
	hash = fnv1a(hash, id, strlen(id));
	hash = fnv1a(hash, rule, strlen(rule));
	hash = fnv1a(hash, v->peer_end, strlen(v->peer_end));
	if (said)
		hash = fnv1a(hash, said, strcspn(said, "\n"));
	(void)snprintf(buf, 17, "%016" PRIx64, hash);
	return buf;
}

void vus_report_heading(const struct vus_rule *rule, struct vus_text *ret)
{
	const char *heading;
	const char *document = vus_rule_document(rule, &heading);

	if (strcmp(document, "derived") == 0)
		vus_text_add(ret, "derived from %s", heading);
	else if (document[0] != '\0')
		vus_text_add(ret, "%s, \"%s\"", document, heading);
	else
		vus_text_add(ret, "%s", heading);
}
