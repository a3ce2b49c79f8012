/* SPDX-License-Identifier: BSD-3-Clause */
/* link_box.h — a link whose peer is a bare socket, for unit tests. */
#ifndef VUS_UNIT_LINK_BOX_H
#define VUS_UNIT_LINK_BOX_H

#include "unit/process_box.h"
#include "unit/waits.h"

#include "link/link.h"

#include <sys/types.h>

#define BOX_SHORT_MS 10

struct box {
	struct vus_link link;
	int peer; /* the other end, -1: closed */
	/* What the trace saw. */
	unsigned traced;
	struct vus_frame frame;
	bool to_peer;
	struct vus_trace trace;
};

/* `type` is SOCK_STREAM, or SOCK_SEQPACKET where each sendmsg is to be seen. */
void box_open(struct box *b, int type, enum vus_channel channel, bool is_asker);
void box_close(struct box *b);

/* Send bytes to the link with descriptors, in one sendmsg. */
void box_give_fds(struct box *b, const void *bytes, size_t len, const int *fds,
		  unsigned nfds);
void box_give(struct box *b, const void *bytes, size_t len);
/* A frame of these words and this payload. */
void box_give_frame(struct box *b, uint32_t id, uint32_t flags, uint32_t size,
		    const void *payload, size_t len);

/* Take what the link has sent, at most `cap` bytes; without waiting.  The
 * descriptors that came with it are closed and counted. */
ssize_t box_take(struct box *b, void *buf, size_t cap, unsigned *ret_nfds);

/* Receive on the link; fails the test when nothing whole comes. */
void box_recv(struct box *b, struct vus_frame *ret);
/* Send on the link; fails the test when that fails. */
void box_send(struct box *b, const struct vus_frame *f,
	      const struct vus_twist *twist);

#endif
