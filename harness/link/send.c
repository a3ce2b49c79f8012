/* SPDX-License-Identifier: BSD-3-Clause */
/* send.c — sending a frame: as it is, or with a twist. */
#include "link.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifdef NDEBUG
#error "assertions are part of the program"
#endif

struct vus_frame vus_request_frame(enum vus_channel channel, uint32_t id)
{
	return (struct vus_frame){
		.channel = channel,
		.id = id,
		.flags = channel == VUS_GPU ? 0 : VUS_VERSION,
	};
}

struct vus_frame vus_reply_frame(const struct vus_frame *request)
{
	struct vus_frame f = vus_request_frame(request->channel, request->id);

	f.flags |= VUS_FLAG_REPLY;
	f.is_reply = true;
	return f;
}

/* The payload as the row of the frame's id has it; an unknown id's as it
 * stands. */
static size_t encode(const struct vus_link *link, const struct vus_frame *f,
		     uint8_t *buf)
{
	const struct vus_msg *msg = vus_msg_find(f->channel, f->id);
	const size_t len = VUS_MIN(f->payload_len, VUS_MAX_PAYLOAD);

	if (msg)
		/* Without a length it is an acknowledgement. */
		return vus_encode(vus_msg_layout(msg, link->pf, f->is_reply,
						 len ? len : sizeof(uint64_t)),
				  &f->body, buf, VUS_MAX_PAYLOAD);
	memcpy(buf, f->payload, len);
	return len;
}

/* Header and payload as bytes; returns how many. */
static size_t compose(const struct vus_link *link, const struct vus_frame *f,
		      const struct vus_twist *twist, uint8_t *buf)
{
	uint8_t *const payload = buf + VUS_HEADER_SIZE;
	uint32_t head[3] = { f->id, f->flags, 0 };
	size_t len;

	if (twist->payload) {
		len = VUS_MIN(twist->payload_len, VUS_MAX_PAYLOAD);
		memcpy(payload, twist->payload, len);
	} else {
		len = encode(link, f, payload);
	}
	head[2] = twist->set_size ? twist->size : (uint32_t)len;
	memcpy(buf, head, sizeof(head));
	return VUS_HEADER_SIZE + len;
}

/* One sendmsg, descriptors with it. */
static ssize_t send_once(int fd, const uint8_t *buf, size_t len, const int *fds,
			 unsigned nfds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * VUS_MAX_FDS)];
	} control = { 0 };
	/* sendmsg takes its buffer without const, and does not write it. */
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf,
			     .iov_len = len };
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
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Wait until the peer has read something, or its process is gone. */
static bool wait_for_room(const struct vus_link *link, uint64_t deadline,
			  struct vus_err *err)
{
	struct pollfd fds[2] = {
		{ .fd = link->fd, .events = POLLOUT },
		{ .fd = link->watch_fd, .events = POLLIN },
	};
	const int ready = vus_poll(fds, 2, deadline);

	if (ready < 0)
		return vus_link_trouble(link, err,
					"waiting for room in the socket");
	if (ready == 0)
		return vus_fail(err, VUS_ERR_TIMEOUT,
				"the peer does not read: its socket stays "
				"full");
	if (!fds[0].revents)
		return vus_fail(err, VUS_ERR_EOF, "the peer's process ended");
	return true;
}

static bool send_piece(struct vus_link *link, const uint8_t *buf, size_t len,
		       const int *fds, unsigned nfds, uint64_t deadline,
		       struct vus_err *err)
{
	while (len > 0) {
		const ssize_t n = send_once(link->fd, buf, len, fds, nfds);

		if (n > 0) {
			buf += n;
			len -= (size_t)n;
			nfds = 0;
		} else if (errno == EAGAIN) {
			if (!wait_for_room(link, deadline, err))
				return false;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return vus_fail(err, VUS_ERR_EOF,
					"the peer has closed the connection");
		} else if (errno != EINTR) {
			return vus_link_trouble(link, err, "sending");
		}
	}
	return true;
}

bool vus_link_all_read(const struct vus_link *link, uint64_t deadline)
{
	struct vus_settle v = vus_link_settle(link, 0, true);
	struct pollfd p = { .fd = link->fd };
	int unread = 0;

	while (ioctl(link->fd, SIOCOUTQ, &unread) == 0 && unread > 0)
		if (vus_poll(&p, 1, VUS_MIN(deadline, vus_deadline_ms(1))) !=
			    0 ||
		    (vus_remaining_ms(deadline) == 0 &&
		     !vus_settle_again(&v, NULL, 0)))
			return false;
	return true;
}

/* Do the bytes sent begin with the payload of the frame? */
static bool waits_between_pieces(const struct vus_link *link,
				 const struct vus_frame *shown)
{
	uint8_t plain[VUS_MAX_PAYLOAD];
	const size_t len = encode(link, shown, plain);

	return shown->size == len && shown->payload_len >= len &&
	       memcmp(plain, shown->payload, len) == 0;
}

/* The frame as the peer will see it. */
static void trace(const struct vus_link *link, const struct vus_frame *frame,
		  const struct vus_twist *twist, const uint8_t *buf, size_t len)
{
	struct vus_frame shown = *frame;

	if (!link->trace)
		return;
	memcpy(&shown.size, buf + 8, sizeof(shown.size));
	shown.payload_len = len - VUS_HEADER_SIZE;
	memcpy(shown.payload, buf + VUS_HEADER_SIZE, shown.payload_len);
	shown.decoded = vus_msg_find(frame->channel, frame->id) &&
			(!twist->payload || waits_between_pieces(link, &shown));
	link->trace->frame(link->trace->ctx, &shown, true);
}

bool vus_link_send(struct vus_link *link, const struct vus_frame *frame,
		   const struct vus_twist *twist, uint64_t deadline,
		   struct vus_err *err)
{
	static const struct vus_twist honest;
	uint8_t buf[VUS_HEADER_SIZE + VUS_MAX_PAYLOAD];
	size_t from = 0, len;

	if (!twist)
		twist = &honest;
	assert(twist->ncuts <= VUS_COUNT(twist->cut));
	assert(frame->nfds <= VUS_MAX_FDS);
	if (link->fd < 0)
		return vus_fail(err, VUS_ERR_EOF, "the connection is closed");
	len = compose(link, frame, twist, buf);
	trace(link, frame, twist, buf, len);
	if (twist->stop_after)
		len = VUS_MIN(len, twist->stop_after);
	for (unsigned piece = 0; piece <= twist->ncuts; piece++) {
		const size_t to = piece < twist->ncuts
					  ? VUS_MIN(twist->cut[piece], len)
					  : len;
		const bool with_fds = piece == twist->fds_with_piece;

		if (to <= from)
			continue;
		/* A peer may wait for more before it reads anything: do not
		 * wait for it long. */
		if (from > 0)
			(void)vus_link_all_read(
				link, vus_deadline_ms(twist->settle_ms));
		if (!send_piece(link, buf + from, to - from, frame->fds,
				with_fds ? frame->nfds : 0, deadline, err))
			return false;
		from = to;
	}
	if (twist->stop_after)
		(void)vus_link_all_read(link,
					vus_deadline_ms(twist->settle_ms));
	return true;
}
