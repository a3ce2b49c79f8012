/* SPDX-License-Identifier: BSD-3-Clause */
/* relay.c — a relay between a front-end and a back-end. */
#include "relay.h"

#include "base/clock.h"
#include "base/own.h"

#include <string.h>
#include <sys/socket.h>

/* How long a frame that has begun may take, and how long its receiver may take
 * to read it, ms: the relay must not be what ends a slow session. */
#define FRAME_MS 60000

void vus_relay_open(struct vus_relay *r, int fe_fd, int be_fd,
		    const struct vus_trace *trace)
{
	*r = (struct vus_relay){
		.back_fe = VUS_LINK_NONE,
		.back_be = VUS_LINK_NONE,
		.trace = trace,
	};
	/* Requests come from the one side and go to the other. */
	vus_link_open(&r->fe, fe_fd, VUS_FE, false, NULL);
	vus_link_open(&r->be, be_fd, VUS_FE, true, NULL);
}

void vus_relay_close(struct vus_relay *r)
{
	vus_link_close(&r->fe);
	vus_link_close(&r->be);
	vus_link_close(&r->back_fe);
	vus_link_close(&r->back_be);
}

/* ---- looking ---- */

/* The negotiated features decide how later frames are decoded. */
static void follow_negotiation(struct vus_relay *r, const struct vus_frame *f,
			       bool from_fe)
{
	if (!f->decoded || f->channel != VUS_FE || !from_fe || f->is_reply)
		return;
	if (f->id == VUS_FE_SET_PROTOCOL_FEATURES) {
		r->pf = f->body.protocol_features.value;
		r->fe.pf = r->be.pf = r->back_fe.pf = r->back_be.pf = r->pf;
	}
}

/* ---- the back-end's channel ---- */

/* The front-end's end becomes ours, and the back-end gets a new one. */
static bool take_channel(struct vus_relay *r, struct vus_frame *f,
			 struct vus_err *err)
{
	int pair[2];

	if (f->id != VUS_FE_SET_BACKEND_REQ_FD || f->nfds != 1)
		return true;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return vus_fail_sys(err, "socketpair");
	vus_link_close(&r->back_fe);
	vus_link_close(&r->back_be);
	vus_link_open(&r->back_fe, vus_fd_take(&f->fds[0]), VUS_BE, true, NULL);
	vus_link_open(&r->back_be, pair[0], VUS_BE, false, NULL);
	r->back_fe.pf = r->back_be.pf = r->pf;
	f->fds[0] = pair[1];
	return true;
}

/* ---- passing on ---- */

static enum vus_relayed relay_ended(const struct vus_err *why, const char *who,
				    struct vus_err *err)
{
	const struct vus_err was = *why;

	(void)vus_fail(err, was.kind, "%s: %.200s", who, was.text);
	return was.kind == VUS_ERR_EOF ? VUS_RELAY_ENDED : VUS_RELAY_BROKEN;
}

static enum vus_relayed pass_on(struct vus_relay *r, struct vus_link *from,
				struct vus_link *to, struct vus_err *err)
{
	const bool from_fe = from == &r->fe || from == &r->back_fe;
	const char *const who = from_fe ? "front-end" : "back-end";
	VUS_AUTO_FRAME f = { 0 };
	struct vus_twist as_it_was;
	struct vus_err why;

	if (!vus_link_recv(from, &f, vus_deadline_ms(FRAME_MS), &why))
		return relay_ended(&why, who, err);
	if (r->trace && r->trace->frame)
		r->trace->frame(r->trace->ctx, &f, from_fe);
	if (from == &r->fe && !take_channel(r, &f, err))
		return VUS_RELAY_BROKEN;
	as_it_was = (struct vus_twist){
		.set_size = true,
		.size = f.size,
		.payload = f.payload,
		.payload_len = f.payload_len,
	};
	r->frames++;
	if (!vus_link_send(to, &f, &as_it_was, vus_deadline_ms(FRAME_MS), &why))
		return relay_ended(&why, from_fe ? "back-end" : "front-end",
				   err);
	follow_negotiation(r, &f, from_fe);
	return VUS_RELAYED;
}

enum vus_relayed vus_relay_step(struct vus_relay *r, int stop_fd,
				uint64_t deadline, struct vus_err *err)
{
	struct {
		struct vus_link *from, *to;
	} ways[] = {
		{ &r->fe, &r->be },
		{ &r->be, &r->fe },
		{ &r->back_be, &r->back_fe },
		{ &r->back_fe, &r->back_be },
	};
	struct pollfd p[VUS_COUNT(ways) + 1];

	for (size_t i = 0; i < VUS_COUNT(ways); i++)
		p[i] = (struct pollfd){ .fd = ways[i].from->fd,
					.events = POLLIN };
	p[VUS_COUNT(ways)] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	if (vus_poll(p, VUS_COUNT(p), deadline) < 0) {
		(void)vus_fail_sys(err, "poll");
		return VUS_RELAY_BROKEN;
	}
	/* Answers of the back-end come before the next request. */
	for (size_t n = VUS_COUNT(ways); n-- > 0;) {
		enum vus_relayed what;

		if (p[n].revents == 0)
			continue;
		what = pass_on(r, ways[n].from, ways[n].to, err);
		if (n < 2 || what != VUS_RELAY_ENDED)
			return what;
		/* A channel that ends does not end the session. */
		vus_link_close(&r->back_fe);
		vus_link_close(&r->back_be);
		return VUS_RELAYED;
	}
	return VUS_RELAY_IDLE;
}
