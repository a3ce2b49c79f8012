/* SPDX-License-Identifier: BSD-3-Clause */
/* program.c — the fake back-end as a program, or inside another.
 *
 * It keeps the "Backend program conventions": one process in the foreground,
 * ended by SIGTERM with status 0, silent on standard output. */
#include "program.h"

#include "base/clock.h"
#include "base/signals.h"
#include "link/record.h"
#include "link/print_trace.h"
#include "device.h"
#include "fault_registry.h"
#include "honest.h"
#include "lost.h"
#include "server.h"

#include <stdio.h>

/* ---- serving ---- */

/* One connection from accept to its end. */
static enum vus_be_step_result converse(struct vus_be_options *o, int fd,
					int listen_fd, int stop_fd,
					const struct vus_trace *trace,
					struct vus_err *err)
{
	struct sigaction old;
	struct vus_be be;
	enum vus_be_step_result step;

	vus_be_init(&be, &o->cfg, fd, trace);
	vus_lost_guard(&be, &old);
	do {
		step = vus_be_step(&be, stop_fd, VUS_NEVER, err);
	} while (step == VUS_BE_STEP_DONE &&
		 be.decide->stays_connected(&be, listen_fd));
	vus_lost_release(&old);
	vus_be_close(&be);
	return step;
}

/* Returns the exit status. */
static int serve_connections(struct vus_be_options *o,
			     struct vus_server *server, int stop_fd,
			     const struct vus_trace *trace)
{
	struct vus_err err;

	for (;;) {
		enum vus_be_step_result step;
		int fd = -1;

		o->cfg.decide.between_connections(&o->cfg, server->listen_fd,
						  stop_fd);
		switch (vus_server_next(o, server, stop_fd, &fd, &err)) {
		case VUS_NEXT_STOPPED:
		case VUS_NEXT_NONE:
			return 0;
		case VUS_NEXT_BROKEN:
			(void)fprintf(stderr, "fake-backend: %s\n", err.text);
			return 1;
		default:
			break;
		}
		step = converse(o, fd, server->listen_fd, stop_fd, trace, &err);
		if (step == VUS_BE_STEP_BROKEN)
			(void)fprintf(stderr, "fake-backend: %s\n", err.text);
		if (step == VUS_BE_STEP_IDLE || step == VUS_BE_STEP_EXIT)
			return 0;
		if (o->once)
			return step == VUS_BE_STEP_BROKEN ? 1 : 0;
	}
}

/* Serve, telling of every message what the words ask for. */
static int serve_traced(struct vus_be_options *o, struct vus_server *server,
			int stop_fd)
{
	struct vus_print_trace show;
	struct vus_recorder recorder;
	struct vus_err err;
	int status;

	vus_print_trace_init(&show, "fake-backend");
	if (vus_recorder_open(&recorder, o->record, false,
			      o->verbose ? &show.trace : NULL, &err)) {
		status = serve_connections(o, server, stop_fd,
					   vus_recorder_trace(&recorder));
		if (vus_recorder_close(&recorder, status == 0, &err) ||
		    status != 0)
			return status; /* which it has told of */
	}
	(void)fprintf(stderr, "fake-backend: %s\n", err.text);
	return 1;
}

int vus_honest_another_end(void)
{
	return 0;
}

bool vus_honest_heeds_signals(void)
{
	return true;
}

static int start_server(struct vus_be_options *o)
{
	struct vus_server server = VUS_SERVER_NONE;
	struct vus_signals signals;
	struct vus_err err;
	int status = 1;

	vus_stdio_fill();
	if (!vus_signals_block(&signals, o->cfg.decide.another_end(), &err))
		goto out;
	if (vus_be_config_open(&o->cfg, &err)) {
		if (o->cfg.decide.open_server(o, &server, &err)) {
			status = serve_traced(o, &server,
					      o->cfg.decide.heeds_signals()
						      ? signals.fd
						      : -1);
			err.text[0] = '\0';
		}
		vus_server_close(&server);
		vus_be_config_close(&o->cfg);
	}
	(void)vus_signals_restore(&signals);
out:
	if (status != 0 && err.text[0] != '\0')
		(void)fprintf(stderr, "fake-backend: %s\n", err.text);
	return status;
}

/* ---- words about itself ---- */

/* Spec: vhost-user.json; it says the same whatever the other words are. */
bool vus_honest_print_capabilities(FILE *out)
{
	return fputs("{\n  \"type\": \"block\",\n"
		     "  \"features\": [\n    \"read-only\",\n"
		     "    \"blk-file\"\n  ]\n}\n",
		     out) >= 0;
}

static int list_devices(void)
{
	VUS_AUTO_TEXT names = { 0 };

	vus_device_names(&names);
	return puts(vus_text_str(&names)) < 0 || fflush(stdout) != 0;
}

int vus_fake_backend_main(int argc, char **argv)
{
	struct vus_be_options o;
	struct vus_err err;

	if (!vus_be_options(argc, argv, &o, &err)) {
		(void)fprintf(stderr, "fake-backend: %s (--help tells more)\n",
			      err.text);
		return 2;
	}
	switch (o.mode) {
	case VUS_BE_PRINT_CAPABILITIES:
		return !o.cfg.decide.print_capabilities(stdout) ||
		       fflush(stdout) != 0;
	case VUS_BE_LIST_FAULTS:
		return !vus_fault_book_list(&vus_be_fault_book);
	case VUS_BE_LIST_VALUE_FAULTS:
		return !vus_fault_book_list_made(&vus_be_fault_book);
	case VUS_BE_LIST_DEVICES:
		return list_devices();
	case VUS_BE_HELP:
		return fputs(vus_be_usage, stdout) < 0 || fflush(stdout) != 0;
	case VUS_BE_VERSION:
		return puts("fake-backend " VUSPEC_VERSION) < 0 ||
		       fflush(stdout) != 0;
	default:
		return start_server(&o);
	}
}
