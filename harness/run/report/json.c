/* SPDX-License-Identifier: BSD-3-Clause */
/* json.c — the report for programs.
 *
 * Root: schema, program, target, device, left_out, one_shot, options,
 * no_target, summary, baseline, results.  One object a variant, made while its
 * result is at hand, and written at the end in the order of the run's variants.
 * A key is never renamed or given another meaning within one schema number; new
 * keys may come.
 */
#include "baseline.h"
#include "output.h"

#include "run/options.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA 1

struct json_state {
	json_t **results; /* one a variant; NULL: it did not run */
	size_t n;
};

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) != 0)
		abort(); /* out of memory */
}

static json_t *clean(const char *s, size_t len)
{
	VUS_AUTO_TEXT t = { 0 };

	vus_report_escape(&t, s, len);
	return json_stringn(vus_text_str(&t), t.len);
}

/* NULL and "" are null: an empty text says nothing. */
static json_t *text(const char *s, size_t cap)
{
	size_t len = s ? strnlen(s, cap) : 0;

	return len > 0 ? clean(s, len) : json_null();
}

static json_t *lines(const char *s, size_t len)
{
	json_t *array = json_array();

	while (len > 0) {
		const char *end = memchr(s, '\n', len);
		size_t line = end ? (size_t)(end - s) : len;

		if (json_array_append_new(array, clean(s, line)) != 0)
			abort();
		s += line + (end != NULL);
		len -= line + (end != NULL);
	}
	return array;
}

static void set_evidence(json_t *o, const struct vus_report *r,
			 const struct vus_variant *v)
{
	const struct vus_result *res = v->result;
	bool exchange = v->verdict != VUS_PASS && v->verdict != VUS_SKIP;
	size_t len;

	set(o, "reason",
	    text(v->reason ? v->reason : (res ? res->reason : NULL), SIZE_MAX));
	set(o, "stderr", text(v->peer_stderr, SIZE_MAX));
	if (!res)
		return;
	set(o, "expected", text(res->expected, sizeof(res->expected)));
	set(o, "seen", text(res->seen, sizeof(res->seen)));
	if (!exchange && !r->opt->trace)
		return;
	len = strnlen(res->exchange, sizeof(res->exchange));
	set(o, "exchange", lines(res->exchange, len));
	set(o, "exchange_cut", json_boolean(res->exchange_len > len));
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

static json_t *variant_object(const struct vus_report *r,
			      const struct vus_variant *v)
{
	const struct vus_rule *rule = v->rule;
	const struct vus_result *res = v->result;
	VUS_AUTO_TEXT rerun = { 0 };
	char print[17];
	json_t *o = json_object();

	set(o, "id", text(v->id, sizeof(v->id)));
	set(o, "group", text(v->group, sizeof(v->group)));
	set(o, "name", json_string(v->c->name));
	set(o, "title", text(v->c->title, SIZE_MAX));
	set(o, "memory", json_string(vus_backing_name(v->memory)));
	set(o, "row", text(v->c->rows[v->row], SIZE_MAX));
	set(o, "repeat", json_integer(v->repeat));
	set(o, "verdict", json_string(vus_verdict_name(v->verdict)));
	set(o, "fails_run", json_boolean(vus_report_fails_run(r->opt, v)));
	/* An empty reason is one too: the deviation is known. */
	set(o, "known",
	    v->known ? clean(v->known, strlen(v->known)) : json_null());
	set(o, "rule",
	    rule ? json_string(rule->id)
		 : text(res ? res->rule : NULL, sizeof(res->rule)));
	set(o, "level",
	    rule ? json_string(vus_level_name(rule->level)) : json_null());
	set(o, "section", rule ? json_string(rule->section) : json_null());
	set(o, "judged", judged(res));
	set(o, "seconds", json_real(v->seconds));
	set(o, "file", text(res ? res->file : NULL, sizeof(res->file)));
	set(o, "line",
	    res && res->file[0] ? json_integer(res->line) : json_null());
	set(o, "peer_end", text(v->peer_end, sizeof(v->peer_end)));
	set(o, "crashed", json_boolean(v->crashed));
	if (v->crashed)
		set(o, "fingerprint",
		    json_string(vus_report_fingerprint(v, print)));
	if (vus_report_private(r, v))
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
	set(o, "known", json_integer(s->known[VUS_FAIL] + s->known[VUS_WARN]));
	set(o, "judged", json_integer(s->judged));
	set(o, "applying", json_integer(s->applying));
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
		json_t *change;

		if (!vus_baseline_line_changed(k))
			continue;
		change = json_object();
		set(change, "id", json_string(k->id));
		set(change, "was", json_string(vus_verdict_name(k->verdict)));
		set(change, "rule", json_string(k->rule));
		set(change, "now", json_string(vus_verdict_name(k->now)));
		if (json_array_append_new(changes, change) != 0)
			abort();
	}
	set(o, "changes", changes);
	return o;
}

static void json_begin(struct vus_output *o, const struct vus_report *r)
{
	struct json_state *state = calloc(1, sizeof(*state));

	if (!state)
		abort();
	state->n = r->n;
	state->results = calloc(r->n + 1, sizeof(state->results[0]));
	if (!state->results)
		abort();
	o->state = state;
}

static void json_result(struct vus_output *o, const struct vus_report *r,
			const struct vus_variant *v)
{
	struct json_state *state = o->state;
	size_t i = (size_t)(v - r->variants);

	assert(i < state->n);
	/* A variant that is tried again replaces what was said first. */
	json_decref(state->results[i]);
	state->results[i] = variant_object(r, v);
}

static void json_drop(struct vus_output *o)
{
	struct json_state *state = o->state;

	for (size_t i = 0; i < state->n; i++)
		json_decref(state->results[i]);
	free(state->results);
	free(state);
	o->state = NULL;
}

static void json_end(struct vus_output *o, const struct vus_report *r)
{
	struct json_state *state = o->state;
	json_t *root = json_object(), *results = json_array();

	set(root, "schema", json_integer(SCHEMA));
	set(root, "program", json_string("vuspec"));
	set(root, "target", text(r->target, SIZE_MAX));
	set(root, "device", text(r->device, SIZE_MAX));
	set(root, "left_out", json_integer((json_int_t)r->opt->left_out));
	set(root, "one_shot", json_boolean(r->one_shot));
	set(root, "options", options_object(r->opt));
	set(root, "no_target",
	    r->no_target ? text(r->no_target->text, sizeof(r->no_target->text))
			 : json_null());
	set(root, "summary",
	    r->summary ? summary_object(r->summary) : json_null());
	set(root, "baseline",
	    r->opt->baseline ? baseline_object(r->opt->baseline) : json_null());
	for (size_t i = 0; i < state->n; i++)
		if (state->results[i] &&
		    json_array_append(results, state->results[i]) != 0)
			abort();
	set(root, "results", results);
	if (json_dumpf(root, o->to, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) !=
		    0 ||
	    fputc('\n', o->to) == EOF)
		o->failed = true;
	json_decref(root);
	json_drop(o);
	vus_output_close(o);
}

const struct vus_reporter vus_reporter_json = {
	.format = "json",
	.begin = json_begin,
	.result = json_result,
	.end = json_end,
	.drop = json_drop,
};
