/* SPDX-License-Identifier: BSD-3-Clause */
/* fixture.c — brings a session to where a case begins, and ends it. */
#include "patience.h"
#include "steps.h"

#include "../../harness/base/own.h"
#include "../../harness/proc/idle.h"
#include "../../harness/run/post.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A back-end that serves one connection needs so long to end, ms. */
#define LEAVE_MS 1000

/* What stands behind vus_ctx.session. */
struct fixture {
	struct vus_session s;
	struct vus_reach reach;
	int server; /* the process behind s.link, 0: not ours to watch */
	struct vus_patient patient;
};

static struct fixture *fixture_of(const struct vus_ctx *t)
{
	return t->session;
}

struct vus_session *vus_fe(const struct vus_ctx *t)
{
	return &fixture_of(t)->s;
}

const struct vus_reach *vus_fe_reach(const struct vus_ctx *t)
{
	return &fixture_of(t)->reach;
}

uint64_t vus_fe_wants(const struct vus_ctx *t)
{
	const struct vus_driver *d = vus_fe(t)->driver;
	uint64_t own = d ? d->features : 0;

	return (VUS_FE_FEATURES | own | t->c->needs_vf) & ~t->c->without_vf;
}

uint64_t vus_fe_wants_pf(const struct vus_ctx *t)
{
	return (VUS_FE_PF | t->c->needs) & ~t->c->without;
}

/* --device NAME,vq_size=N */
static void take_device_options(struct vus_session *s, const char *words)
{
	char one[64];

	for (size_t i = 0; words && vus_word(words, ',', i, one, sizeof(one));
	     i++) {
		if (strncmp(one, "vq_size=", 8) == 0)
			s->vq_size = (unsigned)strtoul(one + 8, NULL, 10);
	}
}

static bool join(struct vus_ctx *t, struct vus_session *s,
		 const struct vus_reach *reach, struct vus_err *err)
{
	int fd = reach->fd;
	bool ok = true;

	if (fd < 0 && reach->listen_fd >= 0)
		ok = vus_link_accept(reach->listen_fd, reach->pidfd,
				     reach->connect_deadline, &fd, err);
	else if (fd < 0)
		ok = vus_link_connect(reach->socket, reach->pidfd,
				      reach->connect_deadline, &fd, err);
	if (!ok)
		return false;
	vus_fe_init(s, fd, t->request_ms, vus_ctx_trace(t));
	s->link.watch_fd = reach->pidfd;
	vus_fe_use_driver(s, vus_driver_by_name(reach->device));
	take_device_options(s, reach->device_options);
	return true;
}

bool vus_fe_connect(struct vus_ctx *t, struct vus_session *ret,
		    struct vus_err *err)
{
	struct vus_reach reach = *vus_fe_reach(t);

	if (!reach.socket[0])
		return vus_fail(err, VUS_ERR_USAGE, VUS_ONE_WAY);
	reach.connect_deadline = vus_deadline_ms(t->request_ms);
	return join(t, ret, &reach, err);
}

/* ---- to the start of a case ---- */

static bool give_memory(struct vus_ctx *t, struct vus_err *err)
{
	struct vus_guest *g = &vus_fe(t)->guest;

	if (!vus_guest_plain(g, t->memory, t->memory_path, t->memory_size, 0,
			     err)) {
		vus_broken(t, err, __FILE__, __LINE__);
		return false;
	}
	for (unsigned i = 0; i < g->nbackings; i++)
		vus_shared_range(t, g->backings[i].addr, g->backings[i].size,
				 g->backings[i].fd);
	return true;
}

static bool set_rings_up(struct vus_ctx *t, enum vus_start start)
{
	const unsigned n = VUS_MAX(t->c->queues, 1);
	struct vus_err err = { 0 };

	if (!vus_step_companions(t))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (start == VUS_START_RUNNING) {
			if (!vus_step_ring(t, i, 0, 0))
				return false;
		} else if (!vus_fe_queue_setup(vus_fe(t), i, 0, 0, &err)) {
			vus_need_failed(t, "vaddr.set", &err, __FILE__,
					__LINE__);
			return false;
		}
	}
	return true;
}

static bool bring_up(struct vus_ctx *t, enum vus_start start)
{
	struct vus_session *s = vus_fe(t);
	struct vus_err err = { 0 };

	if (start >= VUS_START_NEGOTIATED &&
	    !vus_fe_negotiate(s, vus_fe_wants(t), vus_fe_wants_pf(t), &err)) {
		vus_need_failed(t, "feat.get_reply", &err, __FILE__, __LINE__);
		return false;
	}
	if (!give_memory(t, &err))
		return false;
	if (start >= VUS_START_MEMORY && !vus_step_memory(t))
		return false;
	return start < VUS_START_VRINGS || set_rings_up(t, start);
}

