/* SPDX-License-Identifier: BSD-3-Clause */
/* control.c — the program, steered word by word over a socket.
 *
 * A word that fails is answered with 1, and standard error says why; the
 * program goes on, as a VMM does whose device broke. */
#include "control.h"

#include "base/clock.h"
#include "base/own.h"
#include "honest.h"
#include "spec/stimulus.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORD_MS        10000 /* from a connection to its command */
#define HOTPLUG_BYTES  (UINT64_C(2) << 20)
#define MOST_RECONNECT 8

struct steered {
	struct vus_fake *f;
	struct vus_guest *guest;
	bool started, stopped, quit;
	unsigned plugged; /* regions that were added after the start */
	unsigned reconnects;
};

enum done { DONE, FAILED, CANNOT };

/* ---- what is decided ---- */

enum vus_fe_obeys vus_fe_honest_obeys(enum vus_stimulus s)
{
	(void)s;
	return VUS_FE_OBEYS;
}

void vus_fe_honest_start_failed(struct vus_fake *f)
{
	(void)f;
}

void vus_fe_honest_connection_lost(struct vus_fake *f)
{
	(void)f;
}

bool vus_fe_honest_stops_before_reset(void)
{
	return true;
}

bool vus_fe_honest_clears_status_first(void)
{
	return false;
}

/* ---- what can be done ---- */

static enum done status_of_outcome(bool ok)
{
	return ok ? DONE : FAILED;
}

static bool reconnect_and_resume(struct steered *c, struct vus_err *err)
{
	return vus_fake_connect(c->f, c->guest, err) &&
	       vus_fake_negotiate(c->f, err);
}

static bool control_start(struct steered *c, struct vus_err *err)
{
	if (c->started)
		return true;
	c->started = vus_fake_start(c->f, err);
	if (!c->started)
		c->f->s.decide->start_failed(c->f);
	return c->started;
}

static bool control_stop(struct steered *c, struct vus_err *err)
{
	if (!c->started || c->stopped)
		return true;
	c->stopped = vus_fake_stop(c->f, err);
	return c->stopped;
}

/* Where STATUS was negotiated, after the rings' positions are known. */
static bool clear_status(struct steered *c, struct vus_err *err)
{
	return !(c->f->s.pf & PF(STATUS)) ||
	       vus_fe_set_u64(&c->f->s, VUS_FE_SET_STATUS, 0, err);
}

static bool stop_for_reset(struct steered *c, struct vus_err *err)
{
	const struct vus_fe_decisions *decide = c->f->s.decide;

	if (!decide->stops_before_reset())
		return true;
	if (decide->clears_status_first())
		return clear_status(c, err) && control_stop(c, err);
	return control_stop(c, err) && clear_status(c, err);
}

static bool control_reset(struct steered *c, struct vus_err *err)
{
	c->started = c->started && stop_for_reset(c, err) &&
		     vus_fake_reset(c->f, err);
	c->stopped = false;
	return c->started;
}

static bool control_reconnect(struct steered *c, struct vus_err *err)
{
	const bool was_started = c->started, ran = c->started && !c->stopped;

	if (ran)
		vus_fake_lose_connection(c->f);
	else
		vus_fake_close(c->f);
	c->started = c->stopped = false;
	if (!reconnect_and_resume(c, err))
		return false;
	if (!ran)
		return !was_started || control_start(c, err);
	c->started = vus_fake_resume(c->f, err);
	return c->started;
}

/* Add memory above all regions. */
static bool control_hotplug(struct steered *c, struct vus_err *err)
{
	struct vus_guest *g = c->guest;
	struct vus_session *s = &c->f->s;
	const struct vus_guest_region *last = &g->regions[g->nregions - 1];
	const struct vus_backing_opts opts = {
		.kind = VUS_MEMFD,
		.size = HOTPLUG_BYTES,
		.rules = &s->decide->backing,
	};
	const uint64_t cursor = s->guest.cursor;
	const uint64_t gpa = last->gpa + last->size;
	unsigned backing;

	if (!vus_guest_add_backing(g, &opts, &backing, err) ||
	    !vus_guest_add_region(g, backing, gpa, HOTPLUG_BYTES, 0, err))
		return false;
	s->guest = *g;
	s->guest.cursor = cursor;
	c->plugged++;
	return vus_fake_plug_memory(c->f, err);
}

static bool control_unplug(struct steered *c, struct vus_err *err)
{
	struct vus_guest *g = c->guest;

	if (!vus_fake_unplug_memory(c->f, err))
		return false;
	c->plugged--;
	g->nregions--;
	vus_backing_close(&g->backings[--g->nbackings]);
	c->f->s.guest.nbackings--;
	return true;
}

/* With slots, the message that tells the back-end to go on is not specified:
 * known back-ends refuse QEMU's. */
static bool takes_incoming(const struct steered *c)
{
	return !c->started && (c->f->s.pf & PF(PAGEFAULT)) &&
	       !(c->f->s.pf & PF(CONFIGURE_MEM_SLOTS));
}

static bool control_incoming(struct steered *c, struct vus_err *err)
{
	c->started = vus_fake_start_incoming(c->f, err);
	return c->started;
}

