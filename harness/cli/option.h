/* SPDX-License-Identifier: BSD-3-Clause */
/* option.h — a command's options as a table, for parsing and for --help.
 *
 * A row says where its value goes; --help is made of the rows and of the
 * default values. */
#ifndef VUS_CLI_OPTION_H
#define VUS_CLI_OPTION_H

#include "base/err.h"
#include "base/text.h"

/* Values of a repeatable option, in order. */
struct vus_word_list {
	const char **p; /* owned array of borrowed strings, ended by NULL */
	size_t n;
};

VUS_MUST_CHECK bool vus_word_list_add(struct vus_word_list *w, const char *word,
				      struct vus_err *err);

enum vus_option_kind {
	VUS_OPT_FLAG,   /* bool */
	VUS_OPT_NUMBER, /* unsigned, from min to max */
	VUS_OPT_CHOICE, /* int: the position of a word among `choices` */
	VUS_OPT_TEXT,   /* const char *, which is argv's */
	VUS_OPT_LIST,   /* struct vus_word_list: repeatable */
	VUS_OPT_PARSED, /* parsed by `take` */
};

struct vus_option {
	const char *name;  /* "start-timeout"; of one letter: -m */
	char letter;       /* one besides the name: 'f'; 0: none */
	const char *value; /* "N"; "[=SEED]": optional; NULL: none */
	const char *says;  /* what it does; NULL: not for users */
	enum vus_option_kind kind;
	size_t at;         /* offset of the field that it sets */
	unsigned of;       /* for the command: which of its forms have it */
	unsigned min, max; /* NUMBER */
	const char *const *choices;          /* CHOICE; NULL behind the last */
	void (*names)(struct vus_text *ret); /* what --help lists in brackets */
	bool (*take)(void *into, const char *value, struct vus_err *err);
	const char *kept; /* part of the rerun command where its value begins
			     with this; NULL: never, "": always */
};

/* What may follow a command's name.  --help, which every command has, is in no
 * table. */
struct vus_synopsis {
	const char *usage;                /* how --help begins */
	const struct vus_option *options; /* one without name behind the last */
	bool command;                     /* a command may follow after -- */
	int words;         /* else: most arguments that are not options */
	const char *wants; /* what the argument is, where one is needed */
};

/* Parse all arguments.  Options may follow other arguments, which getopt moves
 * to the end; but none after `command`.  *ret_next is the index of the first
 * other argument, or 0 after --help.  Options that a rerun repeats are added to
 * `rerun`, quoted; it may be NULL where no row is kept.  Kind USAGE says which
 * argument is wrong, and why. */
VUS_MUST_CHECK bool vus_options_read(const struct vus_synopsis *s, int argc,
				     char **argv, void *into,
				     struct vus_text *rerun, int *ret_next,
				     struct vus_err *err);

/* The text of --help, with the values in `defaults`. */
void vus_options_help(const struct vus_synopsis *s, const void *defaults,
		      struct vus_text *ret);

/* For take(): a decimal number. */
VUS_MUST_CHECK bool vus_option_number(const char *name, const char *value,
				      unsigned min, unsigned max, unsigned *ret,
				      struct vus_err *err);

#endif
