/* SPDX-License-Identifier: BSD-3-Clause */
/* relay.h — a relay between a front-end and a back-end.
 *
 * Every frame is passed on unchanged, with its descriptors; the relay only
 * looks at it.  The back-end's own channel is relayed too: the descriptor
 * of SET_BACKEND_REQ_FD is replaced by one of ours. */
#ifndef VUS_LINK_RELAY_H
#define VUS_LINK_RELAY_H

#include "link.h"

struct vus_relay {
	struct vus_link fe, be;           /* main sockets, owned */
	struct vus_link back_fe, back_be; /* the channel's ends, owned */
	uint64_t pf;                      /* as the front-end has selected */
	unsigned frames;
	const struct vus_trace *trace; /* "to the peer": to the back-end */
};

enum vus_relayed {
	VUS_RELAYED,      /* one frame was passed on */
	VUS_RELAY_IDLE,   /* the deadline passed, or stop_fd is readable */
	VUS_RELAY_ENDED,  /* a side closed: err says which */
	VUS_RELAY_BROKEN, /* our own side, or a frame that cannot be read */
};

/* Take over both sockets. */
void vus_relay_open(struct vus_relay *r, int fe_fd, int be_fd,
		    const struct vus_trace *trace);
void vus_relay_close(struct vus_relay *r);

/* Wait for one frame from either side, and pass it on. */
enum vus_relayed vus_relay_step(struct vus_relay *r, int stop_fd,
				uint64_t deadline, struct vus_err *err);

#endif
