/* SPDX-License-Identifier: BSD-3-Clause */
/* fault_registry.h — named deviations that are linked into this program.
 *
 * A deviation is a row and a function that replaces decisions; it registers
 * itself (faults/fault.h).  Without the library of faults there is none, and
 * no name is known. */
#ifndef VUS_FAKE_BACKEND_FAULT_REGISTRY_H
#define VUS_FAKE_BACKEND_FAULT_REGISTRY_H

#include "spec/fault.h"
#include "decisions.h"

struct vus_be_fault {
	struct vus_fault row;
	void (*install)(struct vus_be_decisions *decide);
};

/* Replace in `decide` what the `n` faults of these names replace, in this
 * order.  Kind USAGE: no fault has such a name, or two of them replace the same
 * decision. */
VUS_MUST_CHECK bool vus_be_faults_install(struct vus_be_decisions *decide,
					  const char *const *names, size_t n,
					  struct vus_err *err);

/* The i-th of them; NULL: there are not so many. */
const struct vus_fault *vus_be_fault_at(size_t i);

/* --list-faults: name, rule, also and deed of each, tab separated; false when
 * not everything could be written. */
VUS_MUST_CHECK bool vus_be_faults_list(void);

#endif
