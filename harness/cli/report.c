/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c — vuspec report: results of one or many peers as a page. */
#include "report.h"
#include "cli.h"

#include "../base/own.h"
#include "../run/runner.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA 1 /* of the reports that can be read */

struct report_options {
	char **files;
	size_t n;
	const char *html, *title;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_options *o = state->input;

	switch (key) {
	case 'o':
		o->html = arg;
		return 0;
	case 't':
		o->title = arg;
		return 0;
	case ARGP_KEY_ARGS:
		o->files = state->argv + state->next;
		o->n = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "of what? Name files that --output json=FILE "
				  "wrote");
		return 0;
	case ARGP_KEY_END:
		if (!o->html)
			argp_error(state, "--html FILE is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "html", 'o', "FILE", 0, "write the page there (-: standard output)",
	  0 },
	{ "title", 't', "TEXT", 0, "the page's heading", 0 },
	{ 0 },
};
static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "RESULT.json...",
	.doc = "Make one page of what runs have found, a column a file: an "
	       "overview, every case with its verdict and rule, and the "
	       "evidence.  The files are those of test-backend or "
	       "test-frontend --output json=FILE; the page is plain HTML "
	       "without a script.",
};

static bool load(const char *file, struct vus_peer *ret, struct vus_err *err)
{
	json_error_t why;
	json_t *root = json_load_file(file, 0, &why);
	const char *program;

	if (!root)
		return vus_fail(err, VUS_ERR_USAGE, "%s: %s", file, why.text);
	program = json_string_value(json_object_get(root, "program"));
	if (!program || strcmp(program, "vuspec") != 0 ||
	    json_integer_value(json_object_get(root, "schema")) != SCHEMA ||
	    !json_is_array(json_object_get(root, "results"))) {
		json_decref(root);
		return vus_fail(err, VUS_ERR_USAGE,
				"%s: not a report of vuspec with schema %d",
				file, SCHEMA);
	}
	*ret = (struct vus_peer){ .file = file, .root = root };
	return true;
}

static int write_page(const char *file, const struct vus_text *page)
{
	bool to_stdout = strcmp(file, "-") == 0;
	FILE *to = to_stdout ? stdout : fopen(file, "we");
	bool ok;

	if (!to) {
		(void)fprintf(stderr, "vuspec report: %s: %s\n", file,
			      strerror(errno));
		return VUS_EXIT_USAGE;
	}
	ok = fwrite(page->p, 1, page->len, to) == page->len;
	if (to_stdout)
		return vus_cli_finish("vuspec report", VUS_EXIT_PASS);
	if (fclose(to) != 0 || !ok) {
		(void)fprintf(stderr, "vuspec report: %s: %s\n", file,
			      strerror(errno));
		return VUS_EXIT_BROKEN;
	}
	return VUS_EXIT_PASS;
}

int vus_cmd_report(int argc, char **argv)
{
	struct report_options o = { .title = "vhost-user conformance" };
	VUS_AUTO_FREE struct vus_peer *peers = NULL;
	VUS_AUTO_TEXT page = { 0 };
	struct vus_err err = { 0 };
	int status = VUS_EXIT_USAGE;
	size_t n = 0;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	peers = calloc(o.n, sizeof(*peers));
	if (!peers)
		abort();
	while (n < o.n && load(o.files[n], &peers[n], &err))
		n++;
	if (n < o.n) {
		(void)fprintf(stderr, "vuspec report: %s\n", err.text);
	} else {
		vus_html(peers, n, o.title, &page);
		status = write_page(o.html, &page);
	}
	for (size_t i = 0; i < n; i++)
		json_decref(peers[i].root);
	return status;
}