static struct fixture *new_fixture(struct vus_ctx *t,
				   const struct vus_reach *reach)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->reach = *reach;
	t->session = f;
	return f;
}

static bool backend_open(struct vus_ctx *t, const struct vus_reach *reach)
{
	struct fixture *f = new_fixture(t, reach);
	struct vus_err err = { 0 };

	/* What connects cannot be started at another socket. */
	if (reach->listen_fd >= 0)
		f->reach.words = NULL;
	if (!join(t, &f->s, reach, &err)) {
		if (err.kind == VUS_ERR_SYSTEM)
			vus_broken(t, &err, __FILE__, __LINE__);
		else
			vus_need_failed(t, "sock.backend_reaccepts", &err,
					__FILE__, __LINE__);
		t->session = NULL;
		free(f);
		return false;
	}
	f->server = vus_peer_server(t, f->s.link.fd);
	vus_patient_open(&f->patient, &f->s, f->server, reach->polls);
	if (bring_up(t, t->c->start))
		return true;
	vus_fe_close(&f->s);
	t->session = NULL;
	free(f);
	return false;
}

/* ---- one session after another ---- */

/* The back-end's process has ended, or does so now. */
static bool has_left(const struct vus_ctx *t)
{
	struct pollfd p = { .fd = vus_peer_pidfd(t), .events = POLLIN };
	struct vus_vigil v = vus_vigil_begin(vus_peer_pid(t), LEAVE_MS, false);

	while (p.fd >= 0 && vus_poll(&p, 1, 0) == 0)
		if (!vus_vigil_goes_on(&v, &p, 1))
			return false;
	return p.fd >= 0;
}

enum vus_sequel vus_fe_sequel(struct vus_ctx *t, const char *rule,
			      enum vus_start start)
{
	struct fixture *f = fixture_of(t);
	enum vus_sequel ret = VUS_SEQUEL_FAILED;
	struct vus_reach reach = f->reach;
	struct vus_err err = { 0 };

	vus_fe_close(&f->s);
	if (!reach.socket[0]) {
		vus_skip(t, VUS_ONE_WAY);
		return VUS_SEQUEL_FAILED;
	}
	reach.fd = -1;
	reach.connect_deadline = vus_deadline_ms(t->request_ms);
	if (join(t, &f->s, &reach, &err) && bring_up(t, start))
		ret = VUS_SEQUEL_SERVED;
	else if (has_left(t))
		ret = VUS_SEQUEL_LEFT;
	/* What it does after every session was not done by this one. */
	if (ret == VUS_SEQUEL_FAILED && f->reach.deaf &&
	    strcmp(rule, "sock.backend_reaccepts") != 0) {
		vus_need_failed(t, "sock.backend_reaccepts", &err, __FILE__,
				__LINE__);
		return ret;
	}
	(void)vus_check(t, rule, ret != VUS_SEQUEL_FAILED,
			"the next session is served", __FILE__, __LINE__, "%s",
			err.text[0] ? err.text
				    : "the next session could not be brought "
				      "as far as one before");
	return ret;
}

bool vus_fe_turn_to(struct vus_ctx *t, const char *socket, int pidfd,
		    struct vus_err *err)
{
	struct fixture *f = fixture_of(t);
	struct vus_reach reach = f->reach;

	vus_fe_close(&f->s);
	reach.fd = -1;
	reach.pidfd = pidfd;
	reach.connect_deadline = vus_deadline_ms(t->request_ms);
	(void)snprintf(reach.socket, sizeof(reach.socket), "%s", socket);
	if (!join(t, &f->s, &reach, err))
		return false;
	/* It may be closed before the session is looked back at. */
	f->s.link.watch_fd = -1;
	return true;
}

bool vus_fe_visit(struct vus_ctx *t, const char *socket, int pidfd,
		  enum vus_start start)
{
	struct vus_err err = { 0 };

	if (vus_fe_turn_to(t, socket, pidfd, &err))
		return bring_up(t, start);
	vus_need_failed(t, "prog.socket_path", &err, __FILE__, __LINE__);
	return false;
}

/* ---- and after it ---- */

/* Does the session still answer, or was it closed?  Whatever a case did, one
 * of the two must hold. */
