/* SPDX-License-Identifier: BSD-3-Clause */
/* document.c — a run's results, once, for every reporter.
 *
 * Root: schema, program, version, timestamp, host, target, device, left_out,
 * one_shot, polls, options, no_target, summary, baseline, results.  A key is
 * never renamed or given another meaning within one schema number; new keys may
 * come.
 */
#include "document.h"

#include "baseline.h"
#include "cause.h"
#include "escape.h"
#include "facts.h"
#include "report.h"

#include "base/clock.h"
#include "run/case.h"
#include "run/options.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define SCHEMA 1

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) != 0)
		abort(); /* out of memory */
}

json_t *vus_json_clean(const char *s, size_t len)
{
	VUS_AUTO_TEXT t = { 0 };

	vus_report_escape(&t, s, len);
	return json_stringn(vus_text_str(&t), t.len);
}

/* NULL and "" are null: an empty text says nothing. */
static json_t *text(const char *s, size_t cap)
{
	size_t len = 0;

	if (s)
		len = cap == SIZE_MAX ? strlen(s) : strnlen(s, cap);
	return len > 0 ? vus_json_clean(s, len) : json_null();
}

static json_t *lines(const char *s, size_t len)
{
	json_t *array = json_array();

	while (len > 0) {
		const char *end = memchr(s, '\n', len);
		size_t line = end ? (size_t)(end - s) : len;

		if (json_array_append_new(array, vus_json_clean(s, line)) != 0)
			abort();
		s += line + (end != NULL);
		len -= line + (end != NULL);
	}
	return array;
}

static void set_exchange(json_t *o, const struct vus_result *res)
{
	const size_t len = strnlen(res->exchange, sizeof(res->exchange));

	set(o, "exchange", lines(res->exchange, len));
	set(o, "exchange_cut", json_boolean(res->exchange_len > len));
}

/* What the variant came to on a fresh instance. */
static json_t *fresh_object(const struct vus_other_result *other)
{
	json_t *o = json_object();

	set(o, "verdict", json_string(vus_verdict_name(other->verdict)));
	set(o, "reason", text(other->reason, SIZE_MAX));
	if (other->result)
		set_exchange(o, other->result);
	return o;
}

static void set_evidence(json_t *o, const struct vus_report *r,
			 const struct vus_variant *v)
{
	const struct vus_result *res = v->result;
	bool exchange = v->verdict != VUS_PASS && v->verdict != VUS_SKIP;

	set(o, "reason",
	    text(v->reason ? v->reason : (res ? res->reason : NULL), SIZE_MAX));
	set(o, "stderr", text(v->peer_stderr, SIZE_MAX));
	if (!res)
		return;
	set(o, "expected", text(res->expected, sizeof(res->expected)));
	set(o, "seen", text(res->seen, sizeof(res->seen)));
	if (!exchange && !r->opt->trace)
		return;
	set_exchange(o, res);
	if (v->other)
		set(o, "fresh", fresh_object(v->other));
}

static json_t *judged(const struct vus_result *res)
{
	json_t *array = json_array();

	for (unsigned i = 0;
	     res && i < VUS_MIN(res->njudged, (unsigned)VUS_RESULT_RULES); i++)
		if (json_array_append_new(
			    array,
			    text(res->judged[i], sizeof(res->judged[i]))) != 0)
			abort();
	return array;
}

/* What a reader of the failure needs to know of its rule. */
static void set_rule(json_t *o, const struct vus_variant *v)
{
	const struct vus_rule *rule = v->rule;
	const struct vus_result *res = v->result;
	VUS_AUTO_TEXT heading = { 0 };

	set(o, "rule",
	    rule ? json_string(rule->id)
		 : text(res ? res->rule : NULL, sizeof(res->rule)));
	set(o, "level",
	    rule ? json_string(vus_level_name(rule->level)) : json_null());
	set(o, "section", rule ? json_string(rule->section) : json_null());
	if (!rule || v->verdict == VUS_SKIP)
		return;
	vus_report_heading(rule, &heading);
	set(o, "heading", text(vus_text_str(&heading), SIZE_MAX));
	set(o, "says", text(rule->rule, SIZE_MAX));
	set(o, "because", text(rule->because, SIZE_MAX));
}

