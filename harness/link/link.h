/* SPDX-License-Identifier: BSD-3-Clause */
/* link.h — one vhost-user connection: frames with descriptors, in time.
 *
 * Both roles and both channels use it.  Every send and receive has a deadline;
 * every frame goes to the trace when there is one. */
#ifndef VUS_LINK_LINK_H
#define VUS_LINK_LINK_H

#include "proc/settle.h"
#include "wire/wire.h"

/* Called for every frame, which the callee formats, with a line for other
 * events (connect, end of file, kick), and with what a link could not do for a
 * reason that is not the peer's. */
struct vus_trace {
	void *ctx;
	void (*frame)(void *ctx, const struct vus_frame *frame, bool to_peer);
	void (*note)(void *ctx, const char *line);
	void (*trouble)(void *ctx, const struct vus_err *err); /* or NULL */
	/* NULL: rings are not watched.  Else: a ring of this connection was
	 * broken by the peer, how (enum vus_ring_breach), and in words. */
	void (*ring)(void *ctx, unsigned breach, const char *text);
};

/* Is the peer stalled, so that it is no point in waiting longer?  A link asks
 * while it waits for bytes, and in vus_link_poll() and vus_link_wait(); "yes"
 * has the effect of a deadline that has passed. */
struct vus_stall_hook {
	void *ctx;
	void (*begin)(void *ctx);   /* a wait begins */
	bool (*is_over)(void *ctx); /* is the peer stalled? */
	void (*heard)(void *ctx);   /* the peer sent something */
	/* The deadline has passed: is the peer to have more time, since it
	 * waited for a processor?  Or NULL. */
	bool (*is_starved)(void *ctx);
	pid_t server; /* when it rests nothing more will come; 0: none */
};

struct vus_link {
	int fd; /* owned; -1: closed */
	enum vus_channel channel;
	bool is_asker; /* we send requests here (else we answer them) */
	uint64_t pf;   /* negotiated protocol features: decides layouts */
	const struct vus_trace *trace; /* may be NULL */
	int watch_fd; /* readable when the peer has died (pidfd), or -1 */
	const struct vus_stall_hook *stall; /* may be NULL */
	unsigned fds_dropped; /* descriptors beyond VUS_MAX_FDS, closed */
	bool fds_truncated;   /* the kernel said MSG_CTRUNC */
	bool has_heard;       /* a frame has come */
	/* Read the first byte of a frame by itself, and so see which of its
	 * descriptors came behind it: frame.late_fds. */
	bool first_byte_alone;
};

#define VUS_LINK_NONE ((struct vus_link){ .fd = -1, .watch_fd = -1 })

/* Take over a connected stream socket; sets it non-blocking. */
void vus_link_open(struct vus_link *link, int fd, enum vus_channel channel,
		   bool is_asker, const struct vus_trace *trace);
void vus_link_close(struct vus_link *link);

/* `what` failed with errno, for a reason that is not the peer's: fill `err`,
 * tell the trace, return false. */
bool vus_link_trouble(const struct vus_link *link, struct vus_err *err,
		      const char *what);

/* Like vus_poll(), for what the peer is to do; ends early, as if the deadline
 * had passed, when the peer is stalled. */
int vus_link_poll(const struct vus_link *link, struct pollfd *fds, nfds_t n,
		  uint64_t deadline);

/* The same for what no descriptor shows, or not always:
 *
 *	struct vus_wait w = vus_link_wait(link, deadline);
 *
 *	while (!it_is_there())
 *		if (!vus_link_wait_again(&w, fds, n))
 *			return false; */
struct vus_wait {
	const struct vus_link *link;
	uint64_t deadline;
	bool over;
};
struct vus_wait vus_link_wait(const struct vus_link *link, uint64_t deadline);

/* Wait for a little while, or until one of `fds` is ready; then what is waited
 * for has to be checked (again).  False, at once: the wait is over. */
bool vus_link_wait_again(struct vus_wait *w, struct pollfd *fds, nfds_t n);

/* Watch the peer for `ms`. */
struct vus_settle vus_link_settle(const struct vus_link *link, unsigned ms,
				  bool unseen);

