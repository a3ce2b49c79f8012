/* SPDX-License-Identifier: BSD-3-Clause */
/* proof.h — which fault was seen to fail which case (proofs.tsv).
 *
 * Recorded by the faults suite, not declared: a row is the verdict that a case
 * came to against a fake peer with one fault switched on. */
#ifndef VUS_SPEC_PROOF_H
#define VUS_SPEC_PROOF_H

#include <stdbool.h>
#include <stddef.h>

struct vus_proof {
	const char *fault;   /* "mem.ignores_mmap_offset" */
	const char *case_id; /* "mem.offset_is_respected" */
	const char *rule;    /* of the check that decided; "" if none did */
	const char *verdict; /* pass, fail, warn, skip, broken */
};

extern const struct vus_proof vus_proofs[];
extern const size_t vus_nproofs;

/* Did the fault fail the check (by a warning, where the rule only warns)?
 * Anything else proves nothing. */
bool vus_proof_holds(const struct vus_proof *proof);

#endif