static void set_case(json_t *o, const struct vus_variant *v)
{
	set(o, "id", text(v->id, sizeof(v->id)));
	set(o, "group", text(v->group, sizeof(v->group)));
	set(o, "name", json_string(v->c->name));
	set(o, "title", text(v->c->title, SIZE_MAX));
	set(o, "memory", json_string(vus_backing_name(v->memory)));
	set(o, "row", text(v->c->rows[v->row], SIZE_MAX));
	set(o, "repeat", json_integer(v->repeat));
}

/* What the report groups by. */
static void set_cause(json_t *o, const struct vus_variant *v)
{
	VUS_AUTO_TEXT cause = { 0 };

	vus_variant_cause(v, &cause);
	set(o, "cause", text(vus_text_str(&cause), SIZE_MAX));
	set(o, "harm",
	    vus_verdict_is_bad(v->verdict)
		    ? json_string(vus_harm_word(vus_variant_harm(v), v->rule))
		    : json_null());
}

static void set_verdict(json_t *o, const struct vus_report *r,
			const struct vus_variant *v)
{
	set(o, "verdict", json_string(vus_verdict_name(v->verdict)));
	set(o, "deviates", json_boolean(vus_report_deviates(r->opt, v)));
	set(o, "fails_run", json_boolean(vus_report_fails_run(r->opt, v)));
	/* An empty reason is one too: the deviation is known. */
	set(o, "known",
	    v->known ? vus_json_clean(v->known, strlen(v->known))
		     : json_null());
}

json_t *vus_record_new(const struct vus_report *r, const struct vus_variant *v,
		       bool hide)
{
	const struct vus_result *res = v->result;
	VUS_AUTO_TEXT rerun = { 0 };
	char print[17];
	json_t *o = json_object();

	set_case(o, v);
	set_verdict(o, r, v);
	set_rule(o, v);
	set_cause(o, v);
	set(o, "judged", judged(res));
	set(o, "seconds", json_real(v->seconds));
	set(o, "check", text(res ? res->check : NULL, sizeof(res->check)));
	set(o, "file", text(res ? res->file : NULL, sizeof(res->file)));
	set(o, "line",
	    res && res->file[0] ? json_integer(res->line) : json_null());
	set(o, "peer_end", text(v->peer_end, sizeof(v->peer_end)));
	set(o, "crashed", json_boolean(v->crashed));
	if (v->crashed)
		set(o, "fingerprint",
		    json_string(vus_report_fingerprint(v, print)));
	if (hide)
		set(o, "private", json_true());
	else
		set_evidence(o, r, v);
	vus_report_rerun(r, v, &rerun);
	set(o, "rerun", text(vus_text_str(&rerun), SIZE_MAX));
	return o;
}

static json_t *summary_object(const struct vus_summary *s)
{
	json_t *o = json_object();

	for (enum vus_verdict v = VUS_PASS; v <= VUS_BROKEN; v++)
		set(o, vus_verdict_name(v), json_integer(s->counts[v]));
	set(o, "known",
	    json_integer(s->known[VUS_FAIL] + s->known[VUS_UNSTABLE] +
			 s->known[VUS_WARN]));
	set(o, "judged", json_integer(s->judged));
	set(o, "applying", json_integer(s->applying));
	set(o, "incomplete", text(s->incomplete, sizeof(s->incomplete)));
	set(o, "seconds", json_real(s->seconds));
	set(o, "interrupted", json_boolean(s->interrupted));
	set(o, "signal",
	    s->interrupted ? json_integer(s->interrupt_signal) : json_null());
	return o;
}

static json_t *options_object(const struct vus_run_options *opt)
{
	static const char *const levels[] = { "must", "should", "may" };
	json_t *o = json_object();

	set(o, "memory_size", json_integer((json_int_t)opt->memory_size));
	set(o, "level", json_string(levels[VUS_MIN((unsigned)opt->level, 2u)]));
	/* A seed has 64 bits; numbers of JSON have fewer in many readers. */
	set(o, "seed", json_sprintf("%" PRIu64, opt->seed));
	set(o, "shuffled", json_boolean(opt->shuffled));
	set(o, "spec", text(opt->spec, SIZE_MAX));
	set(o, "workers", json_integer(opt->workers));
	set(o, "words", text(opt->rerun, SIZE_MAX));
	set(o, "quiet_ms", json_integer(opt->quiet_ms));
	set(o, "rounds", json_integer(opt->rounds));
	set(o, "timeout_s", json_integer(opt->timeout_s));
	return o;
}

