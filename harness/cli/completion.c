/* SPDX-License-Identifier: BSD-3-Clause */
/* completion.c — vuspec completion: what a shell needs to complete vuspec's
 * words, made of the tables of commands and options. */
#include "cli.h"

#include "run/runner.h"

#include <stdio.h>
#include <string.h>

static const struct vus_synopsis synopsis = {
	.usage = "Usage: vuspec completion bash|zsh|fish\n"
		 "Print what that shell needs to complete vuspec's commands, "
		 "options and their words.  Where vuspec is installed, bash "
		 "and fish find it; for one session: source <(vuspec "
		 "completion bash).\n\n",
	.words = 1,
	.wants = "bash, zsh or fish",
};

static bool is_long(const struct vus_option *o)
{
	return o->name[1] != '\0';
}

static bool has_file(const struct vus_option *o)
{
	return o->value &&
	       (strstr(o->value, "FILE") || strstr(o->value, "PATH") ||
		strstr(o->value, "DIR") || strstr(o->value, "PROGRAM") ||
		strstr(o->value, "RESULT"));
}

/* "--filter --level -m" */
static void add_options(const struct vus_command *c, struct vus_text *ret)
{
	vus_text_add(ret, "--help");
	for (const struct vus_option *o = c->options(); o->name; o++)
		if (o->says)
			vus_text_add(ret, " %s%s", is_long(o) ? "--" : "-",
				     o->name);
}

static void add_choices(const struct vus_option *o, struct vus_text *ret)
{
	for (size_t i = 0; o->choices[i]; i++)
		vus_text_add(ret, "%s%s", i ? " " : "", o->choices[i]);
}

static void add_commands(struct vus_text *ret)
{
	for (size_t i = 0; i < vus_ncommands; i++)
		vus_text_add(ret, "%s%s", i ? " " : "", vus_commands[i].name);
}

/* The ids of all cases, as a command. */
#define IDS                                                                    \
	"vuspec list 2>/dev/null | "                                           \
	"sed -n 's/^\\([a-z0-9_]*\\.[a-z0-9_]*\\)  (.*/\\1/p'"

/* What may stand behind an option, as lines of a bash "case". */
static void add_bash_values(const struct vus_command *c, struct vus_text *ret)
{
	for (const struct vus_option *o = c->options(); o->name; o++) {
		if (!o->value || !o->says)
			continue;
		vus_text_add(ret, "\t\t%s:%s%s) ", c->name,
			     is_long(o) ? "--" : "-", o->name);
		if (o->choices) {
			vus_text_add(ret, "words=\"");
			add_choices(o, ret);
			vus_text_add(ret, "\"");
		} else if (strcmp(o->value, "GLOB") == 0) {
			vus_text_add(ret, "words=\"$(" IDS ")\"");
		} else if (has_file(o)) {
			vus_text_add(ret, "files=1");
		}
		vus_text_add(ret, " ;;\n");
	}
}

static void add_bash_words(const struct vus_command *c, struct vus_text *ret)
{
	vus_text_add(ret, "\t\t%s) words=\"", c->name);
	add_options(c, ret);
	if (c->words && strcmp(c->words, "ID") == 0)
		vus_text_add(ret, " $(" IDS ")");
	if (c->words && strcmp(c->words, "COMMAND") == 0) {
		vus_text_add(ret, " ");
		add_commands(ret);
	}
	if (c->words && strcmp(c->words, "SHELL") == 0)
		vus_text_add(ret, " bash zsh fish");
	vus_text_add(ret, "\"");
	if (!c->words || strcmp(c->words, "FILE") == 0)
		vus_text_add(ret, "; files=1");
	vus_text_add(ret, " ;;\n");
}

