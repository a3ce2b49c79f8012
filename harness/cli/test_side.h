/* SPDX-License-Identifier: BSD-3-Clause */
/* test_side.h — what differs between testing a back-end and a front-end. */
#ifndef VUS_CLI_TEST_SIDE_H
#define VUS_CLI_TEST_SIDE_H

#include "base/err.h"
#include "base/text.h"
#include "run/party.h"

#include <stdbool.h>
#include <stddef.h>

#define VUS_EMBEDDED_ARGS 3

struct vus_fault_book;
struct vus_test_options;

struct vus_test_side {
	const char *command; /* "vuspec test-backend" */
	const char *usage;   /* the text of --help before the options */
	const struct vus_party *party;
	/* Can the embedded fake have all of these faults?  Kind USAGE. */
	bool (*check_faults)(const char *const *names, size_t n,
			     struct vus_err *err);
	/* The faults that it can have. */
	const struct vus_fault_book *faults;
	/* What --device may be, separated by blanks. */
	void (*devices)(const struct vus_test_options *o, struct vus_text *ret);
	bool (*check_device)(const struct vus_test_options *o,
			     struct vus_err *err);
	/* Arguments of the embedded fake besides its faults; returns their
	 * number. */
	size_t (*embedded_args)(const struct vus_test_options *o,
				const char *args[VUS_EMBEDDED_ARGS]);
};

static inline bool vus_test_is_frontend(const struct vus_test_side *side)
{
	return side->party->name[0] == 'f';
}

#endif
