/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.c — deliberate deviations by name. */
#include "fault.h"

#include <stdio.h>
#include <string.h>

/* Bytes of a table of decisions, at most. */
#define TABLE_MAX 4096

static bool print_row(const struct vus_fault *row)
{
	return printf("%s\t%s\t%s\t%s\t%s\t%s\n", row->name, row->rule,
		      row->also ? row->also : "", row->says,
		      row->proved_by == VUS_PROVED_BY_PYTEST ? "pytest"
							     : "suite",
		      row->chance ? row->chance : "") >= 0;
}

static const struct vus_fault_entry *
entry_find(const struct vus_fault_book *book, const char *name)
{
	for (const struct vus_fault_entry *const *e = book->begin;
	     e < book->end; e++)
		if (strcmp((*e)->row.name, name) == 0)
			return *e;
	return NULL;
}

const struct vus_fault *vus_fault_book_find(const struct vus_fault_book *book,
					    const char *name)
{
	const struct vus_fault_entry *entry = entry_find(book, name);

	return entry ? &entry->row : NULL;
}

/* A table is an array of functions, of whatever types. */
typedef void any_function(void);

union any_table {
	any_function *f[TABLE_MAX / sizeof(any_function *)];
	unsigned char bytes[TABLE_MAX];
};

static bool make(const struct vus_fault_book *book, const char *name,
		 void *decide)
{
	for (const struct vus_fault_maker *const *m = book->makers;
	     m < book->makers_end; m++)
		if ((*m)->make(name, decide))
			return true;
	return false;
}

static bool install(const struct vus_fault_book *book, const char *name,
		    void *decide)
{
	const struct vus_fault_entry *entry = entry_find(book, name);

	if (!entry)
		return make(book, name, decide);
	entry->install(decide);
	return true;
}

/* The decisions of one fault alone; NULL: of none. */
static void table_of(const struct vus_fault_book *book, const char *name,
		     union any_table *ret)
{
	memcpy(ret->bytes, book->honest, book->size);
	if (name)
		(void)install(book, name, ret->bytes);
}

/* Do two faults replace one function differently? */
static bool faults_collide(const struct vus_fault_book *book, const char *a,
			   const char *b)
{
	union any_table honest, left, right;

	table_of(book, NULL, &honest);
	table_of(book, a, &left);
	table_of(book, b, &right);
	for (size_t i = 0; i < book->size / sizeof(left.f[0]); i++)
		if (left.f[i] != honest.f[i] && right.f[i] != honest.f[i] &&
		    left.f[i] != right.f[i])
			return true;
	return false;
}

bool vus_fault_book_install(const struct vus_fault_book *book, void *decide,
			    const char *const *names, size_t n,
			    struct vus_err *err)
{
	if (book->size > TABLE_MAX)
		return vus_fail(err, VUS_ERR_SYSTEM,
				"a table of %zu bytes, at most %d", book->size,
				TABLE_MAX);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			if (faults_collide(book, names[k], names[i]))
				return vus_fail(
					err, VUS_ERR_USAGE,
					"the faults '%s' and '%s' exclude each "
					"other: they change the same decision",
					names[k], names[i]);
		if (!install(book, names[i], decide))
			return vus_fail(err, VUS_ERR_USAGE,
					"no fault is called '%s' (see "
					"--list-faults)",
					names[i]);
	}
	return true;
}

bool vus_fault_book_list_made(const struct vus_fault_book *book)
{
	for (const struct vus_fault_maker *const *m = book->makers;
	     m < book->makers_end; m++)
		if (!(*m)->list())
			return false;
	return fflush(stdout) == 0;
}

bool vus_fault_book_list(const struct vus_fault_book *book)
{
	for (const struct vus_fault_entry *const *e = book->begin;
	     e < book->end; e++)
		if (!print_row(&(*e)->row))
			return false;
	return fflush(stdout) == 0;
}
