/* SPDX-License-Identifier: BSD-3-Clause */
/* option.c — a command's options as a table: parsed, and shown by --help. */
#include "option.h"
#include "suggest.h"

#include "base/own.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  80
#define INDENT 24 /* columns before the text of an option */

/* What getopt returns for --help and for row 0; letters are smaller. */
enum { HELP = 256, FIRST_LONG };

static const struct vus_option help = { .name = "help",
					.says = "show this help" };

bool vus_word_list_add(struct vus_word_list *w, const char *word,
		       struct vus_err *err)
{
	const char **more = realloc(w->p, (w->n + 2) * sizeof(*more));

	if (!more)
		return vus_fail_sys(err, "allocating memory");
	w->p = more;
	w->p[w->n++] = word;
	w->p[w->n] = NULL;
	return true;
}

static bool is_letter(const struct vus_option *o)
{
	return o->name[1] == '\0';
}

static char letter(const struct vus_option *o)
{
	return is_letter(o) ? o->name[0] : o->letter;
}

static const char *dashes(const struct vus_option *o)
{
	return is_letter(o) ? "-" : "--";
}

static int has_value(const struct vus_option *o)
{
	if (!o->value)
		return no_argument;
	return o->value[0] == '[' ? optional_argument : required_argument;
}

bool vus_option_number(const char *name, const char *value, unsigned min,
		       unsigned max, unsigned *ret, struct vus_err *err)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || n < min ||
	    n > max)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s '%s': not a number from %u to %u", name,
				value, min, max);
	*ret = (unsigned)n;
	return true;
}

static bool choose_word(const struct vus_option *o, const char *value, int *ret,
			struct vus_err *err)
{
	struct vus_suggestions near = { .word = value };
	VUS_AUTO_TEXT all = { 0 };

	for (int i = 0; o->choices[i]; i++) {
		vus_suggestions_add(&near, o->choices[i]);
		if (strcmp(o->choices[i], value) == 0) {
			*ret = i;
			return true;
		}
		vus_text_add(&all, "%s%s", i ? ", " : "", o->choices[i]);
	}
	vus_suggestions_text(&near, &all);
	return vus_fail(err, VUS_ERR_USAGE, "%s%s '%s': not one of %s",
			dashes(o), o->name, value, vus_text_str(&all));
}

static bool take_value_of(const struct vus_option *o, const char *value,
			  void *into, struct vus_err *err)
{
	void *at = (char *)into + o->at;
	char name[64];

	switch (o->kind) {
	case VUS_OPT_FLAG:
		*(bool *)at = true;
		return true;
	case VUS_OPT_NUMBER:
		(void)snprintf(name, sizeof(name), "%s%s", dashes(o), o->name);
		return vus_option_number(name, value, o->min, o->max, at, err);
	case VUS_OPT_CHOICE:
		return choose_word(o, value, at, err);
	case VUS_OPT_TEXT:
		*(const char **)at = value;
		return true;
	case VUS_OPT_LIST:
		return vus_word_list_add(at, value, err);
	default:
		return o->take(into, value, err);
	}
}

static void keep_for_rerun(const struct vus_option *o, const char *value,
			   struct vus_text *rerun)
{
	if (!o->kept ||
	    strncmp(value ? value : "", o->kept, strlen(o->kept)) != 0)
		return;
	vus_text_add(rerun, " %s%s", dashes(o), o->name);
	if (value) {
		vus_text_add(rerun,
			     has_value(o) == optional_argument ? "=" : " ");
		vus_text_quote(rerun, value);
	}
}

/* The same rows as getopt_long() wants them; the caller frees. */
static struct option *long_options(const struct vus_option *table,
				   struct vus_text *letters)
{
	struct option *all;
	size_t n = 0, used = 0;

	while (table[n].name)
		n++;
	all = calloc(n + 2, sizeof(*all));
	if (!all)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (letter(&table[i]))
			vus_text_add(letters, "%c%s", letter(&table[i]),
				     table[i].value ? ":" : "");
		if (!is_letter(&table[i]))
			all[used++] = (struct option){
				.name = table[i].name,
				.has_arg = has_value(&table[i]),
				.val = FIRST_LONG + (int)i,
			};
	}
	all[used] = (struct option){ .name = help.name, .val = HELP };
	return all;
}

static const struct vus_option *find_option_row(const struct vus_option *table,
						int opt)
{
	if (opt >= FIRST_LONG)
		return &table[opt - FIRST_LONG];
	while (letter(table) != opt)
		table++;
	return table;
}

