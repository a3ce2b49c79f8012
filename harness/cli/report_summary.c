/* SPDX-License-Identifier: BSD-3-Clause */
/* report_summary.c — the page's tables by cause and by group. */
#include "report_summary.h"

#include "result_file.h"

#include "base/array.h"
#include "run/report/document.h"

#include <stdlib.h>
#include <string.h>

/* The gravest first. */
static const char *const harms[] = { "crash", "corruption", "hang", "leak",
				     "MUST",  "HARDEN",     "DEF",  "SHOULD",
				     "MAY",   "vuspec" };

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) != 0)
		abort(); /* out of memory */
}

static void append(json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value) != 0)
		abort();
}

/* The object of this key in `all`, new with a cell a peer. */
static json_t *entry_of(json_t *all, const char *key, size_t peers)
{
	json_t *entry = json_object_get(all, key), *cells;

	if (entry)
		return entry;
	entry = json_object();
	cells = json_array();
	for (size_t i = 0; i < peers; i++)
		append(cells, json_object());
	set(entry, "cells", cells);
	set(all, key, entry);
	return entry;
}

static void count(json_t *entry, size_t peer, const char *what)
{
	json_t *cell = json_array_get(json_object_get(entry, "cells"), peer);

	set(cell, what, json_integer(vus_json_number(cell, what) + 1));
}

static size_t harm_rank(const json_t *entry)
{
	size_t i = 0;

	while (i < VUS_COUNT(harms) &&
	       strcmp(harms[i], vus_json_text(entry, "harm")) != 0)
		i++;
	return i;
}

static int by_harm(const void *left, const void *right)
{
	const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;

	if (harm_rank(a) != harm_rank(b))
		return harm_rank(a) < harm_rank(b) ? -1 : 1;
	return strcmp(vus_json_text(a, "cause"), vus_json_text(b, "cause"));
}

static int by_group(const void *left, const void *right)
{
	const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;

	return strcmp(vus_json_text(a, "group"), vus_json_text(b, "group"));
}

/* The values of an object as an array; drops the object. */
static json_t *sorted(json_t *all, int (*order)(const void *, const void *))
{
	json_t *array = json_array(), *entry, **p;
	const char *key;
	size_t n = 0;

	p = calloc(json_object_size(all) + 1, sizeof(json_t *));
	if (!p)
		abort();
	json_object_foreach(all, key, entry) p[n++] = entry;
	qsort(p, n, sizeof(json_t *), order);
	for (size_t i = 0; i < n; i++)
		append(array, json_incref(p[i]));
	free(p);
	json_decref(all);
	return array;
}

/* Reports of before have no causes: the rule is one. */
static const char *cause_of(const json_t *result)
{
	const char *cause = vus_json_text(result, "cause");

	return cause[0] ? cause : vus_json_text(result, "rule");
}

static void add_cause(json_t *all, const json_t *result, size_t peer,
		      size_t peers)
{
	const char *harm = vus_json_text(result, "harm");
	json_t *entry = entry_of(all, cause_of(result), peers);

	if (!json_object_get(entry, "cause")) {
		set(entry, "cause", json_string(cause_of(result)));
		set(entry, "harm",
		    json_string(harm[0] ? harm
					: vus_json_text(result, "level")));
		set(entry, "says", json_string(vus_json_text(result, "says")));
	}
	count(entry, peer, "rows");
}

json_t *vus_html_causes(json_t *const *indexes, size_t n)
{
	json_t *all = json_object(), *result;
	const char *id;

	for (size_t i = 0; i < n; i++)
		json_object_foreach(indexes[i], id, result)
		{
			if (vus_result_is_bad(result) && cause_of(result)[0])
				add_cause(all, result, i, n);
		}
	return sorted(all, by_harm);
}

json_t *vus_html_groups(json_t *const *indexes, size_t n)
{
	json_t *all = json_object(), *result;
	const char *id;

	for (size_t i = 0; i < n; i++)
		json_object_foreach(indexes[i], id, result)
		{
			const int weight = vus_result_weight(result);
			const char *group = vus_json_text(result, "group");
			json_t *entry;

			if (weight < 0 || group[0] == '\0')
				continue;
			entry = entry_of(all, group, n);
			set(entry, "group", json_string(group));
			count(entry, i,
			      vus_verdict_name(vus_result_order[weight]));
		}
	return sorted(all, by_group);
}
