/* SPDX-License-Identifier: BSD-3-Clause */
/* compare.c — vuspec compare: what differs between two runs.
 *
 * What was skipped was not judged: it is neither better nor worse than a pass,
 * but what is found where nothing was judged before is worse. */
#include "cli.h"
#include "result_file.h"

#include "run/report/document.h"
#include "run/runner.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum change { WORSE, BETTER, CHANGED, NEW, GONE, NCHANGES };

static const char *const change_names[NCHANGES] = {
	[WORSE] = "worse", [BETTER] = "better", [CHANGED] = "changed",
	[NEW] = "new",     [GONE] = "gone",
};

struct compare_options {
	int format;
};

static const struct vus_option options[] = {
	VUS_FORMAT_OPTION(offsetof(struct compare_options, format)),
	{ 0 },
};

const struct vus_option *vus_options_compare(void)
{
	return options;
}

static const struct vus_synopsis synopsis = {
	.usage = "Usage: vuspec compare [OPTION...] OLD.json NEW.json\n"
		 "Tell what differs between two runs: what is worse, better, "
		 "fails in another way, is new or is gone (not run, or "
		 "skipped).  The files are those of test-backend or "
		 "test-frontend --output json=FILE.  The exit status is 1 "
		 "when something is worse.\n\n",
	.options = options,
	.words = 2,
	.wants = "two files that --output json=FILE wrote",
};

static bool is_judged(const json_t *result)
{
	return result && vus_result_weight(result) > 0;
}

/* NCHANGES where nothing differs. */
static enum change change_of(const json_t *before, const json_t *after)
{
	const int was = vus_result_weight(before);
	const int is = vus_result_weight(after);

	if (!is_judged(before) && !is_judged(after))
		return NCHANGES;
	if (!is_judged(after))
		return GONE;
	if (!before)
		return NEW;
	if (!is_judged(before))
		return vus_result_is_bad(after) ? WORSE : NEW;
	if (was != is)
		return is > was ? WORSE : BETTER;
	if (!vus_json_flag(before, "crashed") &&
	    vus_json_flag(after, "crashed"))
		return WORSE;
	return strcmp(vus_json_text(before, "rule"),
		      vus_json_text(after, "rule")) == 0
		       ? NCHANGES
		       : CHANGED;
}

/* "fail of header.version" */
static void add_state(const json_t *result, struct vus_text *ret)
{
	int weight;

	if (!result) {
		vus_text_add(ret, "not run");
		return;
	}
	weight = vus_result_weight(result);
	vus_text_add(ret, "%s",
		     weight < 0 ? "?"
				: vus_verdict_name(vus_result_order[weight]));
	if (vus_result_is_bad(result) && vus_json_text(result, "rule")[0]) {
		vus_text_add(ret, " of ");
		vus_report_escape(ret, vus_json_text(result, "rule"),
				  strlen(vus_json_text(result, "rule")));
	}
	if (vus_json_flag(result, "crashed"))
		vus_text_add(ret, ", crashed");
}

static void add_change(json_t *array, const char *id, const json_t *before,
		       const json_t *after)
{
	VUS_AUTO_TEXT was = { 0 }, is = { 0 };

	add_state(before, &was);
	add_state(after, &is);
	(void)json_array_append_new(
		array,
		json_pack("{s:o s:s s:s}", "id", vus_json_clean(id, strlen(id)),
			  "was", vus_text_str(&was), "is", vus_text_str(&is)));
}

static void add_changes(json_t *const changes[NCHANGES], const char *id,
			const json_t *before, const json_t *after)
{
	const enum change change = change_of(before, after);

	if (change != NCHANGES)
		add_change(changes[change], id, before, after);
}

static void print_changes(enum change change, const json_t *array)
{
	const json_t *one;
	size_t i;

	if (json_array_size(array) == 0)
		return;
	(void)printf("%s (%zu)\n", change_names[change],
		     json_array_size(array));
	json_array_foreach(array, i, one)
	{
		(void)printf("  %s\n", vus_json_text(one, "id"));
		(void)printf("      %s -> %s\n", vus_json_text(one, "was"),
			     vus_json_text(one, "is"));
	}
	(void)printf("\n");
}

static void compare_results(json_t *const changes[NCHANGES], json_t *old,
			    json_t *new)
{
	const char *id;
	json_t *result;

	json_object_foreach(new, id, result)
	{
		if (vus_result_weight(result) >= 0)
			add_changes(changes, id, json_object_get(old, id),
				    result);
	}
	json_object_foreach(old, id, result)
	{
		if (vus_result_weight(result) >= 0 && !json_object_get(new, id))
			add_changes(changes, id, result, NULL);
	}
}

static int print_all(json_t *const changes[NCHANGES], int format)
{
	const size_t worse = json_array_size(changes[WORSE]);
	json_t *all = json_object();

	for (enum change c = 0; c < NCHANGES; c++) {
		if (format == VUS_FORMAT_TEXT)
			print_changes(c, changes[c]);
		(void)json_object_set(all, change_names[c], changes[c]);
	}
	if (format == VUS_FORMAT_JSON) {
		vus_cli_json(all);
	} else {
		for (enum change c = 0; c < NCHANGES; c++)
			(void)printf("%s%zu %s", c ? ", " : "",
				     json_array_size(changes[c]),
				     change_names[c]);
		(void)printf("\n");
		json_decref(all);
	}
	return vus_cli_flush("vuspec compare",
			     worse > 0 ? VUS_EXIT_FAIL : VUS_EXIT_PASS);
}

static int compare_files(char *const *files, int format)
{
	json_t *root[2] = { NULL }, *by_id[2], *changes[NCHANGES];
	struct vus_err err = { 0 };
	int status;

	for (size_t i = 0; i < 2; i++) {
		if (vus_result_file_read(files[i], &root[i], &err))
			continue;
		json_decref(root[0]);
		(void)fprintf(stderr, "vuspec compare: %s\n", err.text);
		return VUS_EXIT_USAGE;
	}
	for (size_t i = 0; i < 2; i++)
		by_id[i] = vus_results_by_id(root[i]);
	for (enum change c = 0; c < NCHANGES; c++)
		changes[c] = json_array();
	compare_results(changes, by_id[0], by_id[1]);
	status = print_all(changes, format);
	for (enum change c = 0; c < NCHANGES; c++)
		json_decref(changes[c]);
	for (size_t i = 0; i < 2; i++) {
		json_decref(by_id[i]);
		json_decref(root[i]);
	}
	return status;
}

int vus_cmd_compare(int argc, char **argv)
{
	struct compare_options o = { 0 };
	int status;
	char **files = vus_cli_read(&synopsis, argc, argv, &o, &status);

	if (!files)
		return status;
	if (!files[1])
		return vus_cli_usage_error(argv[0],
					   "missing argument: a second file");
	return compare_files(files, o.format);
}
