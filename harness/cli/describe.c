/* SPDX-License-Identifier: BSD-3-Clause */
/* describe.c — what subcommands share in their output: fields, and the needs of
 * a case. */
#include "cli.h"

#include "run/runner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WIDTH  80
#define INDENT 14 /* columns in front of a field's text */

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
