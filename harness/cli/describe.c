/* SPDX-License-Identifier: BSD-3-Clause */
/* describe.c — what subcommands share in their output: fields, the needs of a
 * case, suggestions for a mistyped name. */
#include "cli.h"

#include "run/runner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WIDTH   80
#define INDENT  14 /* columns in front of a field's text */
#define LONGEST 96 /* characters of a word that may be mistyped */
#define TOO_FAR 3  /* more mistyped letters than this: no suggestion */

const char *const vus_format_words[] = {
	[VUS_FORMAT_TEXT] = "text",
	[VUS_FORMAT_JSON] = "json",
	NULL,
};

char **vus_cli_read(const struct vus_synopsis *s, int argc, char **argv,
		    void *into, int *ret_status)
{
	VUS_AUTO_TEXT help = { 0 };
	struct vus_err err = { 0 };
	int next;

	/* Before the options replace the defaults. */
	vus_options_help(s, into, &help);
	if (!vus_options_read(s, argc, argv, into, NULL, &next, &err))
		*ret_status = vus_cli_usage_error(argv[0], err.text);
	else if (next == 0)
		*ret_status = vus_cli_print_help(argv[0], &help);
	else
		return argv + next;
	return NULL;
}

int vus_cli_usage_error(const char *command, const char *why)
{
	(void)fprintf(stderr,
		      "%s: %s\n"
		      "Try '%s --help'.\n",
		      command, why, command);
	return VUS_EXIT_USAGE;
}

int vus_cli_print_help(const char *command, const struct vus_text *help)
{
	(void)fputs(vus_text_str(help), stdout);
	return vus_cli_flush(command, VUS_EXIT_PASS);
}

void vus_cli_json(json_t *json)
{
	(void)json_dumpf(json, stdout, JSON_INDENT(1));
	(void)putchar('\n');
	json_decref(json);
}

int vus_cli_flush(const char *command, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	(void)fprintf(stderr, "%s: cannot write to standard output: %s\n",
		      command, strerror(errno));
	return VUS_EXIT_BROKEN;
}

void vus_cli_field(const char *label, const char *text)
{
	VUS_AUTO_TEXT wrapped = { 0 };

	if (text[0] == '\0')
		return;
	vus_text_wrap(&wrapped, text, INDENT, WIDTH);
	(void)printf("  %-*s%s\n", INDENT - 2, label, vus_text_str(&wrapped));
}

bool vus_case_cites(const struct vus_case *c, const char *rule)
{
	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++)
		if (strcmp(c->rules[i], rule) == 0)
			return true;
	return false;
}

void vus_case_needs(const struct vus_case *c, struct vus_text *ret)
{
	if (c->needs)
		vus_format_features(c->needs, true, ret);
	if (c->needs && c->needs_vf)
		vus_text_add(ret, " ");
	if (c->needs_vf)
		vus_format_features(c->needs_vf, false, ret);
}

const char *vus_case_level(const struct vus_case *c)
{
	static const unsigned strictness[] = {
		[VUS_MAY] = 1,    [VUS_DEF] = 2,  [VUS_SHOULD] = 3,
		[VUS_HARDEN] = 4, [VUS_MUST] = 5,
	};
	const struct vus_rule *strictest = NULL;

	for (size_t i = 0; i < VUS_CASE_RULES && c->rules[i]; i++) {
		const struct vus_rule *rule = vus_rule_find(c->rules[i]);

		if (rule &&
		    (!strictest ||
		     strictness[rule->level] > strictness[strictest->level]))
			strictest = rule;
	}
	return strictest ? vus_level_name(strictest->level) : "?";
}

/* Letters to add, drop or change between two words (Levenshtein). */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[LONGEST + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > LONGEST || nb > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned above = row[j];
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);

			row[j] =
				VUS_MIN(VUS_MIN(above, row[j - 1]) + 1, change);
			diagonal = above;
		}
	}
	return row[nb];
}

void vus_suggestions_add(struct vus_suggestions *near, const char *candidate)
{
	unsigned far = distance(near->word, candidate);
	unsigned at = near->n;

	/* Part of a name counts as one mistyped letter. */
	if (strlen(near->word) >= 3 && strstr(candidate, near->word))
		far = VUS_MIN(far, 1u);
	if (far > TOO_FAR)
		return;
	while (at > 0 && near->distance[at - 1] > far)
		at--;
	if (at == VUS_COUNT(near->found))
		return;
	if (near->n < VUS_COUNT(near->found))
		near->n++;
	for (unsigned i = near->n - 1; i > at; i--) {
		near->found[i] = near->found[i - 1];
		near->distance[i] = near->distance[i - 1];
	}
	near->found[at] = candidate;
	near->distance[at] = far;
}

void vus_suggestions_text(const struct vus_suggestions *near,
			  struct vus_text *ret)
{
	for (unsigned i = 0; i < near->n; i++)
		vus_text_add(ret, "%s%s", i == 0 ? "; did you mean: " : ", ",
			     near->found[i]);
}
