/* SPDX-License-Identifier: BSD-3-Clause */
/* watch.c — serving a front-end while it is watched. */
#include "watch.h"

#include "../../harness/base/clock.h"
#include "../device.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* How long one step may wait before the case's own conditions are looked at
 * again, ms: conditions change with frames and kicks, which wake a step. */
#define LOOK_MS 20
/* Steps behind a deadline, which may have passed before the first. */
#define LAST_LOOKS 8

struct vus_watch *vus_watch(const struct vus_ctx *t)
{
	return t->session;
}

struct vus_watch *vus_watch_of(struct vus_be *be)
{
	return be->judge;
}

uint16_t vus_ring_idx(const __virtio16 *idx)
{
	return le16toh(*(const volatile __virtio16 *)idx);
}

/* ---- what is waited for ---- */

bool vus_until_closed(const struct vus_watch *w, const void *arg)
{
	(void)arg;
	return !w->open;
}

bool vus_until_negotiated(const struct vus_watch *w, const void *arg)
{
	(void)arg;
	return vus_log_count(&w->log, VUS_FE_SET_PROTOCOL_FEATURES) +
		       vus_log_count(&w->log, VUS_FE_SET_FEATURES) >
	       0;
}

bool vus_until_started(const struct vus_watch *w, const void *arg)
{
	(void)arg;
	for (unsigned i = 0; w->open && i < w->cfg.queues; i++)
		if (vus_vq_running(&w->be.vqs[i]))
			return true;
	return false;
}

bool vus_until_set_up(const struct vus_watch *w, const void *arg)
{
	(void)arg;
	for (unsigned i = 0; w->open && i < w->cfg.queues; i++) {
		const struct vus_vq *vq = &w->be.vqs[i];

		if (vq->addr_set && vq->kick_set && vq->enabled)
			return true;
	}
	return false;
}

bool vus_until_served(const struct vus_watch *w, const void *arg)
{
	const unsigned *more_than = arg;

	return w->requests > (more_than ? *more_than : 0);
}

bool vus_until_asked(const struct vus_watch *w, const void *arg)
{
	const uint32_t *id = arg;

	return vus_log_count(&w->log, *id) > 0;
}

/* ---- serving ---- */

/* Requests that rings have completed so far: used indexes, as far as rings
 * have been seen, in this connection. */
static void count_requests(struct vus_watch *w)
{
	for (unsigned i = 0; i < w->cfg.queues; i++) {
		struct vus_vq *vq = &w->be.vqs[i];
		uint16_t done;

		if (!vq->live)
			continue;
		done = (uint16_t)(vq->ring.used_idx - w->used[i]);
		if (!w->counts[i])
			done = 0;
		w->requests += done;
		w->used[i] = vq->ring.used_idx;
		w->counts[i] = true;
	}
}

static void end_connection(struct vus_watch *w)
{
	if (!w->open)
		return;
	vus_be_close(&w->be);
	w->open = false;
}

void vus_watch_drop(struct vus_watch *w)
{
	end_connection(w);
}

/* One step of the connection; false: it is over, or we are broken. */
static bool step(struct vus_watch *w, int wake_fd, uint64_t deadline,
		 struct vus_err *err)
{
	enum vus_step what =
		vus_be_step(&w->be, wake_fd,
			    VUS_MIN(deadline, vus_deadline_ms(LOOK_MS)), err);

	count_requests(w);
	if (w->loses && w->loses(w)) {
		w->loses = NULL;
		end_connection(w);
		return vus_fail(err, VUS_ERR_EOF, "we closed the connection");
	}
	switch (what) {
	case VUS_STEP_DONE:
	case VUS_STEP_IDLE:
		return true;
	case VUS_STEP_BROKEN:
		end_connection(w);
		return false;
	default:
		end_connection(w);
		return vus_fail(err, VUS_ERR_EOF,
				"the front-end closed the connection");
	}
}

