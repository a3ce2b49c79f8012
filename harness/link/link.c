/* SPDX-License-Identifier: BSD-3-Clause */
/* link.c — a connection's life, and receiving frames. */
#include "link.h"

#include "base/clock.h"
#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Between two looks at the peer, while waiting: most answers come before the
 * first look. */
#define LOOK_MS  20
#define BLIND_MS 1 /* between two looks at memory */

/* More descriptors than we keep still arrive in one message; the kernel's own
 * limit is 253. */
#define CONTROL_FDS 256

void vus_link_open(struct vus_link *link, int fd, enum vus_channel channel,
		   bool is_asker, const struct vus_trace *trace)
{
	*link = (struct vus_link){
		.fd = fd,
		.channel = channel,
		.is_asker = is_asker,
		.trace = trace,
		.watch_fd = -1,
	};
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void vus_link_close(struct vus_link *link)
{
	vus_fd_close(&link->fd);
}

void vus_frame_close(struct vus_frame *frame)
{
	for (unsigned i = 0; i < frame->nfds; i++)
		vus_fd_close(&frame->fds[i]);
	frame->nfds = 0;
}

/* Take the descriptors that came with one recvmsg. */
static void collect_fds(struct vus_link *link, struct msghdr *msg,
			struct vus_frame *f)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c)) {
		const size_t bytes = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < bytes / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (f->nfds < VUS_MAX_FDS) {
				f->fds[f->nfds++] = fd;
			} else {
				link->fds_dropped++;
				vus_fd_close(&fd);
			}
		}
	}
	if (msg->msg_flags & MSG_CTRUNC)
		link->fds_truncated = true;
}

/* One recvmsg of at most `len` bytes; like recv(). */
static ssize_t receive_once(struct vus_link *link, void *buf, size_t len,
			    struct vus_frame *f)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * CONTROL_FDS)];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	const ssize_t n =
		recvmsg(link->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n >= 0)
		collect_fds(link, &msg, f);
	return n;
}

bool vus_link_trouble(const struct vus_link *link, struct vus_err *err,
		      const char *what)
{
	struct vus_err own;

	if (!err)
		err = &own;
	(void)vus_fail_sys(err, "%s", what);
	if (link->trace && link->trace->trouble)
		link->trace->trouble(link->trace->ctx, err);
	return false;
}

struct vus_wait vus_link_wait(const struct vus_link *link, uint64_t deadline)
{
	if (link->stall)
		link->stall->begin(link->stall->ctx);
	return (struct vus_wait){ .link = link, .deadline = deadline };
}

/* Wait until the next look.  The stall detector is asked only when nothing
 * came. */
static int wait_one_look(struct vus_wait *w, struct pollfd *fds, nfds_t n)
{
	const struct vus_stall_hook *p = w->link->stall;
	/* Without descriptors no event ends the wait. */
	const uint64_t soon = vus_deadline_ms(n > 0 ? LOOK_MS : BLIND_MS);
	const int ready = vus_poll(fds, n, VUS_MIN(w->deadline, soon));

	if (ready > 0 && p)
		p->heard(p->ctx);
	if (ready == 0 && p && p->is_starved &&
	    vus_remaining_ms(w->deadline) == 0 && p->is_starved(p->ctx))
		w->deadline = vus_deadline_ms(LOOK_MS);
	w->over = ready < 0 || vus_remaining_ms(w->deadline) == 0 ||
		  (ready == 0 && p && p->is_over(p->ctx));
	return ready;
}

bool vus_link_wait_again(struct vus_wait *w, struct pollfd *fds, nfds_t n)
{
	if (w->over)
		return false;
	/* It may be there by now: the caller checks once more. */
	(void)wait_one_look(w, fds, n);
	return true;
}

int vus_link_poll(const struct vus_link *link, struct pollfd *fds, nfds_t n,
		  uint64_t deadline)
{
	struct vus_wait w;
	int ready;

	if (!link->stall)
		return vus_poll(fds, n, deadline);
	w = vus_link_wait(link, deadline);
	do
		ready = wait_one_look(&w, fds, n);
	while (ready == 0 && !w.over);
	return ready;
}

struct vus_settle vus_link_settle(const struct vus_link *link, unsigned ms,
				  bool unseen)
{
	return vus_settle_begin(link->stall ? link->stall->server : 0, ms,
				unseen);
}

static const char *const cut_text[] = {
	[VUS_CUT_NOTHING] = "",
	[VUS_CUT_HEADER] = " inside a header",
	[VUS_CUT_PAYLOAD] = " inside a payload",
};

/* Wait until there is something to read, or until the peer's process has ended
 * and there is nothing. */
static bool wait_for_bytes(struct vus_link *link, uint64_t deadline,
			   enum vus_link_cut cut, struct vus_err *err)
{
	struct pollfd fds[2] = {
		{ .fd = link->fd, .events = POLLIN },
		{ .fd = link->watch_fd, .events = POLLIN },
	};
	const int ready = vus_link_poll(link, fds, 2, deadline);

