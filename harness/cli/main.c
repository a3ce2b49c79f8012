/* SPDX-License-Identifier: BSD-3-Clause */
/* main.c — vuspec: finds the subcommand and runs it. */
#include "cli.h"

#include "run/runner.h"

#include <stdio.h>
#include <string.h>

static const struct vus_command commands[] = {
	{ "test-backend", "test a vhost-user back-end", vus_cmd_test_backend },
	{ "test-frontend", "test a vhost-user front-end",
	  vus_cmd_test_frontend },
	{ "trace", "relay between two peers: print, record, check",
	  vus_cmd_trace },
	{ "list", "list the cases: id, level, rules, needs", vus_cmd_list },
	{ "explain", "explain a case, a rule or a fault", vus_cmd_explain },
	{ "coverage", "show what checks and proves every rule",
	  vus_cmd_coverage },
	{ "report", "write the results of one or more runs as a page",
	  vus_cmd_report },
	{ "doctor", "check what this host allows, and show remedies",
	  vus_cmd_doctor },
};

static void usage(FILE *to)
{
	(void)fputs("Usage: vuspec COMMAND [OPTION...] [WORD...]\n"
		    "A conformance suite for vhost-user.\n\n",
		    to);
	for (size_t i = 0; i < VUS_COUNT(commands); i++)
		(void)fprintf(to, "  %-14s  %s\n", commands[i].name,
			      commands[i].says);
	(void)fputs("\n  --help, --version\n\n"
		    "'vuspec COMMAND --help' shows the options of a command.\n",
		    to);
}

static int run_command(const struct vus_command *command, int argc, char **argv)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "vuspec %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return VUS_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return vus_cli_flush("vuspec", VUS_EXIT_PASS);
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)puts("vuspec " VUSPEC_VERSION);
		return vus_cli_flush("vuspec", VUS_EXIT_PASS);
	}
	for (size_t i = 0; i < VUS_COUNT(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return run_command(&commands[i], argc - 1, argv + 1);
	(void)fprintf(stderr, "vuspec: unknown command '%s'\n\n", argv[1]);
	usage(stderr);
	return VUS_EXIT_USAGE;
}
