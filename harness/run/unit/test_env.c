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
		enum vus_host_part part;
		const char *remedy;
	} rows[] = {
		{ EMFILE, VUS_SHM, VUS_HOST_UNSAID, VUS_REMEDY_FILES },
		{ EACCES, VUS_MEMFD, VUS_HOST_PROC, VUS_REMEDY_PROC },
		{ EROFS, VUS_SHM, VUS_HOST_SHM, VUS_REMEDY_SHM },
		{ EFAULT, VUS_SHM, VUS_HOST_MEMORY, VUS_REMEDY_SHM_ROOM },
		{ EFAULT, VUS_FILE, VUS_HOST_MEMORY, VUS_REMEDY_FILE_ROOM },
		{ EFAULT, VUS_MEMFD, VUS_HOST_MEMORY, VUS_REMEDY_MEMORY },
		{ ENOSPC, VUS_FILE, VUS_HOST_UNSAID, VUS_REMEDY_FILE_ROOM },
		{ EPERM, VUS_MEMFD, VUS_HOST_MEMFD, VUS_REMEDY_MEMFD },
		{ ENOMEM, VUS_MEMFD, VUS_HOST_HUGE_PAGES, VUS_REMEDY_HUGE },
		{ ENOMEM, VUS_MEMFD, VUS_HOST_UNSAID, VUS_REMEDY_MEMORY },
	};

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		struct vus_err err;
		const char *remedy;

		errno = rows[i].sys;
		(void)vus_fail_host(&err, rows[i].part, "failing");
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
		enum vus_host_part part;
	} rows[] = {
		{ EBADF, VUS_HOST_UNSAID },  { EINVAL, VUS_HOST_MEMORY },
		{ EFAULT, VUS_HOST_UNSAID }, { EACCES, VUS_HOST_UNSAID },
		{ ENOENT, VUS_HOST_PROC },
	};
	struct vus_err err;

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		errno = rows[i].sys;
		(void)vus_fail_host(&err, rows[i].part, "failing");
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
