/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.h — named deliberate deviations of the fakes.
 *
 * A row names the one rule that the fault breaks. */
#ifndef VUS_SPEC_FAULT_H
#define VUS_SPEC_FAULT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Which tests show that a fault is seen. */
enum vus_proved_by {
	VUS_PROVED_BY_SUITE,  /* cases: ci/run_faults.py */
	VUS_PROVED_BY_PYTEST, /* pytest/qemu: ci/run_qemu_faults.py */
};

struct vus_fault {
	const char *name; /* "mem_table.ignores_mmap_offset" */
	const char *rule; /* the one it breaks */
	const char *also; /* others it unavoidably breaks, space separated */
	const char *says; /* what the faulty peer does, a sentence */
	enum vus_proved_by proved_by;
	const char *chance; /* why not every try catches it; NULL: each does */
};

/* ---- faults that replace decisions ----
 *
 * What a fake decides is a table of functions, filled with honest ones.
 * A fault is one declaration: its row, and the functions that it replaces. */

struct vus_fault_entry {
	struct vus_fault row;
	void (*install)(void *decide);
};

/* The faults of one fake that are linked into this program. */
struct vus_fault_book {
	const struct vus_fault_entry *const *begin, *const *end;
	const void *honest; /* its table: functions only, none is NULL */
	size_t size;        /* bytes of the table */
};

/* Declares a fault of the fake whose table is a `struct table`, and registers
 * it in `section` as "fgroup.fname"; the body that follows replaces functions
 * in *decide.  The named arguments are those of struct vus_fault. */
#define VUS_FAULT_ENTRY(section_name, table, fgroup, fname, ...)               \
	static void install_##fgroup##_##fname(struct table *decide);          \
	static void install_any_##fgroup##_##fname(void *decide)               \
	{                                                                      \
		install_##fgroup##_##fname(decide);                            \
	}                                                                      \
	static const struct vus_fault_entry fault_##fgroup##_##fname = {       \
		.row = { .name = #fgroup "." #fname, __VA_ARGS__ },            \
		.install = install_any_##fgroup##_##fname,                     \
	};                                                                     \
	static const struct vus_fault_entry *const entry_##fgroup##_##fname    \
		__attribute__((used, retain, section(section_name))) =         \
			&fault_##fgroup##_##fname;                             \
	static void install_##fgroup##_##fname(struct table *decide)

/* NULL: no fault has this name. */
const struct vus_fault *vus_fault_book_find(const struct vus_fault_book *book,
					    const char *name);

/* Replace in the table at `decide` what the `n` faults of these names replace,
 * in this order.  Kind USAGE: no fault has such a name, or two of them replace
 * one function differently. */
VUS_MUST_CHECK bool vus_fault_book_install(const struct vus_fault_book *book,
					   void *decide,
					   const char *const *names, size_t n,
					   struct vus_err *err);

/* --list-faults: name, rule, also and deed of each, what proves it ("suite" or
 * "pytest"), and why chance decides whether it is caught (or nothing), tab
 * separated; false when not everything could be written. */
VUS_MUST_CHECK bool vus_fault_book_list(const struct vus_fault_book *book);

#endif
