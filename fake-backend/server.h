/* SPDX-License-Identifier: BSD-3-Clause */
/* server.h — where the fake back-end's connections come from. */
#ifndef VUS_FAKE_BACKEND_SERVER_H
#define VUS_FAKE_BACKEND_SERVER_H

#include "options.h"

#include <sys/types.h>

struct vus_server {
	int listen_fd;    /* owned, -1: there is one connection only */
	int connected;    /* owned, that one connection, -1: taken or none */
	const char *path; /* a socket we bound, unlinked at the end */
	dev_t dev;        /* which it is: somebody may have replaced it */
	ino_t ino;
};

#define VUS_SERVER_NONE                                                        \
	((struct vus_server){ .listen_fd = -1, .connected = -1 })

void vus_server_close(struct vus_server *s);

enum vus_next {
	VUS_NEXT_CONNECTION, /* *ret_fd, the caller's */
	VUS_NEXT_NONE,       /* there will be no more */
	VUS_NEXT_STOPPED,    /* stop_fd is readable */
	VUS_NEXT_BROKEN,     /* err */
};

/* Wait for the next connection. */
enum vus_next vus_server_next(const struct vus_be_options *o,
			      struct vus_server *s, int stop_fd, int *ret_fd,
			      struct vus_err *err);

#endif
