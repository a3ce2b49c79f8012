/* SPDX-License-Identifier: BSD-3-Clause */
/* hints.h — what a refused word of test-backend may have been meant to be. */
#ifndef VUS_CLI_HINTS_H
#define VUS_CLI_HINTS_H

#include "base/text.h"

struct vus_test_options;
struct vus_test_side;

/* Of the first filter, fault or device that names nothing: "; did you mean: ",
 * or that a filter is a rule's id; or nothing. */
void vus_hints_add(const struct vus_test_side *side,
		   const struct vus_test_options *o, struct vus_text *ret);

#endif
