/* SPDX-License-Identifier: BSD-3-Clause */
/* socket.c — faults of connections. */
#include "fault.h"

#include <stdlib.h>
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