/* An option that getopt refused; `word` is the last that it looked at. */
static bool refuse_option(const struct vus_option *table, int opt,
			  const char *word, struct vus_err *err)
{
	const size_t len = strcspn(word, "=");
	VUS_AUTO_FREE char *name = strndup(word, len);
	struct vus_suggestions near = { .word = name ? name : word };
	VUS_AUTO_TEXT text = { 0 };
	char words[64][40];

	if (opt == ':')
		return vus_fail(err, VUS_ERR_USAGE, "%s needs a value", word);
	if (optopt >= HELP)
		return vus_fail(err, VUS_ERR_USAGE, "%s: takes no value", word);
	if (optopt)
		return vus_fail(err, VUS_ERR_USAGE, "unknown option -%c",
				optopt);
	for (size_t i = 0; table[i].name && i < VUS_COUNT(words); i++) {
		if (!table[i].says || is_letter(&table[i]))
			continue;
		(void)snprintf(words[i], sizeof(words[i]), "--%s",
			       table[i].name);
		vus_suggestions_add(&near, words[i]);
	}
	vus_suggestions_text(&near, &text);
	return vus_fail(err, VUS_ERR_USAGE, "unknown option %s%s", word,
			vus_text_str(&text));
}

static bool check_words(const struct vus_synopsis *s, int argc,
			char *const *argv, int next, struct vus_err *err)
{
	if (s->command && next < argc && strcmp(argv[next - 1], "--") != 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"'%s' is not an option; the command goes "
				"after --",
				argv[next]);
	if (!s->command && argc - next > s->words)
		return vus_fail(err, VUS_ERR_USAGE, "unexpected argument '%s'",
				argv[next + s->words]);
	if (s->wants && next == argc)
		return vus_fail(err, VUS_ERR_USAGE, "missing argument: %s",
				s->wants);
	return true;
}

bool vus_options_read(const struct vus_synopsis *s, int argc, char **argv,
		      void *into, struct vus_text *rerun, int *ret_next,
		      struct vus_err *err)
{
	VUS_AUTO_TEXT letters = { 0 };
	VUS_AUTO_FREE struct option *longs = NULL;
	const struct vus_option *o;
	int opt;

	vus_text_add(&letters, "%s:", s->command ? "+" : "");
	longs = long_options(s->options, &letters);
	opterr = 0;
	optind = 0; /* GNU: begin anew */
	while ((opt = getopt_long(argc, argv, vus_text_str(&letters), longs,
				  NULL)) != -1) {
		if (opt == HELP) {
			*ret_next = 0;
			return true;
		}
		if (opt == ':' || opt == '?')
			return refuse_option(s->options, opt, argv[optind - 1],
					     err);
		o = find_option_row(s->options, opt);
		if (!take_value_of(o, optarg, into, err))
			return false;
		keep_for_rerun(o, optarg, rerun);
	}
	*ret_next = optind;
	return check_words(s, argc, argv, optind, err);
}

/* ---- --help ---- */

/* ": must (default), should or may" */
static void add_choices(const struct vus_option *o, int by_default,
			struct vus_text *ret)
{
	for (int i = 0; o->choices[i]; i++)
		vus_text_add(ret, "%s%s%s",
			     i == 0              ? ": "
			     : o->choices[i + 1] ? ", "
						 : " or ",
			     o->choices[i],
			     i == by_default ? " (default)" : "");
}

/* A default that is not such a value is part of the row's text. */
static void add_value(const struct vus_option *o, const void *defaults,
		      struct vus_text *ret)
{
	const void *at = defaults ? (const char *)defaults + o->at : NULL;
	unsigned n;

	if (o->kind == VUS_OPT_CHOICE)
		add_choices(o, *(const int *)at, ret);
	if (o->names) {
		vus_text_add(ret, " (");
		o->names(ret);
		vus_text_add(ret, ")");
	}
	if (o->kind == VUS_OPT_LIST)
		vus_text_add(ret, "; repeatable");
	if (o->kind != VUS_OPT_NUMBER)
		return;
	n = *(const unsigned *)at;
	if (n >= o->min && n <= o->max)
		vus_text_add(ret, " (%u)", n);
}

static void print_option(const struct vus_option *o, const void *defaults,
			 struct vus_text *ret)
{
	VUS_AUTO_TEXT head = { 0 }, says = { 0 };

	vus_text_add(&head, "  ");
	if (o->letter)
		vus_text_add(&head, "-%c, ", o->letter);
	vus_text_add(&head, "%s%s%s%s", dashes(o), o->name,
		     has_value(o) == required_argument ? " " : "",
		     o->value ? o->value : "");
	vus_text_add(&says, "%s", o->says);
	add_value(o, defaults, &says);
	if (head.len + 2 <= INDENT)
		vus_text_add(ret, "%-*s", INDENT, vus_text_str(&head));
	else
		vus_text_add(ret, "%s\n%*s", vus_text_str(&head), INDENT, "");
	vus_text_wrap(ret, vus_text_str(&says), INDENT, WIDTH);
	vus_text_add(ret, "\n");
}

void vus_options_help(const struct vus_synopsis *s, const void *defaults,
		      struct vus_text *ret)
{
	vus_text_wrap(ret, s->usage, 0, WIDTH);
	for (const struct vus_option *o = s->options; o->name; o++)
		if (o->says)
			print_option(o, defaults, ret);
	print_option(&help, defaults, ret);
}
