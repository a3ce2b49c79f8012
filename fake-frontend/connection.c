/* SPDX-License-Identifier: BSD-3-Clause */
/* connection.c — how a device of the program reaches its back-end, and what
 * outlives a connection. */
#include "device.h"

#include "base/clock.h"
#include "base/own.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A back-end that is started just before QEMU listens by the time QEMU
 * connects.  This program starts faster, so it waits so long for the socket. */
#define CONNECT_MS 2000

static unsigned timeout_ms(const struct vus_fake *f)
{
	return (unsigned)f->o->timeout * 1000;
}

/* ---- reaching the back-end ---- */

static bool take_over(int fd, int *ret_fd, struct vus_err *err)
{
	int listens = 0;
	socklen_t len = sizeof(listens);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return vus_fail_sys(err, "fd=%d", fd);
	if (listens)
		return vus_fail(err, VUS_ERR_USAGE,
				"fd=%d listens, and is not connected", fd);
	*ret_fd = fd;
	return true;
}

/* QEMU waits without a limit, too. */
static bool accept_one(const char *path, int stop_fd, int *ret_fd,
		       struct vus_err *err)
{
	VUS_AUTO_FD listen_fd = -1;
	bool ok;

	if (!vus_link_listen(path, &listen_fd, err))
		return false;
	ok = vus_link_accept(listen_fd, stop_fd, VUS_NEVER, ret_fd, err);
	unlink(path);
	return ok;
}

static bool reach_backend(const struct vus_fake *f, int *ret_fd,
			  struct vus_err *err)
{
	const struct vus_fake_chardev *c = f->d->chardev;

	if (c->fd >= 0)
		return take_over(c->fd, ret_fd, err);
	if (c->server)
		return accept_one(c->path, f->stop_fd, ret_fd, err);
	return vus_link_connect(
		c->path, f->stop_fd,
		vus_deadline_ms(c->reconnects ? timeout_ms(f) : CONNECT_MS),
		ret_fd, err);
}

/* ---- from its beginning to its end ---- */

/* Rings outlive the connection on which they were lost. */
static void restore_rings(struct vus_fake *f)
{
	if (!f->keeps)
		return;
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++)
		f->s.queues[i] = f->kept[i];
	f->s.guest.cursor = f->cursor;
	f->keeps = false;
}

bool vus_fake_connect(struct vus_fake *f, const struct vus_guest *guest,
		      struct vus_err *err)
{
	int fd;

	if (!reach_backend(f, &fd, err))
		return false;
	vus_fe_init(&f->s, fd, timeout_ms(f), f->trace);
	f->s.link.watch_fd = f->stop_fd;
	f->s.notify = f->o->notify;
	vus_fe_set_driver(&f->s, f->d->driver);
	f->s.vq_size = (unsigned)f->d->vq_size;
	f->s.guest = *guest;
	restore_rings(f);
	f->s.decide = &f->o->decide;
	f->s.strict = true;
	f->s.connection = ++f->connections;
	f->connected = true;
	return true;
}

void vus_fake_close(struct vus_fake *f)
{
	if (!f->connected && f->keeps)
		restore_rings(f);
	else if (!f->connected)
		return;
	vus_guest_init(&f->s.guest);
	vus_fe_close(&f->s);
	f->connected = false;
}

void vus_fake_lose_connection(struct vus_fake *f)
{
	f->cursor = f->s.guest.cursor;
	for (unsigned i = 0; i < VUS_MAX_QUEUES; i++) {
		struct vus_queue *q = &f->s.queues[i];

		f->kept[i] = *q;
		q->kick = q->call = q->err = VUS_EVENT_NONE;
		q->ring = NULL;
	}
	vus_fake_close(f);
	f->keeps = true;
}