static json_t *baseline_object(const struct vus_baseline *b)
{
	json_t *o = json_object(), *changes = json_array();

	set(o, "file", text(b->path, SIZE_MAX));
	for (size_t i = 0; i < b->n; i++) {
		const struct vus_baseline_line *k = &b->lines[i];
		VUS_AUTO_TEXT says = { 0 };
		json_t *change;

		if (!vus_baseline_line_changed(k))
			continue;
		vus_baseline_line_describe(k, &says);
		change = json_object();
		set(change, "id", json_string(k->id));
		set(change, "was", json_string(vus_verdict_name(k->verdict)));
		set(change, "rule", text(k->rule, SIZE_MAX));
		set(change, "now", json_string(vus_verdict_name(k->now)));
		set(change, "better",
		    json_boolean(vus_baseline_line_improved(k)));
		set(change, "says", text(vus_text_str(&says), SIZE_MAX));
		if (json_array_append_new(changes, change) != 0)
			abort();
	}
	set(o, "changes", changes);
	return o;
}

struct vus_document *vus_document_new(size_t n, bool collects)
{
	struct vus_document *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->began = vus_now();
	d->at = time(NULL);
	d->n = n;
	d->collects = collects;
	d->results = calloc(n + 1, sizeof(d->results[0]));
	if (!d->results)
		abort();
	return d;
}

void vus_document_free(struct vus_document *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++)
		json_decref(d->results[i]);
	json_decref(d->record);
	json_decref(d->root);
	free(d->results);
	free(d);
}

void vus_document_add(struct vus_document *d, const struct vus_report *r,
		      const struct vus_variant *v)
{
	size_t i = (size_t)(v - r->variants);

	assert(i < d->n);
	json_decref(d->record);
	d->record = vus_record_new(r, v, vus_report_private(r, v));
	set(d->record, "ended",
	    json_real((double)(vus_now() - d->began) / 1e9));
	if (!d->collects)
		return;
	json_decref(d->results[i]);
	d->results[i] = json_incref(d->record);
}

static json_t *results_array(const struct vus_document *d)
{
	json_t *array = json_array();

	for (size_t i = 0; i < d->n; i++)
		if (d->results[i] &&
		    json_array_append(array, d->results[i]) != 0)
			abort();
	return array;
}

/* When and where. */
static void set_place(json_t *root, const struct vus_document *d)
{
	struct utsname host = { 0 };
	struct tm parts;
	char at[32] = "";

	if (gmtime_r(&d->at, &parts))
		(void)strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &parts);
	(void)uname(&host);
	set(root, "timestamp", json_string(at));
	set(root, "host", text(host.nodename, sizeof(host.nodename)));
	set(root, "system",
	    json_sprintf("%.32s %.64s %.32s", host.sysname, host.release,
			 host.machine));
}

void vus_document_end(struct vus_document *d, const struct vus_report *r)
{
	const struct vus_run_options *opt = r->opt;
	json_t *root = json_object();

	set(root, "schema", json_integer(SCHEMA));
	set(root, "program", json_string("vuspec"));
	set(root, "version", text(opt->version, SIZE_MAX));
	set_place(root, d);
	set(root, "target", text(r->target, SIZE_MAX));
	set(root, "device", text(r->device, SIZE_MAX));
	set(root, "left_out", json_integer((json_int_t)opt->left_out));
	set(root, "one_shot", json_boolean(r->one_shot));
	set(root, "polls", text(r->polls, SIZE_MAX));
	set(root, "options", options_object(opt));
	set(root, "no_target",
	    r->no_target ? text(r->no_target->text, sizeof(r->no_target->text))
			 : json_null());
	set(root, "summary",
	    r->summary ? summary_object(r->summary) : json_null());
	set(root, "baseline",
	    opt->baseline ? baseline_object(opt->baseline) : json_null());
	set(root, "results", results_array(d));
	json_decref(d->root);
	d->root = root;
}

const char *vus_json_text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

json_int_t vus_json_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool vus_json_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}
