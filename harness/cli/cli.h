/* SPDX-License-Identifier: BSD-3-Clause */
/* cli.h — what the subcommands of vuspec share.
 *
 * A subcommand is one file and one row of main.c's table.  It is called with
 * argv[0] = "vuspec NAME", writes its result to stdout and complaints to
 * stderr, and returns the exit status (enum vus_exit). */
#ifndef VUS_CLI_CLI_H
#define VUS_CLI_CLI_H

#include "option.h"
#include "suggest.h"

#include <jansson.h>

struct vus_case;

struct vus_command {
	const char *name;
	const char *says; /* what it is for, half a line */
	int (*run)(int argc, char **argv);
	const struct vus_option *(*options)(void);
	const char *words; /* its words are: "COMMAND", "FILE", "ID", or NULL */
};
extern const struct vus_command vus_commands[];
extern const size_t vus_ncommands;
const struct vus_command *vus_command_find(const char *name);
/* Run it: argv[0] is its name. */
int vus_command_run(const struct vus_command *command, int argc, char **argv);
/* "vuspec: unknown command 'x'; did you mean: y" */
int vus_command_unknown(const char *command, const char *word);

int vus_cmd_test_backend(int argc, char **argv);
int vus_cmd_test_frontend(int argc, char **argv);
int vus_cmd_trace(int argc, char **argv);
int vus_cmd_list(int argc, char **argv);
int vus_cmd_explain(int argc, char **argv);
int vus_cmd_coverage(int argc, char **argv);
int vus_cmd_report(int argc, char **argv);
int vus_cmd_compare(int argc, char **argv);
int vus_cmd_doctor(int argc, char **argv);
int vus_cmd_completion(int argc, char **argv);
int vus_cmd_help(int argc, char **argv);

/* Their options, ended by one without a name. */
const struct vus_option *vus_options_test_backend(void);
const struct vus_option *vus_options_test_frontend(void);
const struct vus_option *vus_options_trace(void);
const struct vus_option *vus_options_list(void);
const struct vus_option *vus_options_explain(void);
const struct vus_option *vus_options_coverage(void);
const struct vus_option *vus_options_report(void);
const struct vus_option *vus_options_compare(void);
const struct vus_option *vus_options_doctor(void);
const struct vus_option *vus_options_none(void);

/* The values of --format, and the row of a command that has it; `at` is the
 * offset of an int. */
enum vus_format_kind { VUS_FORMAT_TEXT, VUS_FORMAT_JSON };
extern const char *const vus_format_words[];
#define VUS_FORMAT_OPTION(at)                                                  \
	{                                                                      \
		"format", 'f', "FORMAT", "what is printed", VUS_OPT_CHOICE,    \
			at, .choices = vus_format_words                        \
	}

/* Parse the arguments after argv[0], the command's name: options into `into`,
 * which holds the defaults.  Returns the other arguments, ended by NULL; or
 * NULL when the command ends with *ret_status, after --help or wrong usage. */
char **vus_cli_read(const struct vus_synopsis *s, int argc, char **argv,
		    void *into, int *ret_status);

/* Wrong usage: say why.  Returns VUS_EXIT_USAGE. */
int vus_cli_usage_error(const char *command, const char *why);

/* Print the text of --help.  Returns the exit status. */
int vus_cli_print_help(const char *command, const struct vus_text *help);

/* Print, and drop the reference. */
void vus_cli_json(json_t *json);

/* Flush stdout; returns `status`, or VUS_EXIT_BROKEN, with a message, when not
 * everything could be written. */
int vus_cli_flush(const char *command, int status);

/* "  label       text", wrapped to 80 columns; nothing for an empty text. */
void vus_cli_field(const char *label, const char *text);

/* The features it needs, by name: "MQ LOG_ALL". */
void vus_case_needs(const struct vus_case *c, struct vus_text *ret);
/* The level of the strictest rule it cites, "MUST" before "HARDEN" before
 * "SHOULD", "DEF" and "MAY". */
const char *vus_case_level(const struct vus_case *c);

#endif
