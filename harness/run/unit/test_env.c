/* SPDX-License-Identifier: BSD-3-Clause */
/* test_env.c — which failures are the host's doing, and what to do then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "run/env.h"

#include <errno.h>
#include <string.h>

static void the_host_s_doing_has_a_remedy(void **state)
{
	static const struct {
		int sys;
		enum vus_backing_kind memory;
		const char *text, *remedy;
	} rows[] = {
		{ EMFILE, VUS_SHM, "eventfd", VUS_REMEDY_FILES },
		{ EACCES, VUS_MEMFD, "reading /proc/12/fd", VUS_REMEDY_PROC },
		{ EROFS, VUS_SHM, "making x in /dev/shm", VUS_REMEDY_SHM },
		{ EFAULT, VUS_SHM, "no page for guest memory",
		  VUS_REMEDY_SHM_ROOM },
		{ EFAULT, VUS_FILE, "no page for guest memory",
		  VUS_REMEDY_FILE_ROOM },
		{ EFAULT, VUS_MEMFD, "no page for guest memory",
		  VUS_REMEDY_MEMORY },
		{ ENOSPC, VUS_FILE, "making a file", VUS_REMEDY_FILE_ROOM },
		{ EPERM, VUS_MEMFD, "making a memfd", VUS_REMEDY_MEMFD },
		{ ENOMEM, VUS_MEMFD, "2 huge pages are wanted",
		  VUS_REMEDY_HUGE },
		{ ENOMEM, VUS_MEMFD, "mapping", VUS_REMEDY_MEMORY },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		struct vus_err err;
		const char *remedy;

		errno = rows[i].sys;
		(void)vus_fail_sys(&err, "%s", rows[i].text);
		remedy = vus_env_remedy(&err, rows[i].memory);
		assert_non_null(remedy);
		assert_string_equal(remedy, rows[i].remedy);
	}
}

/* Ours to mend, or the peer's. */
static void other_failures_have_none(void **state)
{
	static const struct {
		int sys;
		const char *text;
	} rows[] = {
		{ EBADF, "poll" },
		{ EINVAL, "mmap of guest memory" },
		{ EFAULT, "sendmsg" },
		{ EACCES, "open" },
		{ ENOENT, "reading /proc/12/fd" },
	};
	struct vus_err err;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		errno = rows[i].sys;
		(void)vus_fail_sys(&err, "%s", rows[i].text);
		assert_null(vus_env_remedy(&err, VUS_SHM));
	}
	errno = EMFILE;
	(void)vus_fail(&err, VUS_ERR_TIMEOUT, "in /dev/shm");
	assert_null(vus_env_remedy(&err, VUS_SHM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_s_doing_has_a_remedy),
		cmocka_unit_test(other_failures_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
