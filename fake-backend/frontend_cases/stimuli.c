/* SPDX-License-Identifier: BSD-3-Clause */
/* stimuli.c — a front-end does what it is told, with a back-end that has all
 * and refuses nothing. */
#include "fixture/watch.h"

#include "base/clock.h"

/* What comes before it, besides the start and requests. */
static const struct told {
	enum vus_stimulus stimulus, before;
	const char *rule;
} rows[] = {
	{ VUS_DO_START, VUS_NSTIMULI, "stimulus.start" },
	{ VUS_DO_IO, VUS_NSTIMULI, "stimulus.io" },
	{ VUS_DO_STOP, VUS_NSTIMULI, "stimulus.stop" },
	{ VUS_DO_CONT, VUS_DO_STOP, "stimulus.cont" },
	{ VUS_DO_RESET, VUS_NSTIMULI, "stimulus.reset" },
	{ VUS_DO_RECONNECT, VUS_NSTIMULI, "stimulus.reconnect" },
	{ VUS_DO_HOTPLUG, VUS_NSTIMULI, "stimulus.hotplug" },
	{ VUS_DO_UNPLUG, VUS_DO_HOTPLUG, "stimulus.unplug" },
	{ VUS_DO_CONFIG_WRITE, VUS_NSTIMULI, "stimulus.config_write" },
	{ VUS_DO_QUIT, VUS_NSTIMULI, "stimulus.quit" },
};

/* A start and requests come before all others. */
static bool get_ready(struct vus_ctx *t, const struct told *told)
{
	if (told->stimulus == VUS_DO_START)
		return true;
	if (told->stimulus == VUS_DO_IO)
		return vus_stimulate_required(t, VUS_DO_START);
	return vus_stimulate_start_and_io(t) &&
	       (told->before == VUS_NSTIMULI ||
		vus_stimulate_required(t, told->before));
}

/* One that ends closes its connection. */
static bool is_seen(struct vus_ctx *t, enum vus_stimulus s)
{
	struct vus_err err;

	if (s == VUS_DO_QUIT)
		return vus_watch_serve(t, vus_until_closed, NULL,
				       vus_deadline_ms(t->request_ms), &err);
	return vus_stimulus_is_seen(t, s);
}

/* Derived from "Starting and stopping rings", "Communication" and the messages:
 * each of them is there so that a front-end can do this. */
VUS_CASE(what_it_is_told_is_done, .party = "frontend",
	 .title = "the front-end does what it is told",
	 .rules = { "stimulus.start", "stimulus.io", "stimulus.stop",
		    "stimulus.cont", "stimulus.reset", "stimulus.reconnect",
		    "stimulus.hotplug", "stimulus.unplug",
		    "stimulus.config_write", "stimulus.quit" },
	 .rows = { "start", "io", "stop", "cont", "reset", "reconnect",
		   "hotplug", "unplug", "config_write", "quit" })
{
	const struct told *told = &rows[t->row];
	const char *name = vus_stimulus_name(told->stimulus);
	const char *why = vus_watch(t)->why;
	int status;

	if (!vus_stimulus_possible(&vus_watch(t)->reach))
		VUS_SKIP(t, "nothing tells the front-end to %s (--control)",
			 name);
	VUS_STEP(t, get_ready(t, told));
	VUS_STEP(t, vus_stimulate(t, told->stimulus, &status));
	VUS_CHECK(t, told->rule, status == 0,
		  "the front-end does what it is told",
		  "told to %s, it failed (status %d)%s%s", name, status,
		  why[0] ? ": " : "", why);
	VUS_CHECK(t, told->rule, is_seen(t, told->stimulus),
		  "what the front-end does shows on the socket",
		  "told to %s, it said that it had, and nothing was seen of it",
		  name);
}

/* ---- one behind another ---- */

/* The rows that can stand anywhere in a life. */
#define FIRST_OF_LIFE 1 /* io */
#define LAST_OF_LIFE  8 /* config_write */

static const struct told *row_of(enum vus_stimulus s)
{
	const struct told *told = rows;

	while (told->stimulus != s)
		told++;
	return told;
}

/* What it cannot do is left out. */
static bool tell_next(struct vus_ctx *t, enum vus_stimulus s, bool *stopped)
{
	const char *name = vus_stimulus_name(s);
	const char *why = vus_watch(t)->why;
	const bool was_stopped = *stopped;
	int status;

	if (s == VUS_DO_IO && *stopped && !tell_next(t, VUS_DO_CONT, stopped))
		return false;
	if (!vus_stimulate_optional(t, s, &status))
		return false;
	if (status == VUS_STIMULUS_CANNOT)
		return true;
	if (s == VUS_DO_STOP)
		*stopped = true;
	else if (s == VUS_DO_CONT || s == VUS_DO_RESET || s == VUS_DO_RECONNECT)
		*stopped = false;
	if (!vus_check(t, row_of(s)->rule, status == 0,
		       "the front-end does what it is told, in any order",
		       "told to %s, it failed (status %d)%s%s", name, status,
		       why[0] ? ": " : "", why))
		return false;
	/* Where it is so already, there is nothing to do. */
	return (s == VUS_DO_STOP && was_stopped) ||
	       (s == VUS_DO_CONT && !was_stopped) || vus_stimulus_shows(t, s);
}

VUS_CASE(each_comes_behind_each, .party = "frontend",
	 .title = "the front-end does what it is told, in any order",
	 .rules = { "stimulus.io", "stimulus.stop", "stimulus.cont",
		    "stimulus.reset", "stimulus.reconnect", "stimulus.hotplug",
		    "stimulus.unplug", "stimulus.config_write" },
	 .rows = { "io", "stop", "cont", "reset", "reconnect", "hotplug",
		   "unplug", "config_write" })
{
	const struct told *first = &rows[FIRST_OF_LIFE + t->row];
	bool stopped = false;

	if (!vus_stimulus_possible(&vus_watch(t)->reach))
		VUS_SKIP(t, "nothing tells the front-end what to do "
			    "(--control)");
	VUS_STEP(t, vus_stimulate_start_and_io(t));
	for (unsigned i = FIRST_OF_LIFE; i <= LAST_OF_LIFE; i++) {
		VUS_STEP(t, first->before == VUS_NSTIMULI ||
				    tell_next(t, first->before, &stopped));
		VUS_STEP(t, tell_next(t, first->stimulus, &stopped));
		VUS_STEP(t, tell_next(t, rows[i].stimulus, &stopped));
	}
	VUS_STEP(t, tell_next(t, VUS_DO_IO, &stopped));
}
