/* SPDX-License-Identifier: BSD-3-Clause */
/* refused_start.h — a start of a front-end that must fail (--expect-refusal).
 */
#ifndef VUS_FAKE_BACKEND_REFUSAL_H
#define VUS_FAKE_BACKEND_REFUSAL_H

#include "run/case.h"

#include <regex.h>

/* Not registered: it is all that runs with --expect-refusal. */
extern const struct vus_case vus_refusal_case;

/* An extended regular expression, of which ^ and $ mean lines; the caller
 * frees it with regfree().  Kind USAGE says what is wrong with it. */
VUS_MUST_CHECK bool vus_refusal_regex(const char *text, regex_t *ret,
				      struct vus_err *err);

#endif
