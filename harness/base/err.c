/* SPDX-License-Identifier: BSD-3-Clause */
/* err.c — what went wrong, in words and as a kind that decides a verdict. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool vus_fail(struct vus_err *err, enum vus_err_kind kind, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return false;
	err->kind = kind;
	err->sys = 0;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return false;
}

bool vus_fail_sys(struct vus_err *err, const char *fmt, ...)
{
	const int sys = errno;
	va_list args;
	size_t len;

	if (!err)
		return false;
	err->kind = VUS_ERR_SYSTEM;
	err->sys = sys;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s",
		 strerror(sys));
	return false;
}
