/* SPDX-License-Identifier: BSD-3-Clause */
/* socket.c — faults of connections. */
#include "fault.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static bool any_answer(const struct vus_session *s,
		       const struct vus_frame *request,
		       const struct vus_frame *reply, struct vus_err *err)
{
	(void)s, (void)request, (void)reply, (void)err;
	return true;
}

VUS_FE_FAULT(socket, takes_any_reply,
	     .rule = "socket.frontend_close_on_bad_reply",
	     .says = "takes whatever comes for the answer")
{
	decide->is_answer = any_answer;
}

static bool receive_answer(struct vus_session *s, struct vus_frame *ret,
			   struct vus_err *err)
{
	while (vus_fe_honest.receive(s, ret, err)) {
		if (ret->id == s->last_id && (ret->flags & VUS_FLAG_REPLY))
			return true;
		vus_frame_close(ret);
	}
	return false;
}

VUS_FE_FAULT(socket, drops_wrong_replies,
	     .rule = "socket.frontend_close_on_bad_reply",
	     .says = "drops what is not the answer, and waits on for that")
{
	decide->receive = receive_answer;
}

static void close_stdin(struct vus_fake *f)
{
	(void)f;
	(void)close(STDIN_FILENO);
}

VUS_FE_FAULT(socket, closes_standard_descriptors,
	     .rule = "socket.frontend_init_error_fds",
	     .says = "closes descriptor 0 when a start fails")
{
	decide->start_failed = close_stdin;
}

static void die(struct vus_fake *f)
{
	(void)f;
	abort();
}

VUS_FE_FAULT(socket, aborts_on_disconnect,
	     .rule = "socket.frontend_reconnect_each_step",
	     .says = "aborts when the connection is lost")
{
	decide->connection_lost = die;
}

/* Where every write is to say MSG_NOSIGNAL, one does not. */
static void stop_lost_ring(struct vus_fake *f)
{
	const uint32_t words[] = { VUS_FE_GET_VRING_BASE, VUS_VERSION, 8, 0,
				   0 };

	(void)signal(SIGPIPE, SIG_DFL);
	(void)!send(f->s.link.fd, words, sizeof(words), 0);
}

VUS_FE_FAULT(
	socket, stops_what_is_lost, .rule = "socket.frontend_sigpipe",
	.says = "stops its rings when the connection is lost, and does not "
		"ignore SIGPIPE")
{
	decide->connection_lost = stop_lost_ring;
}

static void wait_for_ever(struct vus_fake *f)
{
	(void)f;
	(void)pause();
}

VUS_FE_FAULT(socket, waits_for_a_lost_backend,
	     .rule = "socket.frontend_reconnect_each_step",
	     .says = "obeys nothing any more when the connection is lost")
{
	decide->connection_lost = wait_for_ever;
}
