/* SPDX-License-Identifier: BSD-3-Clause */
/* cli.h — what the subcommands of vuspec share.
 *
 * A subcommand is one file and one row of main.c's table.  It is called with
 * argv[0] = "vuspec NAME", writes its result to stdout and complaints to
 * stderr, and returns the exit status (enum vus_exit). */
#ifndef VUS_CLI_CLI_H
#define VUS_CLI_CLI_H

#include "../base/text.h"

struct vus_command {
	const char *name;
	const char *says; /* what it is for, half a line */
	int (*run)(int argc, char **argv);
};

int vus_cmd_test_backend(int argc, char **argv);
int vus_cmd_list(int argc, char **argv);
int vus_cmd_explain(int argc, char **argv);
int vus_cmd_coverage(int argc, char **argv);

/* The values of --format. */
enum vus_format_word { VUS_FORMAT_TEXT, VUS_FORMAT_JSON };
/* "text" or "json"; false for any other word. */
bool vus_format_parse(const char *word, enum vus_format_word *ret);

/* Words for those who mistyped: of `n` candidates those nearest to `word`,
 * nearest first, at most `most`, appended to `ret` as ", "-separated text.
 * Appends nothing when none is near. */
struct vus_near {
	const char *word;
	unsigned most;
	const char *found[8]; /* candidates, kept by reference */
	unsigned distance[8];
	unsigned n;
};
void vus_near_add(struct vus_near *near, const char *candidate);
void vus_near_text(const struct vus_near *near, struct vus_text *ret);

#endif
