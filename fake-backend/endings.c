/* SPDX-License-Identifier: BSD-3-Clause */
/* endings.c — what faults do with calls, at the end of a connection, and
 * between two of them. */
#include "backend.h"

#include "base/clock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool vus_lie_about_call(const struct vus_vq *vq)
{
	const struct vus_be *be = vq->be;
	struct pollfd p = { .fd = vq->call };
	struct stat st;

	if (VUS_FAULTY(be, fds, aborts_on_pipe_without_reader) &&
	    vus_poll(&p, 1, 0) > 0 && (p.revents & POLLERR))
		vus_die();
	return VUS_FAULTY(be, socket, one_byte_calls) &&
	       fstat(vq->call, &st) == 0 && S_ISFIFO(st.st_mode) &&
	       (vus_poll_one(vq->call, POLLOUT, 0) <= 0 ||
		write(vq->call, "", 1) == 1);
}

void vus_lie_at_the_end(const struct vus_be *be)
{
	if (VUS_FAULTY(be, fds, opens_one_more_a_session))
		(void)!open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; i < be->cfg.queues; i++) {
		const struct vus_vq *vq = &be->vqs[i];

		if (VUS_FAULTY(be, socket, aborts_on_unconfigured_ring) &&
		    vq->num > 0 && !vq->addr_set)
			vus_die();
		if (VUS_FAULTY(be, socket, aborts_with_requests_in_flight) &&
		    vq->bad.late == VUS_LATE_LOOK)
			vus_die();
	}
}

bool vus_lie_for_newcomers(const struct vus_be *be, int listen_fd)
{
	return VUS_FAULTY(be, socket, second_connection_ends_session) &&
	       listen_fd >= 0 && vus_poll_one(listen_fd, POLLIN, 0) > 0;
}

void vus_lie_afterwards(const struct vus_be *be, struct vus_be_config *cfg)
{
	const int kick = be->vqs[0].kick;

	vus_fd_close(&cfg->old_kick);
	if (kick >= 0 && VUS_FAULTY(be, socket, follows_old_kicks))
		cfg->old_kick = fcntl(kick, F_DUPFD_CLOEXEC, 0);
}

void vus_lie_between(const struct vus_be_config *cfg, int listen_fd,
		     int stop_fd)
{
	const bool spins =
		cfg->connections > 0 &&
		vus_faults_has(&cfg->faults,
			       VUS_FAULT_socket_spins_after_disconnect);
	struct pollfd fds[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = listen_fd, .events = POLLIN },
		{ .fd = cfg->old_kick, .events = POLLIN },
	};

	while (listen_fd >= 0 && (spins || cfg->old_kick >= 0)) {
		if (vus_poll(fds, 3, spins ? 0 : VUS_NEVER) <= 0)
			continue;
		if (fds[2].revents & POLLIN)
			vus_die();
		if (fds[2].revents)
			fds[2].fd = -1;
		if (fds[0].revents || fds[1].revents)
			return;
	}
}
