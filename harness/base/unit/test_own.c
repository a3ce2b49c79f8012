/* SPDX-License-Identifier: BSD-3-Clause */
/* test_own.c — locals that own descriptors, mappings, blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int open_one(void)
{
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void a_descriptor_dies_with_its_scope(void **state)
{
	int number;

	(void)state;
	{
		VUS_AUTO_FD fd = open_one();

		number = fd;
		assert_true(is_open(number));
	}
	assert_false(is_open(number));
}

static void a_taken_descriptor_lives(void **state)
{
	int number;

	(void)state;
	{
		VUS_AUTO_FD fd = open_one();

		number = vus_fd_take(&fd);
		assert_int_equal(fd, -1);
	}
	assert_true(is_open(number));
	vus_fd_close(&number);
	assert_int_equal(number, -1);
}

static void closing_none_keeps_errno(void **state)
{
	int none = -1, twice = open_one(), bad = 1000000;

	(void)state;
	errno = ENOTTY;
	vus_fd_close(&none);
	vus_fd_close(&twice);
	vus_fd_close(&twice);
	vus_fd_close(&bad);
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(none, -1);
	assert_int_equal(bad, -1);
}

/* Is the page mapped? */
static bool is_mapped(void *addr)
{
	unsigned char resident;

	return mincore(addr, 1, &resident) == 0;
}

static void a_mapping_dies_with_its_scope(void **state)
{
	const size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *addr;

	(void)state;
	{
		VUS_AUTO_MAP map = { 0 };
		VUS_AUTO_MAP none = { 0 };

		map.addr = mmap(NULL, size, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_ptr_not_equal(map.addr, MAP_FAILED);
		map.size = size;
		addr = map.addr;
		assert_true(is_mapped(addr));
		vus_map_drop(&none);
		assert_null(none.addr);
	}
	assert_false(is_mapped(addr));
}

static void a_dropped_mapping_is_none(void **state)
{
	const size_t size = (size_t)sysconf(_SC_PAGESIZE);
	struct vus_map map = { .size = size };

	(void)state;
	map.addr =
		mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(map.addr, MAP_FAILED);
	vus_map_drop(&map);
	assert_null(map.addr);
	assert_int_equal(map.size, 0);
	vus_map_drop(&map);
}

/* A leak would be seen by the sanitizer. */
static void blocks_of_any_type_are_freed(void **state)
{
	VUS_AUTO_FREE char *text = malloc(10);
	VUS_AUTO_FREE uint64_t *words = malloc(80);
	VUS_AUTO_FREE void *none = NULL;

	(void)state;
	assert_non_null(text);
	assert_non_null(words);
	vus_free_ptr(&text);
	assert_null(text);
	vus_free_ptr(&none);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_dies_with_its_scope),
		cmocka_unit_test(a_taken_descriptor_lives),
		cmocka_unit_test(closing_none_keeps_errno),
		cmocka_unit_test(a_mapping_dies_with_its_scope),
		cmocka_unit_test(a_dropped_mapping_is_none),
		cmocka_unit_test(blocks_of_any_type_are_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
