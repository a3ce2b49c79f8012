/* SPDX-License-Identifier: BSD-3-Clause */
/* commands.c — the table of vuspec's commands, and help about them. */
#include "cli.h"

#include "run/runner.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

const struct vus_command vus_commands[] = {
	{ "test-backend", "test a vhost-user back-end", vus_cmd_test_backend,
	  vus_options_test_backend, NULL },
	{ "test-frontend", "test a vhost-user front-end", vus_cmd_test_frontend,
	  vus_options_test_frontend, NULL },
	{ "trace", "relay between two peers: print, record, check",
	  vus_cmd_trace, vus_options_trace, NULL },
	{ "list", "list the cases: id, level, rules, needs", vus_cmd_list,
	  vus_options_list, "ID" },
	{ "explain", "explain a case, a rule or a fault", vus_cmd_explain,
	  vus_options_explain, "ID" },
	{ "coverage", "show what checks and proves every rule",
	  vus_cmd_coverage, vus_options_coverage, NULL },
	{ "report", "write the results of one or more runs as a page",
	  vus_cmd_report, vus_options_report, "FILE" },
	{ "compare", "tell what differs between two runs", vus_cmd_compare,
	  vus_options_compare, "FILE" },
	{ "doctor", "check what this host allows, and show remedies",
	  vus_cmd_doctor, vus_options_doctor, NULL },
	{ "completion", "print the completion of a shell", vus_cmd_completion,
	  vus_options_none, "SHELL" },
	{ "help", "show this, or the options of a command", vus_cmd_help,
	  vus_options_none, "COMMAND" },
};
const size_t vus_ncommands = VUS_COUNT(vus_commands);

const struct vus_option *vus_options_none(void)
{
	static const struct vus_option none[] = { { 0 } };

	return none;
}

const struct vus_command *vus_command_find(const char *name)
{
	for (size_t i = 0; i < vus_ncommands; i++)
		if (strcmp(vus_commands[i].name, name) == 0)
			return &vus_commands[i];
	return NULL;
}

int vus_command_run(const struct vus_command *command, int argc, char **argv)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "vuspec %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int vus_command_unknown(const char *command, const char *word)
{
	struct vus_suggestions near = { .word = word };
	VUS_AUTO_TEXT text = { 0 };

	for (size_t i = 0; i < vus_ncommands; i++)
		vus_suggestions_add(&near, vus_commands[i].name);
	vus_suggestions_text(&near, &text);
	(void)fprintf(stderr,
		      "%s: unknown command '%s'%s\n"
		      "Try 'vuspec help'.\n",
		      command, word, vus_text_str(&text));
	return VUS_EXIT_USAGE;
}

static void usage(FILE *to)
{
	(void)fputs("Usage: vuspec COMMAND [OPTION...] [WORD...]\n"
		    "A conformance suite for vhost-user.\n\n",
		    to);
	for (size_t i = 0; i < vus_ncommands; i++)
		(void)fprintf(to, "  %-14s  %s\n", vus_commands[i].name,
			      vus_commands[i].says);
	(void)fputs("\n  --help, --version\n\n"
		    "'vuspec help COMMAND' shows the options of a command.\n",
		    to);
}

int vus_cmd_help(int argc, char **argv)
{
	static const struct vus_synopsis synopsis = {
		.usage = "Usage: vuspec help [COMMAND]\n"
			 "Show the commands, or the options of one.\n\n",
		.words = 1,
	};
	const struct vus_command *command;
	char asks[] = "--help", *words[] = { NULL, asks, NULL };
	struct vus_synopsis none = synopsis;
	char **word;
	int status;

	none.options = vus_options_none();
	if (argc == 0) {
		usage(stderr);
		return VUS_EXIT_USAGE;
	}
	word = vus_cli_read(&none, argc, argv, NULL, &status);
	if (!word)
		return status;
	if (!word[0]) {
		usage(stdout);
		return vus_cli_flush("vuspec", VUS_EXIT_PASS);
	}
	command = vus_command_find(word[0]);
	if (!command)
		return vus_command_unknown("vuspec help", word[0]);
	return vus_command_run(command, 2, words);
}