	if (ready < 0)
		return vus_link_trouble(link, err, "waiting for the peer");
	if (ready == 0)
		return vus_fail_code(err, VUS_ERR_TIMEOUT, (int)cut,
				     "no answer%s", cut_text[cut]);
	/* What a dead peer wrote is still there, and may have come between the
	 * two looks of the poll. */
	if (!fds[0].revents && vus_poll_one(link->fd, POLLIN, 0) == 0)
		return vus_fail_code(err, VUS_ERR_EOF, (int)cut,
				     "the peer's process ended%s",
				     cut_text[cut]);
	return true;
}

static bool receive_bytes(struct vus_link *link, void *buf, size_t len,
			  bool first, struct vus_frame *f, uint64_t deadline,
			  struct vus_err *err)
{
	size_t done = 0;

	while (done < len) {
		const enum vus_link_cut cut = !first ? VUS_CUT_PAYLOAD
					      : done ? VUS_CUT_HEADER
						     : VUS_CUT_NOTHING;
		const ssize_t n =
			receive_once(link, (char *)buf + done, len - done, f);

		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0) {
			return vus_fail_code(err, VUS_ERR_EOF, (int)cut,
					     "the peer closed the connection%s",
					     cut_text[cut]);
		} else if (errno == ECONNRESET || errno == EPIPE) {
			return vus_fail_code(err, VUS_ERR_EOF, (int)cut,
					     "the peer reset the connection%s",
					     cut_text[cut]);
		} else if (errno == EAGAIN) {
			if (!wait_for_bytes(link, deadline, cut, err))
				return false;
		} else if (errno != EINTR) {
			return vus_link_trouble(link, err, "receiving");
		}
	}
	return true;
}

/* Decode what the row of its id has, if it fits. */
static void decode_frame(const struct vus_link *link, struct vus_frame *f)
{
	const struct vus_msg *msg = vus_msg_find(f->channel, f->id);
	const struct vus_payload *payload;

	f->is_reply = link->is_asker;
	if (!msg)
		return;
	payload = vus_msg_layout(msg, link->pf, f->is_reply, f->payload_len);
	f->decoded =
		vus_decode(payload, f->payload, f->payload_len, &f->body, NULL);
}

/* Read what a long payload has beyond the room for it. */
static bool pass_over(struct vus_link *link, size_t len, struct vus_frame *f,
		      uint64_t deadline, struct vus_err *err)
{
	uint8_t waste[VUS_MAX_PAYLOAD];

	while (len > 0) {
		const size_t n = VUS_MIN(len, sizeof(waste));

		/* A peer that never ends its message is not waited for. */
		if (vus_remaining_ms(deadline) == 0)
			return vus_fail_code(err, VUS_ERR_TIMEOUT,
					     VUS_CUT_PAYLOAD, "no answer%s",
					     cut_text[VUS_CUT_PAYLOAD]);
		if (!receive_bytes(link, waste, n, false, f, deadline, err))
			return false;
		len -= n;
	}
	return true;
}

/* A read takes descriptors with whichever of its bytes they were sent. */
static bool receive_header(struct vus_link *link, uint32_t head[3],
			   unsigned *ret_early, struct vus_frame *f,
			   uint64_t deadline, struct vus_err *err)
{
	const size_t apart = link->first_byte_alone ? 1 : 0;

	if (!receive_bytes(link, head, apart, true, f, deadline, err))
		return false;
	*ret_early = f->nfds;
	return receive_bytes(link, (char *)head + apart,
			     VUS_HEADER_SIZE - apart, true, f, deadline, err);
}

static bool receive_frame(struct vus_link *link, struct vus_frame *f,
			  uint64_t deadline, struct vus_err *err)
{
	uint32_t head[3];
	unsigned early;

	if (!receive_header(link, head, &early, f, deadline, err))
		return false;
	f->id = head[0];
	f->flags = head[1];
	f->size = head[2];
	if (f->size > VUS_MAX_PAYLOAD && link->channel != VUS_GPU)
		return vus_fail(err, VUS_ERR_PROTOCOL,
				"the size word of message %u is %u, above any "
				"payload",
				f->id, f->size);
	f->payload_len = VUS_MIN(f->size, VUS_MAX_PAYLOAD);
	if (!receive_bytes(link, f->payload, f->payload_len, false, f, deadline,
			   err) ||
	    !pass_over(link, f->size - f->payload_len, f, deadline, err))
		return false;
	if (link->first_byte_alone)
		f->late_fds = f->nfds - early;
	return true;
}

bool vus_link_recv(struct vus_link *link, struct vus_frame *ret,
		   uint64_t deadline, struct vus_err *err)
{
	struct vus_frame f;

	if (link->fd < 0)
		return vus_fail(err, VUS_ERR_EOF, "the connection is closed");
	memset(&f, 0, offsetof(struct vus_frame, payload));
	f.channel = link->channel;
	f.payload_len = 0;
	f.nfds = f.late_fds = 0;
	if (!receive_frame(link, &f, deadline, err)) {
		vus_frame_close(&f);
		return false;
	}
	decode_frame(link, &f);
	link->has_heard = true;
	if (link->trace)
		link->trace->frame(link->trace->ctx, &f, false);
	*ret = f;
	return true;
}
