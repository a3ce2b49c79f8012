/* SPDX-License-Identifier: BSD-3-Clause */
/* test_mem_memfd.c — seals, and huge pages where this machine has some free.
 *
 * How many huge pages there are is the machine's matter: a test that changed
 * it would take memory from everybody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mem_box.h"

#include "base/own.h"
#include "unit/test_if.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void it_is_sealed_against_growing_and_shrinking(void **state)
{
	const enum vus_switch by_default[] = { VUS_DEFAULT, VUS_ON };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(by_default); i++) {
		const struct vus_backing_opts opts = {
			.kind = VUS_MEMFD,
			.size = MEM_MIB,
			.seal = by_default[i],
		};
		struct vus_backing b;

		mem_open(&opts, &b);
		assert_int_equal(fcntl(b.fd, F_GET_SEALS),
				 F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
		assert_int_equal(ftruncate(b.fd, 2 * (off_t)MEM_MIB), -1);
		assert_int_equal(errno, EPERM);
		assert_int_equal(ftruncate(b.fd, MEM_PAGE), -1);
		assert_int_equal(errno, EPERM);
		assert_int_equal(fcntl(b.fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
		assert_int_equal(mem_stat(b.fd).st_size, MEM_MIB);
		mem_check_sharing(&b);
		vus_backing_close(&b);
	}
}

static void without_seals_it_may_change(void **state)
{
	const struct vus_backing_opts opts = {
		.kind = VUS_MEMFD,
		.size = MEM_MIB,
		.seal = VUS_OFF,
	};
	struct vus_backing b;

	(void)state;
	mem_open(&opts, &b);
	assert_int_equal(fcntl(b.fd, F_GET_SEALS), F_SEAL_SEAL);
	assert_int_equal(ftruncate(b.fd, 2 * (off_t)MEM_MIB), 0);
	assert_int_equal(ftruncate(b.fd, MEM_PAGE), 0);
	vus_backing_close(&b);
}

static void it_has_no_name(void **state)
{
	const struct vus_backing_opts opts = { .kind = VUS_MEMFD,
					       .size = MEM_MIB };
	struct vus_backing b;

	(void)state;
	mem_open(&opts, &b);
	assert_int_equal(mem_stat(b.fd).st_nlink, 0);
	assert_int_equal(fcntl(b.fd, F_GETFL) & O_ACCMODE, O_RDWR);
	vus_backing_close(&b);
}

/* ---- huge pages ---- */

/* Bytes of the default huge page; 0 where there are none. */
static uint64_t huge_page(void)
{
	VUS_AUTO_FD fd = memfd_create("vuspec-unit", MFD_CLOEXEC | MFD_HUGETLB);

	return fd < 0 ? 0 : vus_backing_page(fd);
}

static unsigned long free_pages(uint64_t page)
{
	unsigned long n = 0;
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%llukB/free_hugepages",
		 (unsigned long long)(page / 1024));
	f = fopen(path, "re");
	if (!f || fscanf(f, "%lu", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

static void huge_pages_are_used_where_there_are_some(void **state)
{
	const uint64_t page = huge_page();
	const uint64_t wishes[] = { 0, page };

	(void)state;
	for (size_t i = 0; i < VUS_COUNT(wishes); i++) {
		const struct vus_backing_opts opts = {
			.kind = VUS_MEMFD,
			.size = page,
			.hugetlb = true,
			.hugetlbsize = wishes[i],
		};
		struct vus_backing b;

		mem_open(&opts, &b);
		assert_int_equal(vus_backing_page(b.fd), page);
		assert_int_equal(fcntl(b.fd, F_GET_SEALS),
				 F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
		((uint8_t *)b.addr)[page - 1] = 1;
		vus_backing_close(&b);
	}
}

static void too_few_huge_pages_are_said(void **state)
{
	const uint64_t page = huge_page();
	/* More than any machine has, so that nobody's are taken. */
	const uint64_t wish = UINT64_C(1) << 20;
	const struct vus_backing_opts opts = {
		.kind = VUS_MEMFD,
		.size = wish * page,
		.hugetlb = true,
	};
	char wanted[64];
	const char *const says[3] = { wanted, "are free",
				      "Cannot allocate memory" };

	(void)state;
	snprintf(wanted, sizeof(wanted),
		 "%llu huge pages of %llu bytes are wanted",
		 (unsigned long long)wish, (unsigned long long)page);
	mem_refused(&opts, VUS_ERR_SYSTEM, says);
}

static void a_size_must_be_whole_huge_pages(void **state)
{
	const uint64_t page = huge_page();
	const struct vus_backing_opts opts = {
		.kind = VUS_MEMFD,
		.size = page + page / 2,
		.hugetlb = true,
	};
	char size[32], unit[32];
	const char *const says[3] = { size, unit };

	(void)state;
	snprintf(size, sizeof(size), "size %llu ",
		 (unsigned long long)opts.size);
	snprintf(unit, sizeof(unit), "%llu bytes", (unsigned long long)page);
	mem_refused(&opts, VUS_ERR_USAGE, says);
}

static void huge_pages_have_certain_sizes(void **state)
{
	struct vus_backing_opts opts = {
		.kind = VUS_MEMFD,
		.size = 6 * MEM_MIB,
		.hugetlb = true,
		.hugetlbsize = 3 * MEM_MIB,
	};

	(void)state;
	MEM_REFUSED(&opts, VUS_ERR_USAGE, "3145728", "power of 2");
	/* No processor has them. */
	opts.hugetlbsize = 512;
	MEM_REFUSED(&opts, VUS_ERR_SYSTEM, "hugetlbsize=512");
	/* Only a word, where there is no hugetlb=on. */
	opts.hugetlb = false;
	opts.hugetlbsize = 3 * MEM_MIB;
	{
		struct vus_backing b;

		mem_open(&opts, &b);
		assert_int_equal(vus_backing_page(b.fd), MEM_PAGE);
		vus_backing_close(&b);
	}
}

#define NO_PAGES "this kernel has no huge pages"

int main(void)
{
	const uint64_t page = huge_page();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_sealed_against_growing_and_shrinking),
		cmocka_unit_test(without_seals_it_may_change),
		cmocka_unit_test(it_has_no_name),
		UNIT_TEST_IF(page > 0 && free_pages(page) > 0,
			     huge_pages_are_used_where_there_are_some,
			     "no huge page is free (an administrator may set "
			     "nr_hugepages)"),
		UNIT_TEST_IF(page > 0, too_few_huge_pages_are_said, NO_PAGES),
		UNIT_TEST_IF(page > 0, a_size_must_be_whole_huge_pages,
			     NO_PAGES),
		UNIT_TEST_IF(page > 0, huge_pages_have_certain_sizes, NO_PAGES),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
