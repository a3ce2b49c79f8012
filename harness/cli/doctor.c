/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor.c — vuspec doctor: what this host allows, what to do where it does
 * not, and which cases are skipped until then. */
#include "cli.h"
#include "host_check.h"

#include "run/runner.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 3 /* cases that are listed by name; others are counted */

struct doctor_options {
	int format;
};

static const struct vus_option options[] = {
	VUS_FORMAT_OPTION(offsetof(struct doctor_options, format)),
	{ 0 },
};
const struct vus_option *vus_options_doctor(void)
{
	return options;
}

static const struct vus_synopsis synopsis = {
	.usage = "Usage: vuspec doctor [OPTION...]\n"
		 "Check what this host allows.  Each line says what was "
		 "found; where something is missing, also the remedy and the "
		 "cases that are skipped until then, with a reason that "
		 "begins with env:.  The exit status is 1 when something "
		 "that a case needs is missing.\n\n",
	.options = options,
};

static bool cites_any(const struct vus_case *c, const char *globs)
{
	char glob[64];

	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++)
		for (size_t g = 0; vus_word(globs, ' ', g, glob, sizeof(glob));
		     g++)
			if (vus_glob(glob, c->rules[i]))
				return true;
	return false;
}

static bool needs(const struct vus_case *c, const struct vus_host_check *l)
{
	switch (l->need) {
	case VUS_HOST_NEED_ALL:
		return true;
	case VUS_HOST_NEED_MEMORY:
		return c->each_memory || l->memory == VUS_MEMFD;
	case VUS_HOST_NEED_RULES:
		return cites_any(c, l->rules);
	default:
		return false;
	}
}

static json_t *needing_cases(const struct vus_host_check *l)
{
	json_t *ids = json_array();
	char id[128];
	size_t n;
	const struct vus_case *const *all = vus_cases_all(&n);

	for (size_t i = 0; i < n; i++) {
		if (!needs(all[i], l))
			continue;
		vus_case_id(all[i], id);
		json_array_append_new(ids, json_string(id));
	}
	return ids;
}

/* Is a case skipped without it? */
static bool is_needed(const struct vus_host_check *l)
{
	json_t *ids = needing_cases(l);
	const bool any = json_array_size(ids) > 0;

	json_decref(ids);
	return any;
}

/* "a, b, c and 12 more" */
static void add_cases(const struct vus_host_check *l, struct vus_text *ret)
{
	json_t *ids = needing_cases(l);
	size_t n = json_array_size(ids), named = n > SHOWN + 1 ? SHOWN : n;

	if (l->need == VUS_HOST_NEED_ALL)
		vus_text_add(ret, "all");
	else if (l->need == VUS_HOST_NEED_NONE)
		vus_text_add(ret, "none");
	else if (n == 0)
		vus_text_add(ret, "no case needs it");
	for (size_t i = 0; l->need != VUS_HOST_NEED_ALL && i < named; i++)
		vus_text_add(ret, "%s%s", i ? ", " : "",
			     json_string_value(json_array_get(ids, i)));
	if (l->need != VUS_HOST_NEED_ALL && named < n)
		vus_text_add(ret, " and %zu more", n - named);
	json_decref(ids);
}

static void print_look(const struct vus_host_check *l, bool there,
		       const char *seen)
{
	VUS_AUTO_TEXT cases = { 0 }, wrapped = { 0 };

	vus_text_wrap(&wrapped, seen, 27, 80);
	(void)printf("%-7s  %-16s  %s\n", there ? "ok" : "missing", l->name,
		     vus_text_str(&wrapped));
	if (there)
		return;
	add_cases(l, &cases);
	vus_cli_field("remedy", l->remedy);
	vus_cli_field("cases", vus_text_str(&cases));
}

static json_t *look_object(const struct vus_host_check *l, bool there,
			   const char *seen)
{
	VUS_AUTO_TEXT clean = { 0 };
	json_t *o = json_object();

	vus_report_escape(&clean, seen, strlen(seen));
	json_object_set_new(o, "name", json_string(l->name));
	json_object_set_new(o, "ok", json_boolean(there));
	json_object_set_new(o, "needed",
			    json_boolean(l->need == VUS_HOST_NEED_ALL));
	json_object_set_new(o, "seen", json_string(vus_text_str(&clean)));
	json_object_set_new(o, "remedy", json_string(l->remedy));
	json_object_set_new(o, "cases", needing_cases(l));
	return o;
}

int vus_cmd_doctor(int argc, char **argv)
{
	struct doctor_options o = { 0 };
	json_t *array = NULL;
	int status = VUS_EXIT_PASS;

	if (!vus_cli_read(&synopsis, argc, argv, &o, &status))
		return status;
	if (o.format == VUS_FORMAT_JSON)
		array = json_array();
	for (size_t i = 0; i < vus_nhost_checks; i++) {
		const struct vus_host_check *l = &vus_host_checks[i];
		VUS_AUTO_TEXT seen = { 0 };
		bool there = l->look(&seen);

		if (!there && is_needed(l))
			status = VUS_EXIT_FAIL;
		if (array)
			json_array_append_new(
				array,
				look_object(l, there, vus_text_str(&seen)));
		else
			print_look(l, there, vus_text_str(&seen));
	}
	if (array)
		vus_cli_json(array);
	return vus_cli_flush("vuspec doctor", status);
}