static void add_bash(struct vus_text *ret)
{
	vus_text_add(ret, "_vuspec()\n{\n"
			  "\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
			  "prev=${COMP_WORDS[COMP_CWORD-1]}\n"
			  "\tlocal words= files= command=${COMP_WORDS[1]}\n"
			  "\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\twords=\"");
	add_commands(ret);
	vus_text_add(ret, " --help --version\"\n\telse\n"
			  "\t\tcase \"$command:$prev\" in\n");
	for (size_t i = 0; i < vus_ncommands; i++)
		add_bash_values(&vus_commands[i], ret);
	vus_text_add(ret, "\t\t*) case \"$command\" in\n");
	for (size_t i = 0; i < vus_ncommands; i++)
		add_bash_words(&vus_commands[i], ret);
	vus_text_add(ret, "\t\tesac ;;\n\t\tesac\n\tfi\n"
			  "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
			  "\tif [ -n \"$files\" ]; then\n"
			  "\t\tCOMPREPLY+=($(compgen -f -- \"$cur\"))\n"
			  "\tfi\n}\n"
			  "complete -o filenames -F _vuspec vuspec\n");
}

/* zsh takes the words of bash. */
static void add_zsh(struct vus_text *ret)
{
	vus_text_add(ret, "#compdef vuspec\n"
			  "autoload -U +X bashcompinit && bashcompinit\n");
	add_bash(ret);
}

/* In single quotes, where nothing but the quote itself is special. */
static void add_quoted(struct vus_text *ret, const char *text)
{
	vus_text_add(ret, "'");
	for (; *text; text++)
		vus_text_add(ret,
			     *text == '\'' || *text == '\\' ? "\\%c" : "%c",
			     *text);
	vus_text_add(ret, "'");
}

#define FISH       "complete -c vuspec "
#define SEEN(name) FISH "-n '__fish_seen_subcommand_from %s' ", name

static void add_fish_option(const struct vus_command *c,
			    const struct vus_option *o, struct vus_text *ret)
{
	vus_text_add(ret, SEEN(c->name));
	vus_text_add(ret, "-%c %s", is_long(o) ? 'l' : 's', o->name);
	if (is_long(o) && o->letter)
		vus_text_add(ret, " -s %c", o->letter);
	if (o->value && o->value[0] != '[')
		vus_text_add(ret, has_file(o) ? " -r -F" : " -x");
	if (o->choices) {
		vus_text_add(ret, " -a '");
		add_choices(o, ret);
		vus_text_add(ret, "'");
	} else if (o->value && strcmp(o->value, "GLOB") == 0) {
		vus_text_add(ret, " -a \"(" IDS ")\"");
	}
	vus_text_add(ret, " -d ");
	add_quoted(ret, o->says);
	vus_text_add(ret, "\n");
}

static void add_fish(struct vus_text *ret)
{
	for (size_t i = 0; i < vus_ncommands; i++) {
		const struct vus_command *c = &vus_commands[i];

		vus_text_add(ret, FISH "-n __fish_use_subcommand -f -a %s -d ",
			     c->name);
		add_quoted(ret, c->says);
		vus_text_add(ret, "\n");
		for (const struct vus_option *o = c->options(); o->name; o++)
			if (o->says)
				add_fish_option(c, o, ret);
		if (!c->words || strcmp(c->words, "FILE") == 0)
			continue;
		vus_text_add(ret, SEEN(c->name));
		if (strcmp(c->words, "ID") == 0)
			vus_text_add(ret, "-f -a \"(" IDS ")\"\n");
		else if (strcmp(c->words, "SHELL") == 0)
			vus_text_add(ret, "-f -a 'bash zsh fish'\n");
		else {
			vus_text_add(ret, "-f -a '");
			add_commands(ret);
			vus_text_add(ret, "'\n");
		}
	}
}

static const struct {
	const char *shell;
	void (*add)(struct vus_text *ret);
} kinds[] = { { "bash", add_bash }, { "zsh", add_zsh }, { "fish", add_fish } };

int vus_cmd_completion(int argc, char **argv)
{
	struct vus_synopsis here = synopsis;
	VUS_AUTO_TEXT text = { 0 };
	char **word;
	int status;

	here.options = vus_options_none();
	word = vus_cli_read(&here, argc, argv, NULL, &status);
	if (!word)
		return status;
	for (size_t i = 0; i < VUS_COUNT(kinds); i++) {
		if (strcmp(kinds[i].shell, word[0]) != 0)
			continue;
		kinds[i].add(&text);
		(void)fputs(vus_text_str(&text), stdout);
		return vus_cli_flush("vuspec completion", VUS_EXIT_PASS);
	}
	vus_text_add(&text, "'%s': not one of bash, zsh, fish", word[0]);
	return vus_cli_usage_error(argv[0], vus_text_str(&text));
}
