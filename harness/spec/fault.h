/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.h — named deliberate deviations of the fakes: rows, and sets of them.
 *
 * Each fake has a faults.def of its own; a row names the one rule it breaks,
 * and sits at the place where the right behaviour is coded. */
#ifndef VUS_SPEC_FAULT_H
#define VUS_SPEC_FAULT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define VUS_FAULTS_MAX 512 /* rows of one fake */

struct vus_fault {
	const char *name; /* "mem_table.ignores_mmap_offset" */
	const char *rule; /* the one it breaks */
	const char *also; /* others it unavoidably breaks, space separated */
	const char *says; /* what the faulty peer does, a sentence */
};

/* A set of one fake's faults; zero: none. */
struct vus_faults {
	uint64_t bits[VUS_FAULTS_MAX / 64];
};

/* NULL: no row of `n` has this name. */
const struct vus_fault *vus_fault_find(const struct vus_fault *rows, size_t n,
				       const char *name);

/* Kind USAGE: no fault is called so. */
VUS_MUST_CHECK bool vus_faults_add(struct vus_faults *set,
				   const struct vus_fault *rows, size_t n,
				   const char *name, struct vus_err *err);

static inline bool vus_faults_has(const struct vus_faults *set, unsigned id)
{
	return set->bits[id / 64] >> (id % 64) & 1;
}

/* Its line of --list-faults. */
VUS_MUST_CHECK bool vus_fault_print(const struct vus_fault *row);

/* --list-faults: name, rule, also and deed of each, tab separated; false when
 * not everything could be written. */
VUS_MUST_CHECK bool vus_faults_list(const struct vus_fault *rows, size_t n);

#endif
