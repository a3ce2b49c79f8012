/* SPDX-License-Identifier: BSD-3-Clause */
/* err.c — what went wrong, as a text and as a kind that decides a verdict. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Always one line, even if it has names or output of a peer in it.  The new
 * text may be made from the old one. */
static void set_text(struct vus_err *err, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

static void set_text(struct vus_err *err, const char *fmt, va_list args)
{
	char text[sizeof(err->text)];

	vsnprintf(text, sizeof(text), fmt, args);
	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	memcpy(err->text, text, strlen(text) + 1);
	err->lapsed = false;
}

bool vus_fail(struct vus_err *err, enum vus_err_kind kind, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return false;
	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);
	err->kind = kind;
	err->sys = 0;
	err->code = 0;
	return false;
}

bool vus_fail_code(struct vus_err *err, enum vus_err_kind kind, int code,
		   const char *fmt, ...)
{
	va_list args;

	if (!err)
		return false;
	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);
	err->kind = kind;
	err->sys = 0;
	err->code = code;
	return false;
}

static void set_sys(struct vus_err *err, int sys, int code)
{
	const size_t len = strlen(err->text);

	err->kind = VUS_ERR_SYSTEM;
	err->sys = sys;
	err->code = code;
	snprintf(err->text + len, sizeof(err->text) - len, ": %s",
		 strerror(sys));
}

bool vus_fail_sys(struct vus_err *err, const char *fmt, ...)
{
	const int sys = errno;
	va_list args;

	if (!err)
		return false;
	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);
	set_sys(err, sys, VUS_HOST_UNSAID);
	return false;
}

bool vus_fail_host(struct vus_err *err, enum vus_host_part part,
		   const char *fmt, ...)
{
	const int sys = errno;
	va_list args;

	if (!err)
		return false;
	va_start(args, fmt);
	set_text(err, fmt, args);
	va_end(args);
	set_sys(err, sys, (int)part);
	return false;
}
