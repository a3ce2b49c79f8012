/* SPDX-License-Identifier: BSD-3-Clause */
/* seen.h — every message of a connection, as it came and went.
 *
 * A judge of front-ends looks at what was said; descriptors are looked at while
 * they are there. */
#ifndef VUS_FAKE_BACKEND_SEEN_H
#define VUS_FAKE_BACKEND_SEEN_H

#include "../../harness/link/link.h"

#include <sys/stat.h>

struct vus_seen_fd {
	struct stat st;
	int flags; /* F_GETFL */
	int seals; /* F_GET_SEALS, -1: it has none */
};

struct vus_seen {
	bool from_frontend;
	unsigned connection; /* 0: the first one */
	enum vus_channel channel;
	uint32_t id, flags, size;
	bool is_reply, decoded;
	union vus_body body;
	unsigned nfds;
	unsigned late_fds; /* of them, behind the first byte */
	struct vus_seen_fd fds[VUS_MAX_REGIONS]; /* the first of them */
	unsigned complaints; /* of vus_validate(), requests only */
	char complaint[200]; /* the first one */
};

struct vus_log {
	struct vus_seen *p; /* owned */
	size_t n, cap;
};

void vus_log_free(struct vus_log *log);
/* Note a frame; `pf` and `vf` are what is negotiated. */
void vus_log_add(struct vus_log *log, const struct vus_frame *frame,
		 bool from_frontend, unsigned connection, uint64_t pf,
		 uint64_t vf);

/* The next request of the front-end with this id behind `after` (NULL: the
 * first); NULL: none. */
const struct vus_seen *vus_log_next(const struct vus_log *log, uint32_t id,
				    const struct vus_seen *after);
/* The next request of any id. */
const struct vus_seen *vus_log_request(const struct vus_log *log,
				       const struct vus_seen *after);
/* How many requests of this id. */
unsigned vus_log_count(const struct vus_log *log, uint32_t id);
/* The ring that a request is about; -1: about none. */
int64_t vus_seen_ring(const struct vus_seen *seen);
/* The name of its message. */
const char *vus_seen_name(const struct vus_seen *seen);

#endif