/* Connect to a Unix socket; waits for it to appear, to listen and to have room
 * until `deadline`, and stops at once when `watch_fd` (or -1) is readable (kind
 * EOF: the process behind it died).  One attempt is made even when the deadline
 * has passed. */
VUS_MUST_CHECK bool vus_link_connect(const char *path, int watch_fd,
				     uint64_t deadline, int *ret_fd,
				     struct vus_err *err);
/* Listen at a path (mode 0600; what is there already is an error), and accept
 * (the listening socket may be a blocking one); `watch_fd` as above. */
VUS_MUST_CHECK bool vus_link_listen(const char *path, int *ret_fd,
				    struct vus_err *err);
VUS_MUST_CHECK bool vus_link_accept(int listen_fd, int watch_fd,
				    uint64_t deadline, int *ret_fd,
				    struct vus_err *err);

/* How a frame that is sent differs from the valid one.  Zero: not at all. */
struct vus_twist {
	bool set_size;
	uint32_t size;       /* the header's size word */
	const void *payload; /* these bytes instead of the encoded body */
	size_t payload_len;  /* at most VUS_MAX_PAYLOAD are sent */
	/* Byte offsets, growing, at which a new sendmsg begins.  An empty piece
	 * is not sent, nor are descriptors that would go with it. */
	unsigned cut[12];
	unsigned ncuts;
	/* Before each further piece, and after the last one of a message that
	 * stops, wait until the peer has read all that was sent, at most so
	 * long, ms: it then sees them one by one. */
	unsigned settle_ms;
	size_t stop_after;       /* send only so many bytes in all; 0: all */
	unsigned fds_with_piece; /* descriptors go with this piece, 0: first */
};

/* Send `frame`: id, flags and descriptors as they stand in it, the payload
 * encoded from `body` by the row of its id under link->pf (unknown ids:
 * frame->payload, payload_len).  Where a row has two replies (SET_MEM_TABLE
 * with postcopy), a payload_len above 8 asks for the longer one.  Flags of 0
 * are sent as 0.  The descriptors stay the caller's.  False: kind EOF when the
 * peer has closed or died (never SIGPIPE), TIMEOUT when its socket stays full,
 * SYSTEM. */
VUS_MUST_CHECK bool vus_link_send(struct vus_link *link,
				  const struct vus_frame *frame,
				  const struct vus_twist *twist,
				  uint64_t deadline, struct vus_err *err);

/* What was cut when no more bytes came: the code of TIMEOUT and EOF. */
enum vus_link_cut {
	VUS_CUT_NOTHING, /* a message had not begun */
	VUS_CUT_HEADER,
	VUS_CUT_PAYLOAD,
};

/* Receive one frame.  True: *ret is filled, decoded when its id is known and
 * its payload fits the row (replies: when is_asker), and its descriptors are
 * the caller's: vus_frame_close().  False: kind TIMEOUT, EOF (clean end or
 * reset, or the peer's process ended), PROTOCOL (size word above
 * VUS_MAX_PAYLOAD), SYSTEM; *ret is untouched.  The code of TIMEOUT and EOF
 * is an enum vus_link_cut; after a cut the stream is of no use.  Pictures on
 * the GPU socket are longer than VUS_MAX_PAYLOAD: the rest is read and
 * dropped. */
VUS_MUST_CHECK bool vus_link_recv(struct vus_link *link, struct vus_frame *ret,
				  uint64_t deadline, struct vus_err *err);

/* Has the peer read all that was sent?  Waits for it until `deadline`; false,
 * too, when it hung up. */
bool vus_link_all_read(const struct vus_link *link, uint64_t deadline);

/* Close the descriptors that are still in the frame (not -1). */
void vus_frame_close(struct vus_frame *frame);
#define VUS_AUTO_FRAME                                                         \
	__attribute__((cleanup(vus_frame_close))) struct vus_frame

/* A valid request with an empty body: flags 1, no descriptors. */
struct vus_frame vus_request_frame(enum vus_channel channel, uint32_t id);
/* A reply to `request`: same id, flags 0x5. */
struct vus_frame vus_reply_frame(const struct vus_frame *request);

#endif
