/* SPDX-License-Identifier: BSD-3-Clause */
/* list.c — vuspec list: the cases, as text or as JSON. */
#include "cli.h"
#include "list_devices.h"

#include "base/own.h"
#include "run/runner.h"
#include "spec/stimulus.h"

#include <jansson.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list_options {
	int format;
	bool devices;
	char **patterns;
};

static const struct vus_option options[] = {
	VUS_FORMAT_OPTION(offsetof(struct list_options, format)),
	{ "devices", .kind = VUS_OPT_FLAG,
	  .says = "instead of cases, the devices that have a driver, and what "
		  "a request to each shows: that its buffers were read, or "
		  "written",
	  .at = offsetof(struct list_options, devices) },
	{ 0 },
};
const struct vus_option *vus_options_list(void)
{
	return options;
}

static const struct vus_synopsis synopsis = {
	.usage = "Usage: vuspec list [OPTION...] [PATTERN...]\n"
		 "List the cases whose id, with or without the variant in "
		 "brackets, matches a PATTERN (* matches any characters); "
		 "all cases without a PATTERN.\n\n",
	.options = options,
	.words = INT_MAX,
};

static const char *const start_names[] = {
	[VUS_START_CONNECTED] = "connected",
	[VUS_START_NEGOTIATED] = "negotiated",
	[VUS_START_MEMORY] = "memory",
	[VUS_START_VRINGS] = "vrings",
	[VUS_START_RUNNING] = "running",
};

/* Every variant on every kind of memory, of cases for either party. */
static bool all_variants(const char *party, struct vus_selected *ret,
			 struct vus_err *err)
{
	struct vus_selection sel = {
		.party = party,
		.memories = (1u << VUS_NBACKINGS) - 1,
		.hardening = 1,
	};

	return vus_select(&sel, ret, err);
}

static bool list_matches(const char *pattern, const struct vus_variant *v)
{
	char id[128];

	vus_case_id(v->c, id);
	return vus_glob(pattern, id) || vus_glob(pattern, v->id);
}

static bool is_chosen(const struct list_options *o, const struct vus_variant *v,
		      size_t n)
{
	for (char **p = o->patterns; *p; p++)
		for (size_t i = 0; i < n; i++)
			if (list_matches(*p, &v[i]))
				return true;
	return !o->patterns[0];
}

static void add_strings(json_t *o, const char *key, const char *words)
{
	json_t *array = json_array();
	char word[64];

	for (size_t i = 0; vus_word(words, ' ', i, word, sizeof(word)); i++)
		if (word[0] != '\0')
			json_array_append_new(array, json_string(word));
	json_object_set_new(o, key, array);
}

static void add_stimuli(json_t *o, unsigned mask)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < VUS_NSTIMULI; i++)
		if (mask >> i & 1)
			json_array_append_new(array,
					      json_string(vus_stimulus_name(
						      (enum vus_stimulus)i)));
	json_object_set_new(o, "stimuli", array);
}

/* Features that the case leaves out of what it acknowledges or offers. */
static void add_without(json_t *o, const struct vus_case *c)
{
	VUS_AUTO_TEXT pf = { 0 }, vf = { 0 }, names = { 0 };

	vus_format_features(c->without, true, &pf);
	vus_format_features(c->without_vf, false, &vf);
	vus_text_add(&names, "%s %s", vus_text_str(&pf), vus_text_str(&vf));
	add_strings(o, "without", vus_text_str(&names));
}

static void add_rows(json_t *o, const struct vus_case *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < VUS_CASE_ROWS && c->rows[i]; i++)
		json_array_append_new(array, json_string(c->rows[i]));
	json_object_set_new(o, "rows", array);
}

/* The path begins at the fake's folder: where the tree was built says nothing.
 */
static void add_place(json_t *o, const struct vus_case *c)
{
	const char *path = strstr(c->file, "fake-");

	json_object_set_new(o, "file", json_string(path ? path : c->file));
	json_object_set_new(o, "line", json_integer(c->line));
}