/* With no connection there is only the front-end's end to wait for. */
static bool idle(const struct vus_watch *w, int wake_fd, uint64_t deadline)
{
	struct pollfd p[] = {
		{ .fd = wake_fd, .events = POLLIN },
		{ .fd = w->reach.pidfd, .events = POLLIN },
	};

	return vus_poll(p, 2, deadline) > 0;
}

bool vus_serve(struct vus_ctx *t, vus_until *until, const void *arg,
	       uint64_t deadline, struct vus_err *err)
{
	struct vus_watch *w = vus_watch(t);
	unsigned looks = 0;

	while (!until(w, arg)) {
		/* What is there by then is taken, within reason. */
		if (vus_left_ms(deadline) == 0 && looks++ >= LAST_LOOKS)
			return vus_fail(err, VUS_ERR_TIMEOUT,
					"the front-end did nothing more");
		if (!w->open)
			return vus_fail(err, VUS_ERR_EOF,
					"the front-end closed the connection");
		if (!step(w, -1, deadline, err) && !until(w, arg))
			return false;
	}
	return true;
}

bool vus_watch_accept(struct vus_ctx *t, uint64_t deadline, struct vus_err *err)
{
	struct vus_watch *w = vus_watch(t);
	int fd = w->reach.fd;

	end_connection(w);
	if (fd < 0 && !vus_link_accept(w->reach.listen_fd, w->reach.pidfd,
				       deadline, &fd, err))
		return false;
	w->reach.fd = -1;
	vus_be_init(&w->be, &w->cfg, fd, &w->trace);
	w->be.intercept = w->intercept;
	w->be.judge = w;
	w->be.link.watch_fd = -1;
	memset(w->counts, 0, sizeof(w->counts));
	w->open = true;
	w->connections++;
	return true;
}

/* ---- telling ---- */

static bool serve_telling(struct vus_ctx *t, const struct vus_telling *telling,
			  uint64_t deadline)
{
	struct vus_watch *w = vus_watch(t);
	struct vus_err err = { 0 };

	while (vus_left_ms(deadline) > 0) {
		if (vus_poll_one(telling->fd, POLLIN, 0) != 0)
			return true;
		if (w->open)
			(void)step(w, telling->fd, deadline, &err);
		else if (vus_watch_accept(t, vus_now(), &err))
			continue; /* it came again */
		else if (err.kind != VUS_ERR_TIMEOUT)
			(void)idle(w, telling->fd, deadline);
		else
			(void)vus_poll_one(telling->fd, POLLIN,
					   vus_deadline_ms(LOOK_MS));
	}
	return false;
}

bool vus_told(struct vus_ctx *t, enum vus_stimulus s, int *ret_status)
{
	struct vus_watch *w = vus_watch(t);
	struct vus_telling telling;
	struct vus_err err = { 0 };

	vus_note(t, "-- tell it to %s", vus_stimulus_name(s));
	w->reach.connect_deadline = vus_deadline_ms(t->request_ms);
	w->reach.told_until = vus_deadline_ms((uint64_t)t->request_ms * 3);
	if (!vus_stimulus_begin(&w->reach, s, &telling, &err)) {
		if (err.kind == VUS_ERR_SYSTEM)
			vus_broken(t, &err, __FILE__, __LINE__);
		else
			vus_skip(t, "%s", err.text);
		return false;
	}
	*ret_status = -1;
	w->why[0] = '\0';
	if (serve_telling(t, &telling, w->reach.told_until))
		*ret_status = vus_stimulus_end(&telling, w->why);
	else
		vus_stimulus_leave(&telling);
	return true;
}

bool vus_tell(struct vus_ctx *t, enum vus_stimulus s, int *ret_status)
{
	const struct vus_watch *w = vus_watch(t);

	if (!vus_told(t, s, ret_status))
		return false;
	if (*ret_status == VUS_STIMULUS_CANNOT) {
		vus_skip(t, "the front-end cannot %s%s%s", vus_stimulus_name(s),
			 w->why[0] ? ": " : "", w->why);
		return false;
	}
	return true;
}

