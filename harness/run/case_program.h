/* SPDX-License-Identifier: BSD-3-Clause */
/* case_program.h — the program under test once more, in a process of the case's
 * own.
 *
 * For what can be seen only of a program that was started for it: what it makes
 * of its arguments, and how it ends.  The runner's instance is not involved,
 * and the process dies with the case. */
#ifndef VUS_RUN_CASE_PROGRAM_H
#define VUS_RUN_CASE_PROGRAM_H

#include "party.h"

#include "proc/process.h"

#define VUS_CASE_PROGRAM_WORDS 64 /* with the NULL at the end */
#define VUS_CASE_PROGRAM_FD    3  /* the descriptor it may be given */

struct vus_case_program {
	struct vus_child child;
	int output; /* what it prints: a file, -1: none */
	int errors; /* the same for standard error */
};

#define VUS_CASE_PROGRAM_NONE                                                  \
	((struct vus_case_program){                                            \
		.child = VUS_CHILD_NONE, .output = -1, .errors = -1 })

/* The arguments that started the instance, without those about its socket
 * (--socket-path, --fd).  Returns their number; 0 when there is none of these:
 * the command does not follow the "Backend program conventions", and there is
 * no known way to start another. */
size_t vus_case_program_words(const struct vus_reach *reach,
			      const char *ret[VUS_CASE_PROGRAM_WORDS]);

/* Start it with these arguments, the first of which names it.  `fd` (or -1)
 * becomes descriptor VUS_CASE_PROGRAM_FD, all others but 0 to 2 are closed. */
VUS_MUST_CHECK bool vus_case_program_start(struct vus_case_program *ret,
					   const struct vus_reach *reach,
					   const char *const *words, int fd,
					   struct vus_err *err);

/* Start the instance's own command once more, as it is but for its folder,
 * which is `folder` (with another one in it, "dir"): its socket is "s" there.
 * All descriptors below `taken` (0: none) are in use when it
 * begins.  False, kind USAGE: its arguments do not name the socket. */
VUS_MUST_CHECK bool vus_case_program_start_crowded(
	struct vus_case_program *ret, const struct vus_reach *reach,
	const char *folder, unsigned taken, struct vus_err *err);

/* Wait until it has ended; false: it still runs at `deadline`.  *ret_status is
 * its wait status. */
bool vus_case_program_ended(struct vus_case_program *p, uint64_t deadline,
			    int *ret_status);

/* All that it has printed so far; heap, "" when there is nothing. */
char *vus_case_program_output(const struct vus_case_program *p);

/* End it, if it still runs, and whatever it has started. */
void vus_case_program_stop(struct vus_case_program *p);
#define VUS_AUTO_CASE_PROGRAM                                                  \
	__attribute__((cleanup(vus_case_program_stop))) struct vus_case_program

#endif
