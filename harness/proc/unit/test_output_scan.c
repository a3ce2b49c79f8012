/* SPDX-License-Identifier: BSD-3-Clause */
/* test_output_scan.c — which words of a program say that it goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/array.h"
#include "base/own.h"
#include "proc/output_scan.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void scan(const char *text, struct vus_outcry *ret)
{
	VUS_AUTO_FD fd = memfd_create("output", MFD_CLOEXEC);
	const ssize_t len = (ssize_t)strlen(text);
	off_t from = 0;

	assert_int_equal(write(fd, text, (size_t)len), len);
	vus_output_scan(fd, &from, ret);
}

static void words_of_each_kind(void **state)
{
	static const struct {
		const char *says;
		enum vus_outcry_kind kind;
		const char *line;
	} rows[] = {
		{ "listening\nthread 'main' panicked at src/main.rs:4:5:\nno\n",
		  VUS_CRIES_PANIC,
		  "thread 'main' panicked at src/main.rs:4:5:" },
		{ "panic: runtime error: index out of range\n\ngoroutine 1 "
		  "[running]:\n",
		  VUS_CRIES_PANIC, "panic: runtime error: index out of range" },
		{ "Traceback (most recent call last):\n  File \"a.py\"\n"
		  "ValueError: 3\n",
		  VUS_CRIES_PANIC, "ValueError: 3" },
		{ "a.out: a.c:3: main: Assertion `n < 4' failed.\n",
		  VUS_CRIES_ASSERTION,
		  "a.out: a.c:3: main: Assertion `n < 4' failed." },
		{ "==1==ERROR: AddressSanitizer: heap-use-after-free\n",
		  VUS_CRIES_SANITIZER,
		  "==1==ERROR: AddressSanitizer: heap-use-after-free" },
		/* A sanitizer's report counts first. */
		{ "panic: x\na.c:3:4: runtime error: shift\n",
		  VUS_CRIES_SANITIZER, "a.c:3:4: runtime error: shift" },
		{ "no panic: all is well\nPANIC: bad message\n", VUS_CRIES_NOT,
		  "" },
		/* Of GLib, and nothing ends. */
		{ "CRITICAL **: f: assertion 'n != NULL' failed\n",
		  VUS_CRIES_NOT, "" },
		/* Not a whole line yet. */
		{ "panic: run", VUS_CRIES_NOT, "" },
	};
	struct vus_outcry got;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		scan(rows[i].says, &got);
		assert_int_equal(got.kind, rows[i].kind);
		assert_string_equal(got.line, rows[i].line);
	}
}

static void a_cause_has_no_numbers(void **state)
{
	char cause[VUS_OUTCRY_LINE];

	(void)state;
	vus_outcry_cause("==17==ERROR: at 0x7ffe12 (pid 9)", cause);
	assert_string_equal(cause, "==#==ERROR: at # (pid #)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_each_kind),
		cmocka_unit_test(a_cause_has_no_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
