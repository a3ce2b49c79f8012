/* SPDX-License-Identifier: BSD-3-Clause */
/* test_faults.c — faults replace decisions, alone and together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake-backend/decisions.h"
#include "fake-backend/fault_registry.h"

#include <string.h>

static const char *const queue_num[] = { "multiqueue.counts_none",
					 "multiqueue.counts_one_too_many" };

static void every_fault_replaces_something(void **state)
{
	const struct vus_fault_entry *const *f = vus_be_fault_book.begin;

	(void)state;
	assert_true(f < vus_be_fault_book.end);
	for (; f < vus_be_fault_book.end; f++) {
		struct vus_be_decisions decide = vus_be_honest;
		struct vus_err err;

		assert_true(vus_fault_book_install(&vus_be_fault_book, &decide,
						   &(*f)->row.name, 1, &err));
		assert_memory_not_equal(&decide, &vus_be_honest,
					sizeof(decide));
	}
}

static void names_are_unique(void **state)
{
	const struct vus_fault_entry *const *f = vus_be_fault_book.begin;

	(void)state;
	for (; f < vus_be_fault_book.end; f++) {
		const struct vus_fault_entry *const *g = f + 1;

		for (; g < vus_be_fault_book.end; g++)
			assert_string_not_equal((*f)->row.name, (*g)->row.name);
	}
}

static void two_that_agree_are_installed(void **state)
{
	static const char *const names[] = { "multiqueue.counts_none",
					     "header.version_0_in_replies" };
	struct vus_be_decisions decide = vus_be_honest;
	struct vus_err err;

	(void)state;
	assert_true(vus_fault_book_install(&vus_be_fault_book, &decide, names,
					   2, &err));
	assert_true(decide.handle != vus_be_honest.handle);
	assert_true(decide.reply_flags != vus_be_honest.reply_flags);
}

static void two_that_replace_one_decision_are_refused(void **state)
{
	struct vus_be_decisions decide = vus_be_honest;
	struct vus_err err;

	(void)state;
	assert_false(vus_fault_book_install(&vus_be_fault_book, &decide,
					    queue_num, 2, &err));
	assert_int_equal(err.kind, VUS_ERR_USAGE);
	assert_non_null(strstr(err.text, queue_num[0]));
	assert_non_null(strstr(err.text, queue_num[1]));
}

static void an_unknown_name_is_refused(void **state)
{
	static const char *const names[] = { "no.such_fault" };
	struct vus_be_decisions decide = vus_be_honest;
	struct vus_err err;

	(void)state;
	assert_false(vus_fault_book_install(&vus_be_fault_book, &decide, names,
					    1, &err));
	assert_int_equal(err.kind, VUS_ERR_USAGE);
	assert_memory_equal(&decide, &vus_be_honest, sizeof(decide));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_replaces_something),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(two_that_agree_are_installed),
		cmocka_unit_test(two_that_replace_one_decision_are_refused),
		cmocka_unit_test(an_unknown_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