/* It does so by itself, or never. */
static bool does_by_itself(struct vus_ctx *t, enum vus_stimulus s,
			   struct vus_err *err)
{
	const unsigned before = vus_watch(t)->requests;

	return vus_serve(
		t, s == VUS_DO_START ? vus_until_started : vus_until_served,
		&before, vus_deadline_ms((uint64_t)t->request_ms * 3), err);
}

static bool waits(struct vus_ctx *t, enum vus_stimulus s)
{
	struct vus_err err = { 0 };

	if (does_by_itself(t, s, &err))
		return true;
	vus_skip(t, "it did not %s by itself: %s (--control tells it)",
		 vus_stimulus_name(s), err.text);
	return false;
}

bool vus_does(struct vus_ctx *t, enum vus_stimulus s)
{
	int status;

	if (!vus_stimulus_possible(&vus_watch(t)->reach) && s <= VUS_DO_IO)
		return waits(t, s);
	if (!vus_tell(t, s, &status))
		return false;
	if (status == 0)
		return true;
	vus_skip(t, "told to %s, the front-end failed (status %d)%s%s",
		 vus_stimulus_name(s), status, vus_watch(t)->why[0] ? ": " : "",
		 vus_watch(t)->why);
	return false;
}

bool vus_reconnects(struct vus_ctx *t, int *ret_status)
{
	struct vus_watch *w = vus_watch(t);
	struct vus_err err = { 0 };

	if (!vus_told(t, VUS_DO_RECONNECT, ret_status))
		return false;
	if (*ret_status != VUS_STIMULUS_CANNOT)
		return true;
	vus_note(t, "-- drop the connection");
	vus_watch_drop(w);
	if (!vus_watch_accept(t, vus_deadline_ms(t->request_ms), &err)) {
		vus_skip(t, "the front-end does not come again: %s", err.text);
		return false;
	}
	*ret_status = vus_serve(t, vus_until_started, NULL,
				vus_deadline_ms(t->request_ms), &err)
			      ? 0
			      : -1;
	return true;
}

bool vus_does_set_up(struct vus_ctx *t)
{
	struct vus_err err;

	if (!vus_does(t, VUS_DO_START))
		return false;
	if (vus_serve(t, vus_until_set_up, NULL, vus_deadline_ms(t->request_ms),
		      &err))
		return true;
	vus_skip(t, "told to start, it set no ring up: %s", err.text);
	return false;
}

bool vus_starts(struct vus_ctx *t, bool *ret)
{
	struct vus_err err;
	int status;

	if (vus_stimulus_possible(&vus_watch(t)->reach)) {
		if (!vus_tell(t, VUS_DO_START, &status))
			return false;
		*ret = status == 0;
		return true;
	}
	*ret = does_by_itself(t, VUS_DO_START, &err);
	return true;
}

bool vus_does_start_and_io(struct vus_ctx *t)
{
	return vus_does(t, VUS_DO_START) && vus_does(t, VUS_DO_IO);
}

bool vus_does_everything(struct vus_ctx *t)
{
	struct vus_err err = { 0 };

	if (!vus_does_start_and_io(t))
		return false;
	if (vus_stimulus_possible(&vus_watch(t)->reach))
		return vus_does(t, VUS_DO_STOP) && vus_does(t, VUS_DO_QUIT);
	/* It may be used for ever: what it said so far will do. */
	(void)!vus_serve(t, vus_until_closed, NULL,
			 vus_deadline_ms(t->quiet_ms), &err);
	return true;
}

bool vus_watch_ended(struct vus_ctx *t, uint64_t deadline)
{
	struct vus_watch *w = vus_watch(t);
	struct vus_err err = { 0 };

	while (vus_poll_one(w->reach.pidfd, POLLIN, 0) == 0) {
		if (vus_left_ms(deadline) == 0)
			return false;
		if (w->open)
			(void)step(w, w->reach.pidfd, deadline, &err);
		else
			(void)idle(w, -1, deadline);
	}
	return true;
}
