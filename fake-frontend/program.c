/* SPDX-License-Identifier: BSD-3-Clause */
/* program.c — the fake front-end as a program, or inside another.
 *
 * All devices are up at once, as a guest has them; each has its back-end, and
 * all have the same memory. */
#include "program.h"

#include "base/clock.h"
#include "base/signals.h"
#include "base/size.h"
#include "link/record.h"
#include "link/print_trace.h"
#include "control.h"
#include "honest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME "fake-frontend"

/* A back-end that goes away so often is not waited for again. */
#define MOST_RECONNECTS 8

struct program {
	const struct vus_fake_options *o;
	struct vus_guest guest;
	struct vus_fake fakes[VUS_FAKE_MAX_DEVICES];
	unsigned reconnects;
};

static void complain_device(const struct vus_err *err)
{
	(void)fprintf(stderr, NAME ": %s\n", err->text);
}

/* Say which device it was. */
static bool describe_device(const struct vus_fake *f, struct vus_err *err)
{
	const struct vus_err was = *err;

	return vus_fail(err, was.kind, "%s (%s): %.180s", f->d->name,
			f->d->chardev->id, was.text);
}

/* ---- what is decided ---- */

/* No ring can lie in memory that is only read. */
bool vus_fe_honest_takes_readonly(const struct vus_object *o)
{
	(void)o;
	return false;
}

/* Plain RAM is the guest's alone. */
bool vus_fe_honest_hides(const struct vus_object *o)
{
	return o->ram && o->opts.share != VUS_ON;
}

bool vus_fe_honest_memory_made(struct vus_guest *guest, struct vus_err *err)
{
	(void)guest, (void)err;
	return true;
}

void vus_fe_honest_memory_shared(const struct vus_guest *guest)
{
	(void)guest;
}

void vus_fe_honest_memory_ends(const struct vus_guest *guest)
{
	(void)guest;
}

bool vus_fe_honest_survives_failure(void)
{
	return false;
}

int vus_fe_honest_refusal_status(void)
{
	return 1;
}

/* ---- memory ---- */

static bool is_writable(const struct vus_fake_options *o, struct vus_err *err)
{
	for (unsigned i = 0; i < o->nmemory; i++) {
		const struct vus_object *obj =
			&o->machine.objects[o->memory[i]];

		if (obj->opts.readonly && !o->decide.takes_readonly(obj))
			return vus_fail(err, VUS_ERR_USAGE,
					"memory backend '%s' is readonly: it "
					"cannot hold rings",
					obj->id);
	}
	return true;
}

static void hide_private(const struct vus_fake_options *o,
			 struct vus_guest *guest)
{
	for (unsigned i = 0; i < guest->nregions; i++) {
		struct vus_guest_region *r = &guest->regions[i];

		r->hidden = o->decide.hides(
			&o->machine.objects[o->memory[r->backing]]);
	}
}

static bool make_memory(const struct vus_fake_options *o,
			struct vus_guest *guest, struct vus_err *err)
{
	const struct vus_backing_opts *opts[VUS_MAX_OBJECTS];

	for (unsigned i = 0; i < o->nmemory; i++)
		opts[i] = &o->machine.objects[o->memory[i]].opts;
	if (!vus_guest_stack(guest, opts, o->nmemory,
			     vus_machine_hole(&o->machine), err) ||
	    !is_writable(o, err) || !o->decide.memory_made(guest, err))
		return false;
	hide_private(o, guest);
	return true;
}

/* ---- devices ---- */

static bool start_all(struct program *p, struct vus_err *err)
{
	struct vus_guest *g = &p->guest;

	for (unsigned i = 0; i < p->o->ndevices; i++) {
		struct vus_fake *f = &p->fakes[i];

		if (!vus_fake_connect(f, g, err) ||
		    !vus_fake_negotiate(f, err) || !vus_fake_start(f, err))
			return describe_device(f, err);
		/* The next one's rings come behind. */
		g->cursor = f->s.guest.cursor;
	}
	for (unsigned i = 0; i < p->o->ndevices; i++)
		p->fakes[i].s.guest.cursor = g->cursor;
	p->o->decide.memory_shared(g);
	return true;
}

static void close_all(struct program *p)
{
	for (unsigned i = 0; i < p->o->ndevices; i++)
		vus_fake_close(&p->fakes[i]);
}

static bool use_all(struct program *p, struct vus_err *err)
{
	for (unsigned i = 0; i < p->o->ndevices; i++)
		if (!vus_fake_do_io(&p->fakes[i], err))
			return describe_device(&p->fakes[i], err);
	return true;
}

static bool stop_all(struct program *p, struct vus_err *err)
{
	for (unsigned i = 0; i < p->o->ndevices; i++)
		if (!vus_fake_stop(&p->fakes[i], err))
			return describe_device(&p->fakes[i], err);
	return true;
}

/* May all begin anew after this? */
static bool reconnects(struct program *p, const struct vus_err *err)
{
	if (err->kind != VUS_ERR_EOF || p->reconnects++ == MOST_RECONNECTS)
		return false;
	for (unsigned i = 0; i < p->o->ndevices; i++)
		if (!p->o->devices[i].chardev->reconnects)
			return false;
	return true;
}

