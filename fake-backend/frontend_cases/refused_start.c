/* SPDX-License-Identifier: BSD-3-Clause */
/* refused_start.c — a start of a front-end that must fail (--expect-refusal).
 *
 * What must be refused is in the user's command line; so this case is not one
 * of those that always run, and only cli hands it to the runner. */
#include "refused_start.h"

#include "base/clock.h"
#include "base/own.h"
#include "proc/proc.h"
#include "proc/process.h"
#include "fixture/watch.h"

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define MOST_OUTPUT (1u << 20) /* bytes of its output that are searched */
#define LAST_OUTPUT 300        /* of these in the verdict */

bool vus_refusal_regex(const char *text, regex_t *ret, struct vus_err *err)
{
	const int bad =
		regcomp(ret, text, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
	char why[160];

	if (bad == 0)
		return true;
	(void)regerror(bad, NULL, why, sizeof(why));
	return vus_fail(err, VUS_ERR_USAGE, "--expect-refusal '%.80s': %s",
			text, why);
}

static bool front_end_ended(const struct vus_watch *w)
{
	return vus_poll_one(w->reach.pidfd, POLLIN, 0) != 0;
}

static bool until_decided(const struct vus_watch *w, const void *arg)
{
	(void)arg;
	return front_end_ended(w) || vus_until_started(w, NULL);
}

/* It may connect, and negotiate, before it finds the error: it is served as any
 * other, until it ends or one of its rings runs. */
static void serve_until_decided(struct vus_ctx *t, uint64_t deadline,
				struct vus_err *err)
{
	struct vus_watch *w = vus_watch(t);

	while (!until_decided(w, NULL) && vus_remaining_ms(deadline) > 0) {
		if (!w->open && !vus_watch_accept(t, deadline, err) &&
		    err->kind == VUS_ERR_SYSTEM)
			return;
		if (w->open)
			(void)!vus_watch_serve(t, until_decided, NULL, deadline,
					       err);
	}
}

/* What it printed; heap, never NULL. */
static char *output_of(const struct vus_watch *w, size_t most)
{
	char path[PATH_MAX + 8];
	VUS_AUTO_FD fd = -1;
	char *text;

	(void)snprintf(path, sizeof(path), "%s/out", w->reach.folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	text = vus_file_tail(fd, 0, most);
	if (!text)
		text = strdup("");
	if (!text)
		abort();
	return text;
}

static bool check_output(struct vus_ctx *t, const char *end)
{
	const struct vus_watch *w = vus_watch(t);
	VUS_AUTO_FREE char *all = output_of(w, MOST_OUTPUT);
	VUS_AUTO_FREE char *last = output_of(w, LAST_OUTPUT);
	struct vus_err err;
	regex_t regex;
	bool says;

	if (!vus_refusal_regex(w->reach.refusal, &regex, &err)) {
		vus_setup_failed(t, &err);
		return false;
	}
	says = regexec(&regex, all, 0, NULL, 0) == 0;
	regfree(&regex);
	return vus_check(t, "qemu_device.refusal", says,
			 "the front-end says why it refuses to start",
			 "%s, and does not say '%s': %s", end, w->reach.refusal,
			 last[0] ? last : "it says nothing");
}

static void start_is_refused(struct vus_ctx *t)
{
	struct vus_watch *w = vus_watch(t);
	struct vus_err err = { 0 };
	bool refused;
	char end[96];
	int status;

	serve_until_decided(t, VUS_MIN(w->reach.connect_deadline, t->deadline),
			    &err);
	VUS_CHECK(t, "qemu_device.refusal",
		  !vus_until_started(w, NULL) || front_end_ended(w),
		  "the front-end refuses to start",
		  "it started all the same: a ring runs");
	VUS_SETUP(t, front_end_ended(w) || err.kind != VUS_ERR_SYSTEM, &err);
	VUS_CHECK(t, "qemu_device.refusal", front_end_ended(w),
		  "the front-end ends when it refuses to start",
		  "it neither refused to start nor started%s",
		  w->connections > 0 ? ", and had connected" : "");
	if (!vus_proc_end(w->reach.pid, &status, &err))
		VUS_UNOBSERVABLE(t, &err);
	vus_exit_text(status, end);
	/* A shell uses 126 and more, for a command that it could not run, or
	 * for a signal. */
	refused = WIFEXITED(status) && WEXITSTATUS(status) >= 1 &&
		  WEXITSTATUS(status) <= 125;
	VUS_CHECK(t, "qemu_device.refusal", refused,
		  "the front-end ends with a status from 1 to 125",
		  "%s; a refusal is a status from 1 to 125", end);
	VUS_STEP(t, check_output(t, end));
}

const struct vus_case vus_refusal_case = {
	.name = "start_is_refused",
	.file = __FILE__,
	.line = __LINE__,
	.party = "frontend",
	.title = "a start that must fail ends with a status and says why",
	.rules = { "qemu_device.refusal" },
	.run = start_is_refused,
};
