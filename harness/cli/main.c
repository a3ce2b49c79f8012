/* SPDX-License-Identifier: BSD-3-Clause */
/* main.c — vuspec: finds the subcommand and runs it. */
#include "cli.h"

#include "run/runner.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	const struct vus_command *command;
	char name[] = "vuspec help", *words[] = { name, NULL };

	if (argc < 2)
		return vus_cmd_help(0, words);
	if (strcmp(argv[1], "--help") == 0)
		return vus_cmd_help(1, words);
	if (strcmp(argv[1], "--version") == 0) {
		(void)puts("vuspec " VUSPEC_VERSION);
		return vus_cli_flush("vuspec", VUS_EXIT_PASS);
	}
	command = vus_command_find(argv[1]);
	if (!command)
		return vus_command_unknown("vuspec", argv[1]);
	return vus_command_run(command, argc - 1, argv + 1);
}
