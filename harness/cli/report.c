/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c — vuspec report: results of one or many peers as a page. */
#include "cli.h"
#include "report_html.h"
#include "result_file.h"

#include "base/own.h"
#include "run/runner.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report_options {
	const char *html, *title;
};

static const struct vus_option options[] = {
	{ "html", 'o', "FILE", "write the page there (-: standard output)",
	  VUS_OPT_TEXT, offsetof(struct report_options, html) },
	{ "title", 't', "TEXT", "the page's heading", VUS_OPT_TEXT,
	  offsetof(struct report_options, title) },
	{ 0 },
};
const struct vus_option *vus_options_report(void)
{
	return options;
}

static const struct vus_synopsis synopsis = {
	.usage = "Usage: vuspec report [OPTION...] RESULT.json...\n"
		 "Make one page of what runs have found, a column a file: "
		 "an overview, causes, groups, every case with its verdict "
		 "and rule, and the evidence.  The files are those of "
		 "test-backend or "
		 "test-frontend --output json=FILE; the page is plain "
		 "HTML without a script.\n\n",
	.options = options,
	.words = INT_MAX,
	.wants = "files that --output json=FILE wrote",
};

static int refuse_file(const char *file, int status)
{
	(void)fprintf(stderr, "vuspec report: %s: %s\n", file, strerror(errno));
	return status;
}

static int write_page(const char *file, const struct vus_text *page)
{
	bool to_stdout = strcmp(file, "-") == 0;
	FILE *to = to_stdout ? stdout : fopen(file, "we");
	bool ok;

	if (!to)
		return refuse_file(file, VUS_EXIT_USAGE);
	ok = fwrite(page->p, 1, page->len, to) == page->len;
	if (to_stdout)
		return vus_cli_flush("vuspec report", VUS_EXIT_PASS);
	if (fclose(to) != 0 || !ok)
		return refuse_file(file, VUS_EXIT_BROKEN);
	return VUS_EXIT_PASS;
}

int vus_cmd_report(int argc, char **argv)
{
	struct report_options o = { .title = "vhost-user conformance" };
	VUS_AUTO_FREE struct vus_peer *peers = NULL;
	VUS_AUTO_TEXT page = { 0 };
	struct vus_err err = { 0 };
	int status = VUS_EXIT_USAGE;
	char **files = vus_cli_read(&synopsis, argc, argv, &o, &status);
	size_t n = 0;

	if (!files)
		return status;
	if (!o.html)
		return vus_cli_usage_error(argv[0], "--html FILE is needed");
	/* More than there are files. */
	peers = calloc((size_t)argc, sizeof(*peers));
	if (!peers)
		abort();
	while (files[n] &&
	       vus_result_file_read(files[n], &peers[n].root, &err)) {
		peers[n].file = files[n];
		n++;
	}
	if (files[n]) {
		(void)fprintf(stderr, "vuspec report: %s\n", err.text);
	} else {
		vus_html(peers, n, o.title, &page);
		status = write_page(o.html, &page);
	}
	for (size_t i = 0; i < n; i++)
		json_decref(peers[i].root);
	return status;
}
