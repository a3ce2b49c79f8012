/* SPDX-License-Identifier: BSD-3-Clause */
/* test_run.c — test-backend and test-frontend: options, cases, target and
 * reports put together. */
#include "test_run.h"

#include "cli.h"
#include "hints.h"

#include "base/own.h"
#include "run/failure_folder.h"
#include "spec/fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each is a reporter that the runner calls. */
struct outputs {
	struct vus_output *o[VUS_MAX_OUTPUTS + 1];
	size_t n;
};

static bool open_output(struct outputs *all, const char *words,
			struct vus_err *err)
{
	const char *file = strchr(words, '=');
	size_t len = file ? (size_t)(file - words) : strlen(words);
	VUS_AUTO_TEXT known = { 0 };
	char format[32];
	FILE *to = NULL;

	vus_output_formats(&known);
	if (all->n == VUS_MAX_OUTPUTS)
		return vus_fail(err, VUS_ERR_USAGE, "more than %d outputs",
				VUS_MAX_OUTPUTS);
	if (len >= sizeof(format))
		len = sizeof(format) - 1;
	(void)snprintf(format, sizeof(format), "%.*s", (int)len, words);
	for (size_t i = 0; !file && i < all->n; i++)
		if (all->o[i]->to == stdout)
			return vus_fail(err, VUS_ERR_USAGE,
					"--output %s and --output %s share "
					"standard output: give one of them a "
					"file, %s=FILE",
					all->o[i]->format, format, format);
	all->o[all->n] = vus_output_new(format, NULL);
	if (!all->o[all->n])
		return vus_fail(err, VUS_ERR_USAGE,
				"--output '%s': not one of %s", format,
				vus_text_str(&known));
	if (file) {
		to = fopen(file + 1, "we");
		if (!to) {
			free(all->o[all->n]);
			all->o[all->n] = NULL;
			return vus_fail(err, VUS_ERR_USAGE, "--output %s: %s",
					words, strerror(errno));
		}
		all->o[all->n]->to = to;
		all->o[all->n]->file = file + 1;
	}
	all->n++;
	return true;
}

static bool open_outputs(struct outputs *all, const struct vus_word_list *words,
			 struct vus_err *err)
{
	if (words->n == 0)
		return open_output(all, "human", err);
	for (size_t i = 0; i < words->n; i++)
		if (!open_output(all, words->p[i], err))
			return false;
	return true;
}

/* After a run the reporters have closed their files; after wrong usage they are
 * closed here. */
static void free_outputs(struct outputs *all, bool close)
{
	for (size_t i = 0; i < all->n; i++) {
		if (close && all->o[i]->to != stdout)
			(void)fclose(all->o[i]->to);
		vus_output_free(all->o[i]);
	}
	all->n = 0;
}

static int write_baseline(const struct vus_test_side *side,
			  const struct vus_test_options *o,
			  const struct vus_selected *chosen, int status)
{
	struct vus_err err;

	if (status == VUS_EXIT_NO_TARGET || status >= VUS_EXIT_SIGINT) {
		(void)fprintf(
			stderr,
			"%s: %s was not written: the run did not finish\n",
			side->command, o->write_baseline);
		return status;
	}
	if (!vus_baseline_write(&o->known, o->write_baseline, chosen->v,
				chosen->n, &err)) {
		(void)fprintf(stderr, "%s: %s\n", side->command, err.text);
		return VUS_EXIT_BROKEN;
	}
	return status;
}

/* Arguments of the embedded peer besides its socket; ended by NULL, heap. */
static const char **embedded_args(const struct vus_test_side *side,
				  const struct vus_test_options *o)
{
	const char **args =
		calloc(VUS_EMBEDDED_ARGS + 2 * o->faults.n + 1, sizeof(*args));
	size_t n;

	if (!args)
		abort();
	n = side->embedded_args(o, args);
	for (size_t i = 0; i < o->faults.n; i++) {
		args[n++] = "--fault";
		args[n++] = o->faults.p[i];
	}
	return args;
}

static bool tell_unwritten(const struct vus_test_side *side,
			   const struct outputs *all)
{
	bool any = false;

	for (size_t i = 0; i < all->n; i++) {
		const struct vus_output *o = all->o[i];

		if (!o->failed)
			continue;
		any = true;
		(void)fprintf(stderr,
			      "%s: the %s report could not be written to %s: "
			      "%s\n",
			      side->command, o->format,
			      o->file ? o->file : "standard output",
			      o->error ? strerror(o->error) : "unknown error");
	}
	return any;
}

/* All options are valid: run.  In a child the status is main's, and
 * *ret_child is true: what was allocated before the fork is left alone, since
 * to free it is to copy every page of it. */
static int run_side(const struct vus_test_side *side,
		    struct vus_test_options *o, struct outputs *outputs,
		    const struct vus_selected *chosen, bool *ret_child)
{
	VUS_AUTO_FREE const char **args = embedded_args(side, o);
	bool failed = false;
	int status;

	o->run.party = side->party;
	o->run.version = VUSPEC_VERSION;
	o->run.embedded_args = args;
	o->run.outputs = outputs->o;
	o->run.left_out = chosen->left_out;
	status = vus_run(&o->run, chosen->v, chosen->n);
	if (status < VUS_EXIT_CHILD && o->write_baseline)
		status = write_baseline(side, o, chosen, status);
	*ret_child = status >= VUS_EXIT_CHILD;
	if (*ret_child)
		return status - VUS_EXIT_CHILD;
	vus_variants_drop(chosen->v, chosen->n);
	failed = tell_unwritten(side, outputs);
	free_outputs(outputs, false);
	return failed && status == VUS_EXIT_PASS ? VUS_EXIT_BROKEN : status;
}

static int refuse(const struct vus_test_side *side,
		  const struct vus_test_options *o, const struct vus_err *err)
{
	VUS_AUTO_TEXT why = { 0 }, hint = { 0 };

	vus_hints_add(side, o, &hint);
	vus_text_add(&why, "%s%s", err->text, vus_text_str(&hint));
	return vus_cli_usage_error(side->command, vus_text_str(&why));
}

static int list_faults(const struct vus_test_side *side)
{
	return vus_cli_flush(side->command, vus_fault_book_list(side->faults)
						    ? VUS_EXIT_PASS
						    : VUS_EXIT_BROKEN);
}

int vus_test_run(const struct vus_test_side *side, int argc, char **argv)
{
	struct vus_test_options o;
	struct outputs outputs = { 0 };
	struct vus_selected chosen = { 0 };
	VUS_AUTO_TEXT help = { 0 };
	struct vus_err err = { 0 };
	bool child = false;
	int status;

	if (!vus_test_options(side, argc, argv, &o, &err)) {
		status = vus_cli_usage_error(side->command, err.text);
	} else if (o.help) {
		vus_test_options_help(side, &help);
		status = vus_cli_print_help(side->command, &help);
	} else if (o.list_faults) {
		status = list_faults(side);
	} else if (!side->check_device(&o, &err) ||
		   !side->check_faults((const char *const *)o.faults.p,
				       o.faults.n, &err) ||
		   !vus_select(&o.sel, &chosen, &err) ||
		   (o.run.keep && !vus_failure_folder_open(o.run.keep, &err)) ||
		   !open_outputs(&outputs, &o.outputs, &err)) {
		free_outputs(&outputs, true);
		status = refuse(side, &o, &err);
	} else {
		status = run_side(side, &o, &outputs, &chosen, &child);
	}
	/* In a child they are still used. */
	if (!child)
		free(chosen.v);
	vus_test_options_free(&o);
	return status;
}
