/* SPDX-License-Identifier: BSD-3-Clause */
/* no_target.c — why there is no target to test. */
#include "no_target.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST_WORDS 500 /* bytes of the target's output that are shown */

void vus_target_describe(const struct vus_run_options *opt,
			 struct vus_text *ret)
{
	if (opt->socket)
		vus_text_add(ret, "%s", opt->socket);
	else if (!opt->command)
		vus_text_add(ret, "embedded %s", opt->party->embedded_name);
	for (size_t i = 0; opt->command && opt->command[i]; i++)
		vus_text_add(ret, "%s%s", i ? " " : "", opt->command[i]);
}

/* Its last words, on one line. */
static void add_tail(struct vus_text *text, const struct vus_instance *inst)
{
	char *tail = vus_file_tail(inst->output, 0, LAST_WORDS);
	size_t len = tail ? strlen(tail) : 0;

	while (len > 0 && tail[len - 1] == '\n')
		tail[--len] = '\0';
	if (len > 0) {
		vus_text_add(text, "; last output: ");
		for (char *p = tail; *p; p++)
			vus_text_add(text, *p == '\n' ? " | " : "%c", *p);
	}
	free(tail);
}

void vus_no_target_explain(struct vus_run *run, const struct vus_worker *w,
			   const struct vus_end *end)
{
	double waited = (double)(vus_now() - w->case_began) / 1e9;
	const char *why = w->slot->probe.why;
	VUS_AUTO_TEXT text = { 0 };

	if (w->slot->no_control[0]) {
		(void)snprintf(run->no_target.text, sizeof(run->no_target.text),
			       "--control: %s", w->slot->no_control);
		return;
	}
	vus_target_describe(run->target.opt, &text);
	if (end->exec_errno)
		vus_text_add(&text, ": cannot be run: %s",
			     strerror(end->exec_errno));
	else if (end->not_found)
		vus_text_add(&text, ": %s: the shell could not run the command",
			     end->words);
	else if (run->ends_alone)
		vus_text_add(
			&text,
			": it ends by itself, whatever is sent: %s within "
			"%.1f s, and another one to which nobody connected "
			"ended as soon; does a time limit or a supervisor "
			"end it?",
			end->words, run->ends_within);
	else if (end->ended)
		vus_text_add(&text,
			     ": %s after %.2f s, before it answered a message",
			     end->words, waited);
	else
		vus_text_add(&text, ": it never answered: %s (waited %.2f s)",
			     why[0] ? why : "nothing came", waited);
	add_tail(&text, &w->inst);
	if (end->ended && end->clean && !run->ends_alone)
		vus_text_add(&text, "; it must not go to the background: is "
				    "there an option to stay in the "
				    "foreground?");
	if (!end->ended)
		vus_text_add(&text,
			     "; a slow start needs more than "
			     "--start-timeout %u",
			     run->target.opt->start_timeout_s);
	(void)snprintf(run->no_target.text, sizeof(run->no_target.text), "%s",
		       vus_text_str(&text));
}
