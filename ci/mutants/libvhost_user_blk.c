/* SPDX-License-Identifier: BSD-3-Clause */
/* libvhost_user_blk.c — a disk in memory, served by QEMU's libvhost-user.
 *
 * Usage: libvhost_user_blk SOCKET
 * Built by ci/mutate with a libvhost-user that the user has; no part of it is
 * here.  One front-end after the other; it stays until it is killed. */
#include "libvhost-user.h"

#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define QUEUES   4
#define SECTORS  8192
#define SECTOR   512
#define SEGMENTS 126
#define WATCHES  64

struct watch {
	int fd;
	int condition;
	vu_watch_cb cb;
	void *data;
};

static struct watch watches[WATCHES];
static unsigned char disk[SECTORS * SECTOR];
static bool over;

static struct virtio_blk_config config = {
	.capacity = SECTORS,
	.seg_max = SEGMENTS,
	.blk_size = SECTOR,
	.num_queues = QUEUES,
};

static void panic(VuDev *dev, const char *why)
{
	(void)dev;
	fprintf(stderr, "%s\n", why ? why : "no reason");
	over = true;
}

static struct watch *watch_of(int fd)
{
	for (unsigned i = 0; i < WATCHES; i++)
		if (watches[i].cb && watches[i].fd == fd)
			return &watches[i];
	return NULL;
}

static void set_watch(VuDev *dev, int fd, int condition, vu_watch_cb cb,
		      void *data)
{
	struct watch *w = watch_of(fd);

	(void)dev;
	for (unsigned i = 0; !w && i < WATCHES; i++)
		if (!watches[i].cb)
			w = &watches[i];
	if (w)
		*w = (struct watch){ fd, condition, cb, data };
}

static void remove_watch(VuDev *dev, int fd)
{
	struct watch *w = watch_of(fd);

	(void)dev;
	if (w)
		w->cb = NULL;
}

static size_t bytes_of(const struct iovec *v, unsigned n)
{
	size_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += v[i].iov_len;
	return sum;
}

/* Copies between a buffer and a chain, from a position of the chain on. */
static size_t copy(const struct iovec *v, unsigned n, size_t at, void *buf,
		   size_t len, bool to_chain)
{
	unsigned char *p = buf;
	size_t done = 0;

	for (unsigned i = 0; i < n && done < len; i++) {
		unsigned char *part = v[i].iov_base;
		size_t room = v[i].iov_len;

		if (at >= room) {
			at -= room;
			continue;
		}
		room -= at;
		if (room > len - done)
			room = len - done;
		if (to_chain)
			memcpy(part + at, p + done, room);
		else
			memcpy(p + done, part + at, room);
		done += room;
		at = 0;
	}
	return done;
}

static unsigned char transfer(VuVirtqElement *e, uint64_t sector, size_t len,
			      bool in)
{
	unsigned char *place;

	if (sector > SECTORS || len > (SECTORS - sector) * SECTOR ||
	    len % SECTOR)
		return VIRTIO_BLK_S_IOERR;
	place = disk + sector * SECTOR;
	if (in)
		copy(e->in_sg, e->in_num, 0, place, len, true);
	else
		copy(e->out_sg, e->out_num, sizeof(struct virtio_blk_outhdr),
		     place, len, false);
	return VIRTIO_BLK_S_OK;
}

/* The number of bytes that were written into the chain. */
static unsigned serve(VuVirtqElement *e)
{
	static const char name[VIRTIO_BLK_ID_BYTES] = "libvhost-user";
	size_t out = bytes_of(e->out_sg, e->out_num);
	size_t in = bytes_of(e->in_sg, e->in_num);
	unsigned char status = VIRTIO_BLK_S_UNSUPP;
	struct virtio_blk_outhdr h;
	size_t wrote = 0;

	if (in == 0)
		return 0;
	if (copy(e->out_sg, e->out_num, 0, &h, sizeof(h), false) != sizeof(h))
		return 0;
	switch (h.type) {
	case VIRTIO_BLK_T_IN:
		status = transfer(e, h.sector, in - 1, true);
		wrote = status == VIRTIO_BLK_S_OK ? in - 1 : 0;
		break;
	case VIRTIO_BLK_T_OUT:
		status = transfer(e, h.sector, out - sizeof(h), false);
		break;
	case VIRTIO_BLK_T_FLUSH:
		status = VIRTIO_BLK_S_OK;
		break;
	case VIRTIO_BLK_T_GET_ID:
		wrote = copy(e->in_sg, e->in_num, 0, (void *)name,
			     in - 1 < sizeof(name) ? in - 1 : sizeof(name),
			     true);
		status = VIRTIO_BLK_S_OK;
		break;
	default:
		break;
	}
	copy(e->in_sg, e->in_num, in - 1, &status, 1, true);
	return (unsigned)wrote + 1;
}

