/* SPDX-License-Identifier: BSD-3-Clause */
/* link_box.c — a link whose peer is a bare socket, for unit tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "link_box.h"

#include "base/clock.h"
#include "base/own.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_FDS 253 /* the kernel's limit for one message */

static void note_frame(void *ctx, const struct vus_frame *frame, bool to_peer)
{
	struct box *b = ctx;

	b->traced++;
	b->frame = *frame;
	b->to_peer = to_peer;
}

void box_open(struct box *b, int type, enum vus_channel channel, bool is_asker)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
	memset(b, 0, sizeof(*b));
	b->trace = (struct vus_trace){ .ctx = b, .frame = note_frame };
	vus_link_open(&b->link, ends[0], channel, is_asker, &b->trace);
	b->peer = ends[1];
}

void box_close(struct box *b)
{
	vus_link_close(&b->link);
	vus_fd_close(&b->peer);
}

void box_give_fds(struct box *b, const void *bytes, size_t len, const int *fds,
		  unsigned nfds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * MOST_FDS)];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)bytes, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds > 0) {
		struct cmsghdr *c;

		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
	}
	assert_int_equal(sendmsg(b->peer, &msg, MSG_NOSIGNAL), len);
}

void box_give(struct box *b, const void *bytes, size_t len)
{
	if (len > 0)
		box_give_fds(b, bytes, len, NULL, 0);
}

void box_give_frame(struct box *b, uint32_t id, uint32_t flags, uint32_t size,
		    const void *payload, size_t len)
{
	const uint32_t head[3] = { id, flags, size };

	box_give(b, head, sizeof(head));
	box_give(b, payload, len);
}

ssize_t box_take(struct box *b, void *buf, size_t cap, unsigned *ret_nfds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * MOST_FDS)];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = cap };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	const ssize_t n =
		recvmsg(b->peer, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	unsigned nfds = 0;

	for (struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg); c;
	     c = CMSG_NXTHDR(&msg, c)) {
		for (; CMSG_LEN(sizeof(int) * (nfds + 1)) <= c->cmsg_len;
		     nfds++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + nfds * sizeof(int),
			       sizeof(fd));
			assert_true(fd >= 0);
			close(fd);
		}
	}
	if (ret_nfds)
		*ret_nfds = nfds;
	return n;
}

void box_recv(struct box *b, struct vus_frame *ret)
{
	struct vus_err err = { 0 };

	if (!vus_link_recv(&b->link, ret, vus_deadline_ms(UNIT_LONG_MS), &err))
		fail_msg("%s", err.text);
}

void box_send(struct box *b, const struct vus_frame *f,
	      const struct vus_twist *twist)
{
	struct vus_err err = { 0 };

	if (!vus_link_send(&b->link, f, twist, vus_deadline_ms(UNIT_LONG_MS),
			   &err))
		fail_msg("%s", err.text);
}
