/* SPDX-License-Identifier: BSD-3-Clause */
/* trace.c — vuspec trace: relay between a front-end and a back-end; print,
 * record and check every message.
 *
 * Serves connection after connection, as a back-end would, until a signal
 * comes or, with --once, the first session ends. */
#include "cli.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/signals.h"
#include "link/record.h"
#include "link/relay.h"
#include "run/runner.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_MS 10000

struct trace {
	const char *listen, *connect, *record;
	bool once, quiet;
	unsigned sessions, frames, complaints;
};

#define AT(field) offsetof(struct trace, field)

static const struct vus_option options[] = {
	{ "listen", 'l', "PATH", "where the front-end connects", VUS_OPT_TEXT,
	  AT(listen) },
	{ "connect", 'c', "PATH", "where the back-end listens", VUS_OPT_TEXT,
	  AT(connect) },
	{ "record", 'r', "FILE", "write every message as a line of JSON",
	  VUS_OPT_TEXT, AT(record) },
	{ "once", 'o', NULL, "end with the first session", VUS_OPT_FLAG,
	  AT(once) },
	{ "quiet", 'q', NULL, "print complaints only", VUS_OPT_FLAG,
	  AT(quiet) },
	{ 0 },
};
const struct vus_option *vus_options_trace(void)
{
	return options;
}

static const struct vus_synopsis synopsis = {
	.usage = "Usage: vuspec trace [OPTION...]\n"
		 "Relay between a front-end and a back-end: every message is "
		 "passed on unchanged, printed, recorded and checked against "
		 "the protocol's tables.  Ends at SIGINT or SIGTERM; the exit "
		 "status is 1 when a message broke the protocol.\n\n",
	.options = options,
};

/* ---- lines ---- */

static void show_frame(void *ctx, const struct vus_frame *frame, bool to_peer)
{
	const struct trace *o = ctx;
	VUS_AUTO_TEXT line = { 0 };

	if (o->quiet)
		return;
	vus_format(frame, to_peer, false, &line);
	(void)printf("%s\n", vus_text_str(&line));
}

static void trace_complain(void *ctx, const struct vus_frame *frame,
			   const struct vus_complaint *complaint)
{
	struct trace *o = ctx;
	const struct vus_msg *msg = vus_msg_find(frame->channel, frame->id);

	o->complaints++;
	(void)printf("!! %s%s: %s: %s\n", msg ? msg->name : "unknown message",
		     frame->is_reply ? " reply" : "",
		     vus_complaint_name(complaint->kind), complaint->text);
}

/* ---- sessions ---- */

/* True: the session has ended, by either side or by a signal. */
static bool relay_session(struct trace *o, struct vus_relay *r, int stop_fd,
			  struct vus_err *err)
{
	enum vus_relayed what;

	do {
		what = vus_relay_step(r, stop_fd, VUS_NEVER, err);
		(void)fflush(stdout);
	} while (what == VUS_RELAYED);
	o->frames += r->frames;
	if (what == VUS_RELAY_IDLE)
		return true;
	(void)printf("-- session %u: %s\n", o->sessions, err->text);
	return what == VUS_RELAY_ENDED;
}

static bool one_session(struct trace *o, int fe_fd, int stop_fd,
			const struct vus_trace *trace, struct vus_err *err)
{
	struct vus_relay r;
	int be_fd;
	bool ok;

	if (!vus_link_connect(o->connect, stop_fd, vus_deadline_ms(CONNECT_MS),
			      &be_fd, err)) {
		(void)close(fe_fd);
		return false;
	}
	o->sessions++;
	vus_relay_open(&r, fe_fd, be_fd, trace);
	r.complain = trace_complain;
	r.ctx = o;
	ok = relay_session(o, &r, stop_fd, err);
	vus_relay_close(&r);
	return ok;
}

static bool serve_sessions(struct trace *o, int listen_fd, int stop_fd,
			   const struct vus_trace *trace, struct vus_err *err)
{
	int fd;

	do {
		if (!vus_link_accept(listen_fd, stop_fd, VUS_NEVER, &fd, err))
			return err->kind == VUS_ERR_EOF; /* a signal came */
		if (!one_session(o, fd, stop_fd, trace, err))
			return false;
	} while (!o->once && vus_poll_one(stop_fd, POLLIN, 0) == 0);
	return true;
}

static bool run_trace(struct trace *o, int stop_fd, struct vus_err *err)
{
	const struct vus_trace show = { .ctx = o, .frame = show_frame };
	struct vus_recorder recorder;
	VUS_AUTO_FD listen_fd = -1;
	bool ok;

	if (!vus_recorder_open(&recorder, o->record, true, &show, err))
		return false;
	ok = vus_link_listen(o->listen, &listen_fd, err);
	if (ok) {
		ok = serve_sessions(o, listen_fd, stop_fd,
				    vus_recorder_trace(&recorder), err);
		(void)unlink(o->listen);
	}
	return vus_recorder_close(&recorder, ok, err);
}

int vus_cmd_trace(int argc, char **argv)
{
	struct trace o = { 0 };
	struct vus_signals signals;
	struct vus_err err = { 0 };
	int status;
	bool ok;

	if (!vus_cli_read(&synopsis, argc, argv, &o, &status))
		return status;
	if (!o.listen || !o.connect)
		return vus_cli_usage_error(
			argv[0], "--listen and --connect are both needed");
	ok = vus_signals_block(&signals, 0, &err);
	if (ok) {
		ok = run_trace(&o, signals.fd, &err);
		(void)vus_signals_restore(&signals);
	}
	if (!ok) {
		(void)fprintf(stderr, "vuspec trace: %s\n", err.text);
		if (err.kind == VUS_ERR_USAGE)
			return VUS_EXIT_USAGE;
		return err.kind == VUS_ERR_SYSTEM ? VUS_EXIT_BROKEN
						  : VUS_EXIT_NO_TARGET;
	}
	(void)printf("%u sessions, %u messages, %u complaints\n", o.sessions,
		     o.frames, o.complaints);
	return vus_cli_flush("vuspec trace",
			     o.complaints > 0 ? VUS_EXIT_FAIL : VUS_EXIT_PASS);
}