static json_t *case_object(const struct vus_variant *v, size_t n)
{
	const struct vus_case *c = v->c;
	json_t *o = json_object(), *rules = json_array(), *ids = json_array();
	VUS_AUTO_TEXT needs = { 0 };
	char id[128];

	vus_case_id(c, id);
	vus_case_needs(c, &needs);
	json_object_set_new(o, "id", json_string(id));
	json_object_set_new(o, "group", json_string(v->group));
	json_object_set_new(o, "name", json_string(c->name));
	json_object_set_new(o, "title", json_string(c->title ? c->title : ""));
	json_object_set_new(o, "party",
			    json_string(c->party ? c->party : "backend"));
	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++)
		json_array_append_new(rules, json_string(c->rules[i]));
	json_object_set_new(o, "rules", rules);
	json_object_set_new(o, "level", json_string(vus_case_level(c)));
	add_strings(o, "needs", vus_text_str(&needs));
	add_strings(o, "devices", c->devices ? c->devices : "");
	json_object_set_new(o, "each_memory", json_boolean(c->each_memory));
	json_object_set_new(o, "start", json_string(start_names[c->start]));
	json_object_set_new(o, "pings", json_boolean(c->pings));
	json_object_set_new(o, "writes", json_boolean(c->writes));
	json_object_set_new(o, "judges_storage",
			    json_boolean(c->judges_storage));
	add_stimuli(o, c->stimuli);
	json_object_set_new(o, "early", json_boolean(c->early));
	json_object_set_new(o, "queues", json_integer(VUS_MAX(c->queues, 1)));
	json_object_set_new(o, "min_memory",
			    json_integer((json_int_t)c->min_memory));
	add_without(o, c);
	add_rows(o, c);
	add_place(o, c);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(ids, json_string(v[i].id));
	json_object_set_new(o, "variants", ids);
	return o;
}

static void print_case(const struct vus_variant *v)
{
	const struct vus_case *c = v->c;
	VUS_AUTO_TEXT rules = { 0 }, needs = { 0 }, rows = { 0 };
	char id[128];

	vus_case_id(c, id);
	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++)
		vus_text_add(&rules, "%s%s", i ? " " : "", c->rules[i]);
	for (size_t i = 0; i < VUS_CASE_ROWS && c->rows[i]; i++)
		vus_text_add(&rows, "%s%s", i ? " " : "", c->rows[i]);
	vus_case_needs(c, &needs);
	(void)printf("%s  (%s)\n", id, vus_case_level(c));
	vus_cli_field("says", c->title ? c->title : "");
	vus_cli_field("rules", vus_text_str(&rules));
	vus_cli_field("needs", vus_text_str(&needs));
	vus_cli_field("devices", c->devices ? c->devices : "");
	vus_cli_field("rows", vus_text_str(&rows));
	vus_cli_field("memory", c->each_memory ? "each kind" : "");
}

/* Print the chosen cases of a party, or add them to `array`; the variants of a
 * case follow each other.  Returns the number of cases. */
static size_t list_party(const struct list_options *o, const char *party,
			 json_t *array, size_t *variants)
{
	struct vus_selected all;
	struct vus_err err;
	size_t cases = 0;

	if (!all_variants(party, &all, &err))
		abort(); /* no filter, no refusal */
	for (size_t i = 0, next; i < all.n; i = next) {
		const struct vus_variant *v = all.v;

		for (next = i; next < all.n && v[next].c == v[i].c;)
			next++;
		if (!is_chosen(o, &v[i], next - i))
			continue;
		cases++;
		*variants += next - i;
		if (array)
			json_array_append_new(array,
					      case_object(&v[i], next - i));
		else
			print_case(&v[i]);
	}
	free(all.v);
	return cases;
}

/* A pattern that matches nothing is an error; no case is printed then. */
static const char *unmatched(const struct list_options *o)
{
	for (char **p = o->patterns; *p; p++) {
		const struct list_options one = {
			.patterns = (char *[]){ *p, NULL },
		};
		json_t *found = json_array();
		size_t unused = 0, n;

		n = list_party(&one, "backend", found, &unused) +
		    list_party(&one, "frontend", found, &unused);
		json_decref(found);
		if (n == 0)
			return *p;
	}
	return NULL;
}

int vus_cmd_list(int argc, char **argv)
{
	struct list_options o = { 0 };
	json_t *array = NULL;
	size_t cases, variants = 0;
	const char *bad;
	int status;

	o.patterns = vus_cli_read(&synopsis, argc, argv, &o, &status);
	if (!o.patterns)
		return status;
	if (o.devices && o.patterns[0])
		return vus_cli_usage_error("vuspec list",
					   "--devices takes no PATTERN");
	if (o.devices)
		return vus_list_devices(o.format == VUS_FORMAT_JSON);
	bad = unmatched(&o);
	if (bad) {
		(void)fprintf(stderr, "vuspec list: '%s' matches no case\n",
			      bad);
		return VUS_EXIT_USAGE;
	}
	if (o.format == VUS_FORMAT_JSON)
		array = json_array();
	cases = list_party(&o, "backend", array, &variants);
	cases += list_party(&o, "frontend", array, &variants);
	if (array) {
		vus_cli_json(array);
	} else {
		(void)printf("%s%zu cases, %zu variants\n", cases ? "\n" : "",
			     cases, variants);
	}
	return vus_cli_flush("vuspec list", VUS_EXIT_PASS);
}