static void handle(VuDev *dev, int index)
{
	VuVirtq *vq = vu_get_queue(dev, index);
	VuVirtqElement *e;

	while ((e = vu_queue_pop(dev, vq, sizeof(*e)))) {
		vu_queue_push(dev, vq, e, serve(e));
		vu_queue_notify(dev, vq);
		free(e);
	}
}

static void started(VuDev *dev, int index, bool yes)
{
	vu_set_queue_handler(dev, vu_get_queue(dev, index),
			     yes ? handle : NULL);
}

static bool in_order(VuDev *dev, int index)
{
	(void)dev;
	(void)index;
	return true;
}

static uint64_t features(VuDev *dev)
{
	(void)dev;
	return UINT64_C(1) << VIRTIO_F_VERSION_1 |
	       UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC |
	       UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX |
	       UINT64_C(1) << VIRTIO_BLK_F_SEG_MAX |
	       UINT64_C(1) << VIRTIO_BLK_F_BLK_SIZE |
	       UINT64_C(1) << VIRTIO_BLK_F_FLUSH |
	       UINT64_C(1) << VIRTIO_BLK_F_MQ;
}

static uint64_t protocol_features(VuDev *dev)
{
	(void)dev;
	return UINT64_C(1) << VHOST_USER_PROTOCOL_F_CONFIG |
	       UINT64_C(1) << VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD;
}

static int get_config(VuDev *dev, uint8_t *to, uint32_t len)
{
	(void)dev;
	if (len > sizeof(config))
		return -1;
	memcpy(to, &config, len);
	return 0;
}

static int set_config(VuDev *dev, const uint8_t *from, uint32_t offset,
		      uint32_t size, uint32_t flags)
{
	(void)dev;
	(void)flags;
	if (offset != offsetof(struct virtio_blk_config, wce) || size != 1)
		return -1;
	config.wce = *from;
	return 0;
}

/* Left to itself, it exits when a connection ends. */
static int process(VuDev *dev, VhostUserMsg *msg, int *reply)
{
	if (msg->request != VHOST_USER_NONE)
		return 0;
	panic(dev, "the front-end left");
	*reply = 0;
	return 1;
}

static const VuDevIface iface = {
	.get_features = features,
	.get_protocol_features = protocol_features,
	.process_msg = process,
	.queue_set_started = started,
	.queue_is_processed_in_order = in_order,
	.get_config = get_config,
	.set_config = set_config,
};

/* What was ready when it was looked may be gone when its turn comes. */
static void run_watches(VuDev *dev, const struct pollfd *p)
{
	for (unsigned i = 0; i < WATCHES && !over; i++)
		if (watches[i].cb && p[i].fd == watches[i].fd && p[i].revents)
			watches[i].cb(dev, p[i].revents, watches[i].data);
}

static void session(int fd)
{
	struct pollfd p[WATCHES + 1];
	VuDev dev;

	over = false;
	memset(watches, 0, sizeof(watches));
	if (!vu_init(&dev, QUEUES, fd, panic, NULL, set_watch, remove_watch,
		     &iface))
		exit(1);
	while (!over) {
		for (unsigned i = 0; i < WATCHES; i++)
			p[i] = (struct pollfd){ watches[i].cb ? watches[i].fd
							      : -1,
						(short)watches[i].condition,
						0 };
		p[WATCHES] = (struct pollfd){ fd, POLLIN, 0 };
		if (poll(p, WATCHES + 1, -1) < 0 && errno != EINTR)
			break;
		if (p[WATCHES].revents && !vu_dispatch(&dev))
			break;
		run_watches(&dev, p);
	}
	vu_deinit(&dev);
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 2 || strlen(argv[1]) >= sizeof(at.sun_path)) {
		fprintf(stderr, "Usage: %s SOCKET\n", argv[0]);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	strcpy(at.sun_path, argv[1]);
	if (listener < 0 || bind(listener, (void *)&at, sizeof(at)) ||
	    listen(listener, 8)) {
		perror(argv[1]);
		return 1;
	}
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			session(fd);
	}
}
