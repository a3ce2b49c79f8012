/* SPDX-License-Identifier: BSD-3-Clause */
/* msg_events.c — the descriptors by which rings are kicked and called. */
#include "backend.h"
#include "honest.h"
#include "notify.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Can it carry events in the direction it is meant for?  An eventfd or the
 * right end of a pipe can; files, folders and sockets cannot. */
bool vus_honest_can_signal(int fd, int mode)
{
	struct stat st;
	int have = fcntl(fd, F_GETFL);

	if (have < 0 || fstat(fd, &st) < 0)
		return false;
	have &= O_ACCMODE;
	if (have != O_RDWR && have != mode)
		return false;
	if (S_ISFIFO(st.st_mode))
		return true;
	/* An eventfd is an anonymous inode and has no type. */
	return (st.st_mode & S_IFMT) == 0;
}

uint64_t vus_honest_ring_event_word(__attribute__((unused)) struct vus_be *be,
				    struct vus_frame *req)
{
	return req->body.vring_fd.value;
}

/* The ring and the descriptor of a message; *ret_fd is -1 where bit 8 says
 * that none comes.  Neither or both is a refusal. */
static struct vus_vq *event_of(struct vus_be *be, struct vus_frame *req,
			       int mode, int *ret_fd)
{
	const uint64_t word = be->decide->ring_event_word(be, req);
	struct vus_vq *vq = vus_be_vq(be, word & VUS_VRING_IDX_MASK);
	const bool nofd = (word & VUS_VRING_NOFD) != 0;

	if (word & ~(VUS_VRING_IDX_MASK | VUS_VRING_NOFD))
		return NULL;
	if (!vq || nofd != (req->nfds == 0))
		return NULL;
	if (!nofd && !be->decide->can_signal(req->fds[0], mode))
		return NULL;
	*ret_fd = nofd ? -1 : vus_fd_take(&req->fds[0]);
	return vq;
}

/* What was there before is closed. */
static void replace(int *slot, int fd)
{
	vus_fd_close(slot);
	*slot = fd;
}

/* A kick waiting on the old descriptor is not lost; without a descriptor
 * nothing will become readable: the ring is started, and polled. */
void vus_honest_set_kick(struct vus_vq *vq, int fd)
{
	if (fd < 0 || (vq->kick >= 0 && vus_notify_take(vq->kick, NULL)))
		vus_vq_start(vq);
	replace(&vq->kick, fd);
	vq->kick_set = true;
	vq->kick_dead = false;
}

VUS_BE_HANDLER(SET_VRING_KICK)
{
	int fd;
	struct vus_vq *vq = event_of(be, req, O_RDONLY, &fd);

	if (!vq)
		return VUS_NACK;
	be->decide->set_kick(vq, fd);
	return VUS_OK;
}

void vus_honest_set_call(struct vus_vq *vq, int fd)
{
	replace(&vq->call, fd);
	vq->call_set = true;
	/* A completion before the first descriptor: tell the driver now. */
	if (vq->owed && fd >= 0)
		vus_notify(fd);
	vq->owed = false;
}

VUS_BE_HANDLER(SET_VRING_CALL)
{
	int fd;
	struct vus_vq *vq = event_of(be, req, O_WRONLY, &fd);

	if (!vq)
		return VUS_NACK;
	be->decide->set_call(vq, fd);
	return VUS_OK;
}

void vus_honest_set_err(struct vus_vq *vq, int fd)
{
	replace(&vq->err, fd);
}

VUS_BE_HANDLER(SET_VRING_ERR)
{
	int fd;
	struct vus_vq *vq = event_of(be, req, O_WRONLY, &fd);

	if (!vq)
		return VUS_NACK;
	be->decide->set_err(vq, fd);
	return VUS_OK;
}
