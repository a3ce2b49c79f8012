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
	char text[240]; /* one line, no newline at the end */
};

/* Fill `err` (which may be NULL) and return false, so that a function can
 * `return vus_fail(err, ...)`. */
bool vus_fail(struct vus_err *err, enum vus_err_kind kind, const char *fmt, ...)
	VUS_PRINTF(3, 4);

/* The same with kind SYSTEM and ": strerror(errno)" appended. */
bool vus_fail_sys(struct vus_err *err, const char *fmt, ...) VUS_PRINTF(2, 3);

#endif
