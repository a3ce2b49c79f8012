/* SPDX-License-Identifier: BSD-3-Clause */
/* record.h — a session as JSON lines, a message a line.
 *
 * The form of corpus/captures/, and more about each descriptor:
 *
 *	{"t": 12.345, "chan": "main", "dir": "fe->be", "name": "SET_OWNER",
 *	 "req": 3, "flags": 1, "size": 0, "payload_hex": "", "nfds": 0}
 *	"fds": [{"dev": 5, "ino": 7, "mode": "0100000", "nlink": 0,
 *	         "size": 4096, "blocks": 8, "blksize": 4096, "access": "rw",
 *	         "seals": 7, "path": "/memfd:mem (deleted)"}]
 *	{"t": 12.4, "event": "ring 0 is broken: ..."}
 *
 * Times are milliseconds since the recorder was opened.  What a descriptor's
 * file does not have (seals) is null. */
#ifndef VUS_LINK_RECORD_H
#define VUS_LINK_RECORD_H

#include "link.h"

#include <stdio.h>

struct vus_recorder {
	const char *path; /* NULL: nothing is written */
	FILE *to;         /* owned */
	uint64_t began;
	bool asks; /* our side sends the requests of the main channel */
	const struct vus_trace *next; /* called too, or NULL */
	struct vus_trace trace;       /* to hand to a link */
	bool failed;                  /* not everything could be written */
};

/* Write to a new file (mode 0600; one that exists is emptied); `path` NULL:
 * nothing is written, only `next` is called.  `asks`: frames "to the peer" go
 * from front-end to back-end. */
VUS_MUST_CHECK bool vus_recorder_open(struct vus_recorder *r, const char *path,
				      bool asks, const struct vus_trace *next,
				      struct vus_err *err);
/* For the links that are recorded; NULL: there is nothing to record. */
const struct vus_trace *vus_recorder_trace(const struct vus_recorder *r);
/* `ok`: the session ended well; otherwise `err` says why, and is not changed.
 * False: it did not end well, or not everything could be written. */
VUS_MUST_CHECK bool vus_recorder_close(struct vus_recorder *r, bool ok,
				       struct vus_err *err);

#endif
