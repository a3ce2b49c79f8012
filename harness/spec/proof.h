/* SPDX-License-Identifier: BSD-3-Clause */
/* proof.h — which fault was seen to fail which case (proofs/).
 *
 * Recorded by the faults suite, not declared: a row is the verdict that a case
 * came to against a fake peer with one fault switched on. */
#ifndef VUS_SPEC_PROOF_H
#define VUS_SPEC_PROOF_H

#include <stdbool.h>
#include <stddef.h>

struct vus_proof {
	const char *fault;   /* "mem_table.ignores_mmap_offset" */
	const char *case_id; /* "mem_table.offset_is_respected[row=page]" */
	const char *rule;    /* of the check that decided; "" if none did */
	/* pass, fail, warn, skip, broken, or abort: it failed because the fault
	 * ended the fake. */
	const char *verdict;
};

extern const struct vus_proof vus_proofs[];
extern const size_t vus_nproofs;

/* Which fault was seen to fail which check (proofs_checks/), by its name
 * (run/check.h). */
struct vus_check_proof {
	const char *fault;
	const char *check;
};

extern const struct vus_check_proof vus_check_proofs[];
extern const size_t vus_ncheck_proofs;

/* A test of pytest/qemu that judges a rule (tests.tsv); its proofs are rows of
 * vus_proofs, with the test as the case. */
struct vus_test_mark {
	const char *test; /* "qemu/test_unlink.py::test_prealloc" */
	const char *rule;
};

extern const struct vus_test_mark vus_test_marks[];
extern const size_t vus_ntest_marks;

/* Did the fault fail the check (by a warning, where the rule only warns)?
 * Anything else proves nothing. */
bool vus_proof_holds(const struct vus_proof *proof);
/* Did the fault end its own process?  That shows that an end is seen, and no
 * more. */
bool vus_proof_is_abort(const struct vus_proof *proof);
/* Is it of this case, in whatever row? */
bool vus_proof_is_of(const struct vus_proof *proof, const char *case_id);

#endif
