/* SPDX-License-Identifier: BSD-3-Clause */
/* backend_channel.c — the socket for back-end requests: set, refused, replaced.
 */
#include "fixture/steps.h"

#include "base/own.h"

#include <sys/socket.h>

/* SET_BACKEND_REQ_FD with `fd`, -1: without one. */
static enum vus_outcome set_channel(struct vus_session *s, int fd)
{
	struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_SET_BACKEND_REQ_FD);

	f.flags |= VUS_FLAG_NEED_REPLY;
	f.fds[0] = fd;
	f.nfds = fd >= 0;
	return vus_fe_classify(s, &f, NULL, NULL);
}

/* "VHOST_USER_SET_BACKEND_REQ_FD": with REPLY_ACK the back-end must respond
 * with zero for success, and non-zero otherwise.  It cannot succeed without
 * a descriptor. */
VUS_CASE(channel_is_acknowledged,
	 .title = "a channel is acknowledged with 0 if it is a socket, and "
		  "only then",
	 .rules = { "backend_channel.set_ack" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(BACKEND_REQ) | PF(REPLY_ACK),
	 .rows = { "with_socket", "without" })
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD ours = -1, theirs = -1;
	struct vus_err err;
	int pair[2];

	if (t->row == 1) {
		VUS_EXPECT(t, "backend_channel.set_ack", set_channel(s, -1),
			   VUS_REFUSED | VUS_CLOSED,
			   "SET_BACKEND_REQ_FD without a descriptor");
		return;
	}
	VUS_SETUP(t,
		  socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ==
				  0 ||
			  vus_fail_sys(&err, "making a channel"),
		  &err);
	ours = pair[0];
	theirs = pair[1];
	VUS_EXPECT(t, "backend_channel.set_ack", set_channel(s, theirs),
		   VUS_ACCEPTED, "SET_BACKEND_REQ_FD with a socket");
}

/* The same heading: the back-end sends its requests there, so it has to keep
 * what it was given. */
VUS_CASE(channel_stays_open, .title = "a channel that was set stays open",
	 .rules = { "backend_channel.set" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(BACKEND_REQ))
{
	struct vus_session *s = vus_fe(t);
	struct pollfd p = { .events = POLLRDHUP };
	struct vus_err err;

	VUS_CHECK(t, "backend_channel.set",
		  vus_fe_open_channel(s, &err) && vus_fe_barrier(s, &err),
		  "SET_BACKEND_REQ_FD with a socket is accepted", "%s",
		  err.text);
	p.fd = s->back.fd;
	VUS_CHECK(t, "backend_channel.set",
		  vus_poll(&p, 1, 0) == 0 ||
			  !(p.revents & (POLLRDHUP | POLLHUP)),
		  "the back-end keeps its end of the channel open",
		  "the back-end has closed its end of the channel");
}

/* Requests need a socket.  libvhost-user accepts any descriptor. */
VUS_CASE(channel_is_a_socket,
	 .title = "a descriptor that is not a socket is refused as a channel",
	 .rules = { "fds.wrong_type" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(BACKEND_REQ) | PF(REPLY_ACK))
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_EVENT event = VUS_EVENT_NONE;
	struct vus_err err;

	VUS_SETUP(t, vus_event_open(VUS_EVENTFD, &event, &err), &err);
	VUS_EXPECT(t, "fds.wrong_type", set_channel(s, event.wr),
		   VUS_REFUSED | VUS_CLOSED,
		   "SET_BACKEND_REQ_FD with an eventfd");
}

/* There is one channel: the first is closed when a second comes. */
VUS_CASE(second_channel_replaces_the_first,
	 .title = "a second channel closes the first",
	 .rules = { "backend_channel.replace" }, .start = VUS_START_NEGOTIATED,
	 .needs = PF(BACKEND_REQ))
{
	struct vus_session *s = vus_fe(t);
	VUS_AUTO_FD first = s->back.fd;
	struct vus_err err;

	s->back = VUS_LINK_NONE;
	VUS_PREREQ(t, "backend_channel.set", vus_fe_open_channel(s, &err),
		   &err);
	VUS_PREREQ(t, "features.get_any_time", vus_fe_barrier(s, &err), &err);
	VUS_CHECK(t, "backend_channel.replace", vus_pipe_released(t, first),
		  "the first channel is closed when a second one is set",
		  "the first channel is still open %d ms after the second one "
		  "was set",
		  VUS_RELEASE_MS);
}
