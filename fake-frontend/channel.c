/* SPDX-License-Identifier: BSD-3-Clause */
/* channel.c — the socket on which the back-end asks. */
#include "session.h"

#include "../harness/base/own.h"

#include <sys/socket.h>

bool vus_fe_open_channel(struct vus_session *s, struct vus_err *err)
{
	struct vus_frame f =
		vus_request_frame(VUS_FE, VUS_FE_SET_BACKEND_REQ_FD);
	VUS_AUTO_FD ours = -1, theirs = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return vus_fail_sys(err, "making the back-end channel");
	ours = pair[0];
	theirs = pair[1];
	f.fds[0] = theirs;
	f.nfds = 1;
	/* Not acknowledged: before SET_FEATURES not every back-end would. */
	if (!vus_fe_tell(s, &f, err))
		return false;
	vus_link_close(&s->back);
	vus_link_open(&s->back, vus_fd_take(&ours), VUS_BE, false,
		      s->link.trace);
	s->back.pf = s->pf;
	return true;
}