static enum done carry_out_word(struct steered *c, enum vus_stimulus s,
				struct vus_err *err)
{
	switch (c->f->s.decide->obeys(s)) {
	case VUS_FE_REFUSES:
		return status_of_outcome(
			vus_fail(err, VUS_ERR_REFUSED, "it does not work"));
	case VUS_FE_IGNORES:
		return DONE;
	default:
		break;
	}
	switch (s) {
	case VUS_DO_START:
		return status_of_outcome(control_start(c, err));
	case VUS_DO_IO:
		return status_of_outcome(control_start(c, err) &&
					 vus_fake_do_io(c->f, err));
	case VUS_DO_STOP:
		return status_of_outcome(control_stop(c, err));
	case VUS_DO_CONT:
		c->stopped = c->stopped && !vus_fake_cont(c->f, err);
		return status_of_outcome(!c->stopped);
	case VUS_DO_RESET:
		return status_of_outcome(control_reset(c, err));
	case VUS_DO_RECONNECT:
		return status_of_outcome(control_reconnect(c, err));
	case VUS_DO_CONFIG_WRITE:
		if (!(c->f->s.pf & PF(CONFIG)))
			return CANNOT;
		return status_of_outcome(vus_fake_config_write(c->f, err));
	case VUS_DO_HOTPLUG:
		return status_of_outcome(control_hotplug(c, err));
	case VUS_DO_UNPLUG:
		return c->plugged == 0
			       ? CANNOT
			       : status_of_outcome(control_unplug(c, err));
	case VUS_DO_INCOMING:
		return takes_incoming(c)
			       ? status_of_outcome(control_incoming(c, err))
			       : CANNOT;
	case VUS_DO_QUIT:
		c->quit = true;
		return status_of_outcome(c->f->s.link.fd < 0 ||
					 control_stop(c, err));
	default:
		return CANNOT;
	}
}

/* ---- words ---- */

static void send_status(int fd, enum done done)
{
	static const char *const statuses[] = {
		[DONE] = "0\n", [FAILED] = "1\n", [CANNOT] = "77\n"
	};

	(void)!send(fd, statuses[done], strlen(statuses[done]), MSG_NOSIGNAL);
}

static bool read_control_word(int fd, char *word, size_t cap)
{
	const uint64_t deadline = vus_deadline_ms(WORD_MS);
	size_t len = 0;

	while (len + 1 < cap && vus_poll_one(fd, POLLIN, deadline) > 0) {
		if (read(fd, word + len, 1) != 1)
			return false;
		if (word[len] == '\n') {
			word[len] = '\0';
			return true;
		}
		len++;
	}
	return false;
}

static void take_word(struct steered *c, int listen_fd)
{
	VUS_AUTO_FD fd = -1;
	enum vus_stimulus s;
	struct vus_err err = { 0 };
	enum done done = CANNOT;
	char word[32];

	if (!vus_link_accept(listen_fd, -1, vus_now(), &fd, &err) ||
	    !read_control_word(fd, word, sizeof(word)))
		return;
	if (vus_stimulus_by_name(word, &s))
		done = carry_out_word(c, s, &err);
	/* "Communication": an unexpected reply ends the connection. */
	if (done == FAILED && err.kind == VUS_ERR_PROTOCOL)
		vus_fake_close(c->f);
	if (done == FAILED)
		(void)fprintf(stderr, "fake-frontend: %s: %s\n", word,
			      err.text);
	send_status(fd, done);
}

/* ---- the loop ---- */

static bool connection_lost(struct steered *c, struct vus_err *err)
{
	c->f->s.decide->connection_lost(c->f);
	if (c->f->d->chardev->reconnects && c->reconnects++ < MOST_RECONNECT)
		return control_reconnect(c, err);
	return vus_fail(err, VUS_ERR_EOF, "the back-end closed the connection");
}

static bool serve_words(struct steered *c, int listen_fd, struct vus_err *err)
{
	struct vus_session *s = &c->f->s;

	while (!c->quit) {
		struct pollfd p[] = {
			{ .fd = c->f->stop_fd, .events = POLLIN },
			{ .fd = listen_fd, .events = POLLIN },
			{ .fd = s->link.fd, .events = POLLRDHUP },
			{ .fd = s->back.fd, .events = POLLIN },
		};

		if (vus_poll(p, 4, VUS_NEVER) < 0)
			return vus_fail_sys(err, "poll");
		if (p[0].revents)
			return true;
		if (p[2].revents && !connection_lost(c, err))
			return false;
		if (p[2].revents)
			continue;
		if (p[3].revents)
			vus_fe_answer_channel(s);
		if (p[1].revents)
			take_word(c, listen_fd);
	}
	return true;
}

bool vus_fake_serve_control(struct vus_fake *f, struct vus_guest *guest,
			    const char *path, struct vus_err *err)
{
	struct steered c = { .f = f, .guest = guest };
	VUS_AUTO_FD listen_fd = -1;
	bool ok;

	if (!vus_link_listen(path, &listen_fd, err))
		return false;
	ok = vus_fake_connect(f, guest, err) && vus_fake_negotiate(f, err) &&
	     serve_words(&c, listen_fd, err);
	(void)unlink(path);
	return ok;
}
