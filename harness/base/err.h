/* SPDX-License-Identifier: BSD-3-Clause */
/* err.h — what went wrong, as a text and as a kind that decides a verdict. */
#ifndef VUS_BASE_ERR_H
#define VUS_BASE_ERR_H

#include "array.h"

#include <stdbool.h>

enum vus_err_kind {
	VUS_ERR_NONE,
	VUS_ERR_SYSTEM,   /* our side or the host broke: verdict broken */
	VUS_ERR_TIMEOUT,  /* the peer did not answer before the deadline */
	VUS_ERR_EOF,      /* the peer closed the connection */
	VUS_ERR_PROTOCOL, /* the peer sent what does not decode */
	VUS_ERR_REFUSED,  /* the peer answered with a failure */
	VUS_ERR_USAGE,    /* wrong usage */
};

struct vus_err {
	enum vus_err_kind kind;
	int sys;        /* errno where kind is SYSTEM, else 0 */
	int code;       /* which failure it is, where the function that failed
			 * tells them apart (an enum beside it), else 0 */
	bool lapsed;    /* the same had worked before, in this session */
	char text[240]; /* one line, no newline at the end */
};

/* Fill `err` (which may be NULL) and return false, so that a function can
 * `return vus_fail(err, ...)`. */
bool vus_fail(struct vus_err *err, enum vus_err_kind kind, const char *fmt, ...)
	VUS_PRINTF(3, 4);

/* The same with a code. */
bool vus_fail_code(struct vus_err *err, enum vus_err_kind kind, int code,
		   const char *fmt, ...) VUS_PRINTF(4, 5);

/* The same with kind SYSTEM and ": strerror(errno)" behind the text. */
bool vus_fail_sys(struct vus_err *err, const char *fmt, ...) VUS_PRINTF(2, 3);

/* The part of the host that a failure of kind SYSTEM is about: its code. */
enum vus_host_part {
	VUS_HOST_UNSAID,
	VUS_HOST_PROC,       /* files below /proc */
	VUS_HOST_SHM,        /* /dev/shm */
	VUS_HOST_MEMFD,      /* memfd_create */
	VUS_HOST_HUGE_PAGES, /* pages of a pool */
	VUS_HOST_MEMORY,     /* pages of guest memory */
	VUS_HOST_FOLDER,     /* a folder that files are made in */
};

/* vus_fail_sys() with this code. */
bool vus_fail_host(struct vus_err *err, enum vus_host_part part,
		   const char *fmt, ...) VUS_PRINTF(3, 4);

#endif
