/* SPDX-License-Identifier: BSD-3-Clause */
/* send.c — sending a frame: honest, or with a declared twist. */
#include "link.h"

#include "../base/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

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

/* The payload's layout, as the row of the frame's id has it. */
static const struct vus_payload *layout(const struct vus_link *link,
					const struct vus_frame *f)
{
	const struct vus_msg *msg = vus_msg_find(f->channel, f->id);

	if (!msg)
		return NULL;
	if (!f->is_reply)
		return vus_msg_request(msg, link->pf);
	if (vus_msg_answer(msg, link->pf) == VUS_ANSWER_OWN)
		return vus_msg_reply(msg, link->pf);
	return &vus_payload_u64;
}

/* Header and payload as bytes; returns how many. */
static size_t compose(const struct vus_link *link, const struct vus_frame *f,
		      const struct vus_twist *twist, uint8_t *buf)
{
	const struct vus_payload *payload = layout(link, f);
	uint32_t head[3] = { f->id, f->flags, 0 };
	size_t len;

	if (twist && twist->payload) {
		len = VUS_MIN(twist->payload_len, VUS_MAX_PAYLOAD);
		memcpy(buf + VUS_HEADER_SIZE, twist->payload, len);
	} else if (payload) {
		len = vus_encode(payload, &f->body, buf + VUS_HEADER_SIZE,
				 VUS_MAX_PAYLOAD);
	} else {
		len = VUS_MIN(f->payload_len, VUS_MAX_PAYLOAD);
		memcpy(buf + VUS_HEADER_SIZE, f->payload, len);
	}
	head[2] = twist && twist->set_size ? twist->size : (uint32_t)len;
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
			if (vus_poll_one(link->fd, POLLOUT, deadline) == 0)
				return vus_fail(err, VUS_ERR_TIMEOUT,
						"the peer does not read: its "
						"socket stays full");
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return vus_fail(err, VUS_ERR_EOF,
					"the peer has closed the connection");
		} else if (errno != EINTR) {
			return vus_fail_sys(err, "sending %zu bytes", len);
		}
	}
	return true;
}

bool vus_link_send(struct vus_link *link, const struct vus_frame *frame,
		   const struct vus_twist *twist, uint64_t deadline,
		   struct vus_err *err)
{
	uint8_t buf[VUS_HEADER_SIZE + VUS_MAX_PAYLOAD];
	size_t len = compose(link, frame, twist, buf);
	const unsigned ncuts = twist ? twist->ncuts : 0;
	size_t from = 0;

	if (link->fd < 0)
		return vus_fail(err, VUS_ERR_EOF, "the connection is closed");
	if (twist && twist->stop_after)
		len = VUS_MIN(len, twist->stop_after);
	if (link->trace) {
		struct vus_frame shown = *frame;

		memcpy(&shown.size, buf + 8, sizeof(shown.size));
		shown.decoded = !(twist && twist->payload);
		link->trace->frame(link->trace->ctx, &shown, true);
	}
	for (unsigned piece = 0; piece <= ncuts && from < len; piece++) {
		const size_t to =
			piece < ncuts ? VUS_MIN(twist->cut[piece], len) : len;
		const bool with_fds =
			piece == (twist ? twist->fds_with_piece : 0);

		if (to > from &&
		    !send_piece(link, buf + from, to - from, frame->fds,
				with_fds ? frame->nfds : 0, deadline, err))
			return false;
		from = VUS_MAX(from, to);
	}
	return true;
}
