/* SPDX-License-Identifier: BSD-3-Clause */
/* fixture.c — the party that judges front-ends: listens, accepts, watches. */
#include "watch.h"

#include "../../harness/base/clock.h"
#include "../device.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISK_BYTES (UINT64_C(8) << 20)

static void see(void *ctx, const struct vus_frame *frame, bool to_peer)
{
	struct vus_watch *w = ctx;
	const struct vus_be *be = &w->be;
	const struct vus_msg *msg = vus_msg_find(frame->channel, frame->id);

	vus_log_add(&w->log, frame, !to_peer, w->connections - 1, be->pf,
		    vus_msg_vf(msg, be->features, vus_be_offer(be)));
	if (w->exchange)
		w->exchange->frame(w->exchange->ctx, frame, to_peer);
}

static void note(void *ctx, const char *line)
{
	const struct vus_watch *w = ctx;

	if (w->exchange)
		w->exchange->note(w->exchange->ctx, line);
}

/* What the judge offers: what a case does not want to be offered is not. */
static bool configure(struct vus_ctx *t, struct vus_watch *w,
		      const struct vus_reach *reach, struct vus_err *err)
{
	const char *name = reach->device ? reach->device : "blk";
	const struct vus_device *d = vus_device_by_name(name);

	if (!d)
		return vus_fail(err, VUS_ERR_USAGE, "no device model '%s'",
				name);
	vus_be_defaults(&w->cfg, d);
	w->cfg.size = DISK_BYTES;
	w->cfg.pf &= ~t->c->without;
	w->cfg.features &= ~t->c->without_vf;
	return vus_be_config_open(&w->cfg, err);
}

static struct vus_watch *watch_new(struct vus_ctx *t,
				   const struct vus_reach *reach)
{
	struct vus_watch *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->reach = *reach;
	w->exchange = vus_ctx_trace(t);
	w->trace = (struct vus_trace){ .ctx = w, .frame = see, .note = note };
	t->session = w;
	return w;
}

static void watch_free(struct vus_ctx *t)
{
	struct vus_watch *w = vus_watch(t);

	vus_watch_drop(w);
	vus_log_free(&w->log);
	if (w->cfg.device)
		vus_be_config_close(&w->cfg);
	free(w);
	t->session = NULL;
}

/* Bring the front-end to where the case begins. */
static bool bring_up(struct vus_ctx *t, struct vus_err *err)
{
	if (t->c->start >= VUS_START_NEGOTIATED &&
	    !vus_serve(t, vus_until_negotiated, NULL,
		       vus_deadline_ms(t->request_ms), err))
		return false;
	return t->c->start < VUS_START_RUNNING || vus_does_start_and_io(t);
}

static bool frontend_open(struct vus_ctx *t, const struct vus_reach *reach)
{
	struct vus_watch *w = watch_new(t, reach);
	struct vus_err err = { 0 };

	/* One that must not start need not connect either. */
	if (configure(t, w, reach, &err) &&
	    (reach->refusal ||
	     (vus_watch_accept(t, reach->connect_deadline, &err) &&
	      bring_up(t, &err))))
		return true;
	/* bring_up() may have set the verdict itself. */
	if (err.kind == VUS_ERR_SYSTEM || err.kind == VUS_ERR_USAGE)
		vus_broken(t, &err, __FILE__, __LINE__);
	else if (err.text[0])
		vus_need_failed(t, "sock.unix_stream", &err, __FILE__,
				__LINE__);
	watch_free(t);
	return false;
}

static void frontend_close(struct vus_ctx *t)
{
	watch_free(t);
}

static void frontend_probe(struct vus_ctx *t, const struct vus_reach *reach)
{
	struct vus_probe *probe = reach->probe;
	struct vus_watch *w = watch_new(t, reach);
	struct vus_err err = { 0 };

	if (configure(t, w, reach, &err) &&
	    vus_watch_accept(t, reach->connect_deadline, &err) &&
	    vus_serve(t, vus_until_negotiated, NULL, reach->connect_deadline,
		      &err)) {
		probe->spoke = true;
		/* What it takes later is not known yet: all that it may. */
		probe->features = UINT64_MAX;
		probe->pf = w->be.pf;
		probe->queues = w->cfg.queues;
	} else {
		(void)snprintf(probe->why, sizeof(probe->why), "%.199s",
			       err.text);
	}
	watch_free(t);
}

const struct vus_party vus_frontend_party = {
	.name = "frontend",
	.open = frontend_open,
	.close = frontend_close,
	.probe = frontend_probe,
};