static void look_back(struct vus_ctx *t, struct vus_session *s)
{
	struct vus_err err = { 0 };

	if (s->link.fd < 0)
		return;
	if (!vus_fe_barrier(s, &err))
		vus_peer_left(t, err.kind == VUS_ERR_EOF,
			      err.kind == VUS_ERR_TIMEOUT);
}

/* Everything that the session may have given away and still has itself. */
#define GIVEN_MAX (VUS_GUEST_MAX_REGIONS + 6 * VUS_MAX_QUEUES)

static size_t given(const struct vus_session *s, int fds[GIVEN_MAX])
{
	size_t n = 0;

	for (unsigned i = 0; i < s->guest.nbackings; i++)
		fds[n++] = s->guest.backings[i].fd;
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++) {
		const struct vus_queue *q = &s->queues[i];
		const struct vus_event *events[] = { &q->kick, &q->call,
						     &q->err };

		for (size_t k = 0; k < VUS_COUNT(events); k++) {
			fds[n++] = events[k]->rd;
			if (events[k]->wr != events[k]->rd)
				fds[n++] = events[k]->wr;
		}
	}
	return n;
}

static void backend_close(struct vus_ctx *t)
{
	struct fixture *f = fixture_of(t);
	int fds[GIVEN_MAX];

	look_back(t, &f->s);
	vus_link_close(&f->s.link);
	vus_link_close(&f->s.back);
	vus_post_released(t, f->server, fds, given(&f->s, fds));
	vus_fe_close(&f->s);
	t->session = NULL;
	free(f);
}

/* ---- the probe ---- */

static void say(struct vus_probe *probe, const struct vus_err *err)
{
	(void)snprintf(probe->why, sizeof(probe->why), "%.199s", err->text);
}

/* Does the device keep what is written?  Asked on its own small guest. */
static void try_content(struct vus_ctx *t, struct vus_probe *probe)
{
	struct vus_session *s = vus_fe(t);
	bool stored = true;
	struct vus_err err;

	if (!give_memory(t, &err) || !vus_fe_share_memory(s, &err) ||
	    !vus_fe_queue_setup(s, 0, 0, 0, &err) ||
	    ((s->features & VF(PROTOCOL_FEATURES)) &&
	     !vus_fe_queue_enable(s, 0, true, &err)) ||
	    !s->driver->keeps(s, t->seed, &stored, &err)) {
		/* Why it cannot is judged where it belongs. */
		probe->discards = true;
		return;
	}
	probe->discards = !stored;
}

/* What was started for this run is ours to write to. */
static bool may_write(const struct vus_ctx *t, const struct vus_reach *reach)
{
	return vus_peer_pid(t) != 0 || reach->allow_writes;
}

static void backend_probe(struct vus_ctx *t, const struct vus_reach *reach)
{
	struct vus_probe *probe = reach->probe;
	struct fixture *f = new_fixture(t, reach);
	struct vus_err err = { 0 };

	if (!join(t, &f->s, reach, &err)) {
		say(probe, &err);
		free(f);
		return;
	}
	/* Until the start's deadline: a back-end may listen, and begin late. */
	f->s.request_ms =
		(unsigned)VUS_MAX(vus_left_ms(reach->connect_deadline), 1);
	if (vus_fe_get_u64(&f->s, VUS_FE_GET_FEATURES, &f->s.offered, &err)) {
		probe->spoke = true;
		probe->features = f->s.offered;
		probe->queues = 1;
		probe->polls = vus_idle_polls(vus_peer_server(t, f->s.link.fd));
		f->s.request_ms = t->request_ms;
		if (vus_fe_negotiate(&f->s, vus_fe_wants(t), vus_fe_wants_pf(t),
				     &err)) {
			probe->pf = f->s.pf_offered;
			probe->queues =
				vus_driver_rings(f->s.driver, f->s.nqueues);
			if (f->s.driver && f->s.driver->keeps &&
			    may_write(t, reach))
				try_content(t, probe);
		}
	} else {
		say(probe, &err);
	}
	vus_fe_close(&f->s);
	free(f);
	t->session = NULL;
}

static bool backend_knock(struct vus_ctx *t, const struct vus_reach *reach)
{
	struct vus_session s;
	struct vus_err err;
	uint64_t features;
	bool answered;

	if (!join(t, &s, reach, &err))
		return false;
	answered = vus_fe_get_u64(&s, VUS_FE_GET_FEATURES, &features, &err);
	vus_fe_close(&s);
	return answered;
}

const struct vus_party vus_backend_party = {
	.name = "backend",
	.open = backend_open,
	.close = backend_close,
	.probe = backend_probe,
	.knock = backend_knock,
};