static void report_device(const struct program *p)
{
	char size[24];

	vus_size_format(p->o->machine.ram_size, size);
	for (unsigned i = 0; i < p->o->ndevices; i++) {
		const struct vus_fake *f = &p->fakes[i];
		const bool shows = !f->d->driver || f->d->driver->shows;

		(void)printf(NAME ": %s (%s): %" PRIu64
				  " requests %s (rings: %u of %u, memory: %s, "
				  "regions: %u)\n",
			     f->d->name, f->d->chardev->id, f->done,
			     shows ? "verified" : "taken", f->nrings,
			     f->s.vq_size, size, p->guest.nregions);
	}
	(void)fflush(stdout); /* a reader of this line may end this process */
}

/* Until a signal comes.  It is taken from the queue, so that it does not
 * interrupt what follows. */
static bool stay_up(struct program *p, int stop_fd, struct vus_err *err)
{
	struct pollfd fds[1 + VUS_FAKE_MAX_DEVICES];

	if (!p->o->stay)
		return true;
	fds[0] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	for (unsigned i = 0; i < p->o->ndevices; i++)
		fds[1 + i] = (struct pollfd){ .fd = p->fakes[i].s.link.fd,
					      .events = POLLRDHUP };
	if (vus_poll(fds, 1 + p->o->ndevices, VUS_NEVER) < 0)
		return vus_fail_sys(err, "waiting for a signal");
	if (fds[0].revents)
		return vus_signals_next(stop_fd) != 0;
	(void)vus_fail(err, VUS_ERR_EOF, "the back-end closed the connection");
	for (unsigned i = 0; i < p->o->ndevices; i++)
		if (fds[1 + i].revents)
			return describe_device(&p->fakes[i], err);
	return false;
}

/* The devices from start to stop, once more where a back-end comes again. */
static bool run_devices(struct program *p, int stop_fd, struct vus_err *err)
{
	const uint64_t cursor = p->guest.cursor;

	for (;;) {
		bool ok = start_all(p, err) && use_all(p, err);

		if (ok) {
			report_device(p);
			ok = stay_up(p, stop_fd, err) && stop_all(p, err);
		}
		if (!ok && p->o->decide.survives_failure())
			return stay_up(p, stop_fd, err);
		if (ok || vus_poll_one(stop_fd, POLLIN, 0) != 0 ||
		    !reconnects(p, err))
			return ok;
		close_all(p);
		p->guest.cursor = cursor;
	}
}

static bool run_program_traced(const struct vus_fake_options *o, int stop_fd,
			       const struct vus_trace *trace,
			       struct vus_err *err)
{
	struct program *p = calloc(1, sizeof(*p));
	bool ok;

	if (!p)
		return vus_fail_sys(err, "memory for the devices");
	p->o = o;
	for (unsigned i = 0; i < o->ndevices; i++)
		p->fakes[i] = (struct vus_fake){
			.o = o,
			.d = &o->devices[i],
			.trace = trace,
			.stop_fd = stop_fd,
		};
	ok = make_memory(o, &p->guest, err) &&
	     (o->control ? vus_fake_serve_control(&p->fakes[0], &p->guest,
						  o->control, err)
			 : run_devices(p, stop_fd, err));
	close_all(p);
	o->decide.memory_ends(&p->guest);
	vus_guest_close(&p->guest);
	free(p);
	return ok;
}

/* ---- the record of messages ---- */

static bool run_traced(const struct vus_fake_options *o, int stop_fd,
		       struct vus_err *err)
{
	struct vus_recorder recorder;
	struct vus_print_trace show;
	bool ok;

	vus_print_trace_init(&show, NAME);
	if (!vus_recorder_open(&recorder, o->record, true,
			       o->verbose ? &show.trace : NULL, err))
		return false;
	ok = run_program_traced(o, stop_fd, vus_recorder_trace(&recorder), err);
	return vus_recorder_close(&recorder, ok, err);
}

/* Returns the exit status. */
static int start_program(const struct vus_fake_options *o)
{
	struct vus_signals signals;
	struct vus_err err;
	int number;
	bool ok;

	vus_stdio_fill();
	if (!vus_signals_block(&signals, 0, &err)) {
		complain_device(&err);
		return 1;
	}
	ok = run_traced(o, signals.fd, &err);
	number = vus_signals_restore(&signals);
	if (ok)
		return fflush(stdout) != 0;
	if (number == 0) {
		complain_device(&err);
		return 1;
	}
	(void)fprintf(stderr, NAME ": terminating on signal %d\n", number);
	return o->stay ? 0 : 128 + number;
}

static int tell_usage(void)
{
	VUS_AUTO_TEXT usage = { 0 };

	vus_fake_usage(&usage);
	return fputs(vus_text_str(&usage), stdout) < 0 || fflush(stdout) != 0;
}

int vus_fake_frontend_main(int argc, char **argv)
{
	struct vus_fake_options o;
	struct vus_err err;

	if (!vus_fake_parse_argv(argc, argv, &o, &err)) {
		(void)fprintf(stderr, NAME ": %s (--help tells more)\n",
			      err.text);
		return 2;
	}
	switch (o.mode) {
	case VUS_FAKE_LIST_FAULTS:
		return !vus_fake_list_faults();
	case VUS_FAKE_LIST_VALUE_FAULTS:
		return !vus_fake_list_value_faults();
	case VUS_FAKE_HELP:
		return tell_usage();
	case VUS_FAKE_VERSION:
		return puts(NAME " " VUSPEC_VERSION) < 0 || fflush(stdout) != 0;
	default:
		break;
	}
	if (vus_fake_parse_values(&o, &err))
		return start_program(&o);
	complain_device(&err);
	return o.decide.refusal_status();
}
