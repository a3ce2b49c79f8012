/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_events.c — the descriptors by which rings are kicked and called. */
#include "backend.h"

#include "notify.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Can it carry events in the direction it is meant for?  An eventfd or the
 * right end of a pipe can; files, folders and sockets cannot. */
static bool can_signal(const struct vus_be *be, int fd, int mode)
{
	struct stat st;
	int have = fcntl(fd, F_GETFL);

	if (VUS_FAULTY(be, fds, accepts_wrong_types))
		return true;
	if (have < 0 || fstat(fd, &st) < 0)
		return false;
	have &= O_ACCMODE;
	if (have != O_RDWR && have != mode)
		return false;
	if (S_ISFIFO(st.st_mode))
		return !VUS_FAULTY(be, socket, takes_eventfds_only);
	/* An eventfd is an anonymous inode and has no type. */
	return (st.st_mode & S_IFMT) == 0;
}

/* The ring and the descriptor of a message; *ret_fd is -1 where bit 8 says
 * that none comes.  Neither or both is a refusal. */
static struct vus_vq *event_of(struct vus_be *be, struct vus_frame *req,
			       int mode, int *ret_fd)
{
	uint64_t word = req->body.vring_fd.value;
	struct vus_vq *vq = vus_be_vq(be, word & VUS_VRING_IDX_MASK);
	bool nofd = (word & VUS_VRING_NOFD) != 0;

	if (word & ~(VUS_VRING_IDX_MASK | VUS_VRING_NOFD)) {
		if (VUS_FAULTY(be, ring_fds, high_bits_reach_index))
			vus_die();
		return NULL;
	}
	if (nofd && req->nfds > 0 &&
	    VUS_FAULTY(be, ring_fds, nofd_keeps_descriptor))
		req->nfds = 0;
	if (be->link.fds_truncated && VUS_FAULTY(be, fds, lost_is_nofd))
		nofd = true;
	if (req->nfds == 0 && (VUS_FAULTY(be, ring_fds, missing_is_nofd) ||
			       VUS_FAULTY(be, fds, accepts_missing)))
		nofd = true;
	if (!vq || nofd != (req->nfds == 0))
		return NULL;
	if (!nofd && !can_signal(be, req->fds[0], mode))
		return NULL;
	*ret_fd = nofd ? -1 : vus_fd_take(&req->fds[0]);
	return vq;
}

/* What was there before is closed. */
static void replace(const struct vus_vq *vq, int *slot, int fd)
{
	if (VUS_FAULTY(vq->be, ring_fds, keeps_replaced))
		*slot = -1;
	vus_fd_close(slot);
	*slot = fd;
}

/* A kick waiting on the old descriptor is not lost. */
VUS_BE_HANDLER(SET_VRING_KICK)
{
	int fd;
	struct vus_vq *vq = event_of(be, req, O_RDONLY, &fd);

	if (!vq)
		return VUS_NACK;
	if (vq->kick >= 0 && VUS_FAULTY(be, ring_fds, watches_old_kick)) {
		vus_fd_close(&fd);
		return VUS_OK;
	}
	if (vq->kick >= 0 && !VUS_FAULTY(be, ring_fds, swap_loses_kicks) &&
	    vus_notify_take(vq->kick, NULL))
		vus_vq_start(vq);
	replace(vq, &vq->kick, fd);
	vq->kick_set = true;
	vq->kick_dead = false;
	if (fd < 0) /* nothing will become readable: started, and polled */
		vus_vq_start(vq);
	return VUS_OK;
}

/* Faults that keep the old call descriptor; true: `fd` is taken care of. */
static bool swaps_badly(struct vus_vq *vq, int fd)
{
	const struct vus_be *be = vq->be;

	if (vq->call < 0)
		return false;
	if (fd < 0)
		return VUS_FAULTY(be, ring_fds, nofd_call_keeps_old);
	if (VUS_FAULTY(be, reply_ack, before_effect)) {
		vus_late_plan(vq, VUS_LATE_SWAP, fd);
		return true;
	}
	if (!VUS_FAULTY(be, ring_fds, calls_old_descriptor))
		return false;
	vus_fd_close(&fd);
	return true;
}

VUS_BE_HANDLER(SET_VRING_CALL)
{
	int fd;
	struct vus_vq *vq = event_of(be, req, O_WRONLY, &fd);

	if (!vq)
		return VUS_NACK;
	vq->call_set = true;
	if (swaps_badly(vq, fd))
		return VUS_OK;
	replace(vq, &vq->call, fd);
	/* A completion before the first descriptor: tell the driver now. */
	if (vq->owed && VUS_FAULTY(be, ring_fds, early_completion_mutes))
		vq->bad.mute = true;
	else if (vq->owed && fd >= 0)
		vus_notify(fd);
	vq->owed = false;
	return VUS_OK;
}

VUS_BE_HANDLER(SET_VRING_ERR)
{
	int fd;
	struct vus_vq *vq = event_of(be, req, O_WRONLY, &fd);

	if (!vq)
		return VUS_NACK;
	if (fd < 0 && VUS_FAULTY(be, ring_fds, nofd_err_keeps_old))
		return VUS_OK;
	replace(vq, &vq->err, fd);
	if (vq->live && VUS_FAULTY(be, ring_state, new_err_breaks))
		vq->broken = true;
	return VUS_OK;
}
