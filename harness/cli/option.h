/* SPDX-License-Identifier: BSD-3-Clause */
/* option.h — a command's options as a table: read and told from the same rows.
 *
 * A row says where its value goes; what --help prints is made of the rows and
 * of the values that stand there by default. */
#ifndef VUS_CLI_OPTION_H
#define VUS_CLI_OPTION_H

#include "base/err.h"
#include "base/text.h"

/* Words of argv, in their order. */
struct vus_word_list {
	const char **p; /* owned array of words that are not, NULL behind */
	size_t n;
};

enum vus_option_kind {
	VUS_OPT_FLAG,   /* bool */
	VUS_OPT_NUMBER, /* unsigned, from min to max */
	VUS_OPT_CHOICE, /* int: the position of a word among `choices` */
	VUS_OPT_TEXT,   /* const char *, which is argv's */
	VUS_OPT_LIST,   /* struct vus_word_list: repeatable */
	VUS_OPT_PARSED, /* what `take` makes of it */
};

struct vus_option {
	const char *name;  /* "start-timeout"; of one letter: -m */
	char letter;       /* one besides the name: 'f'; 0: none */
	const char *value; /* "N"; "[=SEED]": may have one; NULL: has none */
	const char *says;  /* what it does; NULL: not for users */
	enum vus_option_kind kind;
	size_t at;         /* offset of what it fills */
	unsigned of;       /* the command's own: which of its forms have it */
	unsigned min, max; /* NUMBER */
	const char *const *choices;          /* CHOICE; NULL behind the last */
	void (*names)(struct vus_text *ret); /* what is told in brackets */
	bool (*take)(void *into, const char *value, struct vus_err *err);
	const char *kept; /* repeated in a rerun's words where its value begins
			     with this; NULL: never, "": always */
};

/* What may stand behind a command's name.  --help, which every command has, is
 * in no table. */
struct vus_synopsis {
	const char *usage;                /* how --help begins */
	const struct vus_option *options; /* one without name behind the last */
	bool command;                     /* another one may follow behind -- */
	int words;         /* else: words that are no options, at most */
	const char *wants; /* which of them, where one must be; or NULL */
};

/* Read all words; options may stand behind others, which getopt moves to the
 * end, but not behind `command`.  *ret_next is the index of the first of the
 * others, or 0 where --help is asked for.  Words that a rerun repeats are added
 * to `rerun`, quoted; NULL will do where no row is kept.  Kind USAGE says which
 * word cannot be followed, and why. */
VUS_MUST_CHECK bool vus_options_read(const struct vus_synopsis *s, int argc,
				     char **argv, void *into,
				     struct vus_text *rerun, int *ret_next,
				     struct vus_err *err);

/* What --help prints: a line or more an option, with the values that stand in
 * `defaults`. */
void vus_options_help(const struct vus_synopsis *s, const void *defaults,
		      struct vus_text *ret);

/* For take(): a decimal number. */
VUS_MUST_CHECK bool vus_option_number(const char *name, const char *value,
				      unsigned min, unsigned max, unsigned *ret,
				      struct vus_err *err);

#endif
